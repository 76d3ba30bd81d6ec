"""By what a customer pays its bills: by invoice, or by a card that it saved.

An operator says which, and so may the customer, on the page of a bill. A card is charged when a
bill is written. Where there is none, or where it was refused, the bill is asked for as by invoice,
with its days and its dunning, until a card is saved that pays.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.billing import store_debts, store_statements
from voltway.billing.store_statements import NoSuchCustomer
from voltway.kernel.ids import PartyId
from voltway.payments import methods
from voltway.runtime.work import Work


class Way(StrEnum):
    INVOICE = "invoice"
    CARD = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """By what a customer pays, who said so, and how its card stands."""

    way: Way
    said_by: str | None
    said_at: datetime | None
    card: str | None  # what people call it: ``Visa ·· 4242``
    refused_at: datetime | None
    refused: str | None
    #: The key of the page of its oldest open bill, where a card can be saved.
    pay_key: str | None

    @property
    def is_charged(self) -> bool:
        """Whether a bill that is written now is charged to a card."""
        return self.way is Way.CARD and self.card is not None and self.refused_at is None


async def choose(work: Work, party: PartyId, customer: UUID, way: Way, *, by: str) -> None:
    """From now on a customer pays this way, what is open too. Raises ``NoSuchCustomer``."""
    found = (await store_statements.lock_customers(work, [customer])).get(customer)
    if found is None or found.party != party:
        raise NoSuchCustomer(customer)
    await store_debts.pays_by_card(work, customer, by_card=way is Way.CARD, by=by)


async def standing(work: Work, party: PartyId, customer: UUID) -> Standing:
    """Raises ``NoSuchCustomer``."""
    row = await work.one(
        "SELECT way, way_by, way_at FROM customer_view WHERE id = $1 AND party_id = $2",
        customer,
        party,
    )
    if row is None:
        raise NoSuchCustomer(customer)
    card = await methods.default_of(work, party, customer)
    owed = sorted(await store_debts.of_customer(work, customer), key=lambda debt: debt.due_on)
    return Standing(
        way=Way(row["way"]),
        said_by=row["way_by"],
        said_at=row["way_at"],
        card=card.name if card else None,
        refused_at=card.refused_at if card else None,
        refused=card.refused if card else None,
        pay_key=owed[0].pay_key if owed else None,
    )
