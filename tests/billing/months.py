"""Months on account, for the tests of statements: cards, customers, and charges with them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.payments.scene import Scene
from voltway.billing import actions, documents_statement
from voltway.billing.documents_statement import StatementDocument
from voltway.billing.model import Invoice
from voltway.billing.model_statements import Customer
from voltway.billing.rules_statements import Month, month
from voltway.drivers import actions as drivers
from voltway.drivers.model import Token
from voltway.kernel.ids import InvoiceId

GIVEN = {
    "name": "Posti Kuljetus Oy",
    "street": "Postintaival 7",
    "postal_code": "00230",
    "city": "Helsinki",
    "country": "FI",
    "reference": "Cost centre 7",
    "locale": "fi",
    "due_days": "14",
}


async def a_card(scene: Scene, uid: str, label: str = "") -> Token:
    async with scene.begin() as work:
        return await drivers.add_token(work, scene.station.party.id, uid, label=label)


async def a_customer(scene: Scene, cards: Sequence[Token] = (), **changed: str) -> Customer:
    async with scene.begin() as work:
        made = actions.new_customer(work, scene.station.party.id, {**GIVEN, **changed})
        await actions.add_customer(work, made)
        await actions.give_cards(work, made.id, [card.uid for card in cards])
    return made


async def charges(
    scene: Scene, card: Token, at: str, *, wh: int = 10_000, minutes: int = 30
) -> None:
    """A charge on account that begins at this local moment and ends so much later, settled."""
    zone = ZoneInfo(scene.station.party.time_zone)
    scene.clock.jump_to(datetime.fromisoformat(at).replace(tzinfo=zone))
    ref, register = f"tx-{scene.calls}", scene.calls * 1_000_000
    await scene.starts(card.uid, ref=ref, wh=register)
    await scene.ends(register + wh, ref=ref, minutes=minutes)
    await scene.settles()


def in_month(scene: Scene, text: str) -> Month:
    return month(text, scene.station.party.time_zone)


async def stated(scene: Scene, text: str, *customers: UUID) -> list[InvoiceId]:
    """Write the statements of a month."""
    async with scene.begin() as work:
        return await actions.issue_statements(
            work, scene.station.party, in_month(scene, text), customers
        )


async def read(scene: Scene, id: InvoiceId) -> tuple[Invoice, StatementDocument]:
    async with scene.begin() as work:
        found = await actions.invoice(work, id)
    return found, documents_statement.statement(found.document)
