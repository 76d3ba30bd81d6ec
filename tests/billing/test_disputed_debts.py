"""A bill that a card paid is unpaid again when its bank takes that back."""

from datetime import timedelta

import pytest

from tests.billing.test_debts import (
    RULE,
    a_statement,
    bars,
    debt_of,
    goes_round,
    on,
    provider,
    received,
    saves_card,
)
from tests.payments.disputed import cost, disputes, hears_disputes, judged, kept
from tests.payments.hosted_page import pay
from tests.payments.scene import Scene
from voltway.billing import checks_money, debts, dunning, store_debts
from voltway.billing.model_debts import Stage
from voltway.billing.model_statements import Customer
from voltway.drivers.model import Bar, Token
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments import collecting, methods, payouts_read
from voltway.payments.model_collections import Collection
from voltway_world.provider import payouts as bank_payouts

__all__ = ["provider"]

CARD = "4242 4242 4242 4242"


async def pays_by_link(scene: Scene, invoice: InvoiceId, once: str = "link") -> Collection:
    """Who owes opens the page of the link and pays there."""
    async with scene.begin() as work:
        noted = await dunning.note_collection(
            work,
            scene.provider,
            await debts.debt(work, invoice),
            once=OnceKey(once),
            return_url="http://127.0.0.1:1/back",
            cancel_url="http://127.0.0.1:1/p",
        )
    opened = await collecting.go_on(scene.begin, scene.provider, noted.id)
    await pay(opened.hosted_url or "")
    done = await collecting.go_on(scene.begin, scene.provider, noted.id)
    await scene.settles()
    return done


async def paid_by_card(scene: Scene) -> tuple[Customer, Token, InvoiceId, str]:
    """A statement of 4.89 EUR that a saved card has paid; the provider's name for that."""
    hears_disputes(scene)
    customer, card, statement = await a_statement(scene)
    await saves_card(scene, customer, CARD)
    await goes_round(scene)
    assert (await debt_of(scene, statement)).closed_at is not None
    async with scene.begin() as work:
        row = await work.one("SELECT provider_ref FROM collection_view WHERE state = 'done'")
    assert row is not None
    return customer, card, statement, row["provider_ref"]


async def test_it_is_owed_again_in_the_books_and_on_its_page(scene: Scene) -> None:
    customer, _, statement, hold = await paid_by_card(scene)

    dispute = await disputes(scene, hold)
    await judged(scene, dispute, won=False)

    debt = await debt_of(scene, statement)
    assert (debt.owed, debt.closed_at) == (Money(489, EUR), None)
    assert await on(scene, f"customer:{customer.id}:receivable") == 489
    assert (await on(scene, "provider:stripe:due"), await cost(scene)) == (0, 0)
    async with scene.begin() as work:
        moves = await debts.moves_of(work, statement)
        assert (await checks_money.collected(work)).found == ()
    assert [(row["kind"], row["amount_minor"]) for row in moves] == [
        ("card", 489),
        ("disputed", 489),
    ]


async def test_its_card_is_charged_no_more_until_one_is_saved_anew(scene: Scene) -> None:
    customer, _, statement, hold = await paid_by_card(scene)
    await disputes(scene, hold)

    for days in (0, 3, 8):
        await goes_round(scene, days)
    async with scene.begin() as work:
        [card] = await methods.methods_of(work, customer.party, customer.id)
    tried = await debt_of(scene, statement)
    await saves_card(scene, customer, CARD)
    await goes_round(scene)

    assert card.refused == "Its bank took back what was charged to it."
    assert (tried.owed, tried.charged) == (Money(489, EUR), 1)
    assert (await debt_of(scene, statement)).closed_at is not None
    assert await on(scene, f"customer:{customer.id}:receivable") == 0


async def test_who_owes_it_again_is_told_from_the_start_and_barred_at_last(scene: Scene) -> None:
    _, card, statement, hold = await paid_by_card(scene)
    async with scene.begin() as work:
        await dunning.set_rule(work, card.party, RULE, by="Aino")
    scene.clock.jump(timedelta(days=60))  # long after it was due

    dispute = await disputes(scene, hold)
    stages = []
    for days in (0, 6, 1, 7, 14, 14):
        await goes_round(scene, days)
        stages.append((await debt_of(scene, statement)).stage)
    barred = await bars(scene, card)
    await judged(scene, dispute, won=True)

    told = [Stage.REMINDER, Stage.NOTICE, Stage.LAST, Stage.BARRED]
    assert stages == [Stage.NONE, Stage.NONE, *told]
    assert barred == {Bar.UNPAID}
    assert await bars(scene, card) == frozenset()
    assert (await debt_of(scene, statement)).closed_at is not None


async def test_what_is_won_is_paid_again_and_takes_back_what_was_written_off(scene: Scene) -> None:
    customer, _, statement, hold = await paid_by_card(scene)
    dispute = await disputes(scene, hold)
    await received(scene, statement, 89)
    async with scene.begin() as work:
        await debts.write_off(work, statement, why="Gone", by="Aino", once=OnceKey("off"))
    off = await on(scene, "cost:write_offs")

    await judged(scene, dispute, won=True)

    debt = await debt_of(scene, statement)
    assert (off, await on(scene, "cost:write_offs")) == (400, 0)
    assert (debt.settled_minor, debt.written_off_minor, debt.owed.minor) == (489, 0, 0)
    # The 0.89 that came to the bank meanwhile are too much now: they are the customer's.
    assert await on(scene, f"customer:{customer.id}:receivable") == -89


@pytest.mark.parametrize(
    ("minor", "owed", "ours"),
    [
        pytest.param(200, 200, 0, id="smaller: the rest stays paid"),
        pytest.param(589, 489, 100, id="larger: the bill is owed, and the rest is our cost"),
    ],
)
async def test_of_a_bill_no_more_is_owed_again_than_was_paid(
    scene: Scene, minor: int, owed: int, ours: int
) -> None:
    customer, _, statement, hold = await paid_by_card(scene)

    await disputes(scene, hold, minor)

    assert (await debt_of(scene, statement)).owed == Money(owed, EUR)
    assert await on(scene, f"customer:{customer.id}:receivable") == owed
    assert await cost(scene) == ours


async def test_two_disputes_of_one_bill_make_it_owed_once(scene: Scene) -> None:
    _, _, statement, hold = await paid_by_card(scene)

    await disputes(scene, hold, 300)
    await disputes(scene, hold, 300)

    assert (await debt_of(scene, statement)).owed == Money(489, EUR)
    assert await cost(scene) == 111
    assert [row["debt_minor"] for row in await kept(scene)] == [300, 189]


async def test_what_was_paid_twice_is_taken_back_first_and_opens_nothing(scene: Scene) -> None:
    hears_disputes(scene)
    customer, _, statement = await a_statement(scene)
    await goes_round(scene)
    async with scene.begin() as work:  # the page was open while the transfer was on its way
        noted = await dunning.note_collection(
            work,
            scene.provider,
            await debts.debt(work, statement),
            once=OnceKey("link"),
            return_url="http://127.0.0.1:1/back",
            cancel_url="http://127.0.0.1:1/p",
        )
    opened = await collecting.go_on(scene.begin, scene.provider, noted.id)
    await received(scene, statement, 489)
    await pay(opened.hosted_url or "")
    done = await collecting.go_on(scene.begin, scene.provider, noted.id)
    await scene.settles()
    twice = await on(scene, f"customer:{customer.id}:receivable")

    await disputes(scene, done.ref)

    assert (twice, await on(scene, f"customer:{customer.id}:receivable")) == (-489, 0)
    assert (await debt_of(scene, statement)).closed_at is not None


async def test_what_a_guest_paid_by_the_link_is_owed_again_on_the_guest_s_account(
    scene: Scene,
) -> None:
    hears_disputes(scene)
    visit = await scene.opens(email="ann@example.org")
    payment = await scene.pays(visit, "4000 0000 0000 0341")
    await scene.starts(payment.token)
    await scene.ends(60_000)
    await scene.settles()
    await goes_round(scene)
    async with scene.begin() as work:
        [debt] = await store_debts.open_debts(work)
    done = await pays_by_link(scene, debt.invoice)

    await disputes(scene, done.ref)
    await goes_round(scene)

    assert (await debt_of(scene, debt.invoice)).owed == Money(490, EUR)
    assert await on(scene, str(debt.account)) == 490


async def test_the_provider_s_report_is_explained_with_the_fee_of_the_dispute(
    scene: Scene,
) -> None:
    customer, _, _, hold = await paid_by_card(scene)
    await disputes(scene, hold)
    bank_payouts.pay_out(scene.bank.books, "EUR")

    taken = await payouts_read.fetch(scene.begin, scene.provider, customer.party, by="Aino")

    assert (taken.lines, taken.open) == (2, 0)
    assert await on(scene, "provider:stripe:due") == 0
    assert await on(scene, "cost:fees:stripe") == 32 + 1500
