"""When a place is busy: by its own clock, with n, and nothing of single people."""

from datetime import UTC, datetime, timedelta

from tests.payments.scene import Scene
from tests.web.browsers import Browser
from voltway.web.driver.busy import busy_of

NOW = datetime(2026, 11, 30, tzinfo=UTC)
CELL = {"day": 5, "hour": 15, "seconds": 8 * 3 * 3600, "charges": 40}


def test_a_time_is_as_busy_as_the_share_of_its_bays_that_was_in_use() -> None:
    found = busy_of([CELL], charges=100, first=NOW - timedelta(weeks=8), now=NOW, bays=2)

    assert found.weeks == 8
    assert found.busiest is not None
    assert (found.busiest.day, found.busiest.hour, found.busiest.percent) == (5, 15, 50)
    assert len(found.cells) == 7
    assert {len(day) for day in found.cells} == {8}


def test_a_place_that_is_new_is_measured_by_the_weeks_it_was_seen() -> None:
    found = busy_of([CELL], charges=100, first=NOW - timedelta(days=20), now=NOW, bays=8)

    assert found.weeks == 3
    assert found.busiest is not None
    assert found.busiest.percent == 33


def test_below_a_floor_of_charges_nothing_is_said() -> None:
    few = {**CELL, "charges": 9}

    assert busy_of([CELL], charges=99, first=NOW, now=NOW, bays=2).cells == ()
    assert busy_of([few], charges=100, first=NOW, now=NOW, bays=2).busiest is None
    assert busy_of([], charges=0, first=None, now=NOW, bays=0).cells == ()


async def test_a_page_shows_the_week_by_the_clock_of_the_place(
    browser: Browser, scene: Scene
) -> None:
    page = f"/l/{scene.station.location.id}/busy"
    assert "0 charges in the last weeks are too few to say" in await browser.reads(page)
    async with scene.begin() as work:
        await work.run(
            """
            INSERT INTO session (id, party_id, station_id, location_id, evse_id, zone, power_w_max,
                                 ref, started_at, start_method, start_told, ended_at, state,
                                 created_at, heard_at)
            SELECT gen_random_uuid(), e.party_id, e.station_id, e.location_id, e.id, e.time_zone,
                   e.power_w, 'past-' || nth, at, 'told', true, at + interval '1 hour', 'ended',
                   at, at
              FROM evse_view e, generate_series(1, 120) nth,
                   LATERAL (SELECT $1::timestamptz + (nth % 4) * interval '1 week' AS at) begins
             WHERE e.number = 1
            """,
            datetime(2026, 2, 6, 13, tzinfo=UTC),  # a Friday; 15:00 in Helsinki
        )

    said = await browser.reads(page)

    assert "Busiest Fri 15" in said
    assert "charges in the last 4 weeks" in said
    assert "When it is busy" in await browser.reads(f"/l/{scene.station.location.id}")
