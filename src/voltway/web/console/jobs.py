"""Jobs: what the house still does, what it could not do and why, and trying that again."""

from dataclasses import dataclass
from typing import ClassVar, Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime import jobs_seen
from voltway.web.appearance import Form
from voltway.web.console import job_views
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other

_HERE: Final = "/console/jobs"


@dataclass(eq=False)
class NothingFailed(Refusal):
    """Nothing like this has failed any more: somebody tried it again, or it went well."""

    kind: ClassVar[Kind] = Kind.ABSENT


@get("/jobs", include_in_schema=False)
async def list_jobs(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        seen = await job_views.seen(work, PartyId(actor.party))
    return await console_page(
        request,
        house,
        actor,
        "console/jobs.html",
        place="jobs",
        seen=seen,
        lines_max=job_views.LINES,
        may_try=actor.may(Permission.MOVE_MONEY),
    )


@post("/jobs/{job:int}/again", include_in_schema=False)
async def try_again(
    house: NamedDependency[House], actor: NamedDependency[Actor], job: FromPath[int]
) -> Redirect:
    """Do a failed job again, as if it were new. What it is for still happens once."""
    actor.must(Permission.MOVE_MONEY)
    async with house.begin(actor.party) as work:
        if not await jobs_seen.try_again(work, PartyId(actor.party), id=job):
            raise NothingFailed
        await parties.audit(work, actor, "tried a job again", f"job:{job}")
    return see_other(_HERE)


@post("/jobs/again", include_in_schema=False)
async def try_all_again(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Redirect:
    """Do all failed jobs of a kind again."""
    actor.must(Permission.MOVE_MONEY)
    kind = data.get("kind", "")
    async with house.begin(actor.party) as work:
        count = await jobs_seen.try_again(work, PartyId(actor.party), kind=kind)
        if not count:
            raise NothingFailed
        detail = {"jobs": str(count)}
        await parties.audit(work, actor, "tried all jobs of a kind again", f"jobs:{kind}", detail)
    return see_other(_HERE)


@post("/jobs/facts/{fact:int}/again", include_in_schema=False)
async def tell_again(
    house: NamedDependency[House], actor: NamedDependency[Actor], fact: FromPath[int]
) -> Redirect:
    """Tell a fact that was laid aside again to the one who could not take it."""
    actor.must(Permission.MOVE_MONEY)
    async with house.begin(actor.party) as work:
        if not await jobs_seen.tell_again(work, PartyId(actor.party), id=fact):
            raise NothingFailed
        await parties.audit(work, actor, "told a fact again", f"fact:{fact}")
    return see_other(_HERE)


@post("/jobs/facts/again", include_in_schema=False)
async def tell_all_again(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Redirect:
    """Tell all facts of a kind again that a watcher could not take."""
    actor.must(Permission.MOVE_MONEY)
    watcher, kind = data.get("watcher", ""), data.get("kind", "")
    async with house.begin(actor.party) as work:
        party = PartyId(actor.party)
        count = await jobs_seen.tell_again(work, party, watcher=watcher, kind=kind)
        if not count:
            raise NothingFailed
        detail = {"facts": str(count), "kind": kind}
        did = "told all facts of a kind again"
        await parties.audit(work, actor, did, f"watcher:{watcher}", detail)
    return see_other(_HERE)
