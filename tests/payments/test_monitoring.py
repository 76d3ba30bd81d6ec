"""Watching payments: what raises an alarm of real rows, and sums by the quarter of an hour."""

from datetime import timedelta

import pytest

from tests.network import a_location, a_station
from tests.payments.crowd import a_crowd
from tests.payments.scene import Scene
from tests.payments.test_payouts import a_sale
from voltway.kernel.errors import Outage
from voltway.kernel.ids import OnceKey, TokenUid
from voltway.kernel.money import EUR, Money
from voltway.payments import actions as payments
from voltway.payments import monitoring
from voltway.payments.model_alarms import AlarmKind, Limits
from voltway_world.provider.faults import Fault


async def looks(scene: Scene, limits: Limits | None = None) -> list[AlarmKind]:
    """The round goes once; what is open then."""
    await monitoring.look(scene.begin, limits or Limits())
    async with scene.begin() as work:
        return [each.kind for each in await monitoring.open_alarms(work, scene.station.party.id)]


async def crowd(scene: Scene, n: int, state: str = "captured", minor: int = 1000) -> None:
    party, evse = scene.station.party.id, scene.station.evse()
    await a_crowd(scene.begin, party, evse, n, at=scene.now, state=state, minor=minor)


async def test_many_declines_at_once_raise_one_alarm_that_is_told_once(scene: Scene) -> None:
    await crowd(scene, 12, "declined")
    await crowd(scene, 12, "held")

    first, again = await looks(scene), await looks(scene)

    assert first == again == [AlarmKind.DECLINES]
    assert await scene.count("outbox WHERE kind = 'PaymentAlarmRaised'") == 1
    scene.clock.jump(timedelta(minutes=20))
    assert await looks(scene) == [], "it is over"
    assert await scene.count("payment_alarm_view WHERE closed_at IS NOT NULL") == 1


async def test_what_is_usual_is_learned_from_the_weeks_before(scene: Scene) -> None:
    for _ in range(5):
        await crowd(scene, 60)
        await crowd(scene, 40, "declined")
        scene.clock.jump(timedelta(days=1))
    await crowd(scene, 12, "declined")
    await crowd(scene, 12, "held")

    assert await looks(scene) == [], "here banks always decline 40 %"


async def test_a_provider_that_answers_nothing_is_told_and_its_captures_later(
    scene: Scene,
) -> None:
    for nth in range(3):
        paid = await scene.pays(await scene.opens())
        await scene.starts(TokenUid(paid.token), ref=f"tx-{nth}")
        await scene.ends(60_000, ref=f"tx-{nth}", minutes=0)
        scene.bank.faults.set([Fault(on="capture", kind="error_500")])
        with pytest.raises(Outage):
            await payments.capture(
                scene.begin, scene.provider, paid.id, Money(490, EUR), OnceKey(f"c{nth}")
            )
    assert await looks(scene) == []

    scene.clock.jump(timedelta(minutes=6))
    assert await looks(scene) == [AlarmKind.PROVIDER_SILENT]
    scene.clock.jump(timedelta(minutes=25))
    assert set(await looks(scene)) == {AlarmKind.PROVIDER_SILENT, AlarmKind.CAPTURES_REST}


async def test_an_amount_far_above_the_usual_is_told(scene: Scene) -> None:
    await crowd(scene, 40, minor=1000)
    scene.clock.jump(timedelta(days=1))
    await crowd(scene, 1, minor=20_000)

    assert await looks(scene) == [AlarmKind.AMOUNT]


async def test_one_card_at_four_places_within_an_hour_is_told(scene: Scene) -> None:
    await crowd(scene, 1, "held")
    for _ in range(3):
        async with scene.begin() as work:
            place = await a_location(work, scene.station.party)
            there = await a_station(work, scene.station.party, place)
        await a_crowd(
            scene.begin, there.party.id, there.evse(), 1, at=scene.now, state="held", last4="4242"
        )

    assert await looks(scene) == [AlarmKind.CARD_PLACES]


async def test_limits_are_settings(scene: Scene) -> None:
    await crowd(scene, 3, "declined")
    assert await looks(scene) == []
    assert await looks(scene, Limits(declines_tries=3)) == [AlarmKind.DECLINES]


async def test_quarters_are_summed_up_once_whenever_the_round_comes(scene: Scene) -> None:
    await a_sale(scene)
    await crowd(scene, 5, "declined")
    scene.clock.jump(timedelta(minutes=30))
    await looks(scene)
    await looks(scene)
    scene.clock.jump(timedelta(days=20))
    for _ in range(4):
        await looks(scene)

    async with scene.begin() as work:
        row = await work.one(
            """
            SELECT sum(held) AS held, sum(declined) AS declined, sum(captured) AS captured,
                   sum(captured_minor) AS minor FROM payment_quarter_view
            """
        )
        until = await work.one("SELECT until FROM payment_summed_view")
    assert row is not None
    assert until is not None
    assert (row["held"], row["declined"], row["captured"], row["minor"]) == (1, 5, 1, 490)
    assert until["until"] == monitoring.quarter_of(scene.now - monitoring.SETTLED)
