"""What a partner's word, or its silence, means for a token; when it is told again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import ClassVar, Final
from urllib.parse import urlsplit

from voltway.kernel.errors import Kind, Refusal
from voltway.partners.model import Allowed, Asked, Whitelist

#: So long a partner's word holds: from the card at the reader to the start that follows it.
HOLDS: Final = timedelta(minutes=2)

#: Pauses between tries to tell an event; the last one again and again, until it is too old.
PAUSES_S: Final = (5, 10, 30, 60, 120, 300, 600)
TOLD_WITHIN: Final = timedelta(days=3)

URL_LENGTH_MAX: Final = 300

#: In the words of ``Decision.token``.
WORDS: Final[Mapping[Allowed, str]] = {
    Allowed.ALLOWED: "accepted",
    Allowed.BLOCKED: "blocked",
    Allowed.EXPIRED: "expired",
    Allowed.NO_CREDIT: "no_credit",
    Allowed.NOT_ALLOWED: "blocked",
}


@dataclass(eq=False)
class NotAnAddress(Refusal):
    """
    The platform's address begins with https:// and names a host; http:// is taken for this machine
    alone. It holds no user, no question mark and no more than 300 characters.
    """

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NotAPartnerIdent(Refusal):
    """A partner is known by a country of two letters and a party id of three letters or digits."""

    kind: ClassVar[Kind] = Kind.INVALID


def known(asked: Asked, now: datetime) -> str | None:
    """How a token stands where its partner need not be asked; ``None`` where it must be."""
    if asked.whitelist is Whitelist.ALWAYS:
        return "accepted"
    if asked.answer is None or asked.answered_at is None:
        return None
    is_fresh = asked.answered_at <= now < asked.answered_at + HOLDS
    return WORDS[asked.answer] if is_fresh else None


def in_silence(whitelist: Whitelist) -> str:
    """How a token stands whose partner says nothing, or nothing that can be believed."""
    return "blocked" if whitelist is Whitelist.NEVER else "accepted"


def next_try(tries: int, made_at: datetime, now: datetime) -> datetime | None:
    """When an event that was told in vain ``tries`` times is told again; ``None``: no more."""
    if now - made_at >= TOLD_WITHIN:
        return None
    return now + timedelta(seconds=PAUSES_S[min(tries, len(PAUSES_S)) - 1])


def address(url: str) -> str:
    """The address of a partner's platform, without the slash at its end."""
    text = url.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise NotAnAddress from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))
    has_more = parts.query or parts.fragment or parts.username is not None
    is_plain = text.isascii() and text.isprintable() and " " not in text
    if not host or not is_safe or has_more or not is_plain or len(text) > URL_LENGTH_MAX:
        raise NotAnAddress
    return text


def ident(country_code: str, party_id: str) -> tuple[str, str]:
    """A country and a party id as OCPI writes them (2.2.1, §4.2: CiString(2) and (3))."""
    country, own = country_code.strip().upper(), party_id.strip().upper()
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise NotAPartnerIdent
    if not (len(own) == 3 and own.isascii() and own.isalnum()):
        raise NotAPartnerIdent
    return country, own


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
