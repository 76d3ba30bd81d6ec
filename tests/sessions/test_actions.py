"""Sessions on a real PostgreSQL: what stations tell, in every order, and what becomes of it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.network import AStation, a_party, a_station, a_tariff
from tests.sessions.telling import (
    Line,
    minute,
    reading,
    start16,
    stop16,
    values,
)
from voltway.drivers import actions as drivers
from voltway.kernel.ids import TokenUid, TransactionRef
from voltway.kernel.units import PowerW, RegisterWh
from voltway.runtime.work import BeginWork
from voltway.sessions import actions
from voltway.sessions.model import Doubt, SessionState
from voltway.stations.reports import Context, Ended, Metered, Reading, Started


async def test_a_session_is_told_from_start_to_end(line: Line, here: AStation) -> None:
    answer = await line.tell(start16(1, 0, 50_000))
    assert answer.ref is not None
    assert answer.token == "accepted"
    await line.tell(values(answer.ref, 1, reading(10, 51_000, power_w=11_000)))

    running = await line.one()
    assert (running.energy_wh, running.power_w, running.evse) == (1_000, 11_000, here.evse(1))
    assert running.tariff_version_id is not None

    await line.tell(stop16(answer.ref, 30, 55_000, reason="EVDisconnected"))
    ended = await line.one()
    assert (ended.state, ended.energy_wh, ended.reason) == (
        SessionState.ENDED,
        5_000,
        "EVDisconnected",
    )
    assert (ended.started_at, ended.ended_at) == (minute(0), minute(30))
    assert await line.facts() == ["SessionStarted", "SessionEnded"]


async def test_what_it_costs_so_far_is_what_the_bill_will_say(line: Line, begin: BeginWork) -> None:
    ref = await line.starts16(1, 0, 50_000)
    await line.tell(values(ref, 1, reading(10, 52_000)))
    async with begin() as work:
        _, cost = await actions.cost_so_far(work, (await line.one()).id)
    assert cost.before_taxes == Decimal("1.00")

    await line.tell(stop16(ref, 30, 55_000))
    async with begin() as work:
        record, cost = await actions.cost_so_far(work, (await line.one()).id)
    assert cost.before_taxes == Decimal("2.50")
    assert record.doubts == ()


async def test_two_connectors_and_two_cards_are_two_sessions(line: Line) -> None:
    first = await line.starts16(1, 0, 10_000, "04A1B2C3")
    second = await line.starts16(2, 5 / 60, 70_000, "05B2")
    await line.tell(values(first, 1, reading(10, 11_000)), values(second, 2, reading(10, 70_500)))
    await line.tell(stop16(second, 20, 71_000), stop16(first, 25, 14_000))

    one, two = await line.sessions()
    assert [(s.ref, s.token, s.evse_number, s.energy_wh) for s in (one, two)] == [
        (first, "04A1B2C3", 1, 4_000),
        (second, "05B2", 2, 1_000),
    ]
    assert not one.doubts | one.judged | two.doubts | two.judged


async def test_the_same_start_gets_the_same_number_also_after_the_end(line: Line) -> None:
    first = await line.starts16(1, 0, 10_000)
    assert await line.starts16(1, 0, 10_000) == first
    await line.tell(stop16(first, 10, 11_000))
    assert await line.starts16(1, 0, 10_000) == first

    assert await line.count("session") == 1
    assert await line.count("session_reading") == 2
    assert await line.facts() == ["SessionStarted", "SessionEnded"]


async def test_a_start_that_differs_in_anything_is_another(line: Line) -> None:
    numbers = {
        await line.starts16(1, 0, 10_000),
        await line.starts16(2, 0, 10_000),
        await line.starts16(1, 1, 10_000),
        await line.starts16(1, 1, 10_001),
        await line.starts16(1, 1, 10_001, "05B2"),
    }

    assert len(numbers) == 5
    assert all(0 < int(number) < 2**31 for number in numbers)


async def test_a_station_without_a_clock_may_start_the_same_again_after_the_end(
    line: Line,
) -> None:
    first = await line.tell(start16(1, None, 0))
    again = await line.tell(start16(1, None, 0))
    await line.tell(stop16(str(first.ref), 130, 500), received=130)
    other = await line.tell(start16(1, None, 0), received=140)

    assert first.ref == again.ref
    assert other.ref != first.ref


async def test_a_stop_told_twice_changes_nothing(line: Line) -> None:
    ref = await line.starts16(1, 0, 10_000)
    for _ in range(3):
        await line.tell(stop16(ref, 20, 12_000, reading(20, 12_000, Context.END)))

    assert (await line.one()).energy_wh == 2_000
    assert await line.count("session_reading") == 3
    assert await line.facts() == ["SessionStarted", "SessionEnded"]


async def test_a_start_and_a_stop_in_one_batch_are_one_session(line: Line) -> None:
    ref = await line.starts16(1, 0, 10_000)
    await line.tell_at_once(
        values(ref, 1, reading(5, 10_500)),
        stop16(ref, 10, 11_000),
        start16(1, 15, 11_000),
    )

    ended, running = await line.sessions()
    assert (ended.energy_wh, ended.is_running, running.is_running) == (1_000, False, True)


async def test_finished_sessions_of_an_outage_keep_their_own_times(line: Line) -> None:
    for nth in range(5):
        ref = await line.starts16(1, nth * 20, 10_000 + 1_000 * nth)
        await line.tell(stop16(ref, nth * 20 + 10, 11_000 + 1_000 * nth))

    told = await line.sessions()
    assert [(s.started_at, s.ended_at, s.energy_wh) for s in told] == [
        (minute(nth * 20), minute(nth * 20 + 10), 1_000) for nth in range(5)
    ]
    assert not any(s.doubts | s.judged for s in told)


async def test_no_meter_values_at_all_is_a_whole_session(line: Line) -> None:
    ref = await line.starts16(1, 0, 10_000)
    await line.tell(stop16(ref, 60, 21_000))

    record = await line.record()
    assert (record.energy_wh, record.doubts) == (11_000, ())
    assert [(point.at, point.energy_wh) for point in record.points] == [(minute(60), 11_000)]


async def test_meter_values_that_stop_early_do_not_shorten_the_bill(line: Line) -> None:
    ref = await line.starts16(1, 0, 10_000)
    await line.tell(values(ref, 1, reading(10, 12_000)), stop16(ref, 60, 21_000))

    assert (await line.record()).energy_wh == 11_000


async def test_a_stop_without_a_register_bills_the_last_reading_if_no_more_flowed(
    line: Line,
) -> None:
    ref = await line.starts16(1, 0, 10_000)
    await line.tell(values(ref, 1, reading(10, 12_000, power_w=0)), stop16(ref, 60, None))

    record = await line.record()
    assert record.energy_wh == 2_000
    assert record.doubts == (Doubt.END_REGISTER_MISSING,)


async def test_a_stop_without_a_register_is_looked_at_if_more_may_have_flowed(line: Line) -> None:
    ref = await line.starts16(1, 0, 10_000)
    await line.tell(values(ref, 1, reading(10, 12_000, power_w=9_000)), stop16(ref, 60, None))

    record = await line.record()
    assert record.energy_wh == 2_000
    assert record.held_by == (Doubt.END_UNMEASURED,)


async def test_readings_shortly_after_the_end_count_where_the_end_told_none(line: Line) -> None:
    ref = await line.starts16(1, 0, 10_000)
    await line.tell(values(ref, 1, reading(10, 12_000)), stop16(ref, 60, None))
    await line.tell(values(ref, 1, reading(60, 15_000, Context.END)), received=120.4)

    assert (await line.one()).energy_wh == 5_000
    assert (await line.record()).energy_wh == 5_000


async def test_readings_long_after_the_end_are_kept_and_looked_at(line: Line) -> None:
    ref = await line.starts16(1, 0, 10_000)
    await line.tell(stop16(ref, 60, 12_000))
    await line.tell(values(ref, 1, reading(60, 15_000)), received=130)

    record = await line.record()
    assert record.energy_wh == 2_000
    assert Doubt.LATE_READINGS in record.held_by
    assert await line.facts() == ["SessionStarted", "SessionEnded", "SessionCorrected"]


async def test_a_new_start_is_taken_while_the_old_end_is_not_known(line: Line) -> None:
    old = await line.starts16(1, 0, 10_000)
    await line.tell(values(old, 1, reading(10, 12_000)))
    new = await line.starts16(1, 30, 13_000, "05B2")

    before, running = await line.sessions()
    assert (before.ref, before.state, before.ended_at) == (old, SessionState.ENDING, minute(30))
    assert (running.ref, running.is_running) == (new, True)
    assert await line.facts() == ["SessionStarted", "SessionStarted"]

    await line.tell(stop16(old, 20, 12_500))
    before, running = await line.sessions()
    assert (before.ended_at, before.energy_wh, before.is_final) == (minute(20), 2_500, True)
    assert running.is_running
    assert not before.doubts | before.judged
    assert (await line.facts())[2:] == ["SessionEnded"]


async def test_a_stop_for_a_session_nobody_knows_is_kept_and_ends_nothing(line: Line) -> None:
    ref = await line.starts16(1, 30, 10_000)
    for _ in range(2):
        await line.tell(stop16("4711", 10, 9_000, reading(5, 8_000)))

    assert (await line.one()).is_running
    assert (await line.one()).ref == ref
    async with line.begin() as work:
        [orphan] = await work.all("SELECT ref, told, register_wh, report FROM orphan")
    assert (orphan["ref"], orphan["told"], orphan["register_wh"]) == ("4711", 2, 9_000)
    assert orphan["report"]["reason"] == "Local"


@pytest.mark.parametrize("number", ["0", "-1", "9223372036854775807", "77"])
async def test_a_stop_by_a_foreign_number_ends_the_one_session_it_can_mean(
    line: Line, number: str
) -> None:
    ref = await line.starts16(1, 0, 10_000)
    await line.tell(stop16(number, 20, 12_000))

    session = await line.one()
    assert (session.energy_wh, session.state) == (2_000, SessionState.ENDING)
    assert Doubt.END_INFERRED in (await line.record()).held_by

    await line.tell(stop16(ref, 25, 12_500))
    session = await line.one()
    assert (session.energy_wh, session.ended_at, session.is_final) == (2_500, minute(25), True)
    assert (await line.record()).held_by == ()


async def test_a_foreign_number_never_guesses_between_two_sessions(line: Line) -> None:
    await line.starts16(1, 0, 10_000)
    await line.starts16(2, 0, 10_000)
    await line.tell(stop16("0", 20, 12_000))

    assert all(session.is_running for session in await line.sessions())
    assert await line.count("orphan") == 1


async def test_readings_for_number_zero_join_what_runs_on_the_connector(line: Line) -> None:
    ref = await line.starts16(1, 0, 10_000)
    await line.tell(values("0", 1, reading(10, 11_500)))
    await line.tell(values("0", 2, reading(10, 99_000)))
    await line.tell(stop16(ref, 20, 12_000))

    record = await line.record()
    assert [point.energy_wh for point in record.points] == [1_500, 2_000]
    assert Doubt.REF_INFERRED in record.doubts
    assert record.held_by == ()


async def test_readings_outside_of_a_session_are_kept_and_join_none(
    line: Line, here: AStation
) -> None:
    ref = await line.starts16(1, 0, 10_000)
    await line.tell(values(None, 1, reading(5, 0, Context.TRIGGER)))
    await line.tell(values(None, 0, reading(5, 165_544, Context.CLOCK)))
    await line.tell(stop16(ref, 20, 12_000))

    async with line.begin() as work:
        rows = await work.all(
            "SELECT evse_id, station_id FROM session_reading WHERE session_id IS NULL ORDER BY 1"
        )
    assert [(row["evse_id"], row["station_id"]) for row in rows] == [
        (here.evse(1), None),
        (None, here.station.id),
    ]
    assert (await line.record()).doubts == ()


async def test_an_unauthorised_start_is_a_session_that_nobody_is_billed_for(line: Line) -> None:
    answer = await line.tell(start16(1, 0, 10_000, "NEVER-SEEN"))
    assert answer.token == "unknown"
    assert answer.ref is not None
    await line.tell(stop16(answer.ref, 20, 12_000))

    record = await line.record()
    assert record.energy_wh == 2_000
    assert record.held_by == (Doubt.TOKEN_UNKNOWN,)


async def test_another_stations_number_is_foreign_here(
    line: Line, begin: BeginWork, here: AStation
) -> None:

    async with begin() as work:
        other = await a_station(work, here.party)
    theirs = Line(begin, other.station.id)
    ref = await line.starts16(1, 0, 10_000)
    await theirs.tell(values(ref, 1, reading(10, 99_000)), stop16(ref, 20, 99_000))

    assert (await line.one()).is_running
    assert await line.count("orphan") == 2


async def test_sessions_of_one_party_are_not_seen_by_another(
    line: Line, begin: BeginWork, here: AStation
) -> None:

    async with begin() as work:
        other = await a_party(work)
    await line.starts16(1, 0, 10_000)

    async with begin(other.id) as work:
        assert await actions.sessions(work, here.party.id) == []
        for name in ("session_view", "session_reading", "reading_pack", "orphan_view"):
            assert list(await work.all(f"SELECT 1 FROM {name}")) == []
    async with begin(here.party.id) as work:
        assert len(await actions.sessions(work, here.party.id)) == 1
        [row] = await work.all("SELECT public_id, location_name, running FROM session_view")
    assert row["running"]
    assert row["location_name"] == here.location.name


async def test_hostile_text_and_numbers_are_kept_and_break_nothing(line: Line) -> None:

    huge = Reading(minute(1), RegisterWh(10**39), PowerW(10**15), rest='{"a":"\\u0000"}')
    await line.tell(
        Started(
            ref=TransactionRef("t\x00\ud800" + "x" * 9000),
            evse=1,
            connector=1,
            token=TokenUid("\x00" * 5000),
            at=minute(0),
            readings=(huge,),
            remote_start_id=10**30,
            seq=10**12,
        ),
        Metered(TransactionRef("9" * 5000), 999, (huge,)),
        Ended(TransactionRef(""), "\x00" * 400, None, (huge,), seq=-5),
    )

    assert len(await line.sessions()) == 2
    assert await line.count("session_reading") == 3


async def test_the_price_is_the_one_of_the_start_whatever_comes_later(
    line: Line, begin: BeginWork, here: AStation
) -> None:

    ref = await line.starts16(1, 0, 10_000)
    async with begin() as work:
        shown = await a_tariff(work, here.party, "0.10", id="OTHER")
        uid = await drivers.make_ad_hoc_token(
            work, here.party.id, shown.id, work.now + timedelta(hours=1)
        )
    guest = await line.starts16(2, 60, 10_000, uid)
    await line.tell(stop16(ref, 90, 11_000), stop16(guest, 90, 11_000))

    first, second = await line.sessions()
    async with begin() as work:
        _, normal = await actions.cost_so_far(work, first.id)
        _, special = await actions.cost_so_far(work, second.id)
    assert (normal.before_taxes, special.before_taxes) == (Decimal("0.50"), Decimal("0.10"))
    assert second.tariff_version_id == shown.id


async def test_a_session_can_be_asked_to_stop_only_while_it_runs(
    line: Line, begin: BeginWork
) -> None:
    ref = await line.starts16(1, 0, 10_000)
    session = await line.one()
    async with begin() as work:
        order = await actions.stop(work, session.id, "operator:ann")
        placed = await work.one("SELECT kind, ref FROM order_view WHERE id = $1", order)
    assert placed is not None
    assert placed["kind"] == "StopCharging"

    await line.tell(stop16(ref, 60, 11_000))
    with pytest.raises(actions.SessionOver):
        async with begin() as work:
            await actions.stop(work, session.id, "operator:ann")


async def test_connector_zero_of_a_station_with_one_evse_means_that_evse(
    begin: BeginWork, here: AStation, line: Line
) -> None:
    async with begin() as work:
        small = await a_station(work, here.party, evses=1)
    alone = Line(begin, small.station.id)
    ref = await alone.starts16(1, 0, 10_000)
    await alone.tell(values(None, 0, reading(10, 11_000)))
    await alone.tell(values(None, 0, reading(15, 165_544_000)))
    await alone.tell(values(None, 0, reading(15, 11_500, Context.CLOCK)))
    await alone.tell(stop16(ref, 20, 12_000))

    record = await alone.record()
    assert [point.energy_wh for point in record.points] == [1_000, 2_000]
    assert record.held_by == ()


async def test_orphans_are_looked_at_by_a_person(line: Line, begin: BeginWork) -> None:
    await line.tell(stop16("4711", 10, 9_000))
    async with begin() as work:
        [row] = await work.all("SELECT id FROM orphan_view WHERE reviewed_at IS NULL")
        assert await actions.review_orphan(work, row["id"])
        assert not await actions.review_orphan(work, row["id"])
        assert list(await work.all("SELECT id FROM orphan_view WHERE reviewed_at IS NULL")) == []
