"""A network of many stations and tokens, made at once: set-based, as the owner of the tables.

The parties, places and prices are made by the house's own actions; thousands of stations, each by
an action of its own, would take longer than what is to be measured.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg

from voltway.drivers.rules import sameness
from voltway.kernel.ids import new_id
from voltway.parties import actions as parties
from voltway.runtime.database import connect_owner, open_database
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.stations import actions as stations
from voltway.stations import keys
from voltway.tariffs import actions as tariffs

#: Stations under load pass as much energy in a second as in life in an hour: so that no session is
#: held for being impossible, these can.
POWER_W: Final = 2_000_000_000
PASSWORD: Final = "bench-password-{:05d}"

TARIFF: Final = {
    "country_code": "FI",
    "party_id": "VLT",
    "id": "BENCH",
    "currency": "EUR",
    "elements": [
        {"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 25.5, "step_size": 1}]}
    ],
    "last_updated": "2026-01-01T00:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Network:
    """How many stations, CS00001 and on, each with a token TAG00001 and on."""

    stations: int
    priced: bool = False  # with a tariff, so that each session is billed
    password: str = PASSWORD


def furnished(folder: Path, network: Network) -> None:
    """Make the database in this folder, with this network in it."""
    postgres = EmbeddedPostgres(folder)
    url = postgres.start()
    try:
        asyncio.run(furnish(url, network))
    finally:
        postgres.stop()


async def furnish(url: str, network: Network) -> None:
    """Put the network into a database, made today's first."""
    owner = await connect_owner(url)
    try:
        await migrate(owner)
        party, location = await _place(url, priced=network.priced)
        async with owner.transaction():
            await _add_stations(owner, network, party, location)
            await _add_tokens(owner, network, party)
        await owner.execute("VACUUM ANALYZE")
    finally:
        await owner.close()


async def _place(url: str, *, priced: bool) -> tuple[UUID, UUID]:
    database = await open_database(url, connections=2, connections_min=1)
    try:
        async with database.begin() as work:
            party = await parties.add_party(
                work, name="Bench Oy", ident="VLT", vat_id="FI12345678", no_charge_below_wh=0
            )
            place = await stations.add_location(
                work,
                party.id,
                name="Bench",
                address="Pohjoisesplanadi 1",
                city="Helsinki",
                country="FIN",
                lat=60.1675,
                lon=24.9527,
                time_zone="Europe/Helsinki",
                postal_code="00130",
            )
            if priced:
                since = work.now - timedelta(days=1)
                await tariffs.add_version(work, party.id, json.dumps(TARIFF), valid_from=since)
                await tariffs.assign(work, party.id, "BENCH", since=since)
    finally:
        await database.close()
    return party.id, place.id


async def _add_stations(
    owner: "asyncpg.Connection[Any]", network: Network, party: UUID, location: UUID
) -> None:
    now = datetime.now(UTC)
    numbers = range(1, network.stations + 1)
    ids = {number: new_id(now) for number in numbers}
    await owner.copy_records_to_table(
        "station",
        columns=[
            "id",
            "party_id",
            "location_id",
            "identity",
            "key_hash",
            "created_at",
            "changed_at",
        ],
        records=[
            (
                *(ids[number], party, location, f"CS{number:05d}"),
                *(keys.hashed(network.password.format(number)), now, now),
            )
            for number in numbers
        ],
    )
    await owner.copy_records_to_table(
        "evse",
        columns=[
            "id",
            "party_id",
            "station_id",
            "number",
            "public_id",
            "connector_type",
            "current",
            "power_w",
            "created_at",
        ],
        records=[
            (
                *(new_id(now), party, ids[number], 1, f"FI*VLT*E{number:06d}*1"),
                *("IEC_62196_T2_COMBO", "DC", POWER_W, now),
            )
            for number in numbers
        ],
    )


async def _add_tokens(owner: "asyncpg.Connection[Any]", network: Network, party: UUID) -> None:
    now = datetime.now(UTC)
    uids = [f"TAG{number:05d}" for number in range(1, network.stations + 1)]
    await owner.copy_records_to_table(
        "token",
        columns=["id", "party_id", "uid", "sameness", "kind", "status", "created_at"],
        records=[(new_id(now), party, uid, sameness(uid), "rfid", "active", now) for uid in uids],
    )
