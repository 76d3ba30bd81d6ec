"""From subscribing to the second month's bill: what is free, what is owed, what the books say."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.billing.months import a_customer, stated
from tests.billing.proofs import DOOR
from tests.billing.words import NO, owes, receipt
from tests.payments.scene import Scene
from tests.tariffs.test_subscriptions import GIVEN
from voltway.billing import (
    actions,
    checks_money,
    documents,
    documents_invoice,
    recomputing,
    subscribing,
    subscription_fees,
)
from voltway.billing.addressees import Addressee, addressees
from voltway.billing.crediting import CreditTooLarge
from voltway.billing.proof import NothingToProve
from voltway.billing.store_statements import NoSuchCustomer
from voltway.billing.subscribing import NobodyPays
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.contracts import NoSuchDriver
from voltway.drivers.model import Contract, Token
from voltway.kernel.ids import OnceKey, PartyId, SessionId
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.ocpp.hearing import heard_again
from voltway.runtime.work import Row, Work
from voltway.sessions import actions as sessions
from voltway.sessions.actions_price import Asks, which_tariff
from voltway.tariffs import actions as tariffs
from voltway.tariffs import plans, purses, subscriptions
from voltway.tariffs.model_promotions import GrantKind
from voltway.tariffs.model_subscriptions import Allowances, Subscription
from voltway.tariffs.model_versions import Scope


async def a_member(scene: Scene, uid: str = "04AAAA01") -> tuple[Contract, Token]:
    """A contract, and a card that stands for it."""
    party = scene.station.party.id
    async with scene.begin() as work:
        contract = await contracts.add_contract(work, party, f"C-{uid}")
        token = await drivers.add_token(work, party, uid)
        return contract, await contracts.stands_for(work, token.id, contract.id)


async def a_plan(scene: Scene, given: plans.GivenPlan = GIVEN) -> None:
    async with scene.begin() as work:
        await plans.add(work, scene.station.party.id, given)


async def subscribes(
    scene: Scene, contract: Contract, customer: UUID | None, since: datetime | None = None
) -> Subscription:
    async with scene.begin() as work:
        return await subscribing.subscribe(
            work,
            scene.station.party.id,
            "PLUS",
            scope=Scope.CONTRACT,
            subscriber=contract.id,
            customer=customer,
            since=since,
        )


async def charges(scene: Scene, card: Token, wh: int) -> tuple[SessionId, Money]:
    """A session of so much, settled; and what was shown when it ended."""
    ref, register = f"tx-{scene.calls}", scene.calls * 1_000_000
    session = await scene.starts(card.uid, ref=ref, wh=register)
    await scene.ends(register + wh, ref=ref, minutes=60)
    async with scene.begin() as work:
        _, cost = await sessions.cost_so_far(work, session)
    await scene.settles()
    return session, cost.payable


async def fees(scene: Scene) -> Sequence[Row]:
    async with scene.begin() as work:
        return await work.all("SELECT * FROM subscription_fee_view ORDER BY month_begins")


async def left(scene: Scene, of: Subscription) -> Decimal | None:
    async with scene.begin() as work:
        purse = (await purses.running(work, [of.id])).get(of.id)
    return None if purse is None else purse.left(GrantKind.ENERGY)


async def test_a_member_charges_free_until_the_month_is_used_and_again_in_the_next(
    scene: Scene,
) -> None:
    await a_plan(scene, replace(GIVEN, allowances=Allowances(energy_kwh=Decimal(30))))
    contract, card = await a_member(scene)
    customer = await a_customer(scene)
    subscription = await subscribes(scene, contract, customer.id)
    assert await subscription_fees.bill_due(scene.begin) == 1

    first, shown = await charges(scene, card, 20_000)
    _, made = await receipt(scene, first)
    assert (shown, made.total_minor) == (NO, 0)
    assert [(line.kind, line.name, line.gross_minor) for line in made.lines] == [
        ("ENERGY", None, 980),
        ("ALLOWANCE", "Plus", -980),
    ]
    assert await left(scene, subscription) == 10

    second, shown = await charges(scene, card, 20_000)
    invoice, made = await receipt(scene, second)
    assert (shown, made.total_minor) == (Money(490, EUR), 490)
    assert made.lines[1].of_plan == documents.OfPlan(kind="energy", taken="10", rest="0")
    text = actions.receipt_text(invoice.document, "en")
    assert "Free with Plus" in text
    assert "10.00 kWh used, 0.00 kWh left this month" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert await owes(scene, f"driver:{card.id}:receivable") == Money(490, EUR)
    async with scene.begin() as work:
        for compared in await recomputing.recompute(work, heard_again, [first, second]):
            assert compared.verdict is not recomputing.Verdict.DIFFERENT, compared.differences
        _, again = await sessions.cost_so_far(work, second)
        assert again.payable == Money(490, EUR), "billed, it shows what was billed"

    scene.clock.jump(timedelta(days=35))
    assert await subscription_fees.bill_due(scene.begin) == 1
    assert await left(scene, subscription) == 30
    assert len(await fees(scene)) == 2
    # 9.99 at 25.5 %: 7.96 net, 2.03 tax.
    assert await owes(scene, f"customer:{customer.id}:receivable") == Money(1998, EUR)
    assert await owes(scene, "revenue:subscriptions") == Money(-1592, EUR)
    async with scene.begin() as work:
        assert (await ledger.trial_balance(work)).balances
        since = work.now - timedelta(days=90)
        assert (await checks_money.invoices(work, since)).found == ()


async def test_sessions_that_are_settled_together_share_what_is_left(scene: Scene) -> None:
    await a_plan(scene)
    contract, card = await a_member(scene)
    await subscribes(scene, contract, (await a_customer(scene)).id)
    ids = []
    for number in range(4):
        ref = f"tx-{number}"
        ids.append(await scene.starts(card.uid, ref=ref, wh=number * 1_000_000))
        await scene.ends(number * 1_000_000 + 20_000, ref=ref, minutes=60)
    await scene.settles()

    totals = [(await receipt(scene, id))[1].total_minor for id in ids]

    assert sorted(totals) == [0, 0, 490, 980], "50 of 80 kWh were free, each once"


async def test_the_fee_of_a_month_is_billed_once_by_however_many_and_however_late(
    scene: Scene,
) -> None:
    await a_plan(scene)
    contract, _ = await a_member(scene)
    zone = ZoneInfo(scene.station.party.time_zone)
    scene.clock.jump_to(datetime(2027, 1, 31, 9, tzinfo=zone))
    await subscribes(scene, contract, (await a_customer(scene)).id)
    scene.clock.jump_to(datetime(2027, 4, 30, 0, tzinfo=zone))

    counts = await asyncio.gather(*(subscription_fees.bill_due(scene.begin) for _ in range(4)))
    assert await subscription_fees.bill_due(scene.begin) == 0

    found = await fees(scene)
    assert sum(counts) == len(found) == 4
    days = [row["month_begins"].astimezone(zone).strftime("%m-%d %H:%M") for row in found]
    assert days == ["01-31 09:00", "02-28 00:00", "03-31 00:00", "04-30 00:00"]
    assert len({row["number"] for row in found}) == 4


async def test_a_death_before_all_is_kept_leaves_nothing_and_loses_no_number(
    scene: Scene,
) -> None:
    await a_plan(scene)
    contract, _ = await a_member(scene)
    await subscribes(scene, contract, (await a_customer(scene)).id)
    works = 0

    @asynccontextmanager
    async def dying(party: PartyId | None = None) -> AsyncIterator[Work]:
        nonlocal works
        works += 1
        async with scene.begin(party) as work:
            yield work
            if works == 2:  # the first looks for what is due, the second bills it
                raise ConnectionError("the machine went away")

    with pytest.raises(ConnectionError):
        await subscription_fees.bill_due(dying)
    assert await fees(scene) == []
    assert await subscription_fees.bill_due(scene.begin) == 1
    async with scene.begin() as work:
        [row] = await work.all("SELECT number FROM document_view WHERE kind = 'invoice'")
    assert row["number"].endswith("-000001"), "no number was lost"


async def test_a_price_change_holds_from_the_next_month(scene: Scene) -> None:
    await a_plan(scene)
    contract, _ = await a_member(scene)
    await subscribes(scene, contract, (await a_customer(scene)).id)
    async with scene.begin() as work:
        await plans.add(work, scene.station.party.id, replace(GIVEN, fee=Decimal(12)))
    scene.clock.jump(timedelta(days=20))
    await subscription_fees.bill_due(scene.begin)
    scene.clock.jump(timedelta(days=20))
    await subscription_fees.bill_due(scene.begin)

    assert [row["total_minor"] for row in await fees(scene)] == [999, 1200]


async def test_a_fee_billed_wrongly_is_credited_and_never_twice(scene: Scene) -> None:
    await a_plan(scene)
    contract, _ = await a_member(scene)
    customer = await a_customer(scene)
    await subscribes(scene, contract, customer.id)
    await subscription_fees.bill_due(scene.begin)
    [fee] = await fees(scene)

    for _ in range(2):
        async with scene.begin() as work:
            made = await subscription_fees.credit_fee(
                work, fee["id"], 999, reason="Cancelled in time.", once=OnceKey("k1")
            )
    with pytest.raises(CreditTooLarge):
        async with scene.begin() as work:
            await subscription_fees.credit_fee(
                work, fee["id"], 1, reason="More.", once=OnceKey("k2")
            )

    assert documents_invoice.invoice(made.document).kind == "credit_note"
    assert await owes(scene, f"customer:{customer.id}:receivable") == NO
    assert await owes(scene, "revenue:subscriptions") == NO
    async with scene.begin() as work:
        found = await checks_money.invoices(work, work.now - timedelta(days=1))
    assert found.found == ()
    scene.clock.jump(timedelta(days=40))
    assert await stated(scene, "2026-03", customer.id) == [], "it is on no statement"


async def test_a_members_tariff_stands_on_the_ladder_while_it_is_paid(scene: Scene) -> None:
    members = '{"id": "MEMBERS", "currency": "EUR", "elements": [{"price_components": ['
    members += '{"type": "ENERGY", "price": 0.20, "vat": 25.5, "step_size": 1}]}]}'
    async with scene.begin() as work:
        await tariffs.add_version(work, scene.station.party.id, members)
    await a_plan(scene, replace(GIVEN, tariff="MEMBERS"))
    contract, card = await a_member(scene)
    made = await subscribes(scene, contract, (await a_customer(scene)).id)

    async def rung() -> str:
        async with scene.begin() as work:
            asks = Asks(token=card.uid)
            climbed = await which_tariff(work, scene.station.evse(), asks, work.now)
        assert climbed.winner is not None
        return climbed.winner.says

    assert await rung() == "Tariff MEMBERS, version 1, comes with the plan Plus of the contract."
    async with scene.begin() as work:
        await subscriptions.find_unpaid(work, made.id)
    assert "Plus" not in await rung()


async def test_nobody_else_is_subscribed_and_somebody_pays(scene: Scene) -> None:
    await a_plan(scene)
    contract, _ = await a_member(scene)
    with pytest.raises(NobodyPays):
        await subscribes(scene, contract, None)
    with pytest.raises(NoSuchCustomer):
        await subscribes(scene, contract, uuid4())
    with pytest.raises(NoSuchDriver):
        async with scene.begin() as work:
            await subscribing.subscribe(
                work, scene.station.party.id, "PLUS", scope=Scope.DRIVER, subscriber=uuid4()
            )


async def test_a_fees_invoice_goes_to_whoever_pays_in_their_language_and_form(
    scene: Scene,
) -> None:
    await a_plan(scene)
    contract, _ = await a_member(scene)
    payer = await a_customer(scene, locale="fi", wants_xrechnung="yes")
    await subscribes(scene, contract, payer.id)
    await subscription_fees.bill_due(scene.begin)
    [fee] = await fees(scene)

    async with scene.begin() as work:
        found = await addressees(work, [fee["id"]])

    assert found[fee["id"]] == Addressee(payer.email or "", "fi", wants_xrechnung=True)


async def test_a_fees_invoice_is_a_page_and_a_pdf_and_has_no_session_to_prove(scene: Scene) -> None:
    await a_plan(scene)
    contract, _ = await a_member(scene)
    await subscribes(scene, contract, (await a_customer(scene)).id)
    await subscription_fees.bill_due(scene.begin)
    [fee] = await fees(scene)
    async with scene.begin() as work:
        found = await actions.invoice(work, fee["id"])

    page = actions.invoice_html(found.document, "en")
    assert "Plus (PLUS)" in page
    assert "€9.99" in page
    assert actions.invoice_pdf(found.document, "fi").startswith(b"%PDF")
    with pytest.raises(NothingToProve):  # no session is in it
        async with scene.begin() as work:
            await actions.prove(work, DOOR, found.id)
