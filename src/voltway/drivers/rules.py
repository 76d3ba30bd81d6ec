"""Which tokens are the same, and whether one may charge now. Never about money."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from voltway.drivers.model import Bar, Token, TokenStatus
from voltway.drivers.rules_when_where import refusal
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import TokenUid

UID_LENGTH_MAX = 255  # OCPP 2.1 IdTokenType; 2.0.1 has 36, 1.6 has 20
#: Country, provider, nine signs of the contract, and a check digit that may be left out
#: (ISO 15118-2 Annex H.1; the gaps count for nothing).
_EMAID: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[A-Z0-9]{9}[A-Z0-9]?")
#: Bars that are about what may be spent: 2.x has a word for it (AuthorizationStatusEnumType).
_ABOUT_CREDIT: Final = frozenset({Bar.NO_CREDIT, Bar.LIMIT})


@dataclass(eq=False)
class NotAToken(Refusal):
    """A token needs 1 to 255 characters, at least one of them a letter or a digit."""

    kind: ClassVar[Kind] = Kind.INVALID


def sameness(uid: str) -> str:
    """What two ways to write one token have in common.

    Readers put blanks, colons, backslashes or rubbish between and behind the bytes, in either case
    (quirks A-001, A-003, A-004): only letters and digits count. OCPP compares without regard to
    case (CiString in 1.6, identifierString in 2.x).
    """
    return "".join(sign for sign in uid if sign.isascii() and sign.isalnum()).upper()


def emaid_of(text: str) -> str | None:
    """A contract's id without gaps and check digit, if it is one: as it is compared."""
    alike = sameness(text)
    return alike[:14] if _EMAID.fullmatch(alike) else None


def written(uid: str) -> set[str]:
    """How a token may stand in a session: as its reader wrote it, a contract's with and without
    its gaps and its check digit."""
    whole = sameness(uid)
    words = {uid, whole, emaid_of(uid) or uid}
    return {form for word in words for form in (word, word.lower(), word.upper())}


def checked(uid: str) -> TokenUid:
    """A uid that we can keep and a station can show."""
    text = uid.strip()
    if not sameness(text) or len(text) > UID_LENGTH_MAX or not text.isprintable():
        raise NotAToken
    return TokenUid(text)


def standing(token: Token | None, now: datetime, shown_at: datetime | None = None) -> str:
    """May this token charge now? In the words of ``Decision.token``. Where a start is told late,
    ``shown_at`` is when it was: its hours are those of that moment."""
    if token is None:
        return "unknown"
    if token.status is TokenStatus.BLOCKED:
        return "blocked"
    over = token.valid_until is not None and token.valid_until <= now
    if over or token.status is TokenStatus.EXPIRED:
        return "expired"
    if token.bars:
        return "no_credit" if token.bars <= _ABOUT_CREDIT else "blocked"
    kept_from = None if token.kept is None else refusal(token.kept, shown_at or now)
    return kept_from or "accepted"
