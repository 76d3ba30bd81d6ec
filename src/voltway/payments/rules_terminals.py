"""What becomes of a settlement that a station tells of its own terminal (OCPP 2.1, C19 to C22).

The first word about a payment stands: a doubled one is the same, another one is for a person to
look at. Nothing that is told later takes money a second time. One other word is followed: a card
that could not pay, and then paid just what is owed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from voltway.kernel.ids import PartyId, PaymentId, StationId, TokenUid, TransactionRef
from voltway.kernel.money import Currency, Money, payable

#: More than this no charge costs: whoever tells it has mixed up units.
AMOUNT_MAX: Final = Decimal(100_000)


class TerminalState(StrEnum):
    """Where the money of a card is that a terminal took."""

    HELD = "held"
    SETTLED = "settled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    FAILED = "failed"


class Verdict(StrEnum):
    """What became of a settlement that was told. Only the first four moved something."""

    TAKEN = "taken"
    LET_GO = "let_go"
    PAID_LATE = "paid_late"  # after it could not: it pays what is owed
    REFUSED = "refused"  # the acquirer said no, or was not reached: it stays owed
    AGAIN = "again"  # the same was told before
    CONTRADICTS = "contradicts"  # something else was told before, and that stands
    UNKNOWN = "unknown"  # no card of this reference was ever told of
    ELSEWHERE = "elsewhere"  # another station told of that card
    NO_AMOUNT = "no_amount"  # what it says is no amount of money that could have been taken


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalHold:
    """A card that a station's terminal took."""

    id: UUID
    party: PartyId
    station: StationId
    psp_ref: str
    token: TokenUid
    held_minor: int
    currency: Currency
    state: TerminalState
    settled_minor: int = 0
    payment: PaymentId | None = None
    transaction: TransactionRef | None = None
    brand: str | None = None
    last4: str | None = None
    told_at: datetime
    provider: UUID | None = None  # the platform of a stand-alone terminal; none: the station's own

    @property
    def settled(self) -> Money:
        return Money(self.settled_minor, self.currency)


#: What each word of a station makes of a hold.
BECOMES: Final[Mapping[str, TerminalState]] = {
    "Settled": TerminalState.SETTLED,
    "Canceled": TerminalState.CANCELED,
    "Rejected": TerminalState.REJECTED,
    "Failed": TerminalState.FAILED,
}

_MOVES: Final = {
    TerminalState.SETTLED: Verdict.TAKEN,
    TerminalState.CANCELED: Verdict.LET_GO,
    TerminalState.REJECTED: Verdict.REFUSED,
    TerminalState.FAILED: Verdict.REFUSED,
}

#: A no of the acquirer.
REFUSING: Final = frozenset({TerminalState.REJECTED, TerminalState.FAILED})

MOVED: Final = frozenset(_MOVES.values())
#: What a person should look at.
DOUBTFUL: Final = frozenset(
    {Verdict.CONTRADICTS, Verdict.UNKNOWN, Verdict.ELSEWHERE, Verdict.NO_AMOUNT}
)


def amount_of(told: Decimal | None, currency: Currency) -> Money | None:
    """An amount in major units as money, if it is one: more than nothing, and not beyond belief."""
    if told is None or not told.is_finite() or not 0 < told <= AMOUNT_MAX:
        return None
    amount = payable(told, currency)
    return amount if amount.minor > 0 else None


def judge(
    hold: TerminalHold | None, station: StationId, status: str, amount: Money | None
) -> Verdict:
    """What becomes of what a station told of a hold."""
    after = BECOMES.get(status)
    if hold is None:
        return Verdict.UNKNOWN
    if hold.station != station:
        return Verdict.ELSEWHERE
    if after is None or (after is TerminalState.SETTLED and amount is None):
        return Verdict.NO_AMOUNT
    if hold.state is TerminalState.HELD:
        return _MOVES[after]
    same = after is not TerminalState.SETTLED or amount == hold.settled
    return Verdict.AGAIN if after is hold.state and same else Verdict.CONTRADICTS


class Late(StrEnum):
    """What can be done about a card that pays after it could not."""

    AS_IF_FIRST = "as_if_first"  # nobody has asked for its money yet: as if there was no no
    OWED = "owed"  # it pays what is owed since
    DOUBTFUL = "doubtful"  # for a person


def late(
    hold: TerminalHold, after: TerminalState | None, amount: Money | None, owed: Money | None
) -> Late:
    """What becomes of a settlement after a no. ``owed``: what the books say that is owed for the
    charge since its card was refused; ``None``: its money was not asked for yet."""
    if hold.state not in REFUSING or after is not TerminalState.SETTLED or amount is None:
        return Late.DOUBTFUL
    if owed is None:
        return Late.AS_IF_FIRST
    return Late.OWED if amount == owed else Late.DOUBTFUL


def buyer(vat_number: str, company: Mapping[str, str]) -> dict[str, str]:
    """A company as a driver typed it at a terminal (OCPP 2.1, AddressType), in the words of an
    invoice's buyer. A country is one of two letters, else that which the number begins with."""
    vat_id = "".join(vat_number.split()).upper()
    named = company.get("country", "").strip().upper()
    prefix = {"EL": "GR"}.get(vat_id[:2], vat_id[:2])
    street = ", ".join(
        part for name in ("address1", "address2") if (part := company.get(name, "").strip())
    )
    said = {
        "name": company.get("name", "").strip(),
        "street": street,
        "postal_code": company.get("postal_code", "").strip(),
        "city": company.get("city", "").strip(),
        "country": named if _is_country(named) else prefix if _is_country(prefix) else "",
        "vat_id": vat_id,
    }
    return {name: text for name, text in said.items() if text}


def _is_country(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isalpha()
