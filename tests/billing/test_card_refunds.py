"""What is taken off a receipt goes back to the card that paid its statement, if one says so."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from tests.billing.card_refunded import (
    DARK,
    credit_notes,
    faults,
    given_back,
    gives_back,
    kept,
    left,
    receipt_of,
)
from tests.billing.months import a_card, a_customer, charges, stated
from tests.billing.months import read as statement_of
from tests.billing.reading import plain
from tests.billing.test_debts import a_statement, debt_of, goes_round, on, provider, saves_card
from tests.billing.test_disputed_debts import CARD, paid_by_card, pays_by_link
from tests.billing.test_hosts import a_host, agreed, hearing, shares
from tests.payments.disputed import cost, disputes
from tests.payments.disputed import kept as kept_disputes
from tests.payments.providers import SIMULATED, Closable, patience_s
from tests.payments.scene import Scene
from voltway.billing import actions, card_refunds, crediting, debts
from voltway.billing.actions import Made
from voltway.billing.documents_invoice import invoice
from voltway.billing.model import DocumentIssued
from voltway.kernel.errors import Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId, SessionId
from voltway.kernel.money import EUR, Currency, Money
from voltway.payments import payouts_read
from voltway.payments.model_card_refunds import CardRefundState
from voltway.payments.model_collections import Collected
from voltway.payments.provider import ProviderSilent, RefundOrder
from voltway.payments.refunding_cards import (
    KeyOfAnotherCardRefund,
    MoreThanTheCardPaid,
    NoCardPaid,
)
from voltway.runtime.work import BeginWork, Work
from voltway_world.provider import ProviderServer
from voltway_world.provider import payouts as bank_payouts
from voltway_world.provider.faults import Fault

__all__ = ["provider"]


class Died(Exception):
    """The process is gone."""


def dying_after(works: int, begin: BeginWork) -> BeginWork:
    """Begins so many works, and dies where the next would begin."""
    left_to_live = iter(range(works))

    def begins(party: PartyId | None = None) -> AbstractAsyncContextManager[Work]:
        if next(left_to_live, None) is None:
            raise Died
        return begin(party)

    return begins


async def test_two_parts_go_back_until_nothing_is_left_and_each_has_its_credit_note(
    scene: Scene,
) -> None:
    customer, card, statement, _ = await paid_by_card(scene)
    receipt = await receipt_of(scene)
    before = await left(scene, receipt)

    first = await gives_back(scene, receipt, 200)
    between = await left(scene, receipt)
    await gives_back(scene, receipt, 289, "2", "Dark again")
    with pytest.raises(MoreThanTheCardPaid):
        await gives_back(scene, receipt, 1, "3")

    # The tax of a business is worked out on its statement, which has a cent less than the receipt.
    assert (before, between, await left(scene, receipt)) == ((490, 489), (290, 289), (1, 0))
    assert given_back(scene) == [200, 289]
    assert [(row["total_minor"], row["reason"]) for row in await credit_notes(scene)] == [
        (200, DARK),
        (289, "Dark again"),
    ]
    assert first.document == (await credit_notes(scene))[0]["id"]
    assert await on(scene, "provider:stripe:due") == 0
    assert await on(scene, f"driver:{card.id}:receivable") == 0
    assert await on(scene, f"customer:{customer.id}:receivable") == 0
    assert await on(scene, "cost:refunds") == 0
    assert (await debt_of(scene, statement)).owed.minor == 0
    assert await faults(scene) == []


async def test_the_credit_note_says_that_its_money_moved(scene: Scene) -> None:
    await paid_by_card(scene)
    await gives_back(scene, await receipt_of(scene), 200)

    [note] = await credit_notes(scene)
    async with scene.begin() as work:
        document = (await actions.invoice(work, InvoiceId(note["id"]))).document
        made = invoice(document)

    assert "€2.00 was given back the way it was paid." in plain(
        actions.invoice_html(document, "en")
    )
    assert "2,00" in plain(actions.invoice_html(document, "fi"))
    assert "palautettiin samaa tietä" in plain(actions.invoice_html(document, "fi"))
    assert (made.paid_how, made.paid_minor, made.open_minor) == ("card", 200, 0)


async def test_it_is_not_taken_off_the_next_statement_and_what_is_taken_off_there_is(
    scene: Scene,
) -> None:
    customer, card, _, _ = await paid_by_card(scene)
    receipt = await receipt_of(scene)
    await gives_back(scene, receipt, 200)
    async with scene.begin() as work:
        await actions.credit_receipt(work, receipt, 89, reason="Slow", once=OnceKey("c"))
    await charges(scene, card, "2026-04-12T12:00")
    scene.clock.jump_to(scene.now.replace(month=5, day=2))

    [next_one] = await stated(scene, "2026-04", customer.id)

    _, made = await statement_of(scene, next_one)
    assert sorted(each.gross_minor for each in made.charges) == [-89, 490]
    assert made.total_minor == 400
    assert await on(scene, f"driver:{card.id}:receivable") == 0
    assert await on(scene, f"customer:{customer.id}:receivable") == 400
    assert await faults(scene) == []


async def test_a_host_s_share_is_corrected_once_for_each_credit_note(scene: Scene) -> None:
    host = await a_host(hearing(scene))
    await agreed(scene, host)
    await paid_by_card(scene)
    receipt = await receipt_of(scene)
    before = await shares(scene)
    await gives_back(scene, receipt, 200)
    await gives_back(scene, receipt, 289, "2")

    async with scene.begin() as work:
        corrected = [await actions.correct_shares(work, scene.station.party) for _ in range(2)]

    assert [kind for kind, _, _ in before] == ["session"]
    assert corrected == [2, 0]
    assert [kind for kind, _, _ in await shares(scene)].count("correction") == 2
    # A cent at most is left of what the session came to: what the card did not pay.
    assert abs(sum(revenue for _, revenue, _ in await shares(scene))) <= 1
    assert await faults(scene) == []


async def test_its_customer_is_told_by_the_document_as_of_other_credit_notes(scene: Scene) -> None:
    await paid_by_card(scene)
    told: list[DocumentIssued] = []

    async def hears(work: Work, facts: Sequence[Fact]) -> None:
        told.extend(fact for fact in facts if isinstance(fact, DocumentIssued))

    scene.bus.watch_many("test.documents", [DocumentIssued], hears)
    await gives_back(scene, await receipt_of(scene), 200)

    [fact] = [each for each in told if each.kind == "credit_note"]
    async with scene.begin() as work:
        found = await actions.addressees(work, [fact.invoice])
    assert found[fact.invoice].email == "fleet@example.org"
    assert found[fact.invoice].locale == "fi"


async def test_two_operators_at_once_give_back_no_more_than_there_is(scene: Scene) -> None:
    await paid_by_card(scene)
    receipt = await receipt_of(scene)

    came = await asyncio.gather(
        *(gives_back(scene, receipt, 400, f"operator-{n}") for n in range(3)),
        return_exceptions=True,
    )

    assert sum(isinstance(each, Refusal) for each in came) == 2
    assert given_back(scene) == [400]
    assert await left(scene, receipt) == (90, 89)


async def test_one_key_gives_back_once_however_often_and_by_how_many_at_once(scene: Scene) -> None:
    await paid_by_card(scene)
    receipt = await receipt_of(scene)

    await asyncio.gather(*(gives_back(scene, receipt, 100, "same") for _ in range(3)))
    await gives_back(scene, receipt, 100, "same")
    with pytest.raises(KeyOfAnotherCardRefund):
        await gives_back(scene, receipt, 101, "same")

    assert given_back(scene) == [100]
    assert len(await credit_notes(scene)) == 1


@pytest.mark.patience(2.0)
@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after"])
async def test_a_silence_keeps_it_reserved_until_the_round_has_the_answer(
    scene: Scene, fault: str
) -> None:
    await paid_by_card(scene)
    receipt = await receipt_of(scene)
    scene.bank.faults.set([Fault(on="refund", kind=fault, times=5)])  # type: ignore[arg-type]

    with pytest.raises(ProviderSilent):
        await gives_back(scene, receipt, 400)
    meanwhile = await left(scene, receipt)
    [silent] = await kept(scene)
    async with scene.begin() as work:
        with pytest.raises(crediting.CreditTooLarge):
            await actions.credit_receipt(work, receipt, 91, reason="Slow", once=OnceKey("c"))
    found = await faults(scene)
    scene.bank.faults.set([])
    scene.clock.jump(timedelta(minutes=1))
    over = [await card_refunds.ask_again(scene.begin, scene.provider) for _ in range(2)]

    assert (meanwhile, silent["state"], found) == ((90, 89), "asked", [])
    assert silent["trouble"]
    assert (over, given_back(scene)) == ([1, 0], [400])
    assert [row["total_minor"] for row in await credit_notes(scene)] == [400]
    assert await faults(scene) == []


@pytest.mark.parametrize(
    ("works", "at_the_provider"),
    [
        pytest.param(1, [], id="before the provider was asked"),
        pytest.param(2, [400], id="after the provider did it"),
    ],
)
async def test_a_crash_is_made_good_once(
    scene: Scene, works: int, at_the_provider: list[int]
) -> None:
    await paid_by_card(scene)
    receipt = await receipt_of(scene)
    alive = scene.begin
    scene.begin = dying_after(works, alive)

    with pytest.raises(Died):
        await gives_back(scene, receipt, 400)
    scene.begin = alive
    after = given_back(scene), len(await credit_notes(scene)), await left(scene, receipt)
    scene.clock.jump(timedelta(minutes=1))
    over = await card_refunds.ask_again(scene.begin, scene.provider)

    assert after == (at_the_provider, 0, (90, 89))
    assert (over, given_back(scene)) == (1, [400])
    assert [row["state"] for row in await kept(scene)] == ["done"]
    assert len(await credit_notes(scene)) == 1
    assert await faults(scene) == []


async def test_what_is_declined_moves_nothing_and_can_be_taken_off_the_next_statement(
    scene: Scene,
) -> None:
    _, _, _, hold = await paid_by_card(scene)
    receipt = await receipt_of(scene)
    by_hand = RefundOrder(once=OnceKey("by hand"), ref=hold, amount=Money(489, EUR), reason="desk")
    await scene.provider.refund(by_hand)

    declined = await gives_back(scene, receipt, 400)
    async with scene.begin() as work:
        note = await actions.credit_receipt(work, receipt, 489, reason=DARK, once=OnceKey("c"))

    assert declined.state is CardRefundState.DECLINED
    assert declined.why
    assert (declined.document, declined.entry) == (None, None)
    assert note.total_minor == 489
    assert await on(scene, "provider:stripe:due") == 489
    assert await faults(scene) == []


async def test_a_later_dispute_takes_only_what_was_left_and_what_it_asks_is_no_more_given_back(
    scene: Scene,
) -> None:
    customer, _, statement, hold = await paid_by_card(scene)
    receipt = await receipt_of(scene)
    await gives_back(scene, receipt, 200)

    await disputes(scene, hold, 289)

    assert await left(scene, receipt) == (290, 0)
    with pytest.raises(MoreThanTheCardPaid):
        await gives_back(scene, receipt, 1, "2")
    assert (await debt_of(scene, statement)).owed == Money(289, EUR)
    assert await on(scene, f"customer:{customer.id}:receivable") == 289
    assert await faults(scene) == []


async def test_what_a_bank_takes_beyond_what_was_left_is_our_cost(scene: Scene) -> None:
    _, _, statement, hold = await paid_by_card(scene)
    await gives_back(scene, await receipt_of(scene), 200)

    await disputes(scene, hold, 489)

    [row] = await kept_disputes(scene)
    assert (row["debt_minor"], row["ours_minor"]) == (289, 200)
    assert (await debt_of(scene, statement)).owed == Money(289, EUR)
    assert await cost(scene) == 200


async def test_the_report_of_the_provider_is_explained_line_by_line(scene: Scene) -> None:
    customer, _, _, _ = await paid_by_card(scene)
    receipt = await receipt_of(scene)
    for n in range(2):  # two alike, each explained by its own
        await gives_back(scene, receipt, 100, str(n))
    bank_payouts.pay_out(scene.bank.books, "EUR")

    taken = await payouts_read.fetch(scene.begin, scene.provider, customer.party, by="Aino")

    assert (taken.lines, taken.open) == (3, 0)
    assert await on(scene, "provider:stripe:due") == 0


async def test_what_a_bank_sends_back_is_a_line_for_a_person(scene: Scene) -> None:
    customer, _, _, _ = await paid_by_card(scene)
    done = await gives_back(scene, await receipt_of(scene), 100)
    scene.bank.desk.fail_refund(done.ref or "")
    bank_payouts.pay_out(scene.bank.books, "EUR")

    taken = await payouts_read.fetch(scene.begin, scene.provider, customer.party, by="Aino")

    assert (taken.lines, taken.open) == (3, 1)
    async with scene.begin() as work:
        [row] = await work.all("SELECT said FROM payout_line_view WHERE doubt IS NOT NULL")
    assert row["said"].startswith("A bank sent back 1.00 EUR that was given back of ")


@pytest.mark.parametrize(
    ("amount", "refused"),
    [
        pytest.param(Money(0, EUR), crediting.CreditTooLarge, id="nothing"),
        pytest.param(Money(-100, EUR), crediting.CreditTooLarge, id="less than nothing"),
        pytest.param(Money(491, EUR), crediting.CreditTooLarge, id="more than the receipt"),
        pytest.param(Money(490, EUR), MoreThanTheCardPaid, id="more than the card paid"),
        pytest.param(Money(100, Currency("SEK")), crediting.CreditTooLarge, id="other money"),
    ],
)
async def test_what_cannot_go_back_is_refused_and_nothing_is_noted(
    scene: Scene, amount: Money, refused: type[Refusal]
) -> None:
    await paid_by_card(scene)
    receipt = await receipt_of(scene)

    with pytest.raises(refused):
        await card_refunds.give_back(
            scene.begin,
            scene.provider,
            receipt,
            amount,
            reason=DARK,
            by="Aino",
            once=OnceKey("1"),
        )

    assert (await kept(scene), given_back(scene)) == ([], [])


async def test_without_a_reason_nothing_goes_back(scene: Scene) -> None:
    await paid_by_card(scene)

    with pytest.raises(debts.NoReason):
        await gives_back(scene, await receipt_of(scene), 100, reason="  ")

    assert await kept(scene) == []


async def test_of_a_statement_that_no_card_paid_nothing_goes_back_to_one(scene: Scene) -> None:
    _, _, statement = await a_statement(scene)
    await goes_round(scene)
    receipt = await receipt_of(scene)

    for wanted in (receipt, statement):
        with pytest.raises(Refusal) as no:
            await gives_back(scene, wanted, 100)
        assert type(no.value) is (NoCardPaid if wanted == receipt else actions.NotAReceipt)
    assert await left(scene, receipt) == (490, None)


async def test_of_a_receipt_that_stands_on_no_statement_yet_nothing_goes_back(scene: Scene) -> None:
    _, card, _, _ = await paid_by_card(scene)
    await charges(scene, card, "2026-04-12T12:00")
    newest = await receipt_of(scene)

    with pytest.raises(NoCardPaid):
        await gives_back(scene, newest, 100)

    assert await left(scene, newest) == (490, None)


async def without_register(scene: Scene) -> SessionId:
    """A charge of 4.90 EUR whose end told no register, on a statement that a card paid."""
    scene.bus.watch_many("billing.collected", [Collected], debts.hears_collected)
    card = await a_card(scene, "04A1B2C3")
    customer = await a_customer(scene, [card], email="fleet@example.org")
    scene.clock.jump_to(scene.now.replace(month=3, day=12, hour=12))
    session = await scene.starts(card.uid, wh=0)
    scene.clock.jump(timedelta(minutes=60))
    await scene.meters(10_000)
    await scene.ends(None, seq=3, minutes=1)
    for _ in range(5):
        scene.clock.jump(timedelta(minutes=10))
        await scene.sweeps()
        await scene.settles()
    scene.clock.jump_to(scene.now.replace(month=4, day=2))
    await stated(scene, "2026-03", customer.id)
    await saves_card(scene, customer, CARD)
    await goes_round(scene)
    return session


@pytest.mark.patience(2.0)
async def test_a_correction_waits_for_what_is_on_its_way_to_the_card(scene: Scene) -> None:
    session = await without_register(scene)
    receipt = await receipt_of(scene)
    scene.bank.faults.set([Fault(on="refund", kind="timeout_before", times=5)])
    with pytest.raises(ProviderSilent):
        await gives_back(scene, receipt, 400)
    await scene.meters(7_000, seq=2)  # it had charged less: 3.43 EUR

    with pytest.raises(crediting.RefundUnderWay):
        await corrects(scene, session)
    scene.bank.faults.set([])
    scene.clock.jump(timedelta(minutes=1))
    await card_refunds.ask_again(scene.begin, scene.provider)
    await corrects(scene, session)

    assert [row["total_minor"] for row in await credit_notes(scene)] == [400, 90]
    assert await faults(scene) == []


async def corrects(scene: Scene, session: SessionId) -> None:
    async with scene.begin() as work:
        await actions.adjust(work, session, Made.ADJUSTED, reason="Late", by="Olga")
    await scene.settles()


class TestTheSimulatedProvider:
    """Of a house whose provider is the simulated one: the payer pays on the page of the link."""

    @pytest.fixture
    async def provider(
        self, request: pytest.FixtureRequest, bank: ProviderServer
    ) -> AsyncIterator[Closable]:
        adapter = SIMULATED.speaks_to(bank, timeout_s=patience_s(request))
        yield adapter
        await adapter.close()

    async def test_what_was_paid_on_the_page_goes_back_too(self, scene: Scene) -> None:
        customer, _, statement = await a_statement(scene)
        await goes_round(scene)
        await pays_by_link(scene, statement)
        receipt = await receipt_of(scene)

        for n, minor in enumerate((200, 289)):
            await gives_back(scene, receipt, minor, str(n))
        with pytest.raises(MoreThanTheCardPaid):
            await gives_back(scene, receipt, 1, "2")

        assert given_back(scene) == [200, 289]
        assert await on(scene, "provider:simulated:due") == 0
        assert await on(scene, f"customer:{customer.id}:receivable") == 0
        assert await faults(scene) == []
