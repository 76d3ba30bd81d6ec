"""From a session's end to its receipt, through outages and crashes, once."""

import asyncio
from datetime import timedelta

import pytest

from tests.billing.words import NO, charged, owes, receipt, state
from tests.network import a_token
from tests.payments.scene import Scene
from voltway.billing import actions, settling
from voltway.billing.actions import Choice
from voltway.billing.model import (
    ACCOUNT_ROUTE,
    CARD_ROUTE,
    FREE_ROUTE,
    GIVEN_ROUTE,
    SettlementState,
    Step,
)
from voltway.billing.store import NoSuchSettlement
from voltway.kernel.ids import SettlementId, TokenUid, new_id
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.payments import actions as payments
from voltway.payments.model import PaymentState, Why
from voltway.payments.provider import CaptureOrder, Declined, HoldSeen
from voltway.payments.providers.simulated import SimulatedProvider
from voltway.sessions import actions as sessions
from voltway.stations import actions as stations
from voltway.tariffs import actions as tariffs
from voltway_world.provider.faults import Fault, Kind


async def test_a_paid_session_is_captured_posted_and_receipted_once(scene: Scene) -> None:
    visit, payment, session = await charged(scene)

    await scene.settles()
    await scene.settles()

    assert scene.moved_minor == 980  # 20 kWh at 0.49
    invoice, made = await receipt(scene, session)
    assert invoice.number.endswith("-R2026-000001")
    assert invoice.payment == payment.id
    assert (made.total_minor, made.net_minor, made.tax_minor) == (980, 781, 199)
    assert made.paid.paid_minor == 980
    assert made.paid.released_minor == 4020
    assert made.paid.card_last4 == "4242"
    assert (made.visit.meter_begin_wh, made.visit.meter_end_wh) == (50_000, 70_000)
    assert made.place.evse == scene.station.evses[1].public_id
    assert made.seller.vat_id == "FI12345678"
    assert made.visit.doubtful == ()
    assert await owes(scene, f"driver:{payment.id}:receivable") == NO
    assert await owes(scene, "provider:simulated:due") == Money(980, EUR)
    assert await owes(scene, "revenue:energy") == Money(-781, EUR)
    assert await owes(scene, "tax:vat:25.5") == Money(-199, EUR)
    async with scene.begin() as work:
        assert (await ledger.trial_balance(work)).balances
        settled = await actions.settlement_of(work, session)
    assert settled is not None
    assert settled.route == CARD_ROUTE
    assert settled.state is SettlementState.DONE
    for kind in ("CdrIssued", "InvoiceIssued", "PaymentCaptured"):
        assert await scene.count(f"outbox WHERE kind = '{kind}'") == 1
    assert (await scene.payment(visit)).state is PaymentState.CAPTURED


async def test_what_was_posted_says_why_and_leads_to_its_evidence(scene: Scene) -> None:
    _, payment, session = await charged(scene)
    await scene.settles()

    async with scene.begin() as work:
        entries = await ledger.entries_about(work, "session", str(session))
        steps = await payments.steps_of(work, payment.id)

    assert {kept.entry.memo for kept in entries} == {
        f"Sold 20 kWh at Market Square, {scene.station.evses[1].public_id}.",
        "The provider simulated took 9.80 EUR.",
    }
    for kept in entries:
        assert set(kept.entry.evidence) >= {"session", "cdr", "settlement", "payment"}
    [capture] = [step for step in steps if step.verb == "capture"]
    assert {kept.entry.evidence.get("payment_step") for kept in entries} == {
        None,
        str(capture.id),
    }


OUTAGES: list[Kind] = [
    "timeout_before",
    "timeout_after",
    "error_500",
    "error_500_after",
    "reset_connection",
    "reset_connection_after",
]


@pytest.mark.patience(1.5)
@pytest.mark.parametrize("kind", OUTAGES)
async def test_an_outage_delays_the_receipt_and_moves_the_money_once(
    scene: Scene, kind: Kind
) -> None:
    _, payment, session = await charged(scene)
    scene.bank.faults.set([Fault(on="capture", kind=kind, times=2)])

    await scene.settles()
    assert await state(scene, session) is SettlementState.RESTING
    assert await scene.count("outbox WHERE kind = 'SettlementRested'") == 1
    for _ in range(2):
        scene.clock.jump(timedelta(seconds=10))
        await scene.settles()

    assert await state(scene, session) is SettlementState.DONE
    assert scene.moved_minor == 980
    assert await owes(scene, f"driver:{payment.id}:receivable") == NO
    assert await owes(scene, "provider:simulated:due") == Money(980, EUR)
    assert await scene.count("invoice") == 1


class Died(BaseException):
    """The process ended here."""


class DiesAfterItAsked(SimulatedProvider):
    """A process whose question was answered, and that is no more when the answer comes."""

    async def capture(self, order: CaptureOrder) -> HoldSeen | Declined:
        await super().capture(order)
        raise Died


async def test_a_crash_between_two_steps_loses_nothing_but_time(scene: Scene) -> None:
    _, _, session = await charged(scene)
    await scene.bus.catch_up()
    async with scene.begin() as work:
        opened = await actions.settlement_of(work, session)
    assert opened is not None
    body = {"settlement": str(opened.id)}
    dying = DiesAfterItAsked(
        scene.bank.url, secret=scene.bank.secret, webhook_secret=scene.bank.webhook_secret
    )

    with pytest.raises(Died):
        await actions.settle(scene.begin, dying, body)
    await dying.close()
    async with scene.begin() as work:
        between = await actions.settlement_of(work, session)
    assert between is not None
    assert (between.next, scene.moved_minor) == (Step.CAPTURE, 980)
    await actions.settle(scene.begin, scene.provider, body)

    assert await state(scene, session) is SettlementState.DONE
    assert scene.moved_minor == 980
    assert await owes(scene, "provider:simulated:due") == Money(980, EUR)


async def test_a_resting_settlement_says_what_is_wrong_and_can_be_tried_again(
    scene: Scene,
) -> None:
    _, _, session = await charged(scene)
    scene.bank.faults.set([Fault(on="capture", kind="error_500", times=1)])
    await scene.settles()

    async with scene.begin() as work:
        resting = await actions.settlement_of(work, session)
        assert resting is not None
        assert resting.next is Step.CAPTURE
        assert resting.last_trouble is not None
        assert "simulated did not answer: status 500" in resting.last_trouble
        await actions.try_again(work, resting.id)
    await scene.settles()

    assert await state(scene, session) is SettlementState.DONE
    assert scene.moved_minor == 980


async def test_two_workers_on_one_settlement_walk_it_once(scene: Scene) -> None:
    _, _, session = await charged(scene)
    await scene.bus.catch_up()
    async with scene.begin() as work:
        settlement = await actions.settlement_of(work, session)
    assert settlement is not None
    body = {"settlement": str(settlement.id)}

    await asyncio.gather(*(actions.settle(scene.begin, scene.provider, body) for _ in range(4)))

    assert await state(scene, session) is SettlementState.DONE
    assert scene.moved_minor == 980
    assert await scene.count("invoice") == 1
    assert await scene.count("ledger_entry") == 2


async def test_a_lost_job_is_woken(scene: Scene) -> None:
    _, _, session = await charged(scene)
    await scene.bus.catch_up()
    async with scene.begin() as work:
        await work.run("DELETE FROM pgqueuer")

    scene.clock.jump(timedelta(minutes=2))
    assert await actions.wake_resting(scene.begin) == 1
    await scene.settles()

    assert await state(scene, session) is SettlementState.DONE


async def test_a_session_costs_at_most_what_was_held_and_the_rest_stays_owed(
    scene: Scene,
) -> None:
    _, payment, session = await charged(scene, wh=10_500)
    await scene.settles()
    assert scene.moved_minor == 515  # 10.5 kWh at 0.49 is 5.145, half-up

    visit = await scene.opens()
    second = await scene.pays(visit)
    other = await scene.starts(second.token, ref="tx-2", wh=0)
    await scene.ends(110_000, ref="tx-2", minutes=600)
    await scene.settles()

    _, made = await receipt(scene, other)
    assert made.total_minor == 5390
    assert (made.paid.paid_minor, made.paid.open_minor) == (5000, 390)
    assert await owes(scene, f"driver:{second.id}:receivable") == Money(390, EUR)
    assert await owes(scene, f"driver:{payment.id}:receivable") == NO
    assert session != other


@pytest.mark.parametrize(
    ("by", "because"),
    [
        ("driver", "you stopped it"),
        ("limit", "the hold was used up"),
        ("no energy", "no energy flowed"),
        ("Olga", "we stopped it"),
        (None, "stopped by you or us"),
    ],
)
async def test_the_receipt_says_who_stopped_the_session_and_why(
    scene: Scene, by: str | None, because: str
) -> None:
    payment = await scene.pays(await scene.opens())
    session = await scene.starts(payment.token)
    if by is not None:
        async with scene.begin() as work:
            await sessions.stop(work, session, by)
        async with scene.begin() as work:
            await stations.take_orders(work, [scene.station.station.id])
    await scene.ends(60_000, reason="Remote")
    await scene.settles()

    invoice, _ = await receipt(scene, session)
    told = {each.name: each.value for each in actions.receipt_view(invoice.document, "en").visit}
    assert told["Ended because"] == because


async def test_a_bank_that_keeps_the_money_leaves_it_owed_and_the_receipt_says_so(
    scene: Scene,
) -> None:
    _, payment, session = await charged(scene, card="4000 0000 0000 0341")

    await scene.settles()

    _, made = await receipt(scene, session)
    assert (made.paid.paid_minor, made.paid.open_minor) == (0, 980)
    assert await owes(scene, f"driver:{payment.id}:receivable") == Money(980, EUR)
    assert scene.moved_minor == 0


async def test_less_than_a_tenth_of_a_kilowatt_hour_is_not_charged(scene: Scene) -> None:
    visit, payment, session = await charged(scene, wh=99)

    await scene.settles()

    _, made = await receipt(scene, session)
    assert (made.total_minor, made.paid.how, made.paid.released_minor) == (0, "nothing", 5000)
    assert (await scene.payment(visit)).state is PaymentState.RELEASED
    assert scene.moved_minor == 0
    assert await scene.count("ledger_entry") == 0
    async with scene.begin() as work:
        settled = await actions.settlement_of(work, session)
    assert settled is not None
    assert settled.route == FREE_ROUTE
    assert payment.id == settled.payment


async def test_a_token_without_a_payment_is_billed_on_account(scene: Scene) -> None:
    async with scene.begin() as work:
        token = await a_token(work, scene.station.party, "04A1B2C3D4")
    session = await scene.starts(token.uid)
    await scene.ends(60_000)

    await scene.settles()

    _, made = await receipt(scene, session)
    assert (made.paid.how, made.paid.open_minor, made.visit.token) == ("account", 490, "C3D4")
    assert await owes(scene, f"driver:{token.id}:receivable") == Money(490, EUR)
    async with scene.begin() as work:
        settled = await actions.settlement_of(work, session)
    assert settled is not None
    assert settled.route == ACCOUNT_ROUTE


async def test_a_doubtful_session_waits_for_a_person_and_then_is_billed(scene: Scene) -> None:
    session = await scene.starts(TokenUid("NOBODY1"))
    await scene.ends(60_000)

    await scene.settles()
    assert await state(scene, session) is SettlementState.HELD
    scene.clock.jump(timedelta(hours=1))
    assert await actions.wake_resting(scene.begin) == 0
    async with scene.begin() as work:
        held = await actions.settlement_of(work, session)
        assert held is not None
        assert held.last_trouble == "It was started with a token that nobody knows, or with none."
        await actions.decide(
            work, held.id, Choice.READINGS, reason="The meter was looked at.", by="Olga"
        )
    await scene.settles()

    async with scene.begin() as work:
        after = await actions.settlement_of(work, session)
    assert after is not None
    assert (after.state, after.reviewed_by) == (SettlementState.DONE, "Olga")
    _, made = await receipt(scene, session)
    assert made.visit.doubtful == ("It was started with a token that nobody knows, or with none.",)


async def test_a_hold_ends_within_a_day_though_nobody_looked_at_its_session(scene: Scene) -> None:
    visit = await scene.opens()
    payment = await scene.pays(visit)
    session = await scene.starts(payment.token)
    await scene.ends(500_000)  # more than this EVSE can give in half an hour
    await scene.settles()
    assert await state(scene, session) is SettlementState.HELD

    scene.clock.jump(timedelta(hours=19))
    await scene.sweeps()
    assert (await scene.payment(visit)).state is PaymentState.HELD
    scene.clock.jump(timedelta(hours=2))
    await scene.sweeps()

    after = await scene.payment(visit)
    assert (after.state, after.why) == (PaymentState.RELEASED, Why.LEFT_OVER)
    async with scene.begin() as work:
        held = await actions.settlement_of(work, session)
        assert held is not None
        await actions.decide(
            work, held.id, Choice.READINGS, reason="The meter was looked at.", by="Olga"
        )
    await scene.settles()
    _, made = await receipt(scene, session)
    assert made.paid.paid_minor == 0
    assert made.paid.open_minor == made.total_minor > 0


async def test_a_session_whose_end_told_no_register_waits_for_late_readings(scene: Scene) -> None:
    visit = await scene.opens()
    payment = await scene.pays(visit)
    session = await scene.starts(payment.token)
    scene.clock.jump(timedelta(minutes=60))
    await scene.meters(60_000)
    await scene.ends(None, seq=2, minutes=1)
    await scene.settles()

    assert await scene.count("invoice") == 0
    for _ in range(4):
        scene.clock.jump(timedelta(minutes=10))
        await scene.sweeps()
        await scene.settles()

    _, made = await receipt(scene, session)
    assert made.total_minor == 490


async def test_a_free_session_of_a_place_without_a_price_is_receipted_with_nothing(
    scene: Scene,
) -> None:
    scene.clock.jump(timedelta(seconds=1))
    async with scene.begin() as work:
        token = await a_token(work, scene.station.party)
        await tariffs.assign(work, scene.station.party.id, None)
    session = await scene.starts(token.uid)
    await scene.ends(60_000)

    await scene.settles()

    _, made = await receipt(scene, session)
    assert (made.total_minor, made.lines, made.paid.how) == (0, (), "nothing")
    async with scene.begin() as work:
        settled = await actions.settlement_of(work, session)
    assert settled is not None
    assert settled.route == GIVEN_ROUTE


async def test_a_settlement_that_nobody_knows_is_absent(scene: Scene) -> None:
    id = SettlementId(new_id(scene.now))
    async with scene.begin() as work:
        with pytest.raises(NoSuchSettlement):
            await actions.try_again(work, id)
    with pytest.raises(NoSuchSettlement):
        await settling.settle(scene.begin, scene.provider, {"settlement": str(id)})
