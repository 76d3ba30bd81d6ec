"""A hold grows while the car charges, where its bank lets it; a page nobody paid on is closed."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.payments.hosted_page import pay
from tests.payments.providers import Closable, by_stripe
from tests.payments.scene import Scene, a_scene
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments import actions, rules
from voltway.payments.model import Captured, Payment, PaymentState, Why
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Fault

__all__ = ["by_stripe"]

GROWS = "4000 0025 0000 1001"
S = PaymentState


@pytest.fixture
async def scene(
    database: Database, clock: JumpingClock, bank: ProviderServer, provider: Closable
) -> AsyncIterator[Scene]:
    async with a_scene(database, clock, bank, provider) as made:
        yield made


async def charging(scene: Scene, number: str) -> Payment:
    """A car that has used up 49.00 of the 50.00 that are held."""
    payment = await scene.pays(await scene.opens(), number)
    await scene.starts(payment.token, wh=0)
    await scene.settles()
    scene.clock.jump(timedelta(hours=8))
    await scene.meters(100_000)
    return payment


async def now(scene: Scene, payment: Payment) -> Payment:
    async with scene.begin() as work:
        return await actions.payment(work, payment.id)


async def test_a_hold_that_may_grow_does_so_before_it_is_used_up_and_all_of_it_is_taken(
    scene: Scene,
) -> None:
    payment = await charging(scene, GROWS)
    assert payment.can_grow

    assert await actions.stop_at_limit(scene.begin, scene.provider) == 0
    grown = await now(scene, payment)
    scene.clock.jump(timedelta(hours=1))
    await scene.meters(160_000, seq=2)  # 78.40 of 100.00
    assert await actions.stop_at_limit(scene.begin, scene.provider) == 0
    await scene.ends(160_000, seq=3)
    await scene.settles()

    assert (grown.state, grown.hold) == (S.HELD, Money(10_000, EUR))
    after = await now(scene, payment)
    assert (after.state, after.captured) == (S.CAPTURED, Money(7_840, EUR))
    assert scene.moved_minor == 7_840
    assert await scene.count("order_view WHERE kind = 'StopCharging'") == 0


async def test_a_hold_whose_bank_says_no_to_more_is_left_as_it_is_and_the_session_stops(
    scene: Scene,
) -> None:
    payment = await charging(scene, GROWS)
    hold = scene.bank.desk.hold(payment.provider_ref or "")
    assert hold.card is not None
    scene.bank.books.holds[hold.id] = replace(hold, card=replace(hold.card, can_grow=False))

    assert await actions.stop_at_limit(scene.begin, scene.provider) == 0
    declined = await now(scene, payment)
    scene.clock.jump(timedelta(minutes=1))
    await scene.meters(102_100, seq=2)  # 50.03
    assert await actions.stop_at_limit(scene.begin, scene.provider) == 1

    assert (declined.state, declined.hold, declined.can_grow) == (S.HELD, Money(5_000, EUR), False)
    assert await scene.count("payment_step_view WHERE verb = 'increase'") == 1


async def test_a_card_that_cannot_is_not_asked(scene: Scene) -> None:
    payment = await charging(scene, "4242 4242 4242 4242")

    await actions.stop_at_limit(scene.begin, scene.provider)

    assert not payment.can_grow
    assert await scene.count("payment_step_view WHERE verb = 'increase'") == 0


@pytest.mark.parametrize(
    "fault", ["reset_connection", "reset_connection_after", "error_500", "error_500_after"]
)
async def test_an_increase_without_an_answer_is_asked_for_again_and_made_once(
    scene: Scene, fault: str
) -> None:
    payment = await charging(scene, GROWS)
    scene.bank.faults.set([Fault(on="grow", kind=fault, times=1)])  # type: ignore[arg-type]

    await actions.stop_at_limit(scene.begin, scene.provider)
    await actions.stop_at_limit(scene.begin, scene.provider)
    scene.clock.jump(timedelta(minutes=1))
    await actions.resolve_unknown(scene.begin, scene.provider)

    after = await now(scene, payment)
    assert (after.state, after.hold) == (S.HELD, Money(10_000, EUR))
    assert scene.bank.desk.hold(after.provider_ref or "").amount_minor == 10_000
    assert await scene.count("payment_step_view WHERE verb = 'increase'") == 1


async def test_a_hold_grows_three_times_at_most(scene: Scene) -> None:
    payment = await charging(scene, GROWS)
    amounts = []
    for seq, wh in enumerate((100_000, 200_000, 300_000, 400_000), 2):
        scene.clock.jump(timedelta(hours=8))
        await scene.meters(wh, seq=seq)
        await actions.stop_at_limit(scene.begin, scene.provider)
        amounts.append((await now(scene, payment)).hold_minor)

    assert amounts == [10_000, 15_000, 20_000, 20_000]
    assert rules.GROWS_MAX == 3


async def test_a_grown_hold_is_let_go_as_a_whole(scene: Scene) -> None:
    payment = await charging(scene, GROWS)
    await actions.stop_at_limit(scene.begin, scene.provider)

    after = await actions.release(scene.begin, scene.provider, payment.id, Why.NOTHING_TO_PAY)

    assert (after.state, after.hold_open) == (S.RELEASED, False)
    assert scene.moved_minor == 0


async def test_what_was_held_more_can_be_taken_by_a_late_capture(scene: Scene) -> None:
    payment = await charging(scene, GROWS)
    await actions.stop_at_limit(scene.begin, scene.provider)

    answer = await actions.capture(
        scene.begin, scene.provider, payment.id, Money(9_999, EUR), OnceKey("settlement-1")
    )

    assert isinstance(answer, Captured)
    assert answer.amount == Money(9_999, EUR)


async def test_a_page_on_which_nobody_paid_in_time_is_closed(scene: Scene) -> None:
    visit = await scene.opens()
    scene.clock.jump(timedelta(minutes=34))
    assert await actions.close_pages(scene.begin, scene.provider) == 0
    scene.clock.jump(timedelta(minutes=2))

    assert await actions.close_pages(scene.begin, scene.provider) == 1
    late = await scene.pays(visit)

    assert (late.state, late.why) == (S.RELEASED, Why.GAVE_UP)
    assert [hold.status for hold in scene.bank.books.holds.values()] == ["expired"]


async def test_a_page_that_was_paid_while_it_was_closed_gives_the_money_back(
    scene: Scene,
) -> None:
    visit = await scene.opens()
    scene.bank.send_webhooks_to("")
    await pay(visit.hosted_url)
    scene.clock.jump(timedelta(minutes=36))

    await actions.close_pages(scene.begin, scene.provider)

    assert (await scene.payment(visit)).state is S.RELEASED
    assert [hold.status for hold in scene.bank.books.holds.values()] == ["voided"]
    assert await scene.count("order_view") == 0
