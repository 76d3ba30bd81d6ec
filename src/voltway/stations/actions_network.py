"""The network: locations, stations with their EVSEs and keys, and where an EVSE is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import (
    EvseId,
    LocationId,
    PartyId,
    PublicEvseId,
    StationId,
    StationIdentity,
    new_id,
)
from voltway.kernel.zones import is_zone
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.stations import keys, rules, store_network
from voltway.stations.actions_orders import NoSuchStation
from voltway.stations.model import Credential, EvsePlace, EvsePlan, Location, Station

IDENTITY_CHARACTERS_MAX = 100


@dataclass(eq=False)
class NoSuchLocation(Refusal):
    """There is no location {location}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    location: LocationId


@dataclass(eq=False)
class NoSuchEvse(Refusal):
    """There is no EVSE {evse}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    evse: object


@dataclass(eq=False)
class IdentityTaken(Refusal):
    """A station already connects as {identity}."""

    identity: str


@dataclass(eq=False)
class PublicIdTaken(Refusal):
    """There is already an EVSE named {public_id}."""

    public_id: str


@dataclass(eq=False)
class NotUsable(Refusal):
    """The {what} cannot be used: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    what: str
    why: str


async def add_location(
    work: Work,
    party: PartyId,
    *,
    name: str,
    address: str,
    city: str,
    country: str,
    lat: float,
    lon: float,
    time_zone: str,
    postal_code: str | None = None,
    published: bool = True,
) -> Location:
    place = Location(
        id=LocationId(new_id(work.now)),
        party=party,
        name=name.strip(),
        address=address.strip(),
        city=city.strip(),
        country=country.strip().upper(),
        lat=lat,
        lon=lon,
        time_zone=time_zone,
        postal_code=postal_code,
        published=published,
    )
    _check_location(place)
    await store_network.add_location(work, place)
    work.touch(f"wall:{party}")
    return place


async def change_location(work: Work, place: Location) -> Location:
    _check_location(place)
    if not await store_network.change_location(work, place):
        raise NoSuchLocation(place.id)
    work.touch(f"wall:{place.party}")
    return place


def _check_location(place: Location) -> None:
    if not place.name:
        raise NotUsable("name", "it is empty")
    if not (place.country.isalpha() and place.country.isascii() and 2 <= len(place.country) <= 3):
        raise NotUsable("country", "it is not an ISO 3166 code like FIN")
    if not (-90 <= place.lat <= 90 and -180 <= place.lon <= 180):
        raise NotUsable("position", "latitude or longitude is off the globe")
    if not is_zone(place.time_zone):
        raise NotUsable("time zone", "it is not a name like Europe/Helsinki")


async def location(work: Work, id: LocationId) -> Location:
    found = await store_network.location(work, id)
    if found is None:
        raise NoSuchLocation(id)
    return found


async def add_station(
    work: Work,
    party: PartyId,
    location: LocationId,
    identity: str,
    evses: Sequence[EvsePlan] = (EvsePlan(1),),
    key: str | None = None,
) -> tuple[Station, str]:
    """A station with its EVSEs, and its key, in clear only here."""
    key = key or keys.new_key()
    return await add_station_by_hash(work, party, location, identity, evses, keys.hashed(key)), key


async def add_station_by_hash(
    work: Work,
    party: PartyId,
    location: LocationId,
    identity: str,
    evses: Sequence[EvsePlan],
    key_hash: bytes,
) -> Station:
    _check_identity(identity)
    numbers = [plan.number for plan in evses]
    if not numbers or min(numbers) < 1 or len(set(numbers)) != len(numbers):
        raise NotUsable("list of EVSEs", "their numbers must differ and begin at 1")
    place = await store_network.location(work, location)
    if place is None or place.party != party:
        raise NoSuchLocation(location)

    station = Station(
        id=StationId(new_id(work.now)),
        party=party,
        location=location,
        identity=StationIdentity(identity),
    )
    owner = await parties.party(work, party)
    number = await store_network.next_public_number(work, party)
    if not await store_network.add_station(work, station, key_hash):
        raise IdentityTaken(identity)
    for plan in evses:
        name = plan.public_id or rules.public_id(
            owner.country_code, owner.ident, number, plan.number
        )
        if not await store_network.add_evse(
            work,
            id=EvseId(new_id(work.now)),
            station=station,
            number=plan.number,
            public_id=name,
            connector_type=plan.connector_type,
            current=plan.current,
            power_w=plan.power_w,
        ):
            raise PublicIdTaken(name)
    work.touch("credentials", f"wall:{party}")
    return station


def _check_identity(identity: str) -> None:
    """OCPP-J 1.6 §3.1.1: any characters, percent-encoded in the URL; the slash ends a segment and
    the colon ends the user in Basic auth (RFC 7617 §2)."""
    if not identity or len(identity) > IDENTITY_CHARACTERS_MAX:
        raise NotUsable("identity", f"it needs 1 to {IDENTITY_CHARACTERS_MAX} characters")
    if not identity.isprintable() or any(sign in identity for sign in "/: "):
        raise NotUsable("identity", "it holds a slash, a colon, a space or a control character")


async def station(work: Work, id: StationId) -> Station:
    found = await store_network.station(work, id)
    if found is None:
        raise NoSuchStation(id)
    return found


async def station_named(work: Work, identity: str) -> Station:
    found = await store_network.station_named(work, StationIdentity(identity))
    if found is None:
        raise NoSuchStation(identity)
    return found


async def rotate_key(work: Work, id: StationId) -> str:
    """A new key, in clear only here. The old one holds until the station came with the new."""
    key = keys.new_key()
    if not await store_network.keep_next_key(work, id, keys.hashed(key)):
        raise NoSuchStation(id)
    work.touch("credentials", f"station:{id}")
    return key


async def set_subprotocols(
    work: Work, id: StationId, *, assume: str | None = None, pin: str | None = None
) -> None:
    """What to speak with a station that names no subprotocol, and the only one to speak with it."""
    if not await store_network.set_subprotocols(work, id, assume, pin):
        raise NoSuchStation(id)
    work.touch("credentials", f"station:{id}")


async def remove_station(work: Work, id: StationId) -> None:
    """Let the station in no more; its sessions and bills stay."""
    removed = await station(work, id)
    await store_network.remove_station(work, id)
    work.touch("credentials", f"station:{id}", f"wall:{removed.party}")


async def credentials(work: Work, since: str | None = None) -> Sequence[Credential]:
    """What the gateway keeps in memory to let stations in; with ``since``, what changed since
    that horizon, whatever the clocks of those who changed it said."""
    return await store_network.credentials(work, since)


async def credentials_horizon(work: Work) -> str:
    """Asked for before ``credentials``: where the next reading of them can begin."""
    return await store_network.horizon(work)


async def evses_by_number(
    work: Work, wanted: Collection[tuple[StationId, int]]
) -> dict[tuple[StationId, int], EvsePlace]:
    """The EVSEs that stations call by these numbers; those nobody added are added as unplanned,
    but for numbers that no station has: they are nobody's."""
    if not wanted:
        return {}
    found = await store_network.places_by_number(work, wanted)
    unknown = [
        pair for pair in wanted if pair not in found and 0 < pair[1] <= rules.EVSE_NUMBER_MAX
    ]
    if not unknown:
        return found
    await store_network.add_unplanned_evses(
        work, [(EvseId(new_id(work.now)), station, number) for station, number in unknown]
    )
    return await store_network.places_by_number(work, wanted)


async def place_of(work: Work, evse: EvseId) -> EvsePlace:
    found = (await store_network.places(work, [evse])).get(evse)
    if found is None:
        raise NoSuchEvse(evse)
    return found


async def places_of(work: Work, evses: Collection[EvseId]) -> dict[EvseId, EvsePlace]:
    """Where these EVSEs are, as far as they are there."""
    return await store_network.places(work, evses)


async def place_named(work: Work, public_id: str) -> EvsePlace:
    """The EVSE with this public name (QR code, map)."""
    found = await store_network.place_named(work, PublicEvseId(public_id))
    if found is None:
        raise NoSuchEvse(public_id)
    return found
