"""What stations tell, against a real PostgreSQL."""

from datetime import timedelta

from tests.conftest import NOON
from tests.stations.floor import a_station, facts, heard, shown, status, tell
from voltway.runtime.work import BeginWork
from voltway.stations import actions
from voltway.stations.model import (
    LinkClosed,
    LinkOpened,
    Station,
)
from voltway.stations.reports import (
    Alive,
    Booted,
    Deviation,
    PortStatus,
    VariableReported,
    VariablesReported,
    VendorData,
)


async def test_a_boot_is_kept_told_and_answered(begin: BeginWork, station: Station) -> None:
    decisions = await tell(begin, station, Booted("Acme", "One", firmware="1.2"))

    assert decisions[0].registered == "accepted"
    assert decisions[0].interval_s
    assert await facts(begin, "StationBooted") == 1
    async with begin() as work:
        after = await actions.station(work, station.id)
    assert (after.vendor, after.model, after.firmware) == ("Acme", "One", "1.2")
    assert after.last_heard_at == NOON


async def test_a_whole_batch_is_taken_at_once(begin: BeginWork) -> None:
    async with begin() as work:
        stations = [await a_station(work, f"CS{number}") for number in range(30)]
        calls = [heard(each.id, Alive(), index=n) for n, each in enumerate(stations)]
        decisions = await actions.record_reports(work, calls)
        ages = await work.all("SELECT last_heard_at FROM station")

    assert decisions.keys() == set(range(30))
    assert {row["last_heard_at"] for row in ages} == {NOON}


async def test_a_heartbeat_that_comes_late_does_not_make_a_station_older(
    begin: BeginWork, station: Station
) -> None:
    await tell(begin, station, Alive())
    await tell(begin, station, Alive(), at=NOON - timedelta(minutes=1))

    async with begin() as work:
        assert (await actions.station(work, station.id)).last_heard_at == NOON


async def test_vendor_data_is_answered_as_not_ours_and_kept(
    begin: BeginWork, station: Station
) -> None:
    decisions = await tell(begin, station, VendorData("acme", "hello", "{}"), action="DataTransfer")

    assert decisions[0].vendor_data == "unknown_vendor"
    async with begin() as work:
        row = await work.one("SELECT kind, body FROM station_event")
    assert row is not None
    assert row["kind"] == "DataTransfer"
    assert row["body"]["vendor"] == "acme"


async def test_a_status_is_shown_and_told_once(begin: BeginWork, station: Station) -> None:
    for _ in range(2):
        await tell(begin, station, status(PortStatus.CHARGING))

    assert await shown(begin, station) == "charging"
    assert await shown(begin, station, 2) == "unknown"
    assert await facts(begin, "PortStatusChanged") == 1


async def test_a_replayed_fault_is_not_shown(begin: BeginWork, station: Station) -> None:
    await tell(begin, station, status(PortStatus.AVAILABLE))
    await tell(begin, station, status(PortStatus.FAULTED, NOON - timedelta(days=2)))

    assert await shown(begin, station) == "available"


async def test_the_state_of_the_whole_station_covers_its_evses(
    begin: BeginWork, station: Station
) -> None:
    await tell(begin, station, status(PortStatus.AVAILABLE))
    await tell(begin, station, status(PortStatus.FAULTED, evse=0, error="GroundFailure"))
    assert await shown(begin, station) == "faulted"

    await tell(begin, station, status(PortStatus.AVAILABLE, evse=0, error="NoError"))
    assert await shown(begin, station) == "available"


async def test_an_evse_that_nobody_added_is_added_and_marked(
    begin: BeginWork, station: Station
) -> None:
    await tell(begin, station, status(PortStatus.AVAILABLE, evse=7))
    await tell(begin, station, status(PortStatus.AVAILABLE, evse=100_000))

    async with begin() as work:
        rows = await work.all("SELECT number, unplanned FROM evse ORDER BY number")
        places = await actions.evses_by_number(work, {(station.id, 7), (station.id, 9)})
    assert [(row["number"], row["unplanned"]) for row in rows] == [
        (1, False),
        (2, False),
        (7, True),
    ]
    assert places[station.id, 7].location_name == "Rathaus"
    assert places[station.id, 9].number == 9


async def test_a_session_at_an_evse_that_no_station_has_adds_none(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        places = await actions.evses_by_number(
            work, {(station.id, number) for number in (1, 256, 257, 5_000_000)}
        )

    assert sorted(number for _, number in places) == [1, 256]


async def test_a_clock_that_tells_local_time_is_learned(begin: BeginWork, station: Station) -> None:
    for minute in range(3):
        at = NOON + timedelta(minutes=minute)
        port = PortStatus.AVAILABLE if minute % 2 else PortStatus.PREPARING
        await tell(begin, station, status(port, at + timedelta(hours=2)), at=at)

    async with begin() as work:
        assert (await actions.station(work, station.id)).clock_offset_s == -7200
        row = await work.one("SELECT status_at FROM evse WHERE number = 1")
    assert row is not None
    assert row["status_at"] == NOON + timedelta(minutes=2)


async def test_what_was_tolerated_is_counted_with_a_sample(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        for n in range(3):
            odd = [Deviation("number_as_text", "meterStart", str(n))] * 2
            await actions.record_reports(work, [heard(station.id, Alive(), deviations=odd)])
        row = await work.one("SELECT count, sample FROM deviation_view")

    assert row is not None
    assert (row["count"], row["sample"]) == (6, "2")


async def test_variables_are_kept_with_their_newest_value(
    begin: BeginWork, station: Station
) -> None:
    for value in ("60", "30"):
        one = VariableReported("AlignedDataCtrlr", "Interval", value, mutability="ReadWrite")
        await tell(begin, station, VariablesReported(1, 0, True, (one, one)))

    async with begin() as work:
        rows = await work.all("SELECT name, value, mutability FROM station_variable")
    assert [tuple(row.values()) for row in rows] == [("Interval", "30", "ReadWrite")]


async def test_an_old_sockets_end_does_not_touch_the_new_one(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        await actions.record_links(work, [LinkOpened(station.id, 1, "1.6", "10.0.0.1", NOON)])
    async with begin() as work:
        newer = LinkOpened(station.id, 2, "1.6", "10.0.0.2", NOON, took_over=True)
        await actions.record_links(work, [newer], [LinkClosed(station.id, 1, NOON)])
        assert (await actions.station(work, station.id)).connected

    async with begin() as work:
        await actions.record_links(work, closed=[LinkClosed(station.id, 2, NOON)])
        assert not (await actions.station(work, station.id)).connected
    assert await facts(begin, "StationConnected") == 2
    assert await facts(begin, "StationLost") == 1
