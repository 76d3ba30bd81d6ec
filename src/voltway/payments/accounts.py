"""The file that names the payment providers of a house: ``VOLTWAY_PROVIDERS``, in TOML.

It holds keys, so it belongs to the account that runs Voltway alone; nothing of it is logged, and an
error names the place and not the value.

    [[provider]]
    name = "stripe-fi"             # in the books for good: provider:stripe-fi:due
    kind = "stripe"                # or "mollie", or "simulated"
    secret = "sk_live_…"
    webhook_secret = "whsec_…"     # of the endpoint /webhooks/payments/stripe-fi
    parties = ["FI*VLT"]           # without it: all; so are
    currencies = ["EUR"]
    methods = ["card", "mobilepay"]
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from voltway.kernel.errors import Misconfigured
from voltway.payments.choosing import Offer, Providers, Terms, origin_of
from voltway.payments.provider import Provider
from voltway.payments.providers.simulated import SimulatedProvider

#: Where the vendors' own pages are. A domain of one's own is told by ``pages``.
STRIPE_PAGES: Final = "https://checkout.stripe.com"
MOLLIE_PAGES: Final = "https://www.mollie.com"

_PAGES: Final = {"stripe": STRIPE_PAGES, "mollie": MOLLIE_PAGES}

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
_PARTY: Final = re.compile(r"[A-Z]{2}\*[A-Z0-9]{3}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
#: How keys begin with which real money moves.
_LIVE: Final = ("sk_live", "rk_live", "live_")


@dataclass(eq=False)
class ProvidersUnreadable(Misconfigured):
    """The file of payment providers {file} cannot be read: {reason}."""

    file: str
    reason: str


@dataclass(eq=False)
class ProviderWrong(Misconfigured):
    """The payment provider {name} in {file} is wrong: {reason}."""

    file: str
    name: str
    reason: str


class Account(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """Our account at a provider, as the file has it."""

    name: str
    kind: Literal["stripe", "mollie", "simulated"]
    secret: str
    webhook_secret: str
    url: str = ""  # of its API; empty: the vendor's own
    pages: str = ""  # where its hosted pages are, if not where one would think
    parties: list[str] = []
    currencies: list[str] = []
    methods: list[str] = []

    def __repr__(self) -> str:
        return f"Account({self.name!r})"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    provider: list[Account]


def read(file: Path) -> list[Account]:
    """The accounts of the file. Raises ``Misconfigured`` with a sentence that holds no key."""
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProvidersUnreadable(
            str(file), (error.strerror or "it is not there").lower()
        ) from None
    except UnicodeDecodeError:
        raise ProvidersUnreadable(str(file), "it is no text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at [^)]*\)$", str(error))
        reason = f"it is not TOML {where[0]}" if where else "it is not TOML"
        raise ProvidersUnreadable(str(file), reason) from None
    try:
        accounts = msgspec.convert(given, _File).provider
    except msgspec.ValidationError as error:
        raise ProvidersUnreadable(str(file), _without_values(str(error))) from None
    for account in accounts:
        _check(account, str(file))
    names = [account.name for account in accounts]
    for name in {name for name in names if names.count(name) > 1}:
        raise ProviderWrong(str(file), name, "its name is given twice")
    return accounts


def _without_values(reason: str) -> str:
    """What msgspec complains of, with places and without what stood there."""
    return re.sub(r"Invalid enum value '[^']*'", "no such word is known", reason).rstrip(".")


def _check(account: Account, file: str) -> None:
    def wrong(reason: str) -> ProviderWrong:
        return ProviderWrong(file, account.name[:40], reason)

    if not _NAME.fullmatch(account.name):
        raise wrong("a name is small letters, digits and -")
    if not account.secret or not account.webhook_secret:
        raise wrong("it needs its secret and its webhook_secret")
    if account.kind == "simulated" and not account.url:
        raise wrong("a simulated one needs the url of its API")
    for address in (account.url, account.pages):
        if address and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", address):
            raise wrong("an address begins with http:// or https://")
    is_live = account.secret.startswith(_LIVE)
    if account.kind != "simulated" and is_live and account.url.startswith("http://"):
        raise wrong("a live key is shown over https:// alone")
    for party in account.parties:
        if not _PARTY.fullmatch(party):
            raise wrong("parties are written as in FI*VLT")
    for currency in account.currencies:
        if not _CURRENCY.fullmatch(currency):
            raise wrong("currencies are written as in EUR")


def providers(accounts: list[Account], *, own: Sequence[Provider] = ()) -> Providers:
    """The adapters of these accounts, in their order, and those of our own. Close each when the
    house closes."""
    return Providers(
        [
            Offer(
                provider=_adapter(account),
                terms=terms(account),
                pages=origin_of(account.pages or account.url or _PAGES.get(account.kind, "")),
            )
            for account in accounts
        ],
        own=own,
    )


def terms(account: Account) -> Terms:
    """For whom and what this account is offered."""
    return Terms(
        parties=frozenset(account.parties),
        currencies=frozenset(account.currencies),
        methods=frozenset(account.methods),
    )


def _adapter(account: Account) -> Provider:
    match account.kind:
        case "stripe":
            # Only who has an account there pays for the import of its package.
            from voltway.payments.providers.stripe import StripeProvider

            return StripeProvider(
                name=account.name,
                secret=account.secret,
                webhook_secret=account.webhook_secret,
                url=account.url,
                methods=tuple(account.methods),
            )
        case "mollie":
            from voltway.payments.providers.mollie import MollieProvider

            return MollieProvider(
                name=account.name,
                secret=account.secret,
                webhook_secret=account.webhook_secret,
                url=account.url,
                methods=tuple(account.methods),
            )
        case "simulated":
            return SimulatedProvider(
                account.url,
                name=account.name,
                secret=account.secret,
                webhook_secret=account.webhook_secret,
            )
