"""``voltway admin location | station``: where stations stand, and their keys."""

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final
from uuid import UUID

import msgspec
import typer

from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run_for, tell, tell_list
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId
from voltway.kernel.units import PowerW
from voltway.parties.model import Party
from voltway.runtime.work import Row, Work
from voltway.stations import actions
from voltway.stations.model import Current, EvsePlan, Location, Station

location = typer.Typer(help="Places with stations.", no_args_is_help=True)
station = typer.Typer(help="Stations, and the keys they show.", no_args_is_help=True)

EVSE: Final = re.compile(
    r"(?P<number>\d{1,4})(:(?P<connector>[A-Z0-9_]+)(:(?P<current>AC|DC)(:(?P<power>\d{1,8}))?)?)?"
)


@dataclass(eq=False)
class NoLocationNamed(Refusal):
    """There is no location {name}; voltway admin location list shows them."""

    kind: ClassVar[Kind] = Kind.ABSENT

    name: str


@dataclass(eq=False)
class LocationNotClear(Refusal):
    """Several locations are named {name}; give the id, as voltway admin location list shows it."""

    name: str


@location.command("add")
def location_add(
    name: Annotated[str, typer.Argument(help="Its name, as drivers see it.")],
    address: Annotated[str, typer.Option(help="Street and number.")],
    city: Annotated[str, typer.Option(help="Town.")],
    lat: Annotated[float, typer.Option(help="Degrees north.", min=-90, max=90)],
    lon: Annotated[float, typer.Option(help="Degrees east.", min=-180, max=180)],
    postal_code: Annotated[str | None, typer.Option(help="Postal code.")] = None,
    country: Annotated[str, typer.Option(help="ISO 3166-1.")] = "FIN",
    time_zone: Annotated[
        str | None, typer.Option(help="Such as Europe/Helsinki; without, the party's.")
    ] = None,
    hidden: Annotated[bool, typer.Option("--hidden", help="Drivers do not see it.")] = False,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Add a location."""

    async def do(work: Work, owner: Party) -> Location:
        made = await actions.add_location(
            work,
            owner.id,
            name=name,
            address=address,
            city=city,
            country=country,
            lat=lat,
            lon=lon,
            time_zone=time_zone or owner.time_zone,
            postal_code=postal_code,
            published=not hidden,
        )
        await note(work, owner, "added a location", f"location:{made.id}")
        return made

    made = run_for(data, of_party, do)
    tell(msgspec.to_builtins(made), f"Added the location {made.name} ({made.id}).", as_json=as_json)


@location.command("list")
def location_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the locations."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(await work.all("SELECT * FROM location_view ORDER BY name, id"))

    columns = {
        "id": "ID",
        "name": "NAME",
        "address": "ADDRESS",
        "city": "CITY",
        "stations": "STATIONS",
        "evses": "EVSES",
    }
    tell_list(run_for(data, of_party, do), columns, "There is no location yet.", as_json=as_json)


@station.command("add")
def station_add(
    identity: Annotated[str, typer.Argument(help="Its name in the OCPP address.")],
    at: Annotated[str, typer.Option("--location", help="Name or id of its location.")],
    evse: Annotated[
        list[str] | None,
        typer.Option(
            help="NUMBER:CONNECTOR:AC|DC:POWER_W, such as 1:IEC_62196_T2_COMBO:DC:150000; "
            "once for each. Without, one of 22 kW."
        ),
    ] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Add a station. Its key is printed once and kept as a hash."""
    plans = [_plan(each) for each in evse or ["1"]]

    async def do(work: Work, owner: Party) -> tuple[Station, str]:
        place = await location_of(work, at)
        made, key = await actions.add_station(work, owner.id, place, identity, plans)
        await note(work, owner, "added a station", f"station:{made.id}")
        return made, key

    made, key = run_for(data, of_party, do)
    sentence = (
        f"Added the station {made.identity}.\n\n{key}\n\n"
        "This key is shown only once: it is the station's password for Basic auth."
    )
    tell({"id": made.id, "identity": made.identity, "key": key}, sentence, as_json=as_json)


@station.command("list")
def station_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the stations."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(await work.all("SELECT * FROM station_view ORDER BY identity"))

    columns = {
        "identity": "IDENTITY",
        "location_name": "LOCATION",
        "evses": "EVSES",
        "connected": "CONNECTED",
        "ocpp_version": "OCPP",
        "model": "MODEL",
        "last_heard_at": "LAST HEARD",
    }
    tell_list(run_for(data, of_party, do), columns, "There is no station yet.", as_json=as_json)


@station.command("rotate-key")
def station_rotate_key(
    identity: Annotated[str, typer.Argument(help="The station's name in the OCPP address.")],
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Give a station a new key. The old one holds until the station came with the new one."""

    async def do(work: Work, owner: Party) -> tuple[Station, str]:
        found = await actions.station_named(work, identity)
        key = await actions.rotate_key(work, found.id)
        await note(work, owner, "gave a station a new key", f"station:{found.id}")
        return found, key

    found, key = run_for(data, of_party, do)
    sentence = f"{key}\n\nThis key of {found.identity} is shown only once."
    tell({"id": found.id, "identity": found.identity, "key": key}, sentence, as_json=as_json)


def _plan(text: str) -> EvsePlan:
    match = EVSE.fullmatch(text)
    if match is None:
        raise typer.BadParameter(
            f"{text}: an EVSE is NUMBER:CONNECTOR:AC|DC:POWER_W, "
            "such as 1:IEC_62196_T2_COMBO:DC:150000.",
            param_hint="--evse",
        )
    return EvsePlan(
        int(match["number"]),
        match["connector"] or "IEC_62196_T2",
        Current(match["current"] or "AC"),
        PowerW(int(match["power"] or 22_000)),
    )


async def location_of(work: Work, name: str) -> LocationId:
    """The location of this id or name."""
    rows = await work.all(
        "SELECT id FROM location_view WHERE id::text = lower($1) OR name = $1 LIMIT 2", name
    )
    if not rows:
        raise NoLocationNamed(name)
    if len(rows) > 1:
        raise LocationNotClear(name)
    return LocationId(UUID(str(rows[0]["id"])))
