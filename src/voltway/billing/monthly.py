"""Months write themselves: on a day of the month after, in the party's zone, each once.

The schedule says which month comes next. When its day has come, the house asks for the run of it
under the month's own key, and goes on to the month after only when that run is done: so a kill or a
second process changes nothing, and a house that stood still writes the months that it missed one
after the other, the oldest first. What is written is dated when it is written, so a month of the
books that was closed meanwhile stays as it is (decision 0025).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from voltway.billing import runs, store_months, store_runs
from voltway.billing.model_runs import Run, RunKind, RunState, Schedule
from voltway.billing.rules_statements import Month, month, month_of
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OnceKey, PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.runtime.work import BeginWork, Work

#: What writes itself.
KINDS: Final = (RunKind.STATEMENTS, RunKind.SETTLEMENTS)
#: The day on which it does where nobody chose one: stations that tell late have told by then.
DAY: Final = 3
DAY_MAX: Final = 28  # every month has it
#: At this hour of the party's clock: people are there when the mails go out.
HOUR: Final = time(7)
BY: Final = "Voltway, by itself"


@dataclass(eq=False)
class NotADay(Refusal):
    """{text} is no day of every month: choose one from 1 to 28."""

    kind: ClassVar[Kind] = Kind.INVALID

    text: str


@dataclass(eq=False)
class NotScheduled(Refusal):
    """Choose what is to write itself: statements or settlements."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class MonthTooFar(Refusal):
    """{month} is too far away: the next month to be written is at most the one that runs now."""

    kind: ClassVar[Kind] = Kind.INVALID

    month: str


async def write_due(begin: BeginWork) -> int:
    """Sweep: ask for what is due of all parties; how many runs were asked for."""
    async with begin() as work:
        ids = [party.id for party in await parties.parties(work)]
    return sum([await ask_due(begin, id) for id in ids])


async def ask_due(begin: BeginWork, id: PartyId) -> int:
    """Ask for what is due of one party; how many runs were asked for."""
    async with begin(id) as work:
        party = await parties.party(work, id)
        await _begin(work, party)
        return sum([await _ask(work, party, kind) for kind in KINDS])


async def write_job(begin: BeginWork, body: Mapping[str, str]) -> None:
    """The job of a run; after one that nobody asked for, the month that comes next."""
    run = await runs.write(begin, body, lambda _: None)
    if run.once is not None:
        await ask_due(begin, run.party)


async def schedules(work: Work, party: Party) -> list[Schedule]:
    """What of a party writes itself, and when next: statements first."""
    await _begin(work, party)
    return await store_months.of_party(work, party.id)


async def change(work: Work, party: Party, given: Mapping[str, str], *, by: str) -> Schedule:
    """Let what somebody chose hold from now on."""
    try:
        kind = RunKind(given.get("kind", ""))
    except ValueError:
        raise NotScheduled from None
    if kind not in KINDS:
        raise NotScheduled
    await _begin(work, party)
    before = await store_months.lock(work, party.id, kind)
    assert before is not None, "every party has a schedule of each kind"
    chosen = given.get("next", "").strip()
    following = month(chosen, party.time_zone).first if chosen else before.next
    if following > month_of(work.now, party.time_zone).first:
        raise MonthTooFar(chosen)
    after = replace(
        before,
        is_on=given.get("is_on", "") == "yes",
        day=_day(given.get("day", "")),
        next=following,
        changed_by=by,
        changed_at=work.now,
    )
    await store_months.save(work, after)
    return after


def due_at(schedule: Schedule, zone: str) -> datetime:
    """When the month that comes next is written, in UTC."""
    after = Month(schedule.next, zone).next.first.replace(day=schedule.day)
    return datetime.combine(after, HOUR, ZoneInfo(zone)).astimezone(UTC)


def _day(text: str) -> int:
    said = text.strip()
    if not (said.isascii() and said.isdigit() and len(said) <= 2 and 1 <= int(said) <= DAY_MAX):
        raise NotADay(said[:20] or "Nothing")
    return int(said)


async def _begin(work: Work, party: Party) -> None:
    """A party that is new writes its first month when that is over."""
    first = month_of(party.created_at, party.time_zone).first
    await store_months.begin_with(
        work,
        [
            Schedule(
                party=party.id,
                kind=kind,
                is_on=True,
                day=DAY,
                next=first,
                changed_by="Voltway",
                changed_at=work.now,
            )
            for kind in KINDS
        ],
    )


async def _ask(work: Work, party: Party, kind: RunKind) -> int:
    """Ask for the next month of a kind, and step over those that are done; how many were asked."""
    schedule = await store_months.lock(work, party.id, kind)
    assert schedule is not None, "every party has a schedule of each kind"
    while schedule.is_on and due_at(schedule, party.time_zone) <= work.now:
        of = Month(schedule.next, party.time_zone)
        once = OnceKey(f"{kind}:{party.id}:{of}")
        run = await store_runs.run_for(work, once)
        if run is None:
            await runs.ask(work, party, kind, of, locale=party.locale, by=BY, once=once)
            return 1
        if not _is_written(run):
            return 0
        schedule = replace(schedule, next=of.next.first)
        await store_months.save(work, schedule)
    return 0


def _is_written(run: Run) -> bool:
    return run.state is RunState.DONE
