"""Short words for what the tests of billing do again and again."""

from tests.payments.scene import Scene
from voltway.billing import actions, documents
from voltway.billing.model import (
    Invoice,
    SettlementState,
)
from voltway.kernel.ids import SessionId
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account
from voltway.payments.model import Payment, Visit

NO = Money(0, EUR)


async def charged(
    scene: Scene, *, wh: int = 20_000, card: str = "4242 4242 4242 4242"
) -> tuple[Visit, Payment, SessionId]:
    """A visit whose car has charged and left."""
    visit = await scene.opens(email="ann@example.org")
    payment = await scene.pays(visit, card)
    session = await scene.starts(payment.token)
    await scene.ends(50_000 + wh, minutes=60)
    return visit, payment, session


async def receipt(scene: Scene, session: SessionId) -> tuple[Invoice, documents.Receipt]:
    async with scene.begin() as work:
        invoice = await actions.invoice_of(work, session)
    assert invoice is not None
    return invoice, documents.receipt(invoice.document)


async def owes(scene: Scene, account: str) -> Money:
    async with scene.begin() as work:
        return (await ledger.balance(work, Account(account))).get(EUR, NO)


async def state(scene: Scene, session: SessionId) -> SettlementState:
    async with scene.begin() as work:
        found = await actions.settlement_of(work, session)
    assert found is not None
    return found.state
