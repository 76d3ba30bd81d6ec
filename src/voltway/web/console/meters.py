"""Meter keys: which key holds for which meter, those before it, and whether bills demand them."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.evidence import actions, keys, register
from voltway.evidence.model import PublicKey
from voltway.evidence.register import Import
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import SessionId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Row
from voltway.sessions import actions as sessions
from voltway.stations import actions as stations
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/meters"
LINES: Final = 200
FILE_MAX: Final = 900_000


class WrongMoment(Refusal):
    """A moment is written as a date and a time, such as 2026-11-26 14:30."""

    kind = Kind.INVALID


class WrongEvse(Refusal):
    """The number of an EVSE is a whole number from 1 on; leave it empty for all of the station."""

    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key in the list."""

    row: Row
    print: str
    hex: str


def _line(row: Row) -> KeyLine:
    public = PublicKey(bytes(row["point"]), row["curve"])
    return KeyLine(row, keys.fingerprint(public), keys.written(public))


@get("/meters", include_in_schema=False)
async def list_keys(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _meters(request, house, actor)


async def _meters(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    given: dict[str, str] | None = None,
    told: Import | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            """
            SELECT * FROM meter_key_view
             ORDER BY (holds_until IS NULL) DESC, identity, evse_number NULLS FIRST,
                      holds_from DESC
             LIMIT $1
            """,
            LINES,
        )
        demanding = await actions.demands(work, [actor.party])
        without = await work.one(
            """
            SELECT count(*)::int AS n FROM station_view s
             WHERE NOT EXISTS (SELECT FROM meter_key_view k
                                WHERE k.station_id = s.id AND k.holds_until IS NULL)
            """
        )
    return await console_page(
        request,
        house,
        actor,
        "console/meters.html",
        status=status,
        place="meters",
        keys=[_line(row) for row in rows],
        demanded=bool(demanding),
        without=without["n"] if without else 0,
        may_edit=actor.may(Permission.EDIT_NETWORK),
        may_rule=actor.may(Permission.MANAGE_PEOPLE),
        trouble=trouble,
        given=given or {},
        told=told,
        key_max=keys.TEXT_MAX,
        file_max=FILE_MAX,
    )


@post("/meters/keys", include_in_schema=False)
async def add_key(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """A key takes the place of the one before it."""
    actor.must(Permission.EDIT_NETWORK)
    try:
        async with house.begin(actor.party) as work:
            party = await parties.party(work, actor.party)
            station = await stations.station_named(work, data.get("station", "").strip())
            made = await actions.register_key(
                work,
                station.id,
                data.get("key", ""),
                by=actor.name,
                evse_number=_evse(data.get("evse", "")),
                meter=data.get("meter", ""),
                since=_moment(data.get("since", ""), party.time_zone),
            )
            await parties.audit(
                work,
                actor,
                "registered a meter's key",
                f"station:{station.id}",
                {"key": keys.fingerprint(made.key)},
            )
    except Refusal as refusal:
        return await _meters(
            request, house, actor, trouble=str(refusal), given=data, status=STATUS[refusal.kind]
        )
    return see_other(_HERE)


@post("/meters/keys/{key:uuid}/end", include_in_schema=False)
async def end_key(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    key: FromPath[UUID],
) -> Response[str] | Redirect:
    """Let a key hold no more, and none in its place."""
    actor.must(Permission.EDIT_NETWORK)
    try:
        async with house.begin(actor.party) as work:
            ended = await actions.end_key(work, key, by=actor.name)
            print_ = keys.fingerprint(ended.key)
            on = f"station:{ended.station}"
            await parties.audit(work, actor, "ended a meter's key", on, {"key": print_})
    except Refusal as refusal:
        return await _meters(
            request, house, actor, trouble=str(refusal), status=STATUS[refusal.kind]
        )
    return see_other(_HERE)


@post("/meters/register", include_in_schema=False)
async def take_register(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str]:
    """Keys out of rows of the German register."""
    actor.must(Permission.EDIT_NETWORK)
    try:
        async with house.begin(actor.party) as work:
            told = await register.register_all(work, data.get("csv", ""), by=actor.name)
            count = {"keys": str(len(told.registered))}
            on = f"party:{actor.party}"
            await parties.audit(work, actor, "took keys from the register", on, count)
    except Refusal as refusal:
        return await _meters(
            request, house, actor, trouble=str(refusal), given=data, status=STATUS[refusal.kind]
        )
    return await _meters(request, house, actor, told=told)


@post("/meters/rule", include_in_schema=False)
async def set_rule(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Redirect:
    """Whether bills demand valid signed data."""
    actor.must(Permission.MANAGE_PEOPLE)
    demanded = data.get("demanded") == "yes"
    did = "demanded signed data of bills" if demanded else "let bills do without signed data"
    async with house.begin(actor.party) as work:
        await actions.set_demand(work, actor.party, demanded=demanded, by=actor.name)
        await parties.audit(work, actor, did, f"party:{actor.party}")
    return see_other(_HERE)


@post("/sessions/{session:uuid}/signed/check", include_in_schema=False)
async def check_again(
    house: NamedDependency[House], actor: NamedDependency[Actor], session: FromPath[UUID]
) -> Redirect:
    """Check a session's signed data anew, with the key that is registered now."""
    actor.must(Permission.EDIT_NETWORK)
    async with house.begin(actor.party) as work:
        await sessions.session(work, SessionId(session))
    await actions.check_again(house.begin, actor.party, SessionId(session))
    async with house.begin(actor.party) as work:
        await parties.audit(work, actor, "checked signed data anew", f"session:{session}")
    return see_other(f"/console/sessions/{session}")


@get("/sessions/{session:uuid}/signed.xml", include_in_schema=False)
async def signed_file(
    house: NamedDependency[House], actor: NamedDependency[Actor], session: FromPath[UUID]
) -> Response[str]:
    """The file that the transparency software opens."""
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        await sessions.session(work, SessionId(session))
        found = await actions.dossier(work, SessionId(session))
    if found is None:
        raise actions.NothingSigned
    return Response(
        actions.transparency_file(found),
        media_type="application/xml",
        headers={
            "Content-Disposition": f'attachment; filename="{session}.xml"',
            "Cache-Control": "no-store",
        },
    )


def _evse(text: str) -> int | None:
    plain = text.strip()
    if not plain:
        return None
    if not plain.isdecimal() or not 1 <= int(plain[:9]) <= 10_000:
        raise WrongEvse
    return int(plain)


def _moment(text: str, zone: str) -> datetime | None:
    """A moment in the party's own time."""
    if not text.strip():
        return None
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise WrongMoment from error
    if not 1970 <= told.year <= 9998:
        raise WrongMoment
    return told if told.tzinfo else told.replace(tzinfo=ZoneInfo(zone))
