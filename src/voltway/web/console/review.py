"""The review: what the house put aside for a person, and the click that closes it."""

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Kind, Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.sessions import actions as sessions
from voltway.stations import actions as stations
from voltway.web.appearance import Form
from voltway.web.console import review_views
from voltway.web.console.door import console_page
from voltway.web.console.review_views import DID
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other

_HERE: Final = "/console/review"
REASON_MAX: Final = 200


class NoReasonGiven(Refusal):
    """Say in a few words why this needs no more looking at; then close it again."""

    kind = Kind.INVALID


@dataclass(eq=False)
class NoSuchFrame(Refusal):
    """No frame {frame} waits for somebody to look at it."""

    kind: ClassVar[Kind] = Kind.ABSENT

    frame: UUID


@get("/review", include_in_schema=False)
async def list_aside(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        aside = await review_views.put_aside(work)
    return await console_page(
        request,
        house,
        actor,
        "console/review.html",
        place="review",
        aside=aside,
        lines_max=review_views.LINES,
        reason_max=REASON_MAX,
        may_close=actor.may(Permission.EDIT_NETWORK),
    )


@post("/review/orphans/{orphan:uuid}/close", include_in_schema=False)
async def close_orphan(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    orphan: FromPath[UUID],
    data: Form,
) -> Redirect:
    """Somebody has looked, and says what it was. The reason is kept in the audit."""
    actor.must(Permission.EDIT_NETWORK)
    reason = data.get("reason", "").replace("\x00", "").strip()[:REASON_MAX]
    if not reason:
        raise NoReasonGiven
    async with house.begin(actor.party) as work:
        if not await sessions.review_orphan(work, orphan):
            raise sessions.NoSuchOrphan(orphan)
        await parties.audit(work, actor, DID, f"orphan:{orphan}", {"reason": reason})
    return see_other(_HERE)


@post("/review/frames/{frame:uuid}/close", include_in_schema=False)
async def close_frame(
    house: NamedDependency[House], actor: NamedDependency[Actor], frame: FromPath[UUID]
) -> Redirect:
    """Somebody has looked. The frame itself is kept."""
    actor.must(Permission.EDIT_NETWORK)
    async with house.begin(actor.party) as work:
        if not await stations.mark_reviewed(work, frame):
            raise NoSuchFrame(frame)
        await parties.audit(work, actor, "looked at a frame", f"frame:{frame}")
    return see_other(_HERE)
