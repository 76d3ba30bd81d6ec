"""A refund that its bank sends back days later: heard of, taken out, owed, and paid again once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from tests.billing.words import charged, owes
from tests.payments.providers import MOLLIE, STRIPE, Closable, Kind
from tests.payments.returned import comes_back, gives_back, hears_returns, kept, looks
from tests.payments.scene import Scene
from voltway.billing import checking
from voltway.billing import invoicing as invoices
from voltway.billing.crediting import ReceiptStillComing
from voltway.kernel.errors import Outage
from voltway.kernel.ids import InvoiceId, OnceKey, PaymentId
from voltway.kernel.money import EUR, Money
from voltway.ocpp.hearing import heard_again
from voltway.payments import actions, paying_again, payouts_read, returning
from voltway.payments.actions_money import RefundTooLarge
from voltway.payments.model import Payment
from voltway.payments.model_returned import RefundReturned
from voltway.payments.provider import Declined, Refunded
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Fault
from voltway_world.provider.payouts import pay_out

FEE = 40  # of a capture of 9.80


@pytest.fixture(params=[STRIPE, MOLLIE], ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


@pytest.fixture
async def provider(kind: Kind, bank: ProviderServer) -> AsyncIterator[Closable]:
    adapter = kind.speaks_to(bank, timeout_s=5.0)
    yield adapter
    await adapter.close()


@pytest.fixture
def told(scene: Scene) -> list[RefundReturned]:
    return hears_returns(scene)


@pytest.fixture
async def paid(scene: Scene, told: list[RefundReturned]) -> Payment:
    """A charge of 9.80 EUR."""
    _, payment, _ = await charged(scene)
    await scene.settles()
    return payment


async def as_it_is(scene: Scene, id: PaymentId) -> Payment:
    async with scene.begin() as work:
        return await actions.payment(work, id)


async def counted(scene: Scene, id: PaymentId) -> tuple[int, int]:
    """What of a payment counts as given back, and as sent back."""
    now = await as_it_is(scene, id)
    return now.refunded_minor, now.returned_minor


async def in_books(scene: Scene, id: PaymentId) -> tuple[int, int]:
    """What the provider owes us, and what we owe the driver."""
    due = await owes(scene, f"provider:{scene.provider.name}:due")
    return due.minor, -(await owes(scene, f"driver:{id}:payable")).minor


async def credit_notes(scene: Scene) -> int:
    return await scene.count("document_view WHERE kind = 'credit_note'")


async def found(scene: Scene) -> list[str]:
    """What the nightly check finds."""
    check = await checking.check_books(
        scene.begin, heard_again, scene.station.station.party, asked_by="the test", whole=True
    )
    return [one.said for part in check.parts for one in part.found]


async def again(scene: Scene, id: UUID) -> Refunded | Declined:
    answer = await paying_again.refund_again(scene.begin, scene.provider, id, by="Olga")
    await scene.settles()
    return answer


async def test_what_came_back_is_owed_and_told_once_however_often_it_is_heard_of(
    scene: Scene, paid: Payment, told: list[RefundReturned]
) -> None:
    refund = await gives_back(scene, paid.id, 300, "r-1")
    assert await counted(scene, paid.id) == (300, 0)

    await comes_back(scene, refund.ref)
    await returning.read(scene.begin, scene.provider, paid.id)
    await actions.refresh(scene.begin, scene.provider, paid.id)
    await looks(scene)
    await scene.settles()

    assert await counted(scene, paid.id) == (0, 300)
    assert await in_books(scene, paid.id) == (980, 300)
    assert [(fact.payment, fact.amount_minor) for fact in told] == [(paid.id, 300)]
    assert [row["state"] for row in await kept(scene)] == ["owed"]
    assert await credit_notes(scene) == 1
    assert await found(scene) == []


async def test_what_no_webhook_tells_is_found_by_the_round_within_a_day(
    scene: Scene, paid: Payment, bank: ProviderServer, told: list[RefundReturned]
) -> None:
    refund = await gives_back(scene, paid.id, 300, "r-1")
    scene.clock.jump(timedelta(days=5))
    await returning.look_again(scene.begin, scene.provider)
    bank.faults.set([Fault(on="webhook", kind="webhook_lost", times=9)])
    bank.desk.fail_refund(refund.ref)

    assert await returning.look_again(scene.begin, scene.provider) == 0
    assert await looks(scene) == 1
    await scene.settles()

    assert await counted(scene, paid.id) == (0, 300)
    assert len(told) == 1
    assert await looks(scene) == 0, "what came back is looked at no more"


async def test_after_a_month_a_refund_is_looked_at_no_more(scene: Scene, paid: Payment) -> None:
    await gives_back(scene, paid.id, 300, "r-1")

    looked = 0
    for _ in range(35):
        looked += await looks(scene)

    assert looked == 30


async def test_a_provider_that_is_silent_is_asked_again_by_the_next_round(
    scene: Scene, paid: Payment, bank: ProviderServer
) -> None:
    refund = await gives_back(scene, paid.id, 300, "r-1")
    bank.faults.set(
        [
            Fault(on="webhook", kind="webhook_lost", times=9),
            Fault(on="get", kind="error_500", times=1),
        ]
    )
    bank.desk.fail_refund(refund.ref)

    assert await looks(scene) == 0
    assert await returning.look_again(scene.begin, scene.provider) == 1
    assert await counted(scene, paid.id) == (0, 300)


async def test_what_came_back_before_our_own_answer_was_noted_is_given_back_and_came_back(
    scene: Scene, paid: Payment, bank: ProviderServer, told: list[RefundReturned]
) -> None:
    bank.faults.set([Fault(on="refund", kind="reset_connection_after", times=1)])
    with pytest.raises(Outage):
        await gives_back(scene, paid.id, 300, "r-1")
    [refund] = bank.books.refunds

    await comes_back(scene, refund)
    assert told == []
    scene.clock.jump(timedelta(minutes=1))
    await actions.resolve_unknown(scene.begin, scene.provider)
    await scene.settles()
    assert await credit_notes(scene) == 1
    scene.clock.jump(timedelta(minutes=10))
    await returning.look_again(scene.begin, scene.provider)
    await scene.settles()

    assert await counted(scene, paid.id) == (0, 300)
    assert await in_books(scene, paid.id) == (980, 300)
    assert len(told) == 1
    assert await found(scene) == []


async def test_of_several_refunds_only_the_one_that_came_back_is_taken_out(
    scene: Scene, paid: Payment
) -> None:
    first = await gives_back(scene, paid.id, 300, "r-1")
    await gives_back(scene, paid.id, 200, "r-2")

    await comes_back(scene, first.ref)

    assert await counted(scene, paid.id) == (200, 300)
    assert await in_books(scene, paid.id) == (780, 300)
    with pytest.raises(RefundTooLarge, match=r"4\.80"):
        await gives_back(scene, paid.id, 481, "r-3")
    await gives_back(scene, paid.id, 480, "r-4")
    assert await counted(scene, paid.id) == (680, 300)
    assert await found(scene) == []


async def test_asked_again_under_its_key_what_came_back_was_given_back(
    scene: Scene, paid: Payment
) -> None:
    refund = await gives_back(scene, paid.id, 300, "r-1")
    await comes_back(scene, refund.ref)

    assert await gives_back(scene, paid.id, 300, "r-1") == refund
    assert await counted(scene, paid.id) == (0, 300)


async def test_refunded_again_nothing_is_owed_and_nothing_credited_twice(
    scene: Scene, paid: Payment, bank: ProviderServer
) -> None:
    refund = await gives_back(scene, paid.id, 980, "r-1")
    await comes_back(scene, refund.ref)
    [row] = await kept(scene)

    answer = await again(scene, row["id"])

    assert isinstance(answer, Refunded)
    assert answer.ref != refund.ref
    assert await counted(scene, paid.id) == (980, 980)
    assert await in_books(scene, paid.id) == (0, 0)
    assert await credit_notes(scene) == 1
    assert [(each["state"], each["ended_by"]) for each in await kept(scene)] == [
        ("refunded", "Olga")
    ]
    assert scene.moved_minor == 0
    assert await found(scene) == []


async def test_what_comes_back_again_is_owed_again(
    scene: Scene, paid: Payment, told: list[RefundReturned]
) -> None:
    refund = await gives_back(scene, paid.id, 300, "r-1")
    await comes_back(scene, refund.ref)
    [row] = await kept(scene)
    second = await again(scene, row["id"])
    assert isinstance(second, Refunded)

    await comes_back(scene, second.ref)
    [owed] = [each for each in await kept(scene) if each["state"] == "owed"]
    await again(scene, owed["id"])

    assert len(told) == 2
    assert [each["state"] for each in await kept(scene)] == ["refunded", "refunded"]
    assert await counted(scene, paid.id) == (300, 600)
    assert await in_books(scene, paid.id) == (680, 0)
    assert await credit_notes(scene) == 1
    assert await found(scene) == []


async def test_a_provider_that_gives_it_back_no_more_leaves_it_owed_with_its_reason(
    scene: Scene, paid: Payment, bank: ProviderServer
) -> None:
    refund = await gives_back(scene, paid.id, 300, "r-1")
    await comes_back(scene, refund.ref)
    [row] = await kept(scene)
    [hold] = bank.books.holds
    # Somebody gave it back on the provider's own pages meanwhile, so that nothing is left there.
    _, page, _ = bank.desk.refund(hold, b'{"amount_minor": 980, "reason": "by hand"}')
    bank.desk.books.keep(page)

    answer = await again(scene, row["id"])

    assert isinstance(answer, Declined)
    [now] = await kept(scene)
    assert (now["state"], now["tries"], now["again_step_id"]) == ("owed", 1, None)
    assert now["said"] == answer.reason
    assert (await in_books(scene, paid.id))[1] == 300


async def test_a_silence_leaves_it_on_its_way_and_the_rounds_end_it(
    scene: Scene, paid: Payment, bank: ProviderServer
) -> None:
    refund = await gives_back(scene, paid.id, 300, "r-1")
    await comes_back(scene, refund.ref)
    [row] = await kept(scene)
    bank.faults.set([Fault(on="refund", kind="reset_connection_after", times=1)])

    with pytest.raises(Outage):
        await again(scene, row["id"])
    [on_its_way] = await kept(scene)
    async with scene.begin() as work:
        with pytest.raises(paying_again.OwedNoMore):
            await paying_again.pay_otherwise(work, row["id"], how="By bank", by="Ben")
    scene.clock.jump(timedelta(minutes=1))
    await actions.resolve_unknown(scene.begin, scene.provider)
    await scene.settles()

    assert on_its_way["state"] == "asked"
    assert [each["state"] for each in await kept(scene)] == ["refunded"]
    assert await counted(scene, paid.id) == (300, 300)
    assert await in_books(scene, paid.id) == (680, 0)


async def test_paid_from_the_bank_it_is_owed_no_more_and_cannot_be_refunded_besides(
    scene: Scene, paid: Payment
) -> None:
    refund = await gives_back(scene, paid.id, 300, "r-1")
    await comes_back(scene, refund.ref)
    [row] = await kept(scene)

    async with scene.begin() as work:
        with pytest.raises(paying_again.SayHow):
            await paying_again.pay_otherwise(work, row["id"], how=" ", by="Ben")
        await paying_again.pay_otherwise(work, row["id"], how="SEPA of 3 March", by="Ben")

    assert await in_books(scene, paid.id) == (980, 0)
    assert await owes(scene, "bank") == Money(-300, EUR)
    [now] = await kept(scene)
    assert (now["state"], now["said"], now["ended_by"]) == ("paid", "SEPA of 3 March", "Ben")
    with pytest.raises(RefundTooLarge):
        await gives_back(scene, paid.id, 681, "r-2")
    with pytest.raises(paying_again.OwedNoMore):
        await again(scene, row["id"])
    assert await found(scene) == []


async def test_two_operators_at_once_pay_it_once(scene: Scene, paid: Payment) -> None:
    refund = await gives_back(scene, paid.id, 300, "r-1")
    await comes_back(scene, refund.ref)
    [row] = await kept(scene)

    async def by_bank() -> None:
        async with scene.begin() as work:
            await paying_again.pay_otherwise(work, row["id"], how="By bank", by="Ben")

    ends = await asyncio.gather(
        again(scene, row["id"]), again(scene, row["id"]), by_bank(), return_exceptions=True
    )
    await scene.settles()

    assert sum(isinstance(each, paying_again.OwedNoMore) for each in ends) == 2
    assert (await in_books(scene, paid.id))[1] == 0
    bank = -(await owes(scene, "bank")).minor
    assert (await counted(scene, paid.id))[0] + bank == 300
    assert await found(scene) == []


async def test_a_refund_of_a_charge_without_a_receipt_yet_comes_back_before_it_is_credited(
    scene: Scene, told: list[RefundReturned]
) -> None:
    payment = await scene.pays(await scene.opens(email="ann@example.org"))
    await scene.starts(payment.token)
    await scene.bus.catch_up()
    await actions.capture(
        scene.begin, scene.provider, payment.id, Money(980, EUR), OnceKey(f"{payment.id}:capture")
    )
    refund = await actions.refund(
        scene.begin,
        scene.provider,
        payment.id,
        Money(300, EUR),
        reason="Broken cable",
        once=OnceKey("r-1"),
    )
    assert isinstance(refund, Refunded)
    scene.bank.desk.fail_refund(refund.ref)
    await returning.read(scene.begin, scene.provider, payment.id)
    assert await in_books(scene, payment.id) == (300, 300)

    assert await counted(scene, payment.id) == (0, 300)
    assert await credit_notes(scene) == 0

    await scene.ends(70_000, minutes=60)
    with pytest.raises(ReceiptStillComing):
        await scene.settles()
    await scene.jobs.catch_up()
    await scene.settles()

    assert await credit_notes(scene) == 1
    assert await in_books(scene, payment.id) == (980, 300)


async def test_the_tax_that_a_buyer_owes_comes_back_as_any_other_refund(
    scene: Scene, paid: Payment
) -> None:
    """Its refund has a key of its own, and is credited by the invoice."""
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM document_view WHERE payment_id = $1", paid.id)
    assert row is not None
    key = invoices.tax_key(InvoiceId(row["id"]))
    refund = await gives_back(scene, paid.id, 199, key)
    notes = await credit_notes(scene)
    assert notes == 0

    await comes_back(scene, refund.ref)
    assert await in_books(scene, paid.id) == (980, 199)
    [row] = await kept(scene)
    await again(scene, row["id"])

    assert await in_books(scene, paid.id) == (781, 0)
    assert await credit_notes(scene) == 0


async def test_every_line_of_the_payout_is_explained(
    scene: Scene, paid: Payment, bank: ProviderServer
) -> None:
    if not scene.provider.can.balance:
        pytest.skip("its balance cannot be read")
    refund = await gives_back(scene, paid.id, 300, "r-1")
    await gives_back(scene, paid.id, 300, "r-2")
    await comes_back(scene, refund.ref)
    [row] = await kept(scene)
    await again(scene, row["id"])
    pay_out(bank.books, "EUR")

    taken = await payouts_read.fetch(scene.begin, scene.provider, scene.station.party.id, by="Aino")

    assert (taken.lines, taken.open, taken.posted) == (5, 0, 1)
    assert await in_books(scene, paid.id) == (0, 0)
    assert await owes(scene, "bank") == Money(980 - 600 - FEE, EUR)
