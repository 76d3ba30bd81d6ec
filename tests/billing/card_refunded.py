"""Statements that a card paid, and receipts on them of which something goes back to it."""

from tests.billing.test_checking import checked
from tests.payments.scene import Scene
from voltway.billing import actions, card_refunds
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments.model_card_refunds import CardRefund
from voltway.runtime.work import Row

DARK = "The bay was dark"


async def receipt_of(scene: Scene) -> InvoiceId:
    """The newest receipt."""
    async with scene.begin() as work:
        [row] = await work.all(
            """
            SELECT id FROM document_view WHERE kind IN ('receipt', 'simplified_invoice')
             ORDER BY issued_at DESC LIMIT 1
            """
        )
    return InvoiceId(row["id"])


async def gives_back(
    scene: Scene, receipt: InvoiceId, minor: int, once: str = "1", reason: str = DARK
) -> CardRefund:
    done = await card_refunds.give_back(
        scene.begin,
        scene.provider,
        receipt,
        Money(minor, EUR),
        reason=reason,
        by="Aino",
        once=OnceKey(once),
    )
    await scene.settles()
    return done


async def left(scene: Scene, receipt: InvoiceId) -> tuple[int, int | None]:
    """What can be taken off a receipt, and how much of that can go back to the card."""
    async with scene.begin() as work:
        off = await actions.left_of(work, receipt)
        card = await card_refunds.left_for_card(work, receipt)
    return off.amount.minor, None if card is None else card.minor


async def kept(scene: Scene) -> list[Row]:
    async with scene.begin() as work:
        return list(await work.all("SELECT * FROM card_refund_view ORDER BY asked_at, id"))


async def credit_notes(scene: Scene) -> list[Row]:
    async with scene.begin() as work:
        return list(
            await work.all(
                """
                SELECT * FROM document_view WHERE kind = 'credit_note' ORDER BY issued_at, number
                """
            )
        )


def given_back(scene: Scene) -> list[int]:
    """What the provider's own books gave back, in order."""
    every = scene.bank.books.transactions.values()
    return [-move.amount_minor for move in every if move.type == "refund"]


async def faults(scene: Scene) -> list[str]:
    """What the nightly checks find."""
    parts = (await checked(scene)).parts
    return [f"{each.about}: {each.said}" for part in parts for each in part.found]
