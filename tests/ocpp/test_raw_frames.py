"""Of a station that says more than is kept raw in a day, all is heard, and so much is kept."""

from collections.abc import Sequence

from tests.ocpp.gateway_floor import a_door, a_gateway, dial
from tests.ocpp.test_lost_answers import CARD, Charging
from tests.ocpp.test_stalled import credentials
from tests.ocpp.test_stalled import dial as dialled
from voltway.drivers import actions as drivers
from voltway.kernel.ids import StationId
from voltway.ocpp.batch import Extras
from voltway.ocpp.raw_frames import BACK_PARTS, DAY_S, MARK_S, RawFrames
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.work import BeginWork
from voltway.stations import actions as stations
from voltway.stations.frames import NOT_KEPT

MEGABYTE = 1_000_000
PART = 100_000
#: Some frames of the charge beside what fills the day.
SLACK = 5_000


async def kept(begin: BeginWork, station: StationId) -> Sequence[bytes]:
    async with begin() as work:
        return [frame.text for frame in await stations.last_frames(work, station, 10_000)]


async def test_beyond_a_days_bytes_all_is_answered_and_kept_but_the_raw_frames(
    database: Database, clock: JumpingClock
) -> None:
    async with a_door(database, clock, keep_frames_mb_a_day=1) as door:
        station, quiet = await door.add("LOUD"), await door.add("QUIET")
        async with door.begin() as work:
            await drivers.add_token(work, door.home.party, CARD, label="A card")
        async with dial(door, "LOUD") as line, dial(door, "QUIET") as other:
            charging = Charging(line, clock)
            await charging.begin()
            for _ in range(2 * MEGABYTE // PART):
                told = {"vendorId": "Acme", "data": "x" * PART}
                assert "status" in await line.call("DataTransfer", told)
            for wh in (100, 200, 300):
                await charging.meter(wh)
            await charging.end(400)
            await other.call("Heartbeat", {})
        rows = await door.until_read(
            "SELECT count FROM deviation_view WHERE station_id = $1 AND kind = 'frames_not_kept'",
            station.id,
        )
        (session,) = await door.read("SELECT energy_wh, running FROM session_view")

    assert session == {"energy_wh": 400, "running": False}
    assert rows[0]["count"] > MEGABYTE // PART
    frames = await kept(door.begin, station.id)
    assert frames.count(NOT_KEPT) == 1
    assert MEGABYTE - PART - SLACK < sum(map(len, frames)) <= MEGABYTE + len(NOT_KEPT)
    assert NOT_KEPT not in await kept(door.begin, quiet.id)


async def test_what_is_kept_comes_back_with_time_and_both_ends_of_a_gap_are_marked(
    database: Database,
) -> None:
    seconds = 0.0
    raw = RawFrames(lambda: seconds, MEGABYTE)
    (link, _), *_ = dialled(a_gateway(database), await credentials(database, 1))
    link.raw_left, link.raw_since_s = raw.opened(link.station)
    assert link.raw_left == MEGABYTE
    at, extras = database.clock.now(), Extras()

    def marks() -> int:
        return sum(frame.text == NOT_KEPT for _, frame in extras.said)

    def says(size: int) -> bool:
        link.raw_left -= size
        return link.raw_left >= 0 or not raw.lack(extras, link, at)

    assert says(MEGABYTE)
    assert [says(1), says(1), marks()] == [False, False, 1]
    seconds += MARK_S
    assert [says(1), marks()] == [False, 2]

    # Another line of the same station has no more.
    raw.closed(link)
    link.raw_left, link.raw_since_s = raw.opened(link.station)
    assert not says(1)

    seconds = DAY_S / BACK_PARTS
    assert [says(1), marks()] == [True, 3]
    assert link.raw_left == MEGABYTE // BACK_PARTS

    seconds += DAY_S
    assert says(MEGABYTE)
    assert marks() == 3, "who needs a day for a day's bytes has no gap"
