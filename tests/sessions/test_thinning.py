"""Old readings thinned and very old ones forgotten: the bill stays, and what waits stays whole."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.network import a_party, a_station, a_token, number
from tests.sessions.telling import (
    CARD,
    Line,
    finished,
    minute,
    reading,
    started,
    stop16,
    updated,
    values,
)
from tests.sessions.test_packing_days import DAY, pack, whole
from voltway.kernel.units import PowerW, RegisterWh
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.sessions import actions, rules_thinning, sweeps
from voltway.sessions.rules_packing import CONTEXT_PLACE, KeptReading
from voltway.sessions.sweeps_thinning import Thinner
from voltway.stations.reports import Context, Reading
from voltway.tariffs import actions as tariffs

YEAR = timedelta(days=366)


def kept(
    at: float, wh: int, context: Context = Context.PERIODIC, rest: str | None = None
) -> KeptReading:
    moment = minute(at)
    place = CONTEXT_PLACE[context]
    return KeptReading(moment, moment, wh, None, None, None, None, place, rest)


def minutes(readings: list[KeptReading]) -> list[int]:
    return [int((each.at - minute(0)).total_seconds() // 60) for each in readings]


def test_a_quarter_keeps_its_first_reading_or_its_first_and_last() -> None:
    readings = [kept(at, 10 * at) for at in range(7, 40)]

    assert minutes(rules_thinning.coarse(readings, both_ends=False)) == [7, 15, 30, 39]
    assert minutes(rules_thinning.coarse(readings, both_ends=True)) == [7, 14, 15, 29, 30, 39]


def test_borders_and_what_a_meter_signed_stay() -> None:
    readings = [
        kept(1, 10),
        kept(2, 20, Context.BEGIN),
        kept(3, 30, rest='[{"measurand":"Voltage","signed":"OCMF|…"}]'),
        kept(4, 40, rest='[{"measurand":"Temperature","value":"31"}]'),
        kept(5, 50, rest='["Temperature","31","Celsius"]'),
        kept(6, 60, rest='["SoC","5"],["Voltage","230","V",null,null,null,"OCMF|…"]'),
        kept(7, 70, Context.END),
        kept(8, 80),
        kept(9, 90),
    ]

    assert minutes(rules_thinning.coarse(readings, both_ends=False)) == [1, 2, 3, 6, 7, 9]


async def told_an_hour(line: Line, clock: JumpingClock, *, bump: int = 0) -> None:
    """A reading a minute, at a pace that changes; with a bump, one register is out of line."""
    clock.jump_to(minute(0))
    ref = await line.starts16(1, 0, 10_000)
    for n in range(1, 60):
        wh = 10_000 + n * n + (bump if n == 30 else 0)
        await line.tell(values(ref, 1, reading(n, wh, power_w=1000)))
    clock.jump_to(minute(60))
    await line.tell(stop16(ref, 60, 10_000 + 60 * 60))


async def test_an_old_session_is_thinned_and_its_bill_stays(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    await told_an_hour(line, clock)
    clock.jump_to(minute(3 * DAY))
    await pack(begin)
    [(record, cost, readings)] = await whole(begin, line)
    assert len(readings) == 61

    thinner = Thinner(begin, 100)
    assert await thinner.thin() == 0
    clock.jump(timedelta(days=140))
    assert await Thinner(begin, 0).thin() == 0
    assert await thinner.thin() == 1

    [(after, same_cost, left)] = await whole(begin, line)
    assert minutes(left) == [0, 15, 30, 45, 60]
    assert set(left) <= set(readings)
    assert (after.energy_wh, after.doubts, same_cost) == (record.energy_wh, record.doubts, cost)
    assert await thinner.thin() == 0
    assert await Thinner(begin, 100).thin() == 0, "not even by a process that began anew"


async def test_a_session_that_waits_for_a_person_is_neither_thinned_nor_forgotten(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    clock.jump_to(minute(0))
    ref = await line.starts16(1, 0, 10_000, token="0BADCA2D")  # nobody knows it: held
    for n in range(1, 60):
        await line.tell(values(ref, 1, reading(n, 10_000 + n)))
    await line.tell(stop16(ref, 60, 10_060))
    ref = await line.starts16(2, 1, 10_000)
    await line.tell(values(ref, 2, *[reading(n, 10_000 + n) for n in range(1, 60)]))
    await line.tell(stop16(ref, 60, 10_060))
    clock.jump_to(minute(3 * DAY))
    await pack(begin)
    before = await whole(begin, line)
    clock.jump(YEAR)

    await Thinner(begin, 100).thin()
    after = await whole(begin, line)
    assert [len(each[2]) for each in after] == [61, 5]
    assert after[0] == before[0]

    assert await sweeps.forget_old_readings(begin, years=0) == 0
    assert await sweeps.forget_old_readings(begin, years=10) == 0
    clock.jump(10 * YEAR)
    assert await sweeps.forget_old_readings(begin, years=10) == 0, "the month is still needed"
    last = await whole(begin, line)
    assert [len(each[2]) for each in last] == [61, 0]
    assert last[0] == before[0]


async def test_a_month_that_nobody_needs_is_dropped_as_a_whole(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    await told_an_hour(line, clock)
    clock.jump_to(minute(3 * DAY))
    await pack(begin)
    clock.jump(11 * YEAR)

    assert await sweeps.forget_old_readings(begin, years=10) == 1
    async with begin() as work:
        assert not await work.all("SELECT FROM parts_of('reading_pack')")


#: What restricts the dearer first element, beside a plain second one.
RESTRICTIONS = st.sampled_from(
    [
        '{"start_time": "14:07", "end_time": "14:29"}',  # the place is two hours ahead of UTC
        '{"start_time": "08:00", "end_time": "14:30"}',
        '{"min_power": 7}',
        '{"max_power": 4}',
        '{"min_kwh": 3}',
        '{"min_duration": 1500}',
    ]
)
TARIFF = """
{{
  "country_code": "FI", "party_id": "VLT", "id": "{id}", "currency": "EUR",
  "elements": [
    {{"price_components": [{{"type": "ENERGY", "price": 0.99, "step_size": 1}}],
      "restrictions": {restrictions}}},
    {{"price_components": [{{"type": "ENERGY", "price": 0.29, "step_size": 1}},
                           {{"type": "PARKING_TIME", "price": 6, "step_size": 60}}]}}
  ],
  "last_updated": "2026-01-01T00:00:00Z"
}}
"""


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    registers=st.lists(st.integers(9_900, 30_100), max_size=40).map(sorted),
    powers=st.lists(st.none() | st.integers(0, 22_000), min_size=40, max_size=40),
    flows=st.lists(st.integers(0, 90), max_size=4),
    restrictions=RESTRICTIONS,
)
async def test_thinning_changes_no_bill_whatever_was_told(
    begin: BeginWork,
    clock: JumpingClock,
    registers: list[int],
    powers: list[int | None],
    flows: list[int],
    restrictions: str,
) -> None:
    clock.jump_to(minute(0))
    async with begin() as work:
        for table in ("session_reading", "reading_pack", "session_state", "session"):
            await work.run(f"DELETE FROM {table}")
        party = await a_party(work)
        since = minute(-DAY)
        text = TARIFF.format(id=f"T{number()}", restrictions=restrictions)
        version = await tariffs.add_version(work, party.id, text, valid_from=since)
        await tariffs.assign(work, party.id, version.ident, since=since)
        await a_token(work, party, CARD)
        here = await a_station(work, party)
    line = Line(begin, here.station.id)
    told = [
        Reading(minute(2 * n + 1), RegisterWh(wh), None if power is None else PowerW(power))
        for n, (wh, power) in enumerate(zip(registers, powers, strict=False))
    ]
    await line.tell(
        started("T1", 0, 0, 10_000),
        *(
            updated("T1", n, at, charging=n % 2 == 0, by_vehicle=True)
            for n, at in enumerate(sorted(flows), start=1)
        ),
        values("T1", 1, *told),
        finished("T1", len(flows) + 1, 90, 30_000),
    )
    clock.jump(timedelta(days=3))
    await pack(begin)
    [(record, cost, readings)] = await whole(begin, line)
    clock.jump(timedelta(days=200))

    assert await Thinner(begin, 100).thin() == 1

    [(after, same_cost, left)] = await whole(begin, line)
    assert (same_cost, after.energy_wh, after.doubts) == (cost, record.energy_wh, record.doubts)
    assert set(left) <= set(readings)
    if record.held_by:
        assert left == readings


async def test_orphans_go_when_somebody_has_looked_and_a_flood_of_them_is_cut(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    clock.jump_to(minute(0))
    await line.tell(values("999", 1, reading(1, 10)), values("998", 1, reading(1, 10)))
    clock.jump(YEAR)
    assert await sweeps.forget_old_orphans(begin, days=30) == 0
    async with begin() as work:
        [first, _] = await work.all("SELECT id FROM orphan_view ORDER BY id")
        await actions.review_orphan(work, first["id"])
    assert await sweeps.forget_old_orphans(begin, days=30) == 0
    clock.jump(YEAR)
    assert await sweeps.forget_old_orphans(begin, days=0) == 0

    assert await sweeps.forget_old_orphans(begin, days=30) == 1
    async with begin() as work:
        await work.run(
            """
            INSERT INTO orphan (id, party_id, station_id, kind, ref, claimed_at, report, first_at,
                                last_at)
            SELECT gen_random_uuid(), party_id, station_id, kind, 'R' || n, claimed_at, report,
                   first_at, last_at + n * interval '1 second'
              FROM orphan, generate_series(1, 10_010) AS n
            """
        )
    assert await sweeps.forget_old_orphans(begin, days=30) == 11
