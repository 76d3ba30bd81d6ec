"""A small network, made through the actions: parties, stations, tokens, tariffs for all tests.

Each function takes a ``Work`` of the whole house and gives back the noun that it made.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from voltway.drivers import actions as drivers
from voltway.drivers.model import Token
from voltway.kernel.ids import EvseId
from voltway.kernel.units import PowerW
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.stations.model import Current, EvsePlace, EvsePlan, Location, Station
from voltway.tariffs import actions as tariffs
from voltway.tariffs.model_versions import TariffVersion

_NUMBERS = itertools.count(1)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _idents() -> Iterator[str]:
    for letter, other, digit in itertools.product(_LETTERS, _LETTERS, range(10)):
        yield f"{letter}{other}{digit}"


_IDENTS = _idents()


def number() -> int:
    """A number that no other thing of this test run has."""
    return next(_NUMBERS)


async def a_party(
    work: Work, *, name: str = "Voltway Oy", ident: str | None = None, **more: Any
) -> Party:
    """A party in Finland, priced in euros."""
    return await parties.add_party(
        work, name=name, ident=ident or next(_IDENTS), vat_id="FI12345678", **more
    )


async def a_location(
    work: Work, party: Party, *, name: str = "Market Square", time_zone: str = "Europe/Helsinki"
) -> Location:
    """A place in the middle of Helsinki."""
    return await stations.add_location(
        work,
        party.id,
        name=name,
        address="Pohjoisesplanadi 1",
        city="Helsinki",
        country="FIN",
        lat=60.1675,
        lon=24.9527,
        time_zone=time_zone,
        postal_code="00130",
    )


@dataclass(frozen=True, slots=True)
class AStation:
    """A station, the key that opens its socket, and its EVSEs by their numbers."""

    party: Party
    location: Location
    station: Station
    key: str
    evses: dict[int, EvsePlace]

    def evse(self, number: int = 1) -> EvseId:
        return self.evses[number].evse


async def a_station(
    work: Work,
    party: Party,
    location: Location | None = None,
    *,
    identity: str | None = None,
    evses: int = 2,
    power_w: int = 22_000,
    current: Current = Current.AC,
) -> AStation:
    """A station with EVSEs numbered from 1, at a place of its own if none is given."""
    place = location or await a_location(work, party)
    plans = [
        EvsePlan(number, current=current, power_w=PowerW(power_w)) for number in range(1, evses + 1)
    ]
    station, key = await stations.add_station(
        work, party.id, place.id, identity or f"VW-{number():05d}", plans
    )
    found = await stations.evses_by_number(work, {(station.id, plan.number) for plan in plans})
    by_number = {number: place for (_, number), place in found.items()}
    return AStation(party, place, station, key, by_number)


async def a_token(
    work: Work, party: Party, uid: str | None = None, *, valid_until: datetime | None = None
) -> Token:
    """A driver's card."""
    return await drivers.add_token(
        work, party.id, uid or f"04A1{number():06X}", valid_until=valid_until, label="A card"
    )


TARIFF = """
{{
  "country_code": "FI", "party_id": "VLT", "id": "{id}", "currency": "EUR",
  "elements": [{{"price_components": [
    {{"type": "ENERGY", "price": {energy}, "vat": 25.5, "step_size": 1}}{more}
  ]}}],
  "last_updated": "2026-01-01T00:00:00Z"
}}
"""


async def a_tariff(
    work: Work,
    party: Party,
    energy: str = "0.50",
    *,
    idle_per_hour: str | None = None,
    id: str | None = None,
) -> TariffVersion:
    """A price per kWh before tax, at all places of the party, since the beginning of 2020."""
    since = datetime(2020, 1, 1, tzinfo=UTC)
    more = ""
    if idle_per_hour is not None:
        more = (
            f', {{"type": "PARKING_TIME", "price": {idle_per_hour}, "vat": 25.5, "step_size": 1}}'
        )
    text = TARIFF.format(id=id or f"T{number()}", energy=energy, more=more)
    version = await tariffs.add_version(work, party.id, text, valid_from=since)
    await tariffs.assign(work, party.id, version.ident, since=since)
    return version
