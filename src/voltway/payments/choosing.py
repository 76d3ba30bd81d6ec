"""Which provider takes a payment, where a house has several; and which one has it already.

Each is offered for parties, currencies and methods, in the order in which they were given. One that
was silent a moment ago is offered last, so that not every driver waits for it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from voltway.kernel.money import Currency
from voltway.payments.provider import Provider
from voltway.payments.providers.none import GoneProvider

#: How long a provider that was silent is offered after the others.
LAST_FOR_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """For whom a provider is offered, and for what. An empty set is everything."""

    parties: frozenset[str] = frozenset()  # as in FI*VLT
    currencies: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()

    def suit(self, party: str, currency: Currency, method: str) -> bool:
        """``method`` is the provider's word for a way to pay; empty where the driver has not
        chosen one yet."""
        return (
            (not self.parties or party in self.parties)
            and (not self.currencies or currency in self.currencies)
            and (not self.methods or not method or method in self.methods)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A provider, and where it is offered. ``pages`` is the origin of its hosted pages."""

    provider: Provider
    terms: Terms = field(default_factory=Terms)
    pages: str = ""


class Providers:
    """The payment providers of a house. Their names are for good: the books name them."""

    def __init__(
        self,
        offers: Sequence[Offer],
        *,
        own: Sequence[Provider] = (),
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        """``own`` pay from what is with us already: offered to nobody, but for what is saved."""
        self._offers = {offer.provider.name: offer for offer in offers}
        self._offered = dict(self._offers)
        self._own = {provider.name: provider for provider in own}
        assert len({**self._offers, **self._own}) == len(offers) + len(own), "two of one name"
        self._silent: dict[str, float] = {}
        self._wall = wall

    @property
    def by_name(self) -> Mapping[str, Provider]:
        return {name: offer.provider for name, offer in self._offers.items()}

    @property
    def own(self) -> Mapping[str, Provider]:
        return self._own

    @property
    def pages(self) -> Sequence[str]:
        """The origins of all hosted pages, to which a form of ours may lead."""
        return sorted({offer.pages for offer in self._offers.values() if offer.pages})

    def offered(self, party: str, currency: Currency, method: str = "") -> list[Provider]:
        suit = [o.provider for o in self._offered.values() if o.terms.suit(party, currency, method)]
        return sorted(suit, key=lambda provider: self._is_silent(provider.name))

    def of_party(self, party: str) -> list[Provider]:
        """Those that are for a party, whatever the currency."""
        return [
            offer.provider
            for offer in self._offered.values()
            if not offer.terms.parties or party in offer.terms.parties
        ]

    def reroute(self, terms: Mapping[str, Terms]) -> list[str]:
        """Offer these, in their order, for this from now on, and no others; the names of those that
        are not known here. Who is offered no more ends what it has."""
        self._offered = {
            name: replace(self._offers[name], terms=said)
            for name, said in terms.items()
            if name in self._offers
        }
        return [name for name in terms if name not in self._offers]

    def was_silent(self, name: str) -> None:
        self._silent[name] = self._wall()

    def _is_silent(self, name: str) -> bool:
        since = self._silent.get(name)
        return since is not None and self._wall() - since < LAST_FOR_S


#: A house with one provider gives just that.
AnyProvider: TypeAlias = Provider | Providers


def of(given: AnyProvider, name: str) -> Provider:
    """The provider that has a payment. One that is not set up any more is silent for ever, so
    that what is with it rests until it is back."""
    if not isinstance(given, Providers):
        return given
    return given.by_name.get(name) or given.own.get(name) or GoneProvider(name)


def named(given: AnyProvider, name: str) -> Provider | None:
    """The provider of this name, if the house has it."""
    all_ = given.by_name if isinstance(given, Providers) else {given.name: given}
    return all_.get(name)


def offered(
    given: AnyProvider, party: str, currency: Currency, method: str = ""
) -> Sequence[Provider]:
    if isinstance(given, Providers):
        return given.offered(party, currency, method)
    return [given]


def of_party(given: AnyProvider, party: str) -> Sequence[Provider]:
    """The providers that are for a party, whatever the currency: of others it is told nothing."""
    if isinstance(given, Providers):
        return given.of_party(party)
    return [given]


def every(given: AnyProvider) -> Sequence[Provider]:
    return list(given.by_name.values()) if isinstance(given, Providers) else [given]


def note_silent(given: AnyProvider, name: str) -> None:
    if isinstance(given, Providers):
        given.was_silent(name)


def origin_of(url: str) -> str:
    """``https://pay.example`` of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


async def close(given: AnyProvider) -> None:
    """Let all lines go."""
    for provider in every(given):
        await provider.close()
