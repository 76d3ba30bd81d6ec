"""Partners, the contracts that they registered, and what they are told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.drivers.model import TokenKind
from voltway.kernel.ids import FleetId, PartyId, TokenId, TokenUid
from voltway.kernel.money import Currency


class Whitelist(StrEnum):
    """May a token charge without its partner being asked? (OCPI 2.2.1, WhitelistType)"""

    ALWAYS = "ALWAYS"  # we do not ask
    ALLOWED = "ALLOWED"  # we ask, and let it in where the partner is silent
    ALLOWED_OFFLINE = "ALLOWED_OFFLINE"  # the same: we always prefer to ask
    NEVER = "NEVER"  # where the partner is silent it does not charge


class Allowed(StrEnum):
    """What a partner answers when it is asked (OCPI 2.2.1, AllowedType)."""

    ALLOWED = "ALLOWED"
    BLOCKED = "BLOCKED"
    EXPIRED = "EXPIRED"
    NO_CREDIT = "NO_CREDIT"
    NOT_ALLOWED = "NOT_ALLOWED"


class EventState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"  # refused too often, or for too long: an operator can send it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """An EV maker or mobility provider whose platform pays for its contracts. ``ident`` is its
    OCPI ``party_id``; it owes as ``customer`` and is priced as ``fleet``."""

    id: UUID
    party: PartyId
    name: str
    country_code: str
    ident: str
    currency: Currency
    credit_limit_minor: int | None
    customer: UUID
    fleet: FleetId
    url: str
    secret: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A contract as a partner puts it. ``contract`` is its eMAID or other ``contract_id``."""

    uid: str
    kind: TokenKind
    contract: str
    whitelist: Whitelist
    valid: bool = True
    valid_until: datetime | None = None
    visual_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a partner said of a token, and of the session that it would begin."""

    allowed: Allowed
    limit_minor: int | None = None
    limit_wh: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A partner's token that was shown: all that is needed to ask about it, outside of any work."""

    partner: Partner
    token: TokenId
    uid: TokenUid
    kind: TokenKind
    contract: str
    whitelist: Whitelist
    answer: Allowed | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that a partner is told. ``number`` grows: a lower one happened before."""

    id: UUID
    number: int
    partner: UUID
    kind: str
    subject: str
    body: str
    made_at: datetime
    tries: int
