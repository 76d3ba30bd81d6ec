"""Sessions: what charges now and has charged, what it costs, and stopping it."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, QueryParameter
from litestar.response import Response
from msgspec import Meta

from voltway.kernel.ids import SessionId
from voltway.parties.model import Permission
from voltway.runtime.work import Row
from voltway.sessions import actions
from voltway.sessions.actions import NoSuchSession
from voltway.sessions.model import SessionState
from voltway.tariffs.model import CostLine, DeductionLine
from voltway.web.api import orders
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, reads
from voltway.web.api.orders import Order, Wait
from voltway.web.api.shapes import NO_NUL, Amount, Moment, Page, Shown, shown, utc

SESSIONS = Source("session_view")


class Session(Shown):
    """One use of one EVSE, from start to release."""

    id: UUID
    station_id: UUID
    location_id: UUID
    evse_id: UUID | None
    evse_number: int | None
    public_id: Annotated[str | None, Meta(description="The EVSE's name on the hardware.")]
    identity: Annotated[str, Meta(description="The station's name in its OCPP address.")]
    location_name: str
    transaction_ref: Annotated[str, Meta(description="The station's own name for it.")]
    token_uid: str | None
    tariff_version_id: Annotated[UUID | None, Meta(description="The price that was fixed.")]
    tariff_why: Annotated[str | None, Meta(description="Why this price holds.")]
    state: SessionState
    running: bool
    reason: Annotated[str | None, Meta(description="Why it ended, in OCPP's word.")]
    started_at: Moment
    ended_at: Moment | None
    last_at: Annotated[Moment | None, Meta(description="Of the newest reading.")]
    energy_wh: Annotated[int, Meta(description="What the meter passed.", examples=[18250])]
    power_w: Annotated[int | None, Meta(description="What flowed at the newest reading.")]
    soc_percent: Annotated[int | None, Meta(description="How full the car said it was.")]
    doubts: Annotated[list[str], Meta(description="What is odd about it.")]


class CostLineShown(Shown):
    """What one price component contributes, exact."""

    dimension: Annotated[str, Meta(examples=["ENERGY"])]
    volume: Annotated[str, Meta(description="Used, in the unit of the price.")]
    billed_volume: Annotated[str, Meta(description="Billed, after the step size.")]
    price: str
    vat: Annotated[str | None, Meta(description="Percent.")]
    before_taxes: str
    after_taxes: str
    why: Annotated[str, Meta(description="Which part of the tariff it is.")]


class DeductionShown(Shown):
    """What was taken off, by its name, as amounts below nothing."""

    name: str
    before_taxes: str
    after_taxes: str
    why: str


class SessionCost(Shown):
    """What a session costs; of a running one, until now."""

    session_id: UUID
    final: Annotated[bool, Meta(description="Whether the session is over.")]
    energy_wh: int
    currency: str
    before_taxes: Annotated[str, Meta(description="Exact.", examples=["9.8021"])]
    after_taxes: Annotated[str, Meta(description="Exact.", examples=["11.664499"])]
    payable: Annotated[Amount, Meta(description="Rounded to what can be paid.")]
    lines: list[CostLineShown]
    deductions: list[DeductionShown]


@reads("/sessions", "List the sessions")
async def list_sessions(
    caller: Calling,
    window: Paging,
    being: Annotated[
        SessionState | None, QueryParameter(name="state", description="Those that stand so.")
    ] = None,
    running: Annotated[bool | None, QueryParameter(description="Those not over.")] = None,
    station: Annotated[UUID | None, QueryParameter(description="Those at this station.")] = None,
    location: Annotated[UUID | None, QueryParameter(description="Those at this location.")] = None,
    evse: Annotated[UUID | None, QueryParameter(description="Those at this EVSE.")] = None,
    token: Annotated[str | None, QueryParameter(max_length=36, pattern=NO_NUL)] = None,
    since: Annotated[
        datetime | None, QueryParameter(name="from", description="Started at or after this.")
    ] = None,
    until: Annotated[datetime | None, QueryParameter(description="Started before this.")] = None,
) -> Page[Session]:
    async with caller.begin() as work:
        return await listed(
            work,
            SESSIONS,
            window,
            _session,
            [
                ("state = {}", being),
                ("running = {}", running),
                ("station_id = {}", station),
                ("location_id = {}", location),
                ("evse_id = {}", evse),
                ("lower(token_uid) = lower({}::text)", token),
                ("started_at >= {}", since and utc(since)),
                ("started_at < {}", until and utc(until)),
            ],
        )


@reads("/sessions/{session_id:uuid}", "Read a session")
async def read_session(caller: Calling, session_id: FromPath[UUID]) -> Session:
    async with caller.begin() as work:
        row = await work.one("SELECT * FROM session_view WHERE id = $1", session_id)
    if row is None:
        raise NoSuchSession(SessionId(session_id))
    return _session(row)


@reads("/sessions/{session_id:uuid}/cost", "Read what a session costs", Permission.SEE_MONEY)
async def read_cost(caller: Calling, session_id: FromPath[UUID]) -> SessionCost:
    """The same calculator makes the running estimate, the bill and this answer."""
    async with caller.begin() as work:
        session = await actions.session(work, SessionId(session_id))
        so_far, cost = await actions.cost_so_far(work, session.id, guess=session.is_running)
    return SessionCost(
        session_id=session.id,
        final=not session.is_running,
        energy_wh=so_far.energy_wh,
        currency=cost.currency,
        before_taxes=f"{cost.before_taxes:f}",
        after_taxes=f"{cost.after_taxes:f}",
        payable=Amount.of(cost.payable.minor, cost.currency),
        lines=[line_shown(line) for line in cost.lines],
        deductions=[deduction_shown(each) for each in cost.deductions],
    )


@adds(
    "/sessions/{session_id:uuid}/stop",
    "Stop a session",
    Permission.ORDER_STATION,
    status_code=HTTPStatus.ACCEPTED,
    opt=orders.PLACED,
)
async def stop_session(
    caller: Calling, session_id: FromPath[UUID], wait: Wait = 0
) -> Response[Order]:
    """Asks the station; the session ends when the station says so."""
    async with caller.begin() as work:
        id = await actions.stop(work, SessionId(session_id), caller.name)
        await caller.audit(work, "asked to stop a session", f"session:{session_id}")
    return await orders.placed(caller, id, wait)


def _session(row: Row) -> Session:
    return shown(Session, row, transaction_ref=row["ref"])


def line_shown(line: CostLine) -> CostLineShown:
    return CostLineShown(
        dimension=line.dimension.value,
        volume=f"{line.volume:f}",
        billed_volume=f"{line.billed_volume:f}",
        price=f"{line.price:f}",
        vat=None if line.vat is None else f"{line.vat:f}",
        before_taxes=f"{line.before_taxes:f}",
        after_taxes=f"{line.after_taxes:f}",
        why=line.why,
    )


def deduction_shown(line: DeductionLine) -> DeductionShown:
    return DeductionShown(
        name=line.name,
        before_taxes=f"{line.before_taxes:f}",
        after_taxes=f"{line.after_taxes:f}",
        why=line.why,
    )


ROUTER = Router(
    "/", tags=["sessions"], route_handlers=[list_sessions, read_session, read_cost, stop_session]
)
