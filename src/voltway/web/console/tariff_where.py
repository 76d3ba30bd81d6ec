"""Where tariffs hold and for whom: what is assigned, groups, and which would apply and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Response

from voltway.drivers import contracts
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import DriverId, FleetId, PartyId, TokenUid
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Work
from voltway.sessions import actions_price
from voltway.sessions.actions_price import Asks, Climbed
from voltway.stations import actions as stations
from voltway.tariffs import assigning, lawful
from voltway.tariffs.model_versions import Rung, Scope
from voltway.web import prices
from voltway.web.appearance import Form
from voltway.web.console import group_form
from voltway.web.console.door import console_page
from voltway.web.console.form_fields import as_field, moment_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/tariffs/where"

#: What a scope is called on the page, and what to write into the field beside it.
SCOPES: Final = (
    (Scope.PARTY, "Everywhere", ""),
    (Scope.LOCATION, "Location", "its name"),
    (Scope.STATION, "Station", "its identity"),
    (Scope.EVSE, "EVSE", "its public name"),
    (Scope.FLEET, "Fleet", "its name"),
    (Scope.CONTRACT, "Contract", "its name"),
    (Scope.DRIVER, "Driver", "name or e-mail"),
)
WORDS: Final = {scope: word for scope, word, _ in SCOPES}


@dataclass(eq=False)
class NotOne(Refusal):
    """There is no {what} {name}, or more than one."""

    kind = Kind.ABSENT

    what: str
    name: str


class NothingNamed(Refusal):
    """Say which tariff or group is to hold."""

    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Standing:
    """Something assigned, as a line of the page."""

    scope: str
    name: str
    what: str
    is_group: bool
    since: datetime
    until: datetime | None
    begins_later: bool


#: How each scope finds what a person calls it.
_NAMED: Final[Mapping[Scope, str]] = {
    Scope.LOCATION: "SELECT id FROM location_view WHERE lower(name) = lower($1)",
    Scope.STATION: "SELECT id FROM station_view WHERE lower(identity) = lower($1)",
    Scope.EVSE: "SELECT id FROM evse_view WHERE upper(public_id) = upper($1)",
    Scope.FLEET: "SELECT id FROM fleet_view WHERE lower(name) = lower($1)",
    Scope.CONTRACT: "SELECT id FROM contract_view WHERE ident = $1",
    Scope.DRIVER: "SELECT id FROM driver_view WHERE lower($1) IN (lower(name), lower(email))",
}

_STANDING: Final = """
    SELECT DISTINCT ON (a.scope, a.scope_id, later) a.scope, a.tariff_ident, a.group_ident,
           a.since, a.until, a.since > $1 AS later,
           coalesce(l.name, s.identity, e.public_id, f.name, c.ident, d.name, '') AS name
      FROM tariff_assignment_view a
      LEFT JOIN location_view l ON a.scope = 'location' AND l.id = a.scope_id
      LEFT JOIN station_view s ON a.scope = 'station' AND s.id = a.scope_id
      LEFT JOIN evse_view e ON a.scope = 'evse' AND e.id = a.scope_id
      LEFT JOIN fleet_view f ON a.scope = 'fleet' AND f.id = a.scope_id
      LEFT JOIN contract_view c ON a.scope = 'contract' AND c.id = a.scope_id
      LEFT JOIN driver_view d ON a.scope = 'driver' AND d.id = a.scope_id
     WHERE a.until IS NULL OR a.until > $1
     ORDER BY a.scope, a.scope_id, later, a.since DESC, a.created_at DESC, a.told DESC
     LIMIT 1000
"""


async def standing(work: Work) -> list[Standing]:
    """What holds now, and what begins next, for each thing that something was assigned to."""
    rows = await work.all(_STANDING, work.now)
    order = list(Scope)
    lines = [
        Standing(
            scope=WORDS[Scope(row["scope"])],
            name=row["name"],
            what=row["tariff_ident"] or row["group_ident"] or "",
            is_group=row["group_ident"] is not None,
            since=row["since"],
            until=row["until"],
            begins_later=row["later"],
        )
        for row in sorted(rows, key=lambda row: (order.index(Scope(row["scope"])), row["name"]))
    ]
    return [line for line in lines if line.what or line.begins_later]


@get("/tariffs/where", include_in_schema=False)
async def where(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    group: FromQuery[str] = "",
) -> Response[str]:
    """With ``group``, the form shows that group, to write its next version."""
    return await where_page(request, house, actor, group=group)


async def where_page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    given: dict[str, str] | None = None,
    group: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        zone = (await parties.party(work, actor.party)).time_zone
        lines = await standing(work)
        forbidden = await lawful.found(work, actor.party)
        tariffs = await work.all(
            "SELECT tariff_ident AS ident FROM tariff_view WHERE newest ORDER BY tariff_ident"
        )
        groups = await work.all("SELECT * FROM tariff_group_view WHERE newest ORDER BY group_ident")
    shown = next((row for row in groups if row["group_ident"] == group), None)
    if shown is not None and given is None:
        given = group_form.fields_of(group, shown["members"], zone)
    return await console_page(
        request,
        house,
        actor,
        "console/tariff_where.html",
        status=status,
        place="tariffs",
        tab="where",
        standing=lines,
        forbidden=forbidden,
        tariffs=[row["ident"] for row in tariffs],
        groups=groups,
        scopes=SCOPES,
        kinds=group_form.KINDS,
        rows=group_form.rows_of(given or {}),
        may_edit=actor.may(Permission.EDIT_TARIFFS),
        trouble=trouble,
        given=given or {},
    )


@post("/tariffs/where", include_in_schema=False)
async def assign(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """Let a tariff or a group hold, or end what holds."""
    actor.must(Permission.EDIT_TARIFFS)
    try:
        async with house.begin(actor.party) as work:
            zone = (await parties.party(work, actor.party)).time_zone
            kind, ident = _what(data.get("what", ""))
            scope = _scope(data.get("scope", ""))
            scope_id = await _one(work, actor.party, scope, data.get("name", "").strip()[:200])
            since = moment_of(data.get("since", ""), zone)
            made = await assigning.assign_to(
                work,
                actor.party,
                scope,
                scope_id,
                ident=ident if kind == "tariff" else None,
                group=ident if kind == "group" else None,
                since=since,
                until=moment_of(data.get("until", ""), zone),
            )
            await parties.audit(work, actor, "assigned a tariff", f"{made.scope}:{made.scope_id}")
    except Refusal as no:
        given = {name: value[:200] for name, value in data.items()}
        return await where_page(
            request, house, actor, trouble=str(no), given=given, status=STATUS[no.kind]
        )
    return see_other(_HERE)


def _what(text: str) -> tuple[str, str]:
    """A tariff or a group by its name, or the word that ends what holds."""
    kind, _, ident = text.partition(":")
    if text != "none" and (kind not in ("tariff", "group") or not ident):
        raise NothingNamed
    return kind, ident


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError as error:
        raise NotOne("scope", text[:40]) from error


async def _one(work: Work, party: PartyId, scope: Scope, name: str) -> UUID:
    """The one thing of this scope that is called so."""
    if scope is Scope.PARTY:
        return party
    rows = await work.all(_NAMED[scope] + " LIMIT 2", name.replace("\x00", ""))
    if len(rows) != 1:
        raise NotOne(WORDS[scope].lower() if scope is not Scope.EVSE else "EVSE", name[:80])
    found: UUID = rows[0]["id"]
    return found


@dataclass(frozen=True, slots=True)
class RungShown:
    """A rung as the page shows it."""

    rung: Rung
    word: str
    price: str


@get("/tariffs/which", include_in_schema=False)
async def which(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    evse: FromQuery[str] = "",
    who: FromQuery[str] = "guest",
    name: FromQuery[str] = "",
    at: FromQuery[str] = "",
) -> Response[str]:
    """Which tariff would apply here, for this driver, at this moment, and why."""
    actor.must(Permission.SEE_ALL)
    climbed, trouble, status = None, "", HTTPStatus.OK
    async with house.begin(actor.party) as work:
        zone = (await parties.party(work, actor.party)).time_zone
        try:
            moment = moment_of(at, zone) or work.now
            if evse.strip():
                climbed = await _climbed(work, actor.party, evse, who, name.strip()[:200], moment)
        except Refusal as no:
            trouble, status = str(no), STATUS[no.kind]
    knows: dict[str, Any] = {"climbed": climbed, "rungs": [], "price": None}
    if climbed is not None:
        formats = formats_of(request, house)
        knows["rungs"] = [
            RungShown(rung, WORDS[rung.scope], _short(rung, climbed, formats))
            for rung in climbed.rungs
        ]
        if climbed.winner is not None and climbed.winner.version is not None:
            knows["price"] = prices.shown(
                climbed.winner.version.tariff,
                at=climbed.at,
                zone=climbed.where.time_zone,
                formats=formats,
            )
    asked = {"evse": evse[:64], "who": who[:16], "name": name[:200], "at": at[:32]}
    return await console_page(
        request,
        house,
        actor,
        "console/tariff_which.html",
        status=status,
        place="tariffs",
        tab="which",
        asked=asked,
        trouble=trouble,
        local=as_field(climbed.at, zone) if climbed else asked["at"],
        **knows,
    )


def _short(rung: Rung, climbed: Climbed, formats: Any) -> str:
    if rung.version is None:
        return ""
    tariff = rung.version.tariff
    return prices.shown(tariff, at=climbed.at, zone=climbed.where.time_zone, formats=formats).short


async def _climbed(
    work: Work, party: PartyId, evse: str, who: str, name: str, at: datetime
) -> Climbed:
    place = await stations.place_named(work, evse.strip().upper().replace("\x00", "")[:64])
    return await actions_price.which_tariff(
        work, place.evse, await _asks(work, party, who, name), at
    )


async def _asks(work: Work, party: PartyId, who: str, name: str) -> Asks:
    match who:
        case "token":
            return Asks(token=TokenUid(name.replace("\x00", "")))
        case "contract":
            return Asks(contract=(await contracts.contract_named(work, party, name)).id)
        case "fleet":
            return Asks(fleet=FleetId(await _one(work, party, Scope.FLEET, name)))
        case "driver":
            return Asks(driver=DriverId(await _one(work, party, Scope.DRIVER, name)))
        case _:
            return Asks()
