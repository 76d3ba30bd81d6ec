"""Keys of meters, what meters signed of sessions, and whether bills demand it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import Meta

from voltway.evidence import actions, keys, register
from voltway.evidence.model import Dossier, MeterKey, PublicKey
from voltway.kernel.ids import SessionId, StationId
from voltway.parties.model import Permission
from voltway.runtime.work import Row
from voltway.sessions import actions as sessions
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import GIVES, adds, asks, reads
from voltway.web.api.shapes import NO_NUL, EvseNumber, Given, Moment, Page, Shown, shown, utc

KEYS = Source("meter_key_view")

KeyText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=keys.TEXT_MAX,
        pattern=NO_NUL,
        description="As it stands on the meter or in the register: hexadecimal, Base64, Base32 or "
        "PEM; an ASN.1 key or a bare point.",
    ),
]


class MeterKeyShown(Shown):
    """The public key of a meter, and when it held."""

    id: UUID
    station_id: UUID
    evse_number: Annotated[int | None, Meta(description="Null: for each EVSE of the station.")]
    meter: Annotated[str, Meta(description="The meter's serial number; empty: not known.")]
    curve: str | None
    key: Annotated[str, Meta(description="In hexadecimal.")]
    fingerprint: Annotated[str, Meta(description="To compare keys by eye.")]
    source: str
    holds_from: Moment
    holds_until: Moment | None
    added_by: str


class NewMeterKey(Given):
    """A key of a meter. It takes the place of the one before it."""

    station_id: UUID
    key: KeyText
    evse_number: EvseNumber | None = None
    meter: Annotated[str, Meta(max_length=100, pattern=NO_NUL)] = ""
    since: Annotated[
        Moment | None,
        Meta(description="From when it holds. Null: now, or since ever if it is the first."),
    ] = None


class RegisterFile(Given):
    """Rows of the German register of charging stations, with its own columns."""

    csv: Annotated[str, Meta(max_length=900_000, pattern=NO_NUL)]


class RegisterKey(Shown):
    """A key of the register, and what became of it."""

    line: int
    place: str
    point: Annotated[int, Meta(description="The number of the charging point in the register.")]
    station: Annotated[str, Meta(description="The identity of our station; empty: none.")]
    says: str


class RegisterImport(Shown):
    """What became of the keys of a file."""

    registered: list[RegisterKey]
    known: list[RegisterKey]
    left: Annotated[list[RegisterKey], Meta(description="To be registered by a person.")]


class Reason(Shown):
    """Why signed data is not simply valid."""

    code: Annotated[str, Meta(examples=["single_reading"])]
    says: str


class SignedData(Shown):
    """What the meter of a session signed, and what was found of it."""

    session_id: UUID
    verdict: Annotated[
        str, Meta(description="`valid`, `not_billable`, `invalid` or `unchecked` (no key).")
    ]
    reasons: list[Reason]
    format: str | None
    records: list[Annotated[str, Meta(description="As the station sent it.")]]
    sha256: Annotated[str, Meta(description="Of the records, each with a line feed after it.")]
    meter: str
    energy_wh: Annotated[str | None, Meta(description="Exact.", examples=["268"])]
    begins: Moment | None
    ends: Moment | None
    key: Annotated[str, Meta(description="The fingerprint of the key; empty: none.")]
    checked_at: Moment


class SignedRule(Shown):
    """Whether nobody is billed without valid signed data."""

    demanded: bool


class NewSignedRule(Given):
    """Let bills demand valid signed data, as German law does, or not."""

    demanded: bool


@reads("/meter-keys", "List the keys of meters")
async def list_meter_keys(
    caller: Calling,
    window: Paging,
    station: Annotated[UUID | None, QueryParameter(description="Those of this station.")] = None,
    holds_at: Annotated[
        datetime | None, QueryParameter(name="at", description="Those that held then.")
    ] = None,
) -> Page[MeterKeyShown]:
    at = holds_at and utc(holds_at)
    async with caller.begin() as work:
        return await listed(
            work,
            KEYS,
            window,
            _of_row,
            [
                ("station_id = {}", station),
                ("holds_from <= {}", at),
                ("coalesce(holds_until, 'infinity') > {}", at),
            ],
        )


@adds("/meter-keys", "Register the key of a meter", Permission.EDIT_NETWORK)
async def add_meter_key(caller: Calling, data: JSONBody[NewMeterKey]) -> MeterKeyShown:
    """Sessions whose data no key could be found for are checked anew."""
    async with caller.begin() as work:
        made = await actions.register_key(
            work,
            StationId(data.station_id),
            data.key,
            by=caller.name,
            evse_number=data.evse_number,
            meter=data.meter,
            since=None if data.since is None else utc(data.since),
        )
        print_ = keys.fingerprint(made.key)
        await caller.audit(work, "registered a meter's key", f"station:{made.station}", key=print_)
    return _shown(made)


@asks("/meter-keys/{key_id:uuid}/end", "Let a meter's key hold no more", Permission.EDIT_NETWORK)
async def end_meter_key(caller: Calling, key_id: FromPath[UUID]) -> MeterKeyShown:
    async with caller.begin() as work:
        ended = await actions.end_key(work, key_id, by=caller.name)
        print_ = keys.fingerprint(ended.key)
        await caller.audit(work, "ended a meter's key", f"station:{ended.station}", key=print_)
    return _shown(ended)


@asks("/meter-keys/import", "Take keys from the German register", Permission.EDIT_NETWORK)
async def import_meter_keys(caller: Calling, data: JSONBody[RegisterFile]) -> RegisterImport:
    """Keys of which it is sure which of your stations they belong to are registered."""
    async with caller.begin() as work:
        told = await register.register_all(work, data.csv, by=caller.name)
        count = str(len(told.registered))
        await caller.audit(
            work, "took keys from the register", f"party:{caller.actor.party}", keys=count
        )
    return RegisterImport(
        registered=[_placed(each) for each in told.registered],
        known=[_placed(each) for each in told.known],
        left=[_placed(each) for each in told.left],
    )


@reads("/sessions/{session_id:uuid}/signed-data", "Read what the meter signed of a session")
async def read_signed_data(caller: Calling, session_id: FromPath[UUID]) -> SignedData:
    return _signed(await _dossier(caller, session_id))


@asks(
    "/sessions/{session_id:uuid}/signed-data/check",
    "Check the signed data of a session anew",
    Permission.EDIT_NETWORK,
)
async def check_signed_data(caller: Calling, session_id: FromPath[UUID]) -> SignedData:
    """After its key was registered, or readings came late. A bill that is made never changes."""
    async with caller.begin() as work:
        await sessions.session(work, SessionId(session_id))
    begin, party = caller.house.begin, caller.actor.party
    return _signed(await actions.check_again(begin, party, SessionId(session_id)))


@reads(
    "/sessions/{session_id:uuid}/signed-data/file",
    "Read the file for the transparency software",
    opt={GIVES: "application/xml"},
)
async def read_transparency_file(caller: Calling, session_id: FromPath[UUID]) -> Response[str]:
    found = await _dossier(caller, session_id)
    name = {"Content-Disposition": f'attachment; filename="{session_id}.xml"'}
    return Response(actions.transparency_file(found), media_type="application/xml", headers=name)


@reads("/signed-rule", "Read whether bills demand signed data")
async def read_signed_rule(caller: Calling) -> SignedRule:
    async with caller.begin() as work:
        demanding = await actions.demands(work, [caller.actor.party])
    return SignedRule(demanded=bool(demanding))


@asks("/signed-rule", "Let bills demand signed data or not", Permission.MANAGE_PEOPLE)
async def set_signed_rule(caller: Calling, data: JSONBody[NewSignedRule]) -> SignedRule:
    """Where they do, a session without valid signed data is held for review."""
    party = caller.actor.party
    async with caller.begin() as work:
        await actions.set_demand(work, party, demanded=data.demanded, by=caller.name)
        did = (
            "demanded signed data of bills" if data.demanded else "let bills do without signed data"
        )
        await caller.audit(work, did, f"party:{party}")
    return SignedRule(demanded=data.demanded)


async def _dossier(caller: Calling, session_id: UUID) -> Dossier:
    async with caller.begin() as work:
        await sessions.session(work, SessionId(session_id))
        found = await actions.dossier(work, SessionId(session_id))
    if found is None:
        raise actions.NothingSigned
    return found


def _signed(dossier: Dossier) -> SignedData:
    found = dossier.finding
    return SignedData(
        session_id=dossier.session,
        verdict=found.verdict.value,
        reasons=[
            Reason(code=flaw.value, says=says)
            for flaw, says in zip(found.flaws, found.says, strict=True)
        ],
        format=found.format.value if found.format else None,
        records=[piece.text for piece in dossier.pieces],
        sha256=found.sha256,
        meter=found.meter,
        energy_wh=None if found.energy_wh is None else f"{found.energy_wh:f}",
        begins=found.begins,
        ends=found.ends,
        key=keys.fingerprint(dossier.key.key) if dossier.key else "",
        checked_at=dossier.checked_at,
    )


def _placed(told: register.Placed) -> RegisterKey:
    entry = told.entry
    return RegisterKey(
        line=entry.line,
        place=entry.place,
        point=entry.point,
        station=told.identity,
        says=told.says,
    )


def _shown(key: MeterKey) -> MeterKeyShown:
    return MeterKeyShown(
        id=key.id,
        station_id=key.station,
        evse_number=key.evse_number,
        meter=key.meter,
        curve=key.key.curve,
        key=keys.written(key.key),
        fingerprint=keys.fingerprint(key.key),
        source=key.source,
        holds_from=key.holds_from,
        holds_until=key.holds_until,
        added_by=key.added_by,
    )


def _of_row(row: Row) -> MeterKeyShown:
    public = PublicKey(bytes(row["point"]), row["curve"])
    return shown(
        MeterKeyShown,
        {name: value for name, value in row.items() if name != "point"},
        key=keys.written(public),
        fingerprint=keys.fingerprint(public),
    )


ROUTER = Router(
    "/",
    tags=["meter keys"],
    route_handlers=[
        list_meter_keys,
        add_meter_key,
        end_meter_key,
        import_meter_keys,
        read_signed_data,
        check_signed_data,
        read_transparency_file,
        read_signed_rule,
        set_signed_rule,
    ],
)
