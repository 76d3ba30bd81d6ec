"""For the platforms of EV makers and mobility providers: their contracts, and sessions on them.

A key of the role ``partner`` opens these operations and no others, and each of them shows what is
its own partner's alone.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import Meta
from msgspec.structs import replace

from voltway.drivers.model import TokenKind
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OrderId, SessionId, TokenId
from voltway.parties.model import Permission
from voltway.partners import actions, asking, desk, telling
from voltway.partners.model import Given as Put
from voltway.partners.model import Partner, Whitelist
from voltway.runtime.work import Row, Work
from voltway.stations.model import OPEN
from voltway.web.api import orders
from voltway.web.api.caller import Caller, Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, changes, puts, reads, removes
from voltway.web.api.orders import Order, Wait
from voltway.web.api.shapes import NO_NUL, Amount, Given, Moment, Page, Shown, utc

MINE = Permission.ACT_AS_PARTNER
CONTRACTS = Source("partner_contract_view")
SESSIONS = Source("partner_session_view")

#: OCPI 2.3.0, TokenType, as far as a partner can register it; the EV's MAC is ``OTHER``.
Types = Literal["RFID", "APP_USER", "EMAID", "OTHER"]
_KINDS = {
    "RFID": TokenKind.RFID,
    "APP_USER": TokenKind.APP,
    "EMAID": TokenKind.CONTRACT,
    "OTHER": TokenKind.CONTRACT,
}
_TYPES = {TokenKind.RFID: "RFID", TokenKind.APP: "APP_USER", TokenKind.CONTRACT: "EMAID"}

Uid = Annotated[str, Meta(min_length=1, max_length=36, pattern=NO_NUL)]
VisualNumber = Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_NUL)]


class Me(Shown):
    """The partner whose key this is."""

    id: UUID
    name: str
    country_code: str
    party_id: str
    currency: str
    owed: Annotated[Amount, Meta(description="Open statements, and what stands on none yet.")]
    under_way: Annotated[Amount, Meta(description="What charges now, as it was told last.")]
    credit_limit: Amount | None
    out_of_credit: Annotated[bool, Meta(description="Nothing new begins until it is paid.")]


class PartnerContract(Shown):
    """A contract as it is registered; fields as OCPI's Token has them."""

    uid: str
    type: Types
    contract_id: str
    visual_number: str | None
    whitelist: Whitelist
    valid: bool
    valid_until: Moment | None
    last_updated: Moment
    barred: Annotated[list[str], Meta(description="Why it opens no station for now, if so.")]


class PutContract(Given):
    """A contract to be registered: an eMAID, an EV's MAC (OTHER), an RFID card, an app's user."""

    type: Types = "EMAID"
    contract_id: Annotated[
        Uid | None, Meta(description="The eMAID, or what it is called; without: the uid.")
    ] = None
    visual_number: VisualNumber | None = None
    whitelist: Annotated[
        Whitelist,
        Meta(
            description=(
                "ALWAYS: we do not ask. ALLOWED, ALLOWED_OFFLINE: we ask, and let it in where "
                "you are silent. NEVER: where you are silent it does not charge."
            )
        ),
    ] = Whitelist.ALLOWED_OFFLINE
    valid: bool = True
    valid_until: Moment | None = None


class ChangeContract(Given):
    """What is otherwise from now on; what is left out stays."""

    visual_number: VisualNumber | None = None
    whitelist: Whitelist | None = None
    valid: bool | None = None
    valid_until: Moment | None = None


class PartnerSession(Shown):
    """A session on one of the partner's contracts."""

    id: UUID
    updated_at: Moment
    ocpi: Annotated[msgspec.Raw, Meta(description="The Session object of OCPI 2.3.0.")]


class StartSession(Given):
    """Begin a session on a contract."""

    uid: Uid
    evse_id: Annotated[
        str, Meta(min_length=1, max_length=48, pattern=NO_NUL, examples=["FI*VLT*E1042*1"])
    ]


class NotRegisteredNow(Refusal):
    """This contract may not charge now: it is not valid, is over, or is barred; see `barred`."""

    kind = Kind.CONFLICT


async def mine(work: Work, caller: Caller) -> Partner:
    """The partner whose key the caller shows."""
    return await actions.partner_by_key(work, caller.actor.id)


@reads("/partner", "Read who this key is for, and what is owed", MINE)
async def read_me(caller: Calling) -> Me:
    async with caller.begin() as work:
        partner = await mine(work, caller)
        row = await work.one("SELECT * FROM partner_view WHERE id = $1", partner.id)
    assert row is not None, "it was read just now"
    limit = row["credit_limit_minor"]
    return Me(
        id=partner.id,
        name=partner.name,
        country_code=partner.country_code,
        party_id=partner.ident,
        currency=partner.currency,
        owed=Amount.of(row["owed_minor"], partner.currency),
        under_way=Amount.of(row["under_way_minor"], partner.currency),
        credit_limit=None if limit is None else Amount.of(limit, partner.currency),
        out_of_credit=row["out_of_credit"],
    )


@reads("/partner/contracts", "List the contracts", MINE)
async def list_partner_contracts(caller: Calling, window: Paging) -> Page[PartnerContract]:
    async with caller.begin() as work:
        partner = await mine(work, caller)
        return await listed(
            work,
            CONTRACTS,
            window,
            _contract,
            [("partner_id = {}", partner.id), ("(removed_at IS NULL) = {}", True)],
        )


@reads("/partner/contracts/{uid:str}", "Read a contract", MINE)
async def read_partner_contract(caller: Calling, uid: FromPath[str]) -> PartnerContract:
    async with caller.begin() as work:
        return _contract(await actions.contract(work, await mine(work, caller), uid))


@puts("/partner/contracts/{uid:str}", "Register a contract, or change it", MINE)
async def put_partner_contract(
    caller: Calling, uid: FromPath[str], data: JSONBody[PutContract]
) -> PartnerContract:
    """From now on it opens the stations, as its `whitelist` says, at the partner's price. The same
    put again changes nothing; one that was deleted is registered again."""
    async with caller.begin() as work:
        row = await actions.put_contract(
            work,
            await mine(work, caller),
            Put(
                uid=uid,
                kind=_KINDS[data.type],
                contract=data.contract_id or uid,
                whitelist=data.whitelist,
                valid=data.valid,
                valid_until=data.valid_until and utc(data.valid_until),
                visual_number=data.visual_number,
            ),
        )
        await caller.audit(work, "registered a contract", f"token:{row['id']}")
    return _contract(row)


@changes("/partner/contracts/{uid:str}", "Change a contract", MINE)
async def change_partner_contract(
    caller: Calling, uid: FromPath[str], data: JSONBody[ChangeContract]
) -> PartnerContract:
    async with caller.begin() as work:
        partner = await mine(work, caller)
        given = actions.with_changes(
            await actions.contract(work, partner, uid),
            whitelist=data.whitelist,
            valid=data.valid,
            valid_until=data.valid_until and utc(data.valid_until),
            visual_number=data.visual_number,
        )
        row = await actions.put_contract(work, partner, given)
        await caller.audit(work, "changed a contract", f"token:{row['id']}")
    return _contract(row)


@removes("/partner/contracts/{uid:str}", "Delete a contract", MINE)
async def delete_partner_contract(caller: Calling, uid: FromPath[str]) -> None:
    """It opens no station any more; a session that runs on it goes on, and is the partner's."""
    async with caller.begin() as work:
        await actions.remove_contract(work, await mine(work, caller), uid)
        await caller.audit(work, "deleted a contract", f"partner_contract:{uid[:36]}")


@reads("/partner/sessions", "List the sessions on your contracts", MINE)
async def list_partner_sessions(
    caller: Calling,
    window: Paging,
    since: Annotated[
        datetime | None, QueryParameter(description="Told, or moved, at or after this.")
    ] = None,
) -> Page[PartnerSession]:
    """What was pushed, to be pulled: the same objects, the newest session first."""
    async with caller.begin() as work:
        partner = await mine(work, caller)
        page = await listed(
            work,
            SESSIONS,
            window,
            lambda row: row,
            [("partner_id = {}", partner.id), ("told_at >= {}", since and utc(since))],
        )
        told = await desk.sessions(work, partner, [row["id"] for row in page.items])
    shown = [_session(row, told[row["id"]]) for row in page.items if row["id"] in told]
    return Page(items=shown, next_cursor=page.next_cursor)


@reads("/partner/sessions/{session_id:uuid}", "Read a session on one of your contracts", MINE)
async def read_partner_session(caller: Calling, session_id: FromPath[UUID]) -> PartnerSession:
    async with caller.begin() as work:
        partner = await mine(work, caller)
        row = await desk.session(work, partner, SessionId(session_id))
        told = await desk.sessions(work, partner, [row["id"]])
    return _session(row, told[row["id"]])


@adds(
    "/partner/sessions",
    "Start a session on one of your contracts",
    MINE,
    status_code=HTTPStatus.ACCEPTED,
    opt=orders.PLACED,
)
async def start_partner_session(
    caller: Calling, data: JSONBody[StartSession], wait: Wait = 0
) -> Response[Order]:
    """Asks the station. The session begins when the station says so; the order names it then."""
    async with caller.begin() as work:
        partner = await mine(work, caller)
        contract = await actions.contract(work, partner, data.uid)
        if contract["status"] != "active" or contract["bars"]:
            raise NotRegisteredNow
        await asking.allowed_by_partner(work, TokenId(contract["id"]))
        placed = await desk.start(work, partner, contract["uid"], data.evse_id)
        caller.house.reach.must_reach(str(placed.station))
        await caller.audit(work, "asked to start a session", f"station:{placed.station}")
    return await _placed(caller, placed.order, wait)


@adds(
    "/partner/sessions/{session_id:uuid}/stop",
    "Stop a session on one of your contracts",
    MINE,
    status_code=HTTPStatus.ACCEPTED,
    opt=orders.PLACED,
)
async def stop_partner_session(
    caller: Calling, session_id: FromPath[UUID], wait: Wait = 0
) -> Response[Order]:
    """Asks the station; the session ends when the station says so."""
    async with caller.begin() as work:
        partner = await mine(work, caller)
        order = await desk.stop(work, partner, SessionId(session_id))
        await caller.audit(work, "asked to stop a session", f"session:{session_id}")
    return await _placed(caller, order, wait)


@reads("/partner/orders/{order_id:uuid}", "Read what became of a start or a stop", MINE)
async def read_partner_order(caller: Calling, order_id: FromPath[UUID]) -> Order:
    async with caller.begin() as work:
        await desk.must_be_placed_by(work, await mine(work, caller), order_id)
        return _linked(await orders.order_of(work, order_id))


async def _placed(caller: Caller, id: OrderId, wait_s: int) -> Response[Order]:
    """As ``orders.placed``; where to look again is the partner's own door."""
    order = _linked(await orders.waited(caller, id, wait_s))
    status = HTTPStatus.ACCEPTED if order.state in OPEN else HTTPStatus.OK
    return Response(order, status_code=status, headers={"Location": order.link})


def _linked(order: Order) -> Order:
    return replace(order, link=f"/api/v1/partner/orders/{order.id}")


def _contract(row: Row) -> PartnerContract:
    return PartnerContract(
        uid=row["uid"],
        type=_TYPES[TokenKind(row["kind"])],  # type: ignore[arg-type]
        contract_id=row["contract"] or row["uid"],
        visual_number=row["visual_number"],
        whitelist=Whitelist(row["whitelist"]),
        valid=row["valid"],
        valid_until=row["valid_until"],
        last_updated=row["updated_at"],
        barred=list(row["bars"]),
    )


def _session(row: Row, said: dict[str, object]) -> PartnerSession:
    return PartnerSession(id=row["id"], updated_at=row["told_at"], ocpi=telling.json_of(said))


ROUTER = Router(
    "/",
    tags=["partner"],
    route_handlers=[
        read_me,
        list_partner_contracts,
        read_partner_contract,
        put_partner_contract,
        change_partner_contract,
        delete_partner_contract,
        list_partner_sessions,
        read_partner_session,
        start_partner_session,
        stop_partner_session,
        read_partner_order,
    ],
)
