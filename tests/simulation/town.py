"""A town of sixty stations in both versions: half of Voltway's guests pay there by card."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tests.network import AStation, a_location, a_party, a_station, a_token
from tests.simulation.house import HouseProcess
from voltway.tariffs import actions as tariffs
from voltway_world.stations import EvseSpec, Options, Station

STATIONS = 60
GUESTS_AT_EVERY = 3  # every third station serves guests, the others card holders
POWER_W = 1_000_000  # so that the short stays of a test are physically possible
CENTS_A_KWH = 50
VERSIONS = ("1.6", "2.0.1")

TARIFF = {
    "country_code": "FI",
    "party_id": "VLT",
    "id": "TOWN",
    "currency": "EUR",
    "tax_included": "YES",
    "elements": [
        {"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 25.5, "step_size": 1}]}
    ],
    "last_updated": "2026-01-01T00:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Post:
    """A station of the town: the simulated one, what Voltway calls it, who charges there."""

    outside: Station
    inside: AStation
    card: str | None  # of the driver who always charges here; none: guests do

    @property
    def public_id(self) -> str:
        return str(self.inside.evses[1].public_id)


async def furnish(
    house: HouseProcess,
    count: int = STATIONS,
    *,
    versions: Sequence[str] = VERSIONS,
    guests: bool = True,
) -> list[Post]:
    """Make the network in the running house; the stations are switched off yet."""
    posts = []
    async with house.looked_into() as database, database.begin() as work:
        party = await a_party(work, no_charge_below_wh=0)
        since = work.now - timedelta(days=1)
        await tariffs.add_version(work, party.id, json.dumps(TARIFF), valid_from=since)
        await tariffs.assign(work, party.id, "TOWN", since=since)
        place = await a_location(work, party)
        for index in range(count):
            inside = await a_station(work, party, place, evses=1, power_w=POWER_W)
            card = None
            if not guests or index // len(versions) % GUESTS_AT_EVERY:
                card = str((await a_token(work, party)).uid)
            outside = Station(
                house.stations,
                inside.station.identity,
                inside.key,
                versions[index % len(versions)],
                [EvseSpec(1, POWER_W)],
                options=Options(
                    tick_s=0,
                    meter_interval_s=0,
                    reconnect_s=0.1,
                    reconnect_s_max=1.0,
                    answer_within_s=10,
                ),
            )
            posts.append(Post(outside, inside, card))
    return posts
