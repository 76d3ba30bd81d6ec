"""Settlements: the walk of each session from its end to its receipt."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.billing import actions
from voltway.billing.actions import NoSuchSettlement
from voltway.billing.model import SettlementState, Step
from voltway.kernel.ids import SessionId, SettlementId
from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import asks, reads
from voltway.web.api.shapes import NO_NUL, Amount, Given, Moment, Page, Shown, shown

SETTLEMENTS = Source("settlement_view")


class Settlement(Shown):
    """Where a session is on its way from its end to its receipt."""

    id: UUID
    session_id: UUID
    payment_id: UUID | None
    route: Annotated[list[Step], Meta(description="The steps, in their order.")]
    done: Annotated[int, Meta(description="How many of them are kept.")]
    next_step: Step | None
    state: Annotated[
        SettlementState,
        Meta(description="`held`: a person looks first. `resting`: it is tried again by itself."),
    ]
    opened_at: Moment
    next_try_at: Moment | None
    tries: int
    last_trouble: str | None
    total: Annotated[Amount | None, Meta(description="Once it is priced.")]
    receipt_id: UUID | None
    receipt_number: str | None
    done_at: Moment | None


class NewDecision(Given):
    """What is decided of a session that was held, and why."""

    choice: actions.Choice
    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_NUL)]
    energy_wh: Annotated[
        int | None, Meta(description="Of `energy` alone: so much is billed, in Wh.")
    ] = None


class NewAdjustment(Given):
    """What is made of what came after a bill, and why."""

    choice: actions.Made
    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_NUL)]


class Adjustment(Shown):
    """A signed adjustment of a bill, or the bill left as it is."""

    id: UUID
    session_id: UUID
    choice: actions.Made
    before: Amount
    after: Amount
    energy_before_wh: int
    energy_told_wh: Annotated[int, Meta(description="By all that is known now.")]
    reason: str
    decided_at: Moment


@reads("/settlements", "List the settlements", Permission.SEE_MONEY)
async def list_settlements(
    caller: Calling,
    window: Paging,
    being: Annotated[
        SettlementState | None, QueryParameter(name="state", description="Those that stand so.")
    ] = None,
    session: Annotated[UUID | None, QueryParameter(description="The one of this session.")] = None,
) -> Page[Settlement]:
    async with caller.begin() as work:
        return await listed(
            work,
            SETTLEMENTS,
            window,
            _settlement,
            [("state = {}", being), ("session_id = {}", session)],
        )


@reads("/settlements/{settlement_id:uuid}", "Read a settlement", Permission.SEE_MONEY)
async def read_settlement(caller: Calling, settlement_id: FromPath[UUID]) -> Settlement:
    async with caller.begin() as work:
        return await _shown(work, settlement_id)


@asks(
    "/settlements/{settlement_id:uuid}/try-again",
    "Walk a settlement on now",
    Permission.MOVE_MONEY,
)
async def try_again(caller: Calling, settlement_id: FromPath[UUID]) -> Settlement:
    """A step that was done is never done twice. One that is held is looked at
    again, and held again as long as there is a reason to."""
    async with caller.begin() as work:
        await actions.try_again(work, SettlementId(settlement_id))
        await caller.audit(work, "tried a settlement again", f"settlement:{settlement_id}")
        return await _shown(work, settlement_id)


@asks(
    "/settlements/{settlement_id:uuid}/decide",
    "Decide how a held session is billed",
    Permission.MOVE_MONEY,
)
async def decide(
    caller: Calling, settlement_id: FromPath[UUID], data: JSONBody[NewDecision]
) -> Settlement:
    """By its readings, by another energy, or not at all. A decision is made once."""
    async with caller.begin() as work:
        await actions.decide(
            work,
            SettlementId(settlement_id),
            data.choice,
            reason=data.reason,
            energy_wh=data.energy_wh,
            by=caller.name,
        )
        await caller.audit(
            work,
            "decided how a held session is billed",
            f"settlement:{settlement_id}",
            choice=data.choice,
            reason=data.reason,
        )
        return await _shown(work, settlement_id)


@asks(
    "/settlements/{settlement_id:uuid}/adjust",
    "Decide of what came after a bill",
    Permission.MOVE_MONEY,
)
async def adjust(
    caller: Calling, settlement_id: FromPath[UUID], data: JSONBody[NewAdjustment]
) -> Adjustment:
    """Adjust the bill to what is known now, or leave it. It is never raised."""
    async with caller.begin() as work:
        settlement = await _shown(work, settlement_id)
        made = await actions.adjust(
            work,
            SessionId(settlement.session_id),
            data.choice,
            reason=data.reason,
            by=caller.name,
        )
        await caller.audit(
            work,
            "decided of what came after a bill",
            f"session:{settlement.session_id}",
            choice=data.choice,
            reason=data.reason,
            minor=str(made.delta_minor),
        )
    return Adjustment(
        id=made.id,
        session_id=made.session,
        choice=made.choice,
        before=Amount.of(made.before_minor, made.currency),
        after=Amount.of(made.after_minor, made.currency),
        energy_before_wh=made.before_wh,
        energy_told_wh=made.told_wh,
        reason=made.reason,
        decided_at=made.at,
    )


async def _shown(work: Work, id: UUID) -> Settlement:
    row = await work.one("SELECT * FROM settlement_view WHERE id = $1", id)
    if row is None:
        raise NoSuchSettlement(SettlementId(id))
    return _settlement(row)


def _settlement(row: Row) -> Settlement:
    priced = row["total_minor"] is not None
    return shown(
        Settlement,
        row,
        total=Amount.of(row["total_minor"], row["currency"]) if priced else None,
        receipt_id=row["invoice_id"],
        receipt_number=row["invoice_number"],
    )


ROUTER = Router(
    "/",
    tags=["settlements"],
    route_handlers=[list_settlements, read_settlement, try_again, decide, adjust],
)
