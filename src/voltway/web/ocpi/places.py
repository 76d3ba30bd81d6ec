"""The bays that a platform's terminals serve and what charging costs there, as a terminal shows
them before it holds a card (OCPI 2.3.0, modules locations and tariffs, the sender's side)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from voltway.billing import rules_cdr
from voltway.kernel.ids import EvseId, LocationId
from voltway.kernel.money import Money
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.payments.kiosks import Platform
from voltway.runtime.work import Row, Work
from voltway.stations import actions as stations
from voltway.stations import photos
from voltway.stations.model import EvsePlace, Location
from voltway.stations.model_photos import Photo
from voltway.stations.reports import PortStatus
from voltway.tariffs import actions as tariffs
from voltway.tariffs import ocpi_write
from voltway.tariffs.model_versions import Assigned, DriverKind, Place
from voltway.tariffs.ocpi_write import OcpiVersion, TariffBeyondVersion
from voltway.web.house import House
from voltway.web.ocpi.envelope import answer, moment, platform_of, stranger
from voltway.web.pages import HttpRequest, public_url
from voltway.web.photos import urls

ROOT: Final = "/ocpi/2.3.0"
MOST: Final = 100
#: "Unknown Location".
UNKNOWN_LOCATION: Final = 2003
#: What a socket or cable of its kind has: to neutral, and of direct current a common one.
VOLTS: Final = {"AC_1_PHASE": 230, "AC_3_PHASE": 230, "DC": 500}
PHASES: Final = {"AC_3_PHASE": 3}

#: What a station says of a bay, as OCPI's status of an EVSE.
STATUS: Final[Mapping[PortStatus, str]] = {
    PortStatus.AVAILABLE: "AVAILABLE",
    PortStatus.PREPARING: "AVAILABLE",
    PortStatus.CHARGING: "CHARGING",
    PortStatus.IDLE: "CHARGING",
    PortStatus.RESERVED: "RESERVED",
    PortStatus.FAULTED: "OUTOFORDER",
    PortStatus.UNAVAILABLE: "INOPERATIVE",
    PortStatus.UNKNOWN: "UNKNOWN",
}

_BAYS: Final = """
    SELECT e.id, e.location_id, e.status, e.connected, e.session_state,
           coalesce(e.status_at, k.changed_at) AS updated,
           EXISTS (SELECT FROM bay_hold_view h WHERE h.evse_id = e.id) AS held
      FROM kiosk_view k CROSS JOIN LATERAL unnest(k.evses) AS bay (id)
      JOIN port_view e ON e.id = bay.id
     WHERE k.provider_id = $1
     ORDER BY e.location_id, e.public_id
"""


@get(f"{ROOT}/locations", include_in_schema=False)
async def locations(
    request: HttpRequest,
    house: NamedDependency[House],
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = MOST,
) -> Response[bytes]:
    """The places of the bays that the platform's terminals serve, page by page."""
    platform = await platform_of(request, house)
    if platform is None:
        return stranger(house)
    async with house.begin() as work:
        found = await _locations(work, platform, public_url(request, house))
    first, most = max(offset, 0), min(max(limit, 1), MOST)
    headers = {"X-Total-Count": str(len(found)), "X-Limit": str(MOST)}
    return answer(house, found[first : first + most], headers=headers)


@get(
    [
        f"{ROOT}/locations/{{location:str}}",
        f"{ROOT}/locations/{{location:str}}/{{evse:str}}",
        f"{ROOT}/locations/{{location:str}}/{{evse:str}}/{{connector:str}}",
    ],
    include_in_schema=False,
)
async def location(
    request: HttpRequest,
    house: NamedDependency[House],
    location: FromPath[str],
    evse: FromPath[str | None] = None,
    connector: FromPath[str | None] = None,
) -> Response[bytes]:
    """A place, a bay of it, or the connector of that."""
    platform = await platform_of(request, house)
    if platform is None:
        return stranger(house)
    async with house.begin() as work:
        found = await _locations(work, platform, public_url(request, house))
    said = next((each for each in found if each["id"] == location), None)
    if said is not None and evse is not None:
        said = next((each for each in said["evses"] if each["uid"] == evse), None)
    if said is not None and connector is not None:
        said = next((each for each in said["connectors"] if each["id"] == connector), None)
    if said is None:
        words = "None of your terminals serves anything by this name."
        return answer(house, code=UNKNOWN_LOCATION, says=words)
    return answer(house, said)


@get(f"{ROOT}/tariffs", include_in_schema=False)
async def list_tariffs(
    request: HttpRequest,
    house: NamedDependency[House],
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = MOST,
) -> Response[bytes]:
    """What a card pays at these bays now, each tariff once."""
    platform = await platform_of(request, house)
    if platform is None:
        return stranger(house)
    async with house.begin() as work:
        us = await parties.party(work, platform.party)
        rows = await work.all(_BAYS, platform.id)
        bays = await stations.places_of(work, [EvseId(row["id"]) for row in rows])
        prices = await _prices(work, bays.values())
    found: dict[str, dict[str, Any]] = {}
    for bay in bays:
        price = prices.get(bay)
        if price is not None and price.tariff.id not in found:
            with suppress(TariffBeyondVersion):
                found[price.tariff.id] = _tariff(price, us, moment(house.clock.now()))
    listed = list(found.values())
    first, most = max(offset, 0), min(max(limit, 1), MOST)
    headers = {"X-Total-Count": str(len(listed)), "X-Limit": str(MOST)}
    return answer(house, listed[first : first + most], headers=headers)


async def _locations(work: Work, platform: Platform, here: str) -> list[dict[str, Any]]:
    us = await parties.party(work, platform.party)
    rows = await work.all(_BAYS, platform.id)
    bays = await stations.places_of(work, [EvseId(row["id"]) for row in rows])
    prices = await _prices(work, bays.values())
    at: dict[UUID, list[Row]] = {}
    for row in rows:
        at.setdefault(row["location_id"], []).append(row)
    said = []
    for id, there in at.items():
        place = await stations.location(work, LocationId(id))
        evses = [_evse(place, bays[EvseId(row["id"])], row, prices) for row in there]
        images = [_image(each, here) for each in await photos.of_place(work, place.id)]
        said.append(_location(us, place, evses) | ({"images": images} if images else {}))
    return said


def _image(photo: Photo, here: str) -> dict[str, Any]:
    """OCPI 2.3.0, mod_locations, Image: a place as a whole is its category LOCATION."""
    small, large = urls(photo)
    return {
        "url": f"{here}{large}",
        "thumbnail": f"{here}{small}",
        "category": "LOCATION",
        "type": "webp",
        "width": photo.width,
        "height": photo.height,
    }


async def _prices(work: Work, bays: Any) -> dict[EvseId, Assigned]:
    """What who pays without a contract is charged at each bay now, where there is a price."""
    asked = {
        bay.evse: Place(bay.party, bay.location, bay.station, evse=bay.evse, kind=DriverKind.AD_HOC)
        for bay in bays
    }
    found = await tariffs.tariff_for(work, set(asked.values()), work.now)
    return {evse: found[place] for evse, place in asked.items() if place in found}


def _location(us: Party, place: Location, evses: Sequence[dict[str, Any]]) -> dict[str, Any]:
    then = rules_cdr.place(place, None)
    said = {
        "country_code": us.country_code,
        "party_id": us.ident,
        "id": then.id,
        "publish": True,
        "name": then.name,
        "address": then.address,
        "city": then.city,
        "postal_code": then.postal_code,
        "country": then.country,
        "coordinates": {"latitude": then.latitude, "longitude": then.longitude},
        "time_zone": place.time_zone,
        "evses": list(evses),
        "last_updated": max(each["last_updated"] for each in evses),
    }
    return {name: value for name, value in said.items() if value is not None}


def _evse(
    place: Location, bay: EvsePlace, row: Row, prices: Mapping[EvseId, Assigned]
) -> dict[str, Any]:
    then = rules_cdr.place(place, bay)
    kind = then.connector_power_type
    volts = VOLTS[kind]
    price = prices.get(bay.evse)
    updated = moment(row["updated"])
    return {
        "uid": then.evse_uid,
        "evse_id": then.evse_id,
        "status": _status(row),
        "physical_reference": str(bay.number),
        "connectors": [
            {
                "id": then.connector_id,
                "standard": then.connector_standard,
                "format": then.connector_format,
                "power_type": kind,
                # What we know of a connector is its power: the rest is what that comes to.
                "max_voltage": volts,
                "max_amperage": round(bay.power_w / volts / PHASES.get(kind, 1)),
                "max_electric_power": bay.power_w,
                "tariff_ids": [price.tariff.id] if price else [],
                "last_updated": updated,
            }
        ],
        "last_updated": updated,
    }


def _status(row: Row) -> str:
    """A bay that is somebody's, or that no line leads to, is not offered. A doubtful one is: status
    is what a station says, and who reads it at a terminal stands there and may try."""
    if not row["connected"]:
        return "INOPERATIVE"
    if row["session_state"] is not None:
        return "CHARGING"
    status = STATUS[PortStatus(row["status"])]
    return "RESERVED" if status == "AVAILABLE" and row["held"] else status


def _tariff(price: Assigned, us: Party, now: str) -> dict[str, Any]:
    """The tariff, and what is held of a card before it is charged."""
    said = ocpi_write.document(price.tariff, OcpiVersion.V230)
    said.setdefault("country_code", us.country_code)
    said.setdefault("party_id", us.ident)
    said.setdefault("last_updated", now)
    return said | {"preauthorize_amount": Money(us.hold_minor, us.currency).decimal}
