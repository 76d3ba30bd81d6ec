"""Which months of subscriptions were billed, and by which invoice."""

from dataclasses import dataclass
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import InvoiceId, PartyId
from voltway.runtime.work import Row, Work
from voltway.tariffs.model_subscriptions import Month


@dataclass(eq=False)
class NotAFee(Refusal):
    """That document is no invoice of a subscription's month."""

    kind = Kind.INVALID

    invoice: InvoiceId


async def keep(
    work: Work,
    party: PartyId,
    subscription: UUID,
    month: Month,
    *,
    invoice: InvoiceId,
    customer: UUID,
) -> None:
    """This month is billed. The database refuses it a second time."""
    await work.run(
        """
        INSERT INTO subscription_fee (subscription_id, month_begins, month_ends, party_id,
                                      invoice_id, customer_id)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        subscription,
        month.begins,
        month.ends,
        party,
        invoice,
        customer,
    )


async def of_invoice(work: Work, invoice: InvoiceId) -> Row:
    row = await work.one("SELECT * FROM subscription_fee WHERE invoice_id = $1", invoice)
    if row is None:
        raise NotAFee(invoice)
    return row
