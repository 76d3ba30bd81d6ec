"""What the pages of a driver's account show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from voltway.drivers import actions as drivers
from voltway.drivers import entry
from voltway.drivers.model import Bar, Driver, TokenStatus
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.payments import methods
from voltway.payments.model_methods import Method
from voltway.runtime.work import Row, Work
from voltway.web.house import House

RECEIPTS: Final = 20

#: Why a card opens nothing for now, and what its driver can do.
BARS: Final = {
    Bar.UNPAID: "Something that it charged is not paid.",
    Bar.NO_CREDIT: "Its balance is used up.",
    Bar.LIMIT: "Its budget is used up for now.",
    Bar.METHOD: "Your bank said no. Choose or add another way to pay.",
    Bar.TWO_PLACES: "It was seen at two places at once. Please call the operator.",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A card of a driver, by its end."""

    label: str
    end: str
    stands: str  # why it opens nothing; empty where it does


@dataclass(frozen=True, slots=True)
class With:
    """What a person has with one operator."""

    party: PartyId
    name: str
    methods: Sequence[Method]
    cards: Sequence[Card]
    can_save: bool


async def account(work: Work, house: House, email: str) -> dict[str, Any]:
    known = await entry.drivers_of(work, email)
    shown = [await _with(work, house, driver.party, driver) for driver in known]
    first = await parties.first_party(work)
    if not shown and first is not None:
        shown = [await _with(work, house, first.id, None)]
    return {"operators": shown, "receipts": await _receipts(work, known)}


async def _with(work: Work, house: House, party: PartyId, driver: Driver | None) -> With:
    operator = await parties.party(work, party)
    name = f"{operator.country_code}*{operator.ident}"
    if driver is None:
        return With(party, operator.name, (), (), methods.can_save(house.provider, name))
    tokens = await drivers.tokens_of_driver(work, party, driver.id)
    cards = [
        Card(token.label or "", token.uid[-4:], _stands(token.status, token.bars))
        for token in tokens
    ]
    return With(
        party,
        operator.name,
        await methods.methods_of(work, party, driver.id),
        cards,
        methods.can_save(house.provider, name),
    )


def _stands(status: TokenStatus, bars: frozenset[Bar]) -> str:
    if status is TokenStatus.BLOCKED:
        return "The operator has blocked it."
    if status is TokenStatus.EXPIRED:
        return "It is not good any more."
    return " ".join(BARS[bar] for bar in sorted(bars))


async def _receipts(work: Work, known: Sequence[Driver]) -> Sequence[Row]:
    """The newest receipts of what a person's saved methods paid, each with the key of its page."""
    holders: list[UUID] = [driver.id for driver in known]
    return await work.all(
        """
        SELECT p.visit_key, d.number, d.total_minor, d.currency, d.issued_at, s.location_name,
               s.energy_wh, s.zone
          FROM own_payment_view p
          JOIN document_view d ON d.payment_id = p.id AND d.kind = ANY($2::text[])
          LEFT JOIN session_view s ON s.id = p.session_id
         WHERE p.holder = ANY($1::uuid[])
         ORDER BY d.issued_at DESC LIMIT $3
        """,
        holders,
        ["receipt", "simplified_invoice"],
        RECEIPTS,
    )
