"""When the documents of a month write themselves."""

from datetime import date
from typing import Annotated, Literal

from litestar import Router
from litestar.params import JSONBody
from msgspec import Meta

from voltway.billing import model_runs, monthly
from voltway.billing.model_runs import RunKind
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Permission
from voltway.web.api.caller import Calling
from voltway.web.api.operations import asks, reads
from voltway.web.api.shapes import Given, Moment, Shown
from voltway.web.api.statements import MonthText


class Schedule(Shown):
    """When the documents of a month write themselves."""

    kind: Literal["statements", "settlements"]
    is_on: bool
    day: Annotated[int, Meta(description="Of the month after, at 07:00 in the party's zone.")]
    next: Annotated[date, Meta(description="The first day of the month that comes next.")]
    due_at: Moment
    changed_by: str
    changed_at: Moment


class NewSchedule(Given):
    """When the documents of a month write themselves from now on."""

    kind: Literal["statements", "settlements"]
    is_on: bool
    day: Annotated[int, Meta(ge=1, le=28)]
    next: Annotated[MonthText | None, Meta(description="Without, it stays.")] = None


@reads("/schedules", "Read when months write themselves", Permission.SEE_MONEY)
async def list_schedules(caller: Calling) -> list[Schedule]:
    """Statements first, then settlements."""
    async with caller.begin() as work:
        party = await parties.party(work, PartyId(caller.actor.party))
        return [_schedule(each, party.time_zone) for each in await monthly.schedules(work, party)]


@asks("/schedules", "Say when months write themselves", Permission.MOVE_MONEY)
async def set_schedule(caller: Calling, data: JSONBody[NewSchedule]) -> Schedule:
    """Months that were missed are written one after the other, the oldest first."""
    given = {
        "kind": data.kind,
        "is_on": "yes" if data.is_on else "no",
        "day": str(data.day),
        "next": data.next or "",
    }
    async with caller.begin() as work:
        party = await parties.party(work, PartyId(caller.actor.party))
        made = await monthly.change(work, party, given, by=caller.name)
        await caller.audit(work, f"changed when {made.kind} are written", f"party:{party.id}")
        return _schedule(made, party.time_zone)


def _schedule(of: model_runs.Schedule, zone: str) -> Schedule:
    return Schedule(
        kind="statements" if of.kind is RunKind.STATEMENTS else "settlements",
        is_on=of.is_on,
        day=of.day,
        next=of.next,
        due_at=monthly.due_at(of, zone),
        changed_by=of.changed_by,
        changed_at=of.changed_at,
    )


ROUTER = Router("/", tags=["statements"], route_handlers=[list_schedules, set_schedule])
