"""A visit's money, on a real PostgreSQL and the provider's real HTTP."""

from datetime import timedelta

import pytest

from tests.payments.scene import Scene
from voltway.drivers import actions as drivers
from voltway.drivers.model import TokenStatus
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments import actions, sweeps
from voltway.payments.actions_visit import NothingToStart
from voltway.payments.beginning import CROWD, NotAnAddress, TooManyVisits
from voltway.payments.model import PaymentState, Why
from voltway.payments.provider import ProviderSilent
from voltway.payments.store import NoSuchVisit
from voltway.stations import actions as stations
from voltway.stations.orders import OrderState, StartCharging
from voltway_world.provider.books import Card
from voltway_world.provider.faults import Fault

S = PaymentState
TAKEN = Money(1166, EUR)
ONCE = OnceKey("settlement-1:capture")


async def test_a_visit_opens_a_hold_and_starts_nothing_before_it_is_paid(scene: Scene) -> None:
    visit = await scene.opens(email="ann@example.org")

    payment = await scene.payment(visit)

    assert payment.state is S.AWAITING
    assert payment.hold == Money(5000, EUR)
    assert payment.return_url.endswith(f"/v/{visit.visit_key}")
    assert len(visit.visit_key) >= 24
    assert await scene.count("order_view") == 0


async def test_a_paid_hold_starts_charging_once_however_often_we_hear_of_it(scene: Scene) -> None:
    visit = await scene.opens()

    payment = await scene.pays(visit)
    await scene.webhook_answered(200)
    await actions.refresh(scene.begin, scene.provider, payment.id)

    payment = await scene.payment(visit)
    assert payment.state is S.HELD
    assert payment.card is not None
    assert payment.card.last4 == "4242"
    assert await scene.count("order_view") == 1
    assert await scene.count("outbox WHERE kind = 'HoldPlaced'") == 1
    async with scene.begin() as work:
        assert payment.order is not None
        order = (await stations.order(work, payment.order)).order
    assert order == StartCharging(1, payment.token, remote_start_id=payment.remote_start_id)


async def test_a_webhook_alone_starts_charging(scene: Scene) -> None:
    visit = await scene.opens()

    scene.bank.desk.pay(  # the driver pays and closes the browser
        (await scene.payment(visit)).provider_ref or "", a_card(), declined=False
    )
    await scene.webhook_answered(200)

    assert (await scene.payment(visit)).state is S.HELD
    assert await scene.count("order_view") == 1


async def test_a_doubled_webhook_is_kept_once(scene: Scene) -> None:
    scene.bank.faults.set([Fault(on="webhook", kind="webhook_doubled")])
    visit = await scene.opens()

    await scene.pays(visit)
    await scene.webhook_answered(200, times=2)

    assert await scene.count("webhook_event WHERE acted_at IS NOT NULL") == 1
    assert await scene.count("order_view") == 1


async def test_old_webhooks_are_forgotten(scene: Scene) -> None:
    await scene.pays(await scene.opens())
    await scene.webhook_answered(200)
    scene.clock.jump(timedelta(days=30))
    assert await sweeps.forget_old_webhooks(scene.begin, days=31) == 0
    assert await sweeps.forget_old_webhooks(scene.begin, days=0) == 0

    assert await sweeps.forget_old_webhooks(scene.begin, days=29) == 1
    assert await scene.count("webhook_event") == 0


async def test_a_webhook_that_we_could_not_look_into_is_heard_again(scene: Scene) -> None:
    visit = await scene.opens()
    scene.bank.faults.set([Fault(on="get", kind="error_500", times=1)])

    scene.bank.desk.pay((await scene.payment(visit)).provider_ref or "", a_card(), declined=False)
    await scene.webhook_answered(503)
    await scene.webhook_answered(200)

    assert (await scene.payment(visit)).state is S.HELD
    assert await scene.count("webhook_event") == 1


async def test_a_forged_webhook_is_refused_and_leaves_no_trace(scene: Scene) -> None:
    visit = await scene.opens()
    ref = (await scene.payment(visit)).provider_ref

    with pytest.raises(Exception, match="does not carry a valid signature"):
        await actions.hear_webhook(
            scene.begin,
            scene.provider,
            {"Voltway-Signature": "t=1,v1=00"},
            b'{"id": "evt", "type": "hold.authorised", "data": {"id": "%s"}}' % str(ref).encode(),
        )

    assert (await scene.payment(visit)).state is S.AWAITING
    assert await scene.count("webhook_event") == 0


async def test_a_declined_card_ends_the_visit_and_nothing_starts(scene: Scene) -> None:
    visit = await scene.opens()

    payment = await scene.pays(visit, "4000 0000 0000 0002")

    assert payment.state is S.DECLINED
    assert await scene.count("order_view") == 0


async def test_the_address_for_a_receipt_is_forgotten_in_time_once_the_visit_is_over(
    scene: Scene,
) -> None:
    over = await scene.pays(await scene.opens(), "4000 0000 0000 0002")
    open_ = await scene.pays(await scene.opens())
    async with scene.begin() as work:
        await work.run("UPDATE payment SET email = 'ann@example.org'")
    scene.clock.jump(timedelta(days=399))
    assert await sweeps.forget_addresses(scene.begin, days=400) == 0
    scene.clock.jump(timedelta(days=2))
    assert await sweeps.forget_addresses(scene.begin, days=0) == 0

    assert await sweeps.forget_addresses(scene.begin, days=400) == 1

    async with scene.begin() as work:
        rows = await work.all("SELECT id, email FROM payment")
    assert {row["id"]: row["email"] for row in rows} == {
        over.id: None,
        open_.id: "ann@example.org",
    }


async def test_a_visit_that_was_never_paid_is_forgotten_and_a_paid_one_is_not(
    scene: Scene,
) -> None:
    declined = await scene.pays(await scene.opens(), "4000 0000 0000 0002")
    paid = await scene.pays(await scene.opens())
    assert (declined.state, paid.state) == (S.DECLINED, S.HELD)
    await scene.webhook_answered(200, times=2)  # what the provider tells of them is heard
    scene.clock.jump(timedelta(days=29))
    assert await sweeps.forget_unpaid(scene.begin, days=30) == 0
    scene.clock.jump(timedelta(days=2))
    assert await sweeps.forget_unpaid(scene.begin, days=0) == 0

    assert await sweeps.forget_unpaid(scene.begin, days=30) == 1

    async with scene.begin() as work:
        rows = await work.all("SELECT id FROM payment_view")
        shown = {(each.party, each.token) for each in (declined, paid)}
        tokens = await drivers.tokens_of(work, shown)
    assert [row["id"] for row in rows] == [paid.id]
    assert set(tokens) == {(paid.party, paid.token)}


NO_ADDRESSES = [
    "ann",
    "ann@",
    "a@b\r\nBcc: c@d",
    "a@b,c@d",
    "a:b@c.org",
    "[x]@y.org",
    "=?utf-8?q?x?=@y.org",
    "a..b@c.org",
    "a@b..org",
    "a\u202eb@c.org",
    f"{'a' * 250}@c.org",
]


@pytest.mark.parametrize("address", NO_ADDRESSES)
async def test_an_address_that_is_none_is_refused_before_anything_is_asked(
    scene: Scene, address: str
) -> None:
    with pytest.raises(NotAnAddress):
        await scene.opens(email=address)

    assert scene.bank.books.holds == {}


@pytest.mark.parametrize(
    "address", ["ann@example.org", " o'neil+ev@a-b.example ", "a@localhost", "A_1.b@x.fi"]
)
async def test_an_address_is_kept_as_it_was_given(scene: Scene, address: str) -> None:
    visit = await scene.opens(email=address)

    assert (await scene.payment(visit)).email == address.strip()


async def test_a_visit_that_nobody_knows_is_absent(scene: Scene) -> None:
    async with scene.begin() as work:
        with pytest.raises(NoSuchVisit):
            await actions.visit(work, "guessed")


async def test_nothing_started_so_the_driver_is_not_charged(scene: Scene) -> None:
    visit = await scene.opens()
    payment = await scene.pays(visit)

    scene.clock.jump(timedelta(seconds=119))
    assert await actions.release_unstarted(scene.begin, scene.provider) == 0
    scene.clock.jump(timedelta(seconds=1))
    assert await actions.release_unstarted(scene.begin, scene.provider) == 1

    after = await scene.payment(visit)
    assert (after.state, after.why) == (S.RELEASED, Why.NOTHING_STARTED)
    assert next(iter(scene.bank.books.holds.values())).status == "voided"
    assert await scene.count("outbox WHERE kind = 'HoldReleased'") == 1
    async with scene.begin() as work:
        assert payment.order is not None
        assert (await stations.order(work, payment.order)).state is OrderState.CANCELLED


async def test_a_session_that_started_in_time_keeps_its_hold_though_the_news_is_late(
    scene: Scene,
) -> None:
    visit = await scene.opens()
    payment = await scene.pays(visit)
    session = await scene.starts(payment.token)

    scene.clock.jump(timedelta(minutes=5))
    await actions.release_unstarted(scene.begin, scene.provider)
    assert (await scene.payment(visit)).state is S.HELD

    await scene.settles()
    assert (await scene.payment(visit)).session == session


async def test_a_session_that_starts_after_its_hold_was_let_go_is_stopped(scene: Scene) -> None:
    visit = await scene.opens()
    payment = await scene.pays(visit)
    await actions.release(scene.begin, scene.provider, payment.id, Why.NOTHING_STARTED)

    await scene.starts(payment.token)
    await scene.settles()

    assert await scene.count("order_view WHERE kind = 'StopCharging'") == 1


async def test_a_start_can_be_tried_again_while_the_hold_stands(scene: Scene) -> None:
    visit = await scene.opens()
    first = await scene.pays(visit)

    async with scene.begin() as work:
        again = await actions.start_again(work, visit.visit_key)

    assert again.order != first.order
    await actions.release(scene.begin, scene.provider, first.id, Why.GAVE_UP)
    async with scene.begin() as work:
        with pytest.raises(NothingToStart, match=r"start: this visit is over, and its hold is"):
            await actions.start_again(work, visit.visit_key)


async def test_who_pays_when_the_visit_is_over_gets_the_money_back(scene: Scene) -> None:
    visit = await scene.opens()
    scene.clock.jump(timedelta(minutes=31))

    await scene.pays(visit)
    assert await scene.count("order_view") == 0
    scene.clock.jump(timedelta(minutes=2))
    await actions.release_unstarted(scene.begin, scene.provider)

    assert (await scene.payment(visit)).state is S.RELEASED


async def test_a_lost_webhook_is_made_up_for_by_looking(scene: Scene) -> None:
    scene.bank.faults.set([Fault(on="webhook", kind="webhook_lost")])
    visit = await scene.opens()
    ref = (await scene.payment(visit)).provider_ref or ""
    scene.bank.desk.pay(ref, a_card(), declined=False)

    scene.clock.jump(timedelta(minutes=2))
    await actions.resolve_unknown(scene.begin, scene.provider)

    assert (await scene.payment(visit)).state is S.HELD
    assert await scene.count("order_view") == 1


@pytest.mark.patience(2.0)
async def test_a_hold_whose_opening_was_not_answered_is_asked_for_again(scene: Scene) -> None:
    scene.bank.faults.set([Fault(on="hold", kind="timeout_after", times=1)])

    with pytest.raises(ProviderSilent):
        await scene.opens()
    assert await scene.count("payment WHERE state = 'unknown'") == 1
    scene.clock.jump(timedelta(minutes=1))
    await actions.resolve_unknown(scene.begin, scene.provider)

    assert await scene.count("payment WHERE state = 'awaiting'") == 1
    assert len(scene.bank.books.holds) == 1


async def test_a_provider_that_is_gone_for_a_while_stops_no_round(scene: Scene) -> None:
    first, second = await scene.opens(), await scene.opens(bay=2)
    await scene.pays(first)
    await scene.pays(second)
    scene.bank.faults.set([Fault(on="void", kind="error_500", times=1)])
    scene.clock.jump(timedelta(minutes=3))

    assert await actions.release_unstarted(scene.begin, scene.provider) == 1
    scene.clock.jump(timedelta(minutes=1))
    await actions.resolve_unknown(scene.begin, scene.provider)

    assert await scene.count("payment WHERE state = 'released'") == 2


async def test_a_session_is_stopped_when_it_has_used_up_its_hold(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token, wh=0)
    await scene.settles()

    scene.clock.jump(timedelta(hours=8))
    await scene.meters(102_000)  # 49.98 of 50.00
    assert await actions.stop_at_limit(scene.begin) == 0
    scene.clock.jump(timedelta(minutes=1))
    await scene.meters(102_040, seq=2)  # 50.00
    assert await actions.stop_at_limit(scene.begin) == 1
    assert await actions.stop_at_limit(scene.begin) == 0

    assert await scene.count("order_view WHERE kind = 'StopCharging'") == 1


async def test_a_session_that_gives_no_energy_is_stopped(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token, wh=500)
    await scene.settles()

    scene.clock.jump(timedelta(minutes=9))
    await scene.meters(500)
    assert await actions.stop_at_limit(scene.begin) == 0
    scene.clock.jump(timedelta(minutes=2))
    assert await actions.stop_at_limit(scene.begin) == 1


async def test_a_session_that_charges_is_left_alone_and_looked_at_seldom(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token, wh=0)
    await scene.settles()
    scene.clock.jump(timedelta(minutes=11))
    await scene.meters(3_000)

    assert await actions.stop_at_limit(scene.begin) == 0

    async with scene.begin() as work:
        row = await work.one("SELECT limit_look_at FROM payment WHERE id = $1", payment.id)
    assert row is not None
    assert row["limit_look_at"] == scene.now + timedelta(minutes=1)


async def test_a_guests_token_starts_one_session_and_no_other(scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)
    await scene.ends(60_000)
    await scene.settles()

    async with scene.begin() as work:
        key = (payment.party, payment.token)
        token = (await drivers.tokens_of(work, {key}))[key]
    assert token.status is TokenStatus.EXPIRED


async def test_a_crowd_that_never_pays_is_sent_away_for_a_while(scene: Scene) -> None:
    for _ in range(CROWD):
        await scene.opens()

    with pytest.raises(TooManyVisits, match=r"try again in some minutes"):
        await scene.opens()
    scene.clock.jump(timedelta(minutes=11))
    await scene.opens()


def a_card() -> Card:
    return Card(brand="Visa", last4="4242")
