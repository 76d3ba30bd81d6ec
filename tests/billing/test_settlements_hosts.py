"""A month of a host is one document: each share on it once, its corrections, and the books."""

from datetime import date
from decimal import Decimal

from tests.billing.months import a_card, charges, in_month
from tests.billing.test_hosts import a_host, agreed, hearing
from tests.billing.test_statements import credits
from tests.billing.words import owes
from tests.payments.scene import Scene
from voltway.billing import actions, documents_statement
from voltway.billing.documents_statement import StatementDocument
from voltway.billing.model_hosts import Host, Terms
from voltway.kernel.ids import InvoiceId
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger

TERMS = Terms(percent=Decimal(10), per_session=Decimal("0.50"), per_month=Decimal(120))


async def settled(scene: Scene, text: str, host: Host) -> list[InvoiceId]:
    """Write the settlement of a month, corrections first."""
    month = in_month(scene, text)
    scene.clock.jump_to(month.ends)
    async with scene.begin() as work:
        await actions.correct_shares(work, scene.station.party)
        return await actions.issue_settlements(work, scene.station.party, month, [host.id])


async def read(scene: Scene, id: InvoiceId) -> StatementDocument:
    async with scene.begin() as work:
        return documents_statement.statement((await actions.invoice(work, id)).document)


async def test_a_month_of_a_host_is_its_shares_and_its_fee(scene: Scene) -> None:
    host = await a_host(hearing(scene))
    await agreed(scene, host, TERMS, vat_rate=Decimal("25.5"))
    card = await a_card(scene, "04AAAA01")
    await charges(scene, card, "2026-03-05T10:00")
    await charges(scene, card, "2026-03-06T10:00", wh=20_000, minutes=60)

    [id] = await settled(scene, "2026-03", host)
    again = await settled(scene, "2026-03", host)
    made = await read(scene, id)

    # 3.90 and 7.81 net: 0.39 + 0.50 and 0.78 + 0.50, and the fee.
    assert [(each.kind, each.amount_minor) for each in made.shares] == [
        ("session", 89),
        ("session", 128),
        ("month", 12_000),
    ]
    assert (made.self_billed, made.net_minor, made.tax_minor) == (True, 12_217, 3_115)
    assert again == [id]
    assert await owes(scene, f"host:{host.id}:payable") == Money(-15_332, EUR)
    assert await owes(scene, "cost:hosts") == Money(12_217, EUR)
    assert await owes(scene, "tax:input:25.5") == Money(3_115, EUR)
    async with scene.begin() as work:
        assert (await ledger.trial_balance(work)).balances


async def test_a_credit_takes_its_part_back_on_the_next_settlement(scene: Scene) -> None:
    host = await a_host(hearing(scene))
    await agreed(scene, host, Terms(percent=Decimal(50)))
    card = await a_card(scene, "04AAAA01")
    await charges(scene, card, "2026-03-05T10:00")
    [march] = await settled(scene, "2026-03", host)
    first = (await read(scene, march)).shares[0]
    assert first.number is not None

    await credits(scene, first.number, 300)
    [april] = await settled(scene, "2026-04", host)
    made = await read(scene, april)

    # Of 3.90 the host had 1.95; of the 1.51 that is left it has 0.76, the unit that is left over.
    [line] = made.shares
    assert (line.kind, line.revenue_minor, line.amount_minor) == ("correction", -239, 76 - 195)
    assert line.settled_on == (await _number(scene, march))
    assert made.total_minor == -119
    assert await owes(scene, f"host:{host.id}:payable") == Money(-76, EUR)


async def _number(scene: Scene, id: InvoiceId) -> str:
    async with scene.begin() as work:
        return (await actions.invoice(work, id)).number


async def test_a_host_without_vat_gets_no_self_billed_invoice(scene: Scene) -> None:
    host = await a_host(hearing(scene))
    await agreed(scene, host, Terms(per_month=Decimal(20)))

    [id] = await settled(scene, "2026-03", host)
    made = await read(scene, id)

    assert (made.self_billed, made.total_minor) == (False, 2_000)
    assert made.taxes[0].rate is None


async def test_a_month_in_which_nothing_was_agreed_has_no_fee(scene: Scene) -> None:
    host = await a_host(hearing(scene))
    await agreed(scene, host, TERMS, begins=date(2026, 4, 1), valid_until=date(2026, 4, 10))

    assert await settled(scene, "2026-03", host) == []
    assert len(await settled(scene, "2026-04", host)) == 1
    assert await settled(scene, "2026-05", host) == []
