"""Alarms of money: what is not as it should be, who looks after it, and saying that one does."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from voltway.alerts import troubles
from voltway.alerts.model_events import Event
from voltway.alerts.words_events import say
from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import asks, reads
from voltway.web.api.shapes import Moment, Page, Shown, shown

ALARMS = Source("alert_trouble_view")


class AlarmShown(Shown):
    """Something that lasts, and is told until somebody looks after it."""

    id: UUID
    event: Annotated[
        str, Meta(description="As in `alert.…` of webhooks.", examples=["provider_down"])
    ]
    about: Annotated[str, Meta(examples=["provider:stripe"])]
    title: Annotated[str, Meta(examples=["Payment provider down: stripe"])]
    text: str
    began_at: Moment
    told: Annotated[int, Meta(description="So often operators were told of it.")]
    told_at: Moment
    taken_by: Annotated[str | None, Meta(description="Who looks after it.")]
    taken_at: Moment | None
    over_at: Moment | None


@reads("/alarms", "List the alarms", Permission.SEE_MONEY)
async def list_alarms(
    caller: Calling,
    window: Paging,
    is_open: Annotated[
        bool | None,
        QueryParameter(name="open", description="Those that are so now, or those that are over."),
    ] = None,
) -> Page[AlarmShown]:
    """Of the last 30 days, and what is so still."""
    async with caller.begin() as work:
        return await listed(
            work, ALARMS, window, _alarm, [("(over_at IS NULL) = {}::boolean", is_open)]
        )


@asks("/alarms/{alarm_id:uuid}/take", "Say that you look after an alarm", troubles.MAY)
async def take_alarm(caller: Calling, alarm_id: FromPath[UUID]) -> AlarmShown:
    """Nobody is told of it again, but of its end. The first who says so stays."""
    async with caller.begin() as work:
        await troubles.take(work, alarm_id, caller.actor.name)
        await caller.audit(work, "looks after an alarm", f"trouble:{alarm_id}")
        return await _one(work, alarm_id)


async def _one(work: Work, id: UUID) -> AlarmShown:
    row = await work.one("SELECT * FROM alert_trouble_view WHERE id = $1", id)
    assert row is not None, "it was taken just now"
    return _alarm(row)


def _alarm(row: Row) -> AlarmShown:
    words = say(Event(row["event"]), "en", row["facts"])
    return shown(AlarmShown, row, title=words.title, text=words.body)


ROUTER = Router("/", tags=["alarms"], route_handlers=[list_alarms, take_alarm])
