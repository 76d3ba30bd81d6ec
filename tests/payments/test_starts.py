"""How the last starts at a bay went: what says nothing of its station is none of them."""

from datetime import timedelta

import pytest

from tests.payments.failing import fails
from tests.payments.scene import Scene
from voltway.kernel.ids import TokenUid
from voltway.payments import actions as payments
from voltway.payments import starts
from voltway.payments.actions_visit import START_WITHIN_S
from voltway.payments.model import Payment, Why
from voltway.payments.starts import Start
from voltway.stations import actions as stations
from voltway.stations.orders import Answered, Outcome


async def told(scene: Scene, most: int = 20) -> list[Start]:
    async with scene.begin() as work:
        return (await starts.last_at(work, [scene.station.evse(1)], most))[scene.station.evse(1)]


async def paid(scene: Scene) -> Payment:
    return await scene.pays(await scene.opens())


async def station_answers(scene: Scene, answered: Answered) -> None:
    """The station takes the start that waits for it, and says so."""
    async with scene.begin() as work:
        [record] = await stations.take_orders(work, [scene.station.station.id])
        outcome = Outcome(answered, answered.value)
        reply = stations.Reply(record.id, record.station, outcome, work.now)
        await stations.record_replies(work, [reply])


async def nothing_starts(scene: Scene) -> None:
    """The time of a start goes by, and the hold is let go."""
    scene.clock.jump(timedelta(seconds=START_WITHIN_S))
    await stations.end_overdue_orders(scene.begin)
    await scene.sweeps()
    async with scene.begin() as work:
        row = await work.one("SELECT why FROM payment_view ORDER BY created_at DESC LIMIT 1")
    assert row is not None
    assert row["why"] == Why.NOTHING_STARTED


async def test_a_start_that_the_station_never_took_or_refused_has_failed(scene: Scene) -> None:
    await paid(scene)
    await nothing_starts(scene)
    await paid(scene)
    await station_answers(scene, Answered.REJECTED)
    await nothing_starts(scene)
    await paid(scene)
    scene.clock.jump(timedelta(seconds=START_WITHIN_S))
    await scene.sweeps()  # before the order's own time is over: it is taken back

    assert [each.worked for each in await told(scene)] == [False, False, False]


async def test_a_start_that_the_station_accepted_and_no_car_came_for_says_nothing_of_it(
    scene: Scene,
) -> None:
    await paid(scene)
    await station_answers(scene, Answered.ACCEPTED)
    await nothing_starts(scene)

    assert await told(scene) == []


@pytest.mark.parametrize(
    "why",
    [Why.OUTRUN, Why.CARD_OPEN, Why.CARD_OFTEN, Why.CARD_MONEY, Why.TOO_LATE, Why.NOTHING_TO_PAY],
)
async def test_a_hold_that_was_let_go_for_another_reason_says_nothing_of_the_station(
    scene: Scene, why: Why
) -> None:
    payment = await paid(scene)
    after = await payments.release(scene.begin, scene.provider, payment.id, why)

    assert (after.state, after.why, after.session) == ("released", why, None)
    assert await told(scene) == []


async def test_the_last_starts_come_newest_first_and_no_more_than_asked(scene: Scene) -> None:
    payment = await paid(scene)
    await scene.starts(payment.token)
    await scene.ends(60_000, minutes=30)
    await scene.settles()
    await paid(scene)
    await nothing_starts(scene)

    assert [each.worked for each in await told(scene)] == [False, True]
    assert [each.worked for each in await told(scene, most=1)] == [False]
    async with scene.begin() as work:
        assert await starts.last_at(work, [scene.station.evse(2)], 3) == {scene.station.evse(2): []}


async def doubtful(scene: Scene, *bays: int) -> set[int]:
    """The bays that are doubtful, of these or of all, by their numbers."""
    evses = [scene.station.evse(bay) for bay in bays] if bays else None
    async with scene.begin() as work:
        found = await starts.doubtful(work, evses)
    return {number for number, each in scene.station.evses.items() if each.evse in found}


async def test_a_bay_is_doubtful_from_the_third_start_in_a_row_that_failed(scene: Scene) -> None:
    await fails(scene, times=2)
    assert await doubtful(scene) == set()
    await fails(scene, times=1)

    assert await doubtful(scene) == {1}
    assert await doubtful(scene, 1, 2) == {1}
    assert await doubtful(scene, 2) == set()


async def test_a_start_that_worked_among_them_breaks_the_row(scene: Scene) -> None:
    await fails(scene, times=2)
    payment = await paid(scene)
    await scene.starts(payment.token)
    await scene.ends(60_000, minutes=30)
    await scene.settles()
    await fails(scene, times=2)

    assert await doubtful(scene) == set()


async def test_energy_that_anybody_took_there_since_ends_the_doubt_until_it_fails_again(
    scene: Scene,
) -> None:
    await fails(scene)
    scene.clock.jump(timedelta(minutes=1))
    await scene.starts(TokenUid("HER-OWN-CARD"), ref="tx-card")
    assert await doubtful(scene) == {1}, "nothing has flowed"
    scene.clock.jump(timedelta(minutes=10))
    await scene.meters(51_000, ref="tx-card")
    assert await doubtful(scene) == set()
    await scene.ends(60_000, minutes=30, ref="tx-card")
    await scene.settles()
    await fails(scene, times=1)

    assert await doubtful(scene) == {1}


async def test_what_failed_long_ago_says_nothing_of_today(scene: Scene) -> None:
    await fails(scene)
    scene.clock.jump(starts.LATELY)

    assert await doubtful(scene) == set()
    assert len(await told(scene)) == starts.MISSES
