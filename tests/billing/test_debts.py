"""What is owed: opened from documents, asked for, paid by bank or card, credited, written off."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.billing.months import a_card, a_customer, charges, stated
from tests.payments.hosted_page import pay
from tests.payments.providers import STRIPE, Closable, patience_s
from tests.payments.scene import Scene
from voltway.alerts.dunning import hears_dunned
from voltway.billing import customers, debts, dunning, store_debts
from voltway.billing.model_debts import Debt, Dunned, DunningRule, Stage
from voltway.billing.model_statements import Customer
from voltway.drivers import actions as drivers
from voltway.drivers.model import Bar, Token
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments import collecting, methods
from voltway.payments.model_collections import Collected
from voltway_world.provider import ProviderServer

RULE = DunningRule(reminder=7, notice=14, last=28, bar=42)


@pytest.fixture
async def provider(request: pytest.FixtureRequest, bank: ProviderServer) -> AsyncIterator[Closable]:
    adapter = STRIPE.speaks_to(bank, timeout_s=patience_s(request))
    yield adapter
    await adapter.close()


async def a_statement(scene: Scene) -> tuple[Customer, Token, InvoiceId]:
    """Of one charge of 4.89 EUR in March, written in April, and due two weeks later."""
    scene.bus.watch_many("billing.collected", [Collected], debts.hears_collected)
    scene.bus.watch_many("alerts.dunning", [Dunned], hears_dunned)
    card = await a_card(scene, "04A1B2C3")
    customer = await a_customer(scene, [card], email="fleet@example.org")
    await charges(scene, card, "2026-03-12T12:00")
    scene.clock.jump_to(scene.now.replace(month=4, day=2))
    [statement] = await stated(scene, "2026-03", customer.id)
    return customer, card, statement


async def goes_round(scene: Scene, days: int = 0) -> None:
    scene.clock.jump(timedelta(days=days))
    await dunning.go_round(scene.begin, scene.provider)
    await scene.settles()


async def debt_of(scene: Scene, invoice: InvoiceId) -> Debt:
    async with scene.begin() as work:
        return await debts.debt(work, invoice)


async def bars(scene: Scene, card: Token) -> frozenset[Bar]:
    async with scene.begin() as work:
        key = (card.party, card.uid)
        return (await drivers.tokens_of(work, {key}))[key].bars


async def received(scene: Scene, invoice: InvoiceId, minor: int, once: str = "1") -> None:
    async with scene.begin() as work:
        await debts.receive(
            work, invoice, Money(minor, EUR), said="RF18", by="Aino", once=OnceKey(once)
        )


async def on(scene: Scene, account: str) -> int:
    """What an account has on its debit side, in cents."""
    async with scene.begin() as work:
        row = await work.one("SELECT balance_minor FROM account_view WHERE account = $1", account)
    return int(row["balance_minor"]) if row else 0


async def test_a_statement_is_owed_from_its_day_and_money_at_the_bank_settles_it_once(
    scene: Scene,
) -> None:
    customer, _, statement = await a_statement(scene)
    await goes_round(scene)
    await goes_round(scene)

    for _ in range(2):
        await received(scene, statement, 400)
    half = await debt_of(scene, statement)
    with pytest.raises(debts.MoreThanOwed):
        await received(scene, statement, 90, "2")
    await received(scene, statement, 89, "3")

    assert (half.owed, half.closed_at) == (Money(89, EUR), None)
    assert (await debt_of(scene, statement)).closed_at is not None
    assert await on(scene, f"customer:{customer.id}:receivable") == 0
    assert await on(scene, "bank") == 489


async def test_who_owes_is_told_three_times_then_barred_and_free_again_when_it_is_paid(
    scene: Scene,
) -> None:
    _, card, statement = await a_statement(scene)
    async with scene.begin() as work:
        await dunning.set_rule(work, card.party, RULE, by="Aino")
    await goes_round(scene)

    stages = []
    for days in (20, 1, 7, 14, 14, 30):  # the 16th of April is its day
        await goes_round(scene, days)
        stages.append((await debt_of(scene, statement)).stage)
    barred = await bars(scene, card)
    await received(scene, statement, 489)

    assert stages == [
        Stage.NONE,
        Stage.REMINDER,
        Stage.NOTICE,
        Stage.LAST,
        Stage.BARRED,
        Stage.BARRED,
    ]
    assert barred == {Bar.UNPAID}
    assert await bars(scene, card) == frozenset()
    async with scene.begin() as work:
        told = await work.all("SELECT recipient FROM alert_view WHERE template = 'dunning'")
    assert [row["recipient"] for row in told] == ["fleet@example.org"] * 4


async def test_without_a_rule_or_while_it_is_paused_nobody_is_told(scene: Scene) -> None:
    _, card, statement = await a_statement(scene)
    await goes_round(scene, 60)
    assert (await debt_of(scene, statement)).stage is Stage.NONE

    async with scene.begin() as work:
        await dunning.set_rule(work, card.party, RULE, by="Aino")
        await debts.pause(work, statement, "They asked about it")
    await goes_round(scene, 60)

    assert (await debt_of(scene, statement)).stage is Stage.NONE


async def test_what_is_written_off_is_a_cost_until_it_is_paid_after_all(scene: Scene) -> None:
    customer, _, statement = await a_statement(scene)
    await goes_round(scene)
    async with scene.begin() as work:
        with pytest.raises(debts.NoReason):
            await debts.write_off(work, statement, why=" ", by="Aino", once=OnceKey("a"))
        for _ in range(2):
            await debts.write_off(work, statement, why="Bankrupt", by="Aino", once=OnceKey("b"))
    off = await on(scene, "cost:write_offs")

    await received(scene, statement, 200)

    assert off == 489
    assert await on(scene, "cost:write_offs") == 289
    assert await on(scene, f"customer:{customer.id}:receivable") == 0
    assert await on(scene, "bank") == 200


async def saves_card(scene: Scene, customer: Customer, number: str) -> None:
    saving = await methods.open_saving(
        scene.begin,
        scene.provider,
        party=customer.party,
        holder=customer.id,
        return_url="http://127.0.0.1:1/{saving}",
        cancel_url="http://127.0.0.1:1/",
    )
    await pay(saving.hosted_url or "", number)
    await methods.look_at_saving(scene.begin, scene.provider, saving.id)
    async with scene.begin() as work:
        await store_debts.pays_by_card(work, customer.id, by_card=True, by="Aino")


async def test_a_customer_s_saved_card_is_charged_for_the_statement_once(scene: Scene) -> None:
    customer, _, statement = await a_statement(scene)
    await saves_card(scene, customer, "4242 4242 4242 4242")

    for _ in range(3):
        await goes_round(scene)

    assert (await debt_of(scene, statement)).closed_at is not None
    assert await on(scene, f"customer:{customer.id}:receivable") == 0
    assert await on(scene, "provider:stripe:due") == 489
    assert sum(m.amount_minor for m in scene.bank.books.transactions.values()) == 489


async def test_a_card_that_is_refused_leaves_it_owed_and_is_tried_no_more(scene: Scene) -> None:
    customer, _, statement = await a_statement(scene)
    await saves_card(scene, customer, "4000 0000 0000 0341")

    for days in (0, 1, 3, 8, 30):
        await goes_round(scene, days)

    debt = await debt_of(scene, statement)
    assert (debt.owed, debt.charged) == (Money(489, EUR), 1)
    assert not scene.bank.books.transactions
    async with scene.begin() as work:
        [card] = await methods.methods_of(work, customer.party, customer.id)
    assert card.refused is not None


async def test_a_guest_whose_card_was_refused_at_the_end_owes_and_pays_by_the_link(
    scene: Scene,
) -> None:
    scene.bus.watch_many("billing.collected", [Collected], debts.hears_collected)
    visit = await scene.opens(email="ann@example.org")
    payment = await scene.pays(visit, "4000 0000 0000 0341")
    await scene.starts(payment.token)
    await scene.ends(60_000)
    await scene.settles()
    await goes_round(scene)

    async with scene.begin() as work:
        [debt] = await store_debts.open_debts(work)
        noted = await dunning.note_collection(
            work,
            scene.provider,
            debt,
            once=OnceKey("link"),
            return_url="http://127.0.0.1:1/back",
            cancel_url="http://127.0.0.1:1/p",
        )
    opened = await collecting.go_on(scene.begin, scene.provider, noted.id)
    await pay(opened.hosted_url or "")
    await collecting.go_on(scene.begin, scene.provider, noted.id)
    await scene.settles()

    assert (debt.email, debt.owed) == ("ann@example.org", Money(490, EUR))
    assert (await debt_of(scene, debt.invoice)).closed_at is not None
    assert await on(scene, str(debt.account)) == 0


async def test_a_card_is_barred_for_the_debt_of_whose_it_is_and_for_no_others(
    scene: Scene,
) -> None:
    customer, card, _ = await a_statement(scene)
    other = await a_card(scene, "04A1B2C4")
    async with scene.begin() as work:
        await dunning.set_rule(work, card.party, RULE, by="Aino")
    for days in (20, 1, 7, 14, 14):
        await goes_round(scene, days)
    assert await bars(scene, card) == {Bar.UNPAID}

    async with scene.begin() as work:
        await customers.give_cards(work, customer.id, [other.uid])
    given = await bars(scene, other)
    async with scene.begin() as work:
        await customers.take_card(work, customer.id, card.id)
    taken = await bars(scene, card)
    innocent = await a_customer(scene, name="Who owes nothing")
    async with scene.begin() as work:
        await customers.give_cards(work, innocent.id, [other.uid])
    moved = await bars(scene, other)
    async with scene.begin() as work:  # as it was before anybody looked
        await drivers.bar(work, [card.id, other.id], Bar.UNPAID)
    await goes_round(scene)

    assert given == {Bar.UNPAID}
    assert taken == moved == frozenset()
    assert await bars(scene, card) == await bars(scene, other) == frozenset()
