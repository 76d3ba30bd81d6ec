"""Money is taken and given back once, through silences and crashes."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import pytest

from tests.payments.scene import Scene
from tests.simulation.waiting import comes_true
from voltway.kernel.ids import OnceKey, SessionId
from voltway.kernel.money import EUR, Money
from voltway.payments import actions, store_webhooks
from voltway.payments.actions_capture import KeyOfAnotherStep
from voltway.payments.actions_money import RefundTooLarge
from voltway.payments.model import Captured, Payment, PaymentState
from voltway.payments.provider import (
    CaptureOrder,
    Declined,
    HoldSeen,
    ProviderSilent,
    Refunded,
    Told,
)
from voltway.payments.providers.simulated import SimulatedProvider
from voltway_world.provider.faults import Fault, Kind

S = PaymentState


TAKEN = Money(1166, EUR)


ONCE = OnceKey("settlement-1:capture")


async def test_the_amount_is_taken_and_the_rest_goes_back(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())

    answer = await actions.capture(scene.begin, scene.provider, payment.id, TAKEN, ONCE)

    assert isinstance(answer, Captured)
    assert answer.amount == TAKEN
    assert answer.step is not None
    assert scene.moved_minor == 1166
    async with scene.begin() as work:
        after = await actions.payment(work, payment.id)
    assert (after.state, after.captured, after.hold_open) == (S.CAPTURED, TAKEN, False)


async def test_a_capture_asked_for_twice_or_by_two_at_once_is_one(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())

    answers = await asyncio.gather(
        *(actions.capture(scene.begin, scene.provider, payment.id, TAKEN, ONCE) for _ in range(4))
    )

    assert {answer.amount for answer in answers if isinstance(answer, Captured)} == {TAKEN}
    assert scene.moved_minor == 1166
    assert await scene.count("payment_step WHERE verb = 'capture'") == 1
    assert await scene.count("outbox WHERE kind = 'PaymentCaptured'") == 1


async def test_a_second_settlement_finds_what_was_taken_and_takes_nothing(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())
    await actions.capture(scene.begin, scene.provider, payment.id, TAKEN, ONCE)

    again = await actions.capture(
        scene.begin, scene.provider, payment.id, Money(1, EUR), OnceKey("another")
    )

    assert again == Captured(payment.id, TAKEN, None)
    assert scene.moved_minor == 1166


async def test_a_key_stands_for_one_amount(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())
    await actions.capture(scene.begin, scene.provider, payment.id, TAKEN, ONCE)

    with pytest.raises(KeyOfAnotherStep):
        await actions.capture(scene.begin, scene.provider, payment.id, Money(1, EUR), ONCE)


class Died(BaseException):
    """The process ended here."""


class DiesBeforeItAsks(SimulatedProvider):
    """A process that has committed its note, and then is no more."""

    async def capture(self, order: CaptureOrder) -> HoldSeen | Declined:
        raise Died


SILENCES: list[Kind] = [
    "timeout_before",
    "timeout_after",
    "error_500",
    "error_500_after",
    "reset_connection",
    "reset_connection_after",
]


@pytest.mark.patience(3.0)
@pytest.mark.parametrize("kind", SILENCES)
async def test_a_lost_answer_is_asked_for_again_and_the_money_moves_once(
    scene: Scene, kind: Kind
) -> None:
    payment = await scene.pays(await scene.opens())
    scene.bank.faults.set([Fault(on="capture", kind=kind, times=1)])

    with pytest.raises(ProviderSilent):
        await actions.capture(scene.begin, scene.provider, payment.id, TAKEN, ONCE)
    async with scene.begin() as work:
        unknown = await actions.payment(work, payment.id)
    # A webhook may have told by now that the money was taken; otherwise nobody knows.
    assert unknown.state in (S.UNKNOWN, S.CAPTURED)

    scene.clock.jump(timedelta(minutes=1))
    assert await actions.resolve_unknown(scene.begin, scene.provider) >= 1

    async with scene.begin() as work:
        after = await actions.payment(work, payment.id)
        steps = await actions.steps_of(work, payment.id)
    assert (after.state, after.captured) == (S.CAPTURED, TAKEN)
    assert scene.moved_minor == 1166
    assert {(step.verb, step.answer) for step in steps} == {("hold", "done"), ("capture", "done")}


async def test_a_crash_between_note_and_ask_is_found_by_the_sweep(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())
    dying = DiesBeforeItAsks(
        scene.bank.url, secret=scene.bank.secret, webhook_secret=scene.bank.webhook_secret
    )
    with pytest.raises(Died):
        await actions.capture(scene.begin, dying, payment.id, TAKEN, ONCE)
    await dying.close()
    assert scene.moved_minor == 0

    scene.clock.jump(timedelta(minutes=1))
    await actions.resolve_unknown(scene.begin, scene.provider)

    async with scene.begin() as work:
        assert (await actions.payment(work, payment.id)).captured == TAKEN
    assert scene.moved_minor == 1166


async def test_a_bank_that_keeps_the_money_is_a_decline_and_its_hold_is_let_go(
    scene: Scene,
) -> None:
    visit = await scene.opens()
    payment = await scene.pays(visit, "4000 0000 0000 0341")

    answer = await actions.capture(scene.begin, scene.provider, payment.id, TAKEN, ONCE)

    assert isinstance(answer, Declined)
    assert (await scene.payment(visit)).state is S.CAPTURE_DECLINED
    assert (await scene.payment(visit)).hold_open
    await actions.void_leftovers(scene.begin, scene.provider)
    assert not (await scene.payment(visit)).hold_open
    assert next(iter(scene.bank.books.holds.values())).status == "voided"


async def test_a_hold_that_ran_out_cannot_be_taken_and_we_say_so(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())
    scene.bank.desk.expire(payment.provider_ref or "")

    answer = await actions.capture(scene.begin, scene.provider, payment.id, TAKEN, ONCE)

    assert isinstance(answer, Declined)
    assert answer.code == "expired"
    assert scene.moved_minor == 0


async def test_money_goes_back_in_parts_and_two_at_once_cannot_give_back_too_much(
    scene: Scene,
) -> None:
    payment = await scene.pays(await scene.opens())
    await actions.capture(scene.begin, scene.provider, payment.id, TAKEN, ONCE)

    answers = await asyncio.gather(
        *(
            actions.refund(
                scene.begin,
                scene.provider,
                payment.id,
                Money(600, EUR),
                reason="The cable was broken",
                once=OnceKey(f"refund-{who}"),
            )
            for who in ("aino", "olga")
        ),
        return_exceptions=True,
    )

    assert {type(answer) for answer in answers} == {Refunded, RefundTooLarge}
    assert scene.moved_minor == 1166 - 600
    async with scene.begin() as work:
        assert (await actions.payment(work, payment.id)).refunded == Money(600, EUR)


@pytest.mark.patience(3.0)
async def test_a_refund_told_twice_is_one(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())
    await actions.capture(scene.begin, scene.provider, payment.id, TAKEN, ONCE)
    scene.bank.faults.set([Fault(on="refund", kind="timeout_after", times=1)])

    async def give_back() -> object:
        return await actions.refund(
            scene.begin,
            scene.provider,
            payment.id,
            Money(500, EUR),
            reason="goodwill",
            once=OnceKey("refund-1"),
        )

    with pytest.raises(ProviderSilent):
        await give_back()
    first, again = await give_back(), await give_back()

    assert isinstance(first, Refunded)
    assert first == again
    assert scene.moved_minor == 1166 - 500
    await scene.settles()
    assert await scene.count("entry_view WHERE memo LIKE 'Gave back 5.00 EUR: goodwill%'") == 2


async def test_the_webhook_of_a_capture_that_is_noted_is_kept_and_needs_no_look(
    scene: Scene,
) -> None:
    payment = await scene.pays(await scene.opens())
    await scene.webhook_answered(200)
    scene.bank.send_webhooks_to("")
    await actions.capture(scene.begin, scene.provider, payment.id, TAKEN, ONCE)
    scene.bank.faults.set([Fault(on="get", kind="error_500", times=9)])

    scene.bank.send_webhooks_to(scene.door)
    await scene.webhook_answered(200, times=2)

    assert await scene.count("webhook_event WHERE acted_at IS NOT NULL") == 2


class HearsOfItFirst(SimulatedProvider):
    """The provider's webhook comes before its answer."""

    scene: Scene

    async def capture(self, order: CaptureOrder) -> HoldSeen | Declined:
        answer = await super().capture(order)
        await self.scene.webhook_answered(200, times=2)
        return answer


async def test_a_webhook_that_comes_while_we_ask_leaves_the_noting_to_the_answer(
    scene: Scene,
) -> None:
    payment = await scene.pays(await scene.opens())
    await scene.webhook_answered(200)
    provider = HearsOfItFirst(
        scene.bank.url, secret=scene.bank.secret, webhook_secret=scene.bank.webhook_secret
    )
    provider.scene = scene
    scene.bank.faults.set([Fault(on="get", kind="error_500", times=9)])

    answer = await actions.capture(scene.begin, provider, payment.id, TAKEN, ONCE)
    await provider.close()

    assert isinstance(answer, Captured)
    assert await scene.count("webhook_event WHERE acted_at IS NOT NULL") == 2
    assert await scene.count("outbox WHERE kind = 'PaymentCaptured'") == 1


async def test_a_webhook_is_kept_while_its_payment_is_being_moved(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())
    told = Told("evt_x", "hold.expired", payment.provider_ref or "", str(payment.id))

    async with scene.begin() as work:
        await actions.note_captures(work, [actions.Wanted(payment.id, TAKEN, ONCE)])
        async with scene.begin() as other:
            await other.run("SET LOCAL lock_timeout = '2s'")
            kept = await store_webhooks.keep(other, "simulated", [(told, payment, False)])

    assert kept == {"evt_x"}


async def test_a_hold_that_somebody_else_is_just_linking_pays_for_its_session(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())
    session = await scene.starts(payment.token)
    shown = {session: actions.Shown(payment.party, payment.token)}

    async def linked() -> Mapping[SessionId, Payment]:
        async with scene.begin() as work:
            return await actions.link(work, shown)

    async def is_waiting() -> bool:
        ours = "pg_stat_activity USING (pid) WHERE datname = current_database()"
        return await scene.count(f"pg_locks JOIN {ours} AND NOT granted") > 0

    async with scene.begin() as before:
        await actions.link(before, shown)
        late = asyncio.create_task(linked())
        assert await comes_true(is_waiting, 20, every_s=0.01)

    assert {each: found.id for each, found in (await late).items()} == {session: payment.id}
