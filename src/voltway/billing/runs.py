"""Much in one go, with how far it is: the statements or settlements of a month, or a zip of it.

Statements are written by a job, some at a time, each time in a work that also keeps how many are
written; a crash loses nothing but time, for what is written is not written twice. A zip is drawn
while it is downloaded, and its run says how far that is.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from voltway.billing import (
    archive,
    homes_months,
    rules_statements,
    settlements_hosts,
    statements,
    store_archive,
    store_homes,
    store_runs,
    store_statements,
)
from voltway.billing.model_runs import Run, RunKind, RunState
from voltway.billing.rules_statements import Month
from voltway.kernel.errors import Refusal, Trouble
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId, new_id
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.runtime.work import BeginWork, Job, Work

JOB: Final = "bulk_run"
#: How many statements are written in one work.
AT_ONCE: Final = 100
DRAWERS: Final = 2


@dataclass(eq=False)
class NotAnArchive(Refusal):
    """This run writes documents; there is nothing to download. Ask for the zip of its month."""


async def ask(
    work: Work,
    party: Party,
    kind: RunKind,
    month: Month,
    *,
    locale: str,
    by: str,
    once: OnceKey | None = None,
) -> Run:
    """Begin to write the documents of a month, or prepare a zip of them."""
    if kind is not RunKind.ARCHIVE:
        rules_statements.must_be_over(month, work.now)
    total = await store_archive.count_in(work, party.id, month) if kind is RunKind.ARCHIVE else 0
    asked = Run(
        id=new_id(work.now),
        party=party.id,
        kind=kind,
        month=month.first,
        locale=locale,
        state=RunState.WAITING,
        total=total,
        done=0,
        trouble=None,
        asked_by=by,
        asked_at=work.now,
        moved_at=work.now,
        once=once,
    )
    if await store_runs.add(work, asked) and kind is not RunKind.ARCHIVE:
        await work.enqueue(_job(asked))
    return asked


def _job(run: Run) -> Job:
    return Job(JOB, f"{JOB}:{run.id}", {"run": str(run.id)}, party=run.party)


Moved = Callable[[Run], None]


async def write(begin: BeginWork, body: Mapping[str, str], moved: Moved) -> Run:
    """Write the documents of a run, and say each time how far it is. Done twice, or by two at
    once, each document is written once. What kept it from going on stands on it."""
    id = UUID(body["run"])
    try:
        return await _write(begin, id, moved)
    except Trouble as trouble:
        async with begin() as work:
            run = await store_runs.lock(work, id)
            await store_runs.save(work, replace(run, trouble=str(trouble), moved_at=work.now))
        raise


async def _write(begin: BeginWork, id: UUID, moved: Moved) -> Run:
    async with begin() as work:
        run = await store_runs.lock(work, id)
        if run.is_over:
            return run
        party = await parties.party(work, run.party)
        month = Month(run.month, party.time_zone)
        if run.kind is RunKind.SETTLEMENTS:
            await settlements_hosts.correct_shares(work, party)
        left = await _recipients(work, party, run.kind, month)
        # What an earlier try has written counts as done.
        run = replace(run, state=RunState.RUNNING, total=run.done + len(left), moved_at=work.now)
        await store_runs.save(work, run)
    moved(run)
    whose = list(left)
    for start in range(0, len(left), AT_ONCE):
        some = whose[start : start + AT_ONCE]
        async with begin() as work:
            await _issue(work, party, run.kind, month, {each: left[each] for each in some})
            run = replace(run, done=run.done + len(some), moved_at=work.now)
            await store_runs.save(work, run)
        moved(run)
    async with begin() as work:
        run = replace(run, state=RunState.DONE, trouble=None, moved_at=work.now, done_at=work.now)
        await store_runs.save(work, run)
    return run


async def _recipients(
    work: Work, party: Party, kind: RunKind, month: Month
) -> dict[UUID, list[InvoiceId]]:
    """For whom there is something to write, and what of a customer is open."""
    if kind is RunKind.STATEMENTS:
        open_ = await store_statements.open_of_customers(work, party.id, month.ends)
        at_home = await store_homes.who_owe(work, party.id, month.ends)
        return {each: open_.get(each, []) for each in sorted({*open_, *at_home})}
    hosts = await store_statements.hosts_with_open(work, party.id, month.ends)
    return {host: [] for host in hosts}


async def _issue(
    work: Work,
    party: Party,
    kind: RunKind,
    month: Month,
    some: Mapping[UUID, list[InvoiceId]],
) -> None:
    if kind is RunKind.STATEMENTS:
        among = [id for ids in some.values() for id in ids]
        await statements.issue_statements(work, party, month, list(some), among)
        await homes_months.issue_home_statements(work, party, month, list(some))
    else:
        await settlements_hosts.issue_settlements(work, party, month, list(some))


async def found(work: Work, id: UUID) -> Run:
    """The run as it stands now."""
    return await store_runs.run(work, id)


async def download(
    begin: BeginWork, party: PartyId, id: UUID, moved: Moved | None = None
) -> AsyncIterator[bytes]:
    """The zip of a run, drawn while it is read. Broken off, it can be asked for again."""
    async with begin(party) as work:
        run = await store_runs.run(work, id)
        if run.kind is not RunKind.ARCHIVE:
            raise NotAnArchive
        owner = await parties.party(work, run.party)
        month = Month(run.month, owner.time_zone)
        total = await store_archive.count_in(work, run.party, month)
        running = replace(run, state=RunState.RUNNING, total=total, done=0, done_at=None)
        await store_runs.save(work, running)
    return _chunks(begin, running, month, moved or (lambda _: None))


async def _chunks(begin: BeginWork, run: Run, month: Month, moved: Moved) -> AsyncIterator[bytes]:
    state = _State(begin, run, moved)
    try:
        async with archive.drawers(DRAWERS) as drawn_by:
            async for chunk in archive.archive(
                begin, run.party, month, run.locale, drawn_by, state.progress
            ):
                yield chunk
        await state.over(RunState.DONE)
    finally:
        if state.run.state is RunState.RUNNING:
            await state.over(RunState.STOPPED)


class _State:
    """How far a download is, as its run says it."""

    def __init__(self, begin: BeginWork, run: Run, moved: Moved) -> None:
        self._begin = begin
        self._moved = moved
        self.run = run

    async def progress(self, done: int) -> None:
        await self._keep(done=done)

    async def over(self, state: RunState) -> None:
        await self._keep(state=state, done=self.run.done)

    async def _keep(self, *, done: int, state: RunState = RunState.RUNNING) -> None:
        async with self._begin(self.run.party) as work:
            self.run = replace(
                self.run,
                done=done,
                state=state,
                moved_at=work.now,
                done_at=work.now if state is not RunState.RUNNING else None,
            )
            await store_runs.save(work, self.run)
        self._moved(self.run)


async def forget_old_runs(begin: BeginWork, *, days: int) -> int:
    """Sweep: what was asked so long ago tells nobody anything (0: it is kept); what it wrote
    stays."""
    if not days:
        return 0
    async with begin() as work:
        return await store_runs.forget(work, work.now - timedelta(days=days))
