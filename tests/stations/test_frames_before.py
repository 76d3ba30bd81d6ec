"""A database of before keeps the frames and readings that it has."""

import zlib
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import msgspec
import pytest

from tests.conftest import NOON, TestServer
from voltway.kernel.ids import StationId
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database, connect_owner, open_database
from voltway.runtime.migrate import migrate, shipped
from voltway.sessions import sweeps_packing
from voltway.stations import actions

PARTY, LOCATION, STATION = uuid4(), uuid4(), uuid4()
BEFORE = "0013"

NETWORK = """
    INSERT INTO party (id, country_code, ident, name, legal_name, currency, time_zone, created_at)
    VALUES ('{party}', 'FI', 'OLD', 'Old', 'Old Oy', 'EUR', 'UTC', now());
    INSERT INTO location (id, party_id, name, address, city, country, lat, lon, time_zone,
                          created_at)
    VALUES ('{location}', '{party}', 'Here', 'Street 1', 'Town', 'FIN', 1, 1, 'UTC', now());
    INSERT INTO station (id, party_id, location_id, identity, key_hash, created_at, changed_at)
    VALUES ('{station}', '{party}', '{location}', 'CS-OLD', '', now(), now());
"""


def old_blob(text: bytes) -> bytes:
    at_ms = round(NOON.timestamp() * 1000)
    return zlib.compress(msgspec.msgpack.encode([[0, False, at_ms, text]]), 1)


@pytest.fixture
async def grown(server: TestServer, clock: JumpingClock) -> AsyncIterator[Database]:
    """A database that was made before there were packs, brought up to date."""
    url = await server.fresh_database(template="template1")
    owner = await connect_owner(url)
    migrations = shipped()
    await migrate(owner, [each for each in migrations if each.name < BEFORE])
    await owner.execute(NETWORK.format(party=PARTY, location=LOCATION, station=STATION))
    await owner.executemany(
        "INSERT INTO frame_batch (party_id, at, stations, frames) VALUES ($1, $2, $3, $4)",
        [(PARTY, NOON, [STATION], old_blob(b"%d" % n)) for n in range(3)],
    )
    await owner.execute("SELECT ensure_day('session_reading', '2026-01-05')")
    await owner.execute(
        """
        INSERT INTO session_reading (received_at, at, register_wh, context, party_id, evse_id)
        VALUES ('2026-01-05 10:00Z', '2026-01-05 10:00Z', 7, 1, $1, $2)
        """,
        PARTY,
        UUID(int=5),
    )
    await migrate(owner, migrations)
    await owner.close()
    database = await open_database(url, clock, connections_min=1)
    yield database
    await database.close()
    await server.drop(url)


async def test_what_was_kept_before_is_read_and_packed(grown: Database) -> None:
    async with grown.begin() as work:
        before = await actions.last_frames(work, StationId(STATION))
    assert sorted(frame.text for frame in before) == [b"0", b"1", b"2"]

    assert await actions.pack_frames(grown.begin) == 0, "their slot is not over"
    clock = grown.clock
    assert isinstance(clock, JumpingClock)
    clock.jump_to(NOON.replace(hour=13))
    assert await actions.pack_frames(grown.begin) == 3
    assert await sweeps_packing.pack_readings(grown.begin, after_h=24) == 1

    async with grown.begin() as work:
        after = await actions.last_frames(work, StationId(STATION))
        [pack] = await work.all("SELECT of_id, of_kind, count FROM reading_pack")
    assert sorted(frame.text for frame in after) == [b"0", b"1", b"2"]
    assert tuple(pack.values()) == (UUID(int=5), 1, 1)
