"""Alarms of money: what is so now, whom it was told to how often, and who looks after it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.alerts import troubles
from voltway.alerts.model_events import Event
from voltway.alerts.model_troubles import Source
from voltway.alerts.words_events import say
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Row, Work
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other

HERE: Final = "/console/troubles"
SHOWN: Final = 100

#: Where one sees more of it.
_AT: Final = {
    Source.ALARMS: "/console/money",
    Source.BOOKS: "/console/books",
    Source.PAYOUTS: "/console/payouts",
    Source.UNREPORTED: "/console/payouts",
    Source.PUSHES: "/console/deliveries",
}


@dataclass(frozen=True, slots=True)
class Shown:
    id: UUID
    title: str
    said: str
    at: str
    began_at: datetime
    told: int
    told_at: datetime
    taken_by: str | None
    taken_at: datetime | None
    over_at: datetime | None
    is_grave: bool


async def shown(work: Work, *, is_over: bool, most: int = SHOWN) -> list[Shown]:
    """What is open, the gravest and oldest first; or what is over, the last first."""
    rows = await work.all(
        """
        SELECT * FROM alert_trouble_view WHERE (over_at IS NOT NULL) = $1
         ORDER BY over_at DESC, event <> $3, began_at, id LIMIT $2
        """,
        is_over,
        most,
        Event.PROVIDER_DOWN,
    )
    return [_shown(row) for row in rows]


def _shown(row: Row) -> Shown:
    words = say(Event(row["event"]), "en", row["facts"])
    return Shown(
        id=row["id"],
        title=words.title,
        said=row["facts"].get("why", ""),
        at=_AT[Source(row["source"])],
        began_at=row["began_at"],
        told=row["told"],
        told_at=row["told_at"],
        taken_by=row["taken_by"],
        taken_at=row["taken_at"],
        over_at=row["over_at"],
        is_grave=row["event"] == Event.PROVIDER_DOWN,
    )


@get("/troubles", include_in_schema=False)
async def list_troubles(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        open_now = await shown(work, is_over=False)
        over = await shown(work, is_over=True)
    return await console_page(
        request,
        house,
        actor,
        "console/troubles.html",
        place="money",
        open_now=open_now,
        over=over,
        may_take=actor.may(troubles.MAY),
    )


@post("/troubles/{trouble:uuid}/take", include_in_schema=False)
async def take(
    house: NamedDependency[House], actor: NamedDependency[Actor], trouble: FromPath[UUID]
) -> Redirect:
    """Who sits here looks after it: nobody is told of it again."""
    actor.must(troubles.MAY)
    async with house.begin(actor.party) as work:
        await troubles.take(work, trouble, actor.name)
        await parties.audit(work, actor, "looks after an alarm", f"trouble:{trouble}")
    return see_other(HERE)
