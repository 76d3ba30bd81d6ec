"""Jobs: what waits, runs or has failed, and facts that could not be taken; trying them again."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId
from voltway.parties.model import Permission
from voltway.runtime import jobs_seen
from voltway.runtime.jobs_seen import LaidAside, SeenJob
from voltway.web.api.caller import Calling
from voltway.web.api.lists import NUMBER_DIGITS_MAX, Paging, number_after, paged
from voltway.web.api.operations import asks, reads
from voltway.web.api.shapes import Given, Page, Shown

State = Literal["waiting", "running", "failed"]

#: Our words for the queue's states.
STATES: Final[dict[State, str]] = {"waiting": "queued", "running": "picked", "failed": "failed"}
WORDS: Final[dict[str, State]] = {theirs: ours for ours, theirs in STATES.items()}


@dataclass(eq=False)
class NoSuchJob(Refusal):
    """No failed job {job} waits to be tried again."""

    kind: ClassVar[Kind] = Kind.ABSENT

    job: str


@dataclass(eq=False)
class NoSuchFact(Refusal):
    """No fact {fact} waits to be told again."""

    kind: ClassVar[Kind] = Kind.ABSENT

    fact: str


class Job(Shown):
    """Work for later. What it is for happens once, however often it is tried."""

    id: int
    kind: Annotated[str, Meta(description="What it does.", examples=["settle"])]
    state: State
    body: Annotated[dict[str, str], Meta(description="What it is about.")]
    tries: int
    age_s: Annotated[int, Meta(description="Since it was queued, or since it failed.")]
    due_s: Annotated[int, Meta(description="Until it may run.")]
    last_trouble: str | None


class Fact(Shown):
    """A fact that one who hears of such facts could not take."""

    id: int
    watcher: Annotated[str, Meta(description="Who could not take it.")]
    kind: Annotated[str, Meta(examples=["SessionEnded"])]
    subject: Annotated[str, Meta(description="What it is about.", examples=["session:0199…"])]
    age_s: Annotated[int, Meta(description="Since it was laid aside.")]
    is_asked: Annotated[bool, Meta(description="It waits to be told again.")]
    last_trouble: str


class OfKind(Given):
    """All failed jobs of a kind."""

    kind: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]


class Tried(Shown):
    """How many were queued anew."""

    jobs: int


class Told(Shown):
    """The fact is told again soon; whether it is taken shows in the list."""

    id: int


@reads("/jobs", "List the jobs")
async def list_jobs(
    caller: Calling,
    window: Paging,
    being: Annotated[
        State | None, QueryParameter(name="state", description="Those that stand so.")
    ] = None,
    kind: Annotated[
        str | None,
        QueryParameter(max_length=100, pattern=r"^[^\x00]+$", description="Those of this kind."),
    ] = None,
) -> Page[Job]:
    """The oldest first. What is done is not kept here."""
    async with caller.begin() as work:
        found = await jobs_seen.seen(
            work,
            PartyId(caller.actor.party),
            [STATES[being]] if being else jobs_seen.STATES,
            kind=kind,
            after=number_after(window),
            limit=window.limit + 1,
        )
    return paged(found, window, _job, lambda job: str(job.id))


@asks("/jobs/{job_id:str}/try-again", "Do a failed job again", Permission.MOVE_MONEY)
async def try_job_again(caller: Calling, job_id: FromPath[str]) -> Job:
    async with caller.begin() as work:
        party = PartyId(caller.actor.party)
        number = _number(job_id)
        if number is None or not await jobs_seen.try_again(work, party, id=number):
            raise NoSuchJob(job_id)
        await caller.audit(work, "tried a job again", f"job:{number}")
        [job] = await jobs_seen.seen(work, party, id=number)
        return _job(job)


@asks("/jobs/try-again", "Do all failed jobs of a kind again", Permission.MOVE_MONEY)
async def try_jobs_again(caller: Calling, data: JSONBody[OfKind]) -> Tried:
    async with caller.begin() as work:
        count = await jobs_seen.try_again(work, PartyId(caller.actor.party), kind=data.kind)
        if count:
            did = "tried all jobs of a kind again"
            await caller.audit(work, did, f"jobs:{data.kind}", jobs=str(count))
    return Tried(jobs=count)


@reads("/facts-laid-aside", "List the facts that could not be taken")
async def list_facts(caller: Calling) -> list[Fact]:
    """The newest hundred."""
    async with caller.begin() as work:
        found = await jobs_seen.laid_aside(work, PartyId(caller.actor.party))
    return [_fact(each) for each in found]


@asks("/facts-laid-aside/{fact_id:str}/tell-again", "Tell a fact again", Permission.MOVE_MONEY)
async def tell_fact_again(caller: Calling, fact_id: FromPath[str]) -> Told:
    async with caller.begin() as work:
        party = PartyId(caller.actor.party)
        number = _number(fact_id)
        if number is None or not await jobs_seen.tell_again(work, party, id=number):
            raise NoSuchFact(fact_id)
        await caller.audit(work, "told a fact again", f"fact:{number}")
    return Told(id=number)


def _number(text: str) -> int | None:
    """The number that an address names, if it is one that can be."""
    known = text.isascii() and text.isdecimal() and len(text) <= NUMBER_DIGITS_MAX
    return int(text) if known else None


def _job(job: SeenJob) -> Job:
    return Job(
        id=job.id,
        kind=job.kind,
        state=WORDS[job.state],
        body=dict(job.body),
        tries=job.tries,
        age_s=job.age_s,
        due_s=job.due_s,
        last_trouble=job.trouble or None,
    )


def _fact(fact: LaidAside) -> Fact:
    return Fact(
        id=fact.id,
        watcher=fact.watcher,
        kind=fact.kind,
        subject=fact.subject,
        age_s=fact.age_s,
        is_asked=fact.asked,
        last_trouble=fact.trouble,
    )


ROUTER = Router(
    "/",
    tags=["jobs"],
    route_handlers=[list_jobs, try_job_again, try_jobs_again, list_facts, tell_fact_again],
)
