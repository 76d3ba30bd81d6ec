"""Until when bays' meters may be used for bills: all that end soon, and those of one station."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EvseId, StationId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Row, Work
from voltway.stations import actions as stations
from voltway.stations import calibration, rules_calibration
from voltway.stations.model_calibration import SOON_DAYS, Calibration, MeterState
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

SHOWN: Final = 200
TYPED_MAX: Final = 300


@dataclass(eq=False)
class NotSoAtBay(Refusal):
    """Bay {number}: {why}"""

    kind = Kind.INVALID

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class MeterLine:
    """A bay's meter as operators see it; ``left`` is in days, fewer than none after its end."""

    row: Row
    until: date
    left: int
    state: MeterState


def meter_line(row: Row, today: date) -> MeterLine:
    """Of a bay whose meter has a last day."""
    kept = Calibration(row["meter_valid_until"])
    return MeterLine(row, kept.valid_until, kept.days_left(today), kept.state(today))


@get("/calibration", include_in_schema=False)
async def list_ending(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    """All bays whose meter's calibration has ended or ends soon, the first to end first."""
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            """
            SELECT * FROM evse_view
             WHERE meter_valid_until <= ($1::timestamptz AT TIME ZONE time_zone)::date + $2::int
             ORDER BY meter_valid_until, location_name, identity, number LIMIT $3
            """,
            work.now,
            SOON_DAYS,
            SHOWN,
        )
        without = await work.all(
            """
            SELECT station_id, identity, location_id, location_name, count(*)::int AS bays
              FROM evse_view WHERE meter_valid_until IS NULL
             GROUP BY station_id, identity, location_id, location_name
             ORDER BY location_name, identity LIMIT $1
            """,
            SHOWN,
        )
        now = work.now
    return await console_page(
        request,
        house,
        actor,
        "console/calibration.html",
        place="stations",
        meters=[meter_line(row, rules_calibration.today_at(row["time_zone"], now)) for row in rows],
        without=without,
        most=SHOWN,
        days=SOON_DAYS,
    )


@get("/stations/{station:uuid}/calibration", include_in_schema=False)
async def of_station(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    station: FromPath[UUID],
) -> Response[str]:
    """The meters of a station's bays, and the form by which their last days are written down."""
    return await _page(request, house, actor, station)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    station: UUID,
    *,
    typed: Form | None = None,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        at = await stations.station(work, StationId(station))
        here = await stations.location(work, at.location)
        rows = await _bays(work, station)
        today = rules_calibration.today_at(here.time_zone, work.now)
    fields = {}
    for row in rows:
        until = row["meter_valid_until"]
        fields[f"until-{row['id']}"] = until.isoformat() if until else ""
        fields[f"note-{row['id']}"] = row["meter_note"]
    fields |= {name: value[:TYPED_MAX] for name, value in (typed or {}).items() if name in fields}
    return await console_page(
        request,
        house,
        actor,
        "console/calibration_station.html",
        status=status,
        place="stations",
        at=at,
        here=here,
        bays=[(row, meter_line(row, today) if row["meter_valid_until"] else None) for row in rows],
        typed=fields,
        note_max=rules_calibration.NOTE_MAX,
        may_edit=actor.may(Permission.EDIT_NETWORK),
        trouble=trouble,
    )


async def _bays(work: Work, station: UUID) -> list[Row]:
    return list(
        await work.all("SELECT * FROM evse_view WHERE station_id = $1 ORDER BY number", station)
    )


@post("/stations/{station:uuid}/calibration", include_in_schema=False)
async def write_down(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    station: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Keep what was typed of each bay; what was left as it was is no change."""
    actor.must(Permission.EDIT_NETWORK)
    try:
        async with house.begin(actor.party) as work:
            await stations.station(work, StationId(station))
            for row in await _bays(work, station):
                if f"until-{row['id']}" in data:
                    await _keep(work, actor, row, data)
    except Refusal as no:
        return await _page(
            request, house, actor, station, typed=data, trouble=str(no), status=STATUS[no.kind]
        )
    return see_other(f"/console/stations/{station}/calibration")


async def _keep(work: Work, actor: Actor, row: Row, data: Form) -> None:
    """Raises ``NotSoAtBay``."""
    evse = EvseId(row["id"])
    try:
        told = rules_calibration.typed(data[f"until-{evse}"], data.get(f"note-{evse}", ""))
        is_new = await calibration.tell(work, evse, told)
    except Refusal as no:
        raise NotSoAtBay(row["number"], str(no)) from no
    if is_new:
        did, detail = calibration.did(told)
        await parties.audit(work, actor, did, f"evse:{evse}", detail)
