"""How long a session still takes, what it teaches, and whom it tells in time."""

from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from tests.network import AStation, a_party, a_station, a_tariff, a_token
from tests.sessions.telling import CARD, Line, finished, minute, reading, started, updated
from voltway.kernel.ids import TransactionRef
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.work import BeginWork
from voltway.sessions import targets, time_to_done
from voltway.sessions.model import SessionEnded
from voltway.stations.model import Current
from voltway.stations.reports import Metered
from voltway.vehicles import actions as vehicles
from voltway.vehicles.catalogue import found
from voltway.vehicles.model import Charges, Source, Vehicle

ANN = "ann@example.org"
#: Takes much more than the station gives until it is nearly full.
CAR = next(each for each in found("hyundai ioniq 5") if each.measured and each.battery_wh > 70_000)
POWER_W = 100_000
PER_PERCENT = CAR.battery_wh / 100 / 0.94


@pytest.fixture
async def here(begin: BeginWork, clock: JumpingClock) -> AStation:
    clock.jump_to(minute(120))
    async with begin() as work:
        party = await a_party(work)
        await a_tariff(work, party)
        await a_token(work, party, CARD)
        return await a_station(work, party, power_w=POWER_W, current=Current.DC)


@pytest.fixture
def line(database: Database, here: AStation) -> Line:
    return Line(database.begin, here.station.id, None)


async def drives(begin: BeginWork, here: AStation, target: int = 80) -> Vehicle:
    """Ann's card charges her car."""
    async with begin() as work:
        vehicle = await vehicles.add(work, ANN, CAR.id)
        await vehicles.charges(work, Charges(here.party.id, CARD, CAR.id, vehicle.id, target))
    return vehicle


def at(minutes: float, soc: float, **said: object) -> Metered:
    """A reading of a car that has charged for so long at the station's power since 20 %."""
    wh = int(POWER_W * minutes / 60)
    rest = msgspec.json.encode([[name, str(value)] for name, value in said.items()])[1:-1].decode()
    told = replace(
        reading(120 + minutes, wh, power_w=POWER_W), soc_percent=int(soc), rest=rest or None
    )
    return replace(updated("tx", int(minutes * 10) + 1, 120 + minutes, wh), readings=(told,))


def soc_after(minutes: float) -> float:
    return 20 + POWER_W * minutes / 60 / PER_PERCENT


async def charges_for(line: Line, clock: JumpingClock, minutes: int) -> None:
    await line.tell(started("tx", 0, 120, 0))
    for each in range(1, minutes + 1):
        clock.jump_to(minute(120 + each))
        await line.tell(at(each, soc_after(each)))


async def done(begin: BeginWork, line: Line) -> time_to_done.Done | None:
    session = await line.one()
    async with begin() as work:
        return await time_to_done.of_id(work, session.id)


async def test_a_known_car_that_tells_its_charge_has_a_time_to_done(
    line: Line, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    await drives(begin, here)
    await charges_for(line, clock, 5)

    said = await done(begin, line)

    assert said is not None
    left_wh = (80 - soc_after(5)) * PER_PERCENT
    assert (said.target, said.time.source) == (80, Source.MODEL)
    assert said.time.seconds == pytest.approx(left_wh / POWER_W * 3600, rel=0.1)
    assert said.time.soonest_s < said.time.seconds < said.time.latest_s


async def test_a_car_that_nobody_knows_has_none_until_its_battery_has_shown_its_size(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    await charges_for(line, clock, 2)
    early = await done(begin, line)
    for each in range(3, 9):
        clock.jump_to(minute(120 + each))
        await line.tell(at(each, soc_after(each)))
    later = await done(begin, line)

    assert early is None
    assert later is not None
    assert later.time.source is Source.TAPER


async def test_what_the_car_says_itself_is_believed_and_grows_old(
    line: Line, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    await drives(begin, here)
    clock.jump_to(minute(123))
    await line.tell(started("tx", 0, 120, 0))
    told = {time_to_done.REST: 900, time_to_done.GOAL: 70}
    await line.tell(at(2, soc_after(2), **told), at(3, soc_after(3)))

    said = await done(begin, line)

    assert said is not None
    assert (said.target, said.time.source, said.time.seconds) == (70, Source.CAR, 840)


async def test_a_session_teaches_the_car_and_its_model(
    line: Line, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    vehicle = await drives(begin, here)
    await charges_for(line, clock, 20)
    await line.tell(finished("tx", 999, 141, int(POWER_W * 20 / 60)))
    ended = await line.one()
    async with begin() as work:
        fact = SessionEnded(
            party=ended.party,
            at=work.now,
            session=ended.id,
            energy_wh=ended.energy_wh,
            reason="Local",
            complete=True,
        )
        await time_to_done.hears_session_ended(work, [fact])
        known = await vehicles.known(work, Charges(here.party.id, CARD, CAR.id, vehicle.id, 80))

    assert known.vehicle is not None
    assert known.vehicle.wh_per_percent == pytest.approx(PER_PERCENT, rel=0.05)
    assert known.of_its_model is None, "one car is not the model, and could be known by it"


async def test_it_is_said_once_that_a_charge_is_soon_done(
    line: Line, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    await drives(begin, here, target=50)
    await charges_for(line, clock, 4)
    for each in range(5, 12):
        clock.jump_to(minute(120 + each))
        await line.tell(at(each, soc_after(each)))
        await targets.look(begin)

    assert (await line.facts()).count("SessionSoonDone") == 1


async def test_an_end_that_moves_far_is_said_anew(
    line: Line, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    await drives(begin, here)
    await charges_for(line, clock, 3)
    await targets.look(begin)
    wh = int(POWER_W * 3 / 60)
    for each in range(4, 12):  # the station shares its power now
        wh += 250
        clock.jump_to(minute(120 + each))
        told = replace(reading(120 + each, wh), soc_percent=int(20 + wh / PER_PERCENT))
        await line.tell(replace(updated("tx", each * 10 + 1, 120 + each, wh), readings=(told,)))
        await targets.look(begin)

    assert "SessionDoneMoved" in await line.facts()


async def moves(line: Line, clock: JumpingClock, minutes: range, wh: int) -> None:
    """The car takes so much each minute from the third on, with a look after each."""
    taken = int(POWER_W * 3 / 60)
    for each in minutes:
        taken += wh
        clock.jump_to(minute(120 + each))
        told = replace(reading(120 + each, taken), soc_percent=int(20 + taken / PER_PERCENT))
        await line.tell(replace(updated("tx", each * 10 + 1, 120 + each, taken), readings=(told,)))
        await targets.look(line.begin)


async def test_an_end_that_moves_on_within_a_quarter_of_an_hour_is_said_after_it(
    line: Line, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    await drives(begin, here)
    await charges_for(line, clock, 3)
    await targets.look(begin)
    await moves(line, clock, range(4, 45), 250)  # so slow it is done later and later

    async with begin() as work:
        rows = await work.all("SELECT body FROM outbox WHERE kind = 'SessionDoneMoved' ORDER BY id")
        [kept] = await work.all("SELECT said_at FROM session_target")
    facts = [msgspec.json.decode(row["body"], type=dict[str, str | int]) for row in rows]
    told = [datetime.fromisoformat(str(each["at"])) for each in facts]
    assert len(told) >= 2
    assert all(b - a >= timedelta(minutes=15) for a, b in pairwise(told)), told
    assert [each["said_at"] for each in facts[1:]] == [each["done_at"] for each in facts[:-1]]
    assert kept["said_at"] == datetime.fromisoformat(str(facts[-1]["done_at"]))


async def test_an_end_that_is_past_when_the_round_goes_again_is_not_told_to_come(
    line: Line, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    await drives(begin, here)
    await charges_for(line, clock, 4)
    await targets.look(begin)

    clock.jump(timedelta(hours=2))
    await targets.look(begin)

    told = await line.facts()
    assert "SessionSoonDone" not in told
    assert "SessionDoneMoved" not in told


async def test_a_session_whose_look_breaks_keeps_no_other_from_being_looked_at(
    line: Line, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    await drives(begin, here)
    await line.tell(started("broken", 0, 120, 0, evse=2))
    await charges_for(line, clock, 3)
    with capture_logs() as logged:
        for each in range(4, 24):
            clock.jump_to(minute(120 + each))
            told = at(each, soc_after(each))
            await line.tell(told, replace(told, ref=TransactionRef("broken"), evse=2))
            async with begin() as work:
                await work.run(
                    "UPDATE session_target SET said_at = $1, moved_at = 'infinity' WHERE session_id"
                    " = (SELECT id FROM session WHERE ref = 'broken')",
                    minute(0),
                )
            await targets.look(begin)

    broken = [each for each in logged if each["event"] == "session_look_failed"]
    assert {each["round"] for each in broken} == {"targets"}
    assert "SessionSoonDone" in await line.facts()


async def test_what_has_ended_is_looked_at_no_more(
    line: Line, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    await drives(begin, here)
    await charges_for(line, clock, 3)
    await targets.look(begin)
    await line.tell(finished("tx", 999, 124, int(POWER_W * 3 / 60)))
    clock.jump_to(minute(124) + timedelta(hours=1))
    await targets.look(begin)

    assert await line.count("session_target") == 0


AC_W = 11_000
PER_PERCENT_AC = CAR.battery_wh * 0.95 / 100 / 0.89


@pytest.fixture
async def ac(begin: BeginWork, database: Database, clock: JumpingClock) -> tuple[Line, AStation]:
    """A station of AC, where cars tell no charge."""
    clock.jump_to(minute(120))
    async with begin() as work:
        party = await a_party(work)
        await a_tariff(work, party)
        await a_token(work, party, CARD)
        station = await a_station(work, party, power_w=AC_W)
    return Line(database.begin, station.station.id, None), station


async def comes(begin: BeginWork, at: AStation, percent: int | None, target: int = 80) -> None:
    """The card charges a guest's car that comes with so much."""
    async with begin() as work:
        await vehicles.charges(work, Charges(at.party.id, CARD, CAR.id, None, target, percent))


async def untold_for(line: Line, clock: JumpingClock, minutes: int, since: int = 0) -> None:
    """The car charges, and tells no charge."""
    if not since:
        await line.tell(started("tx", 0, 120, 0))
    for each in range(since + 1, minutes + 1):
        clock.jump_to(minute(120 + each))
        wh = AC_W * each // 60
        told = reading(120 + each, wh, power_w=AC_W)
        await line.tell(replace(updated("tx", each, 120 + each, wh), readings=(told,)))


async def test_by_ac_it_is_counted_from_what_the_driver_said(
    ac: tuple[Line, AStation], begin: BeginWork, clock: JumpingClock
) -> None:
    line, station = ac
    await comes(begin, station, 40)
    await untold_for(line, clock, 30)

    said = await done(begin, line)

    assert said is not None
    left_wh = 40 * PER_PERCENT_AC - AC_W / 2
    assert (said.target, said.came_with, said.time.source) == (80, 40, Source.COUNTED)
    assert said.time.seconds == pytest.approx(left_wh / AC_W * 3600, rel=0.02)


async def test_what_was_said_for_an_earlier_visit_counts_for_none_of_today(
    ac: tuple[Line, AStation], begin: BeginWork, clock: JumpingClock
) -> None:
    line, station = ac
    await comes(begin, station, 40)
    async with begin() as work:
        await work.run("UPDATE token_car SET at = at - interval '13 hours'")
    await untold_for(line, clock, 30)

    said = await done(begin, line)

    assert said is not None
    assert (said.came_with, said.time.source) == (None, Source.ENERGY)


async def test_by_ac_it_is_said_once_that_it_is_soon_done_though_the_car_tells_no_charge(
    ac: tuple[Line, AStation], begin: BeginWork, clock: JumpingClock
) -> None:
    line, station = ac
    await comes(begin, station, 70)
    await untold_for(line, clock, 4)
    await targets.look(begin)
    assert "SessionSoonDone" not in await line.facts()

    lasts = int(10 * PER_PERCENT_AC / AC_W * 60)
    for each in range(5, lasts + 4):
        await untold_for(line, clock, each, since=each - 1)
        await targets.look(begin)

    facts = await line.facts()
    assert facts.count("SessionSoonDone") == 1
    assert "SessionDoneMoved" not in facts


async def test_a_guess_is_never_told_as_if_it_were_known(
    ac: tuple[Line, AStation], begin: BeginWork, clock: JumpingClock
) -> None:
    line, station = ac
    await comes(begin, station, None)
    for each in range(1, 90, 3):
        await untold_for(line, clock, each + 2, since=each - 1)
        await targets.look(begin)

    facts = await line.facts()
    assert "SessionSoonDone" not in facts
    assert "SessionDoneMoved" not in facts


async def test_of_a_car_that_nobody_knows_nothing_is_counted_and_nothing_looked_at(
    ac: tuple[Line, AStation], begin: BeginWork, clock: JumpingClock
) -> None:
    line, _ = ac
    await untold_for(line, clock, 10)
    await targets.look(begin)

    assert await done(begin, line) is None
    assert await line.count("session_target") == 0


async def test_a_car_that_goes_on_past_its_target_is_filled_whole(
    ac: tuple[Line, AStation], begin: BeginWork, clock: JumpingClock
) -> None:
    line, station = ac
    await comes(begin, station, 75)
    await untold_for(line, clock, int(15 * PER_PERCENT_AC / AC_W * 60))

    said = await done(begin, line)

    assert said is not None
    assert said.target == time_to_done.FULL


def test_a_number_is_read_as_a_station_writes_it() -> None:
    assert [time_to_done.number_in(word) for word in ("900", "12.5", 7, "", "x", None, "inf")] == [
        900,
        12.5,
        7,
        None,
        None,
        None,
        None,
    ]
