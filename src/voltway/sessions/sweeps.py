"""What must be looked after: sessions that stations forgot, and partitions for tomorrow."""

from datetime import timedelta

from voltway.runtime.work import BeginWork
from voltway.sessions import store, store_changes, store_readings
from voltway.sessions.actions_record import close
from voltway.sessions.model import Session
from voltway.sessions.rules_forgotten import FORGOTTEN_AFTER, SILENT_AFTER, forgotten
from voltway.sessions.sweeps_packing import pack_readings
from voltway.sessions.sweeps_thinning import Thinner, forget_old_readings

__all__ = [
    "Thinner",
    "end_forgotten",
    "forget_old_orphans",
    "forget_old_readings",
    "make_days",
    "pack_readings",
]

AT_ONCE_MAX = 500

#: Orphans of one station, the newest: a station that floods us fills nothing.
ORPHANS_MAX = 10_000
FORGET_AT_ONCE_MAX = 10_000


async def end_forgotten(begin: BeginWork) -> int:
    """End, for the time being, sessions that their stations act as if they were over; and tell the
    house of those whose own end never came. How many were told."""
    async with begin() as work:
        silent = await store.silent(
            work, work.now - FORGOTTEN_AFTER, work.now - SILENT_AFTER, AT_ONCE_MAX
        )
        changed: list[tuple[Session, Session]] = []
        for before in silent:
            after = forgotten(before, work.now)
            changed.append((before, after))
            work.touch(f"session:{after.id}", f"wall:{after.party}")
        store_changes.save(work, changed)
    async with begin() as work:
        waited = await store.to_settle(work, AT_ONCE_MAX)
        await close(work, waited)
        return len(waited)


async def forget_old_orphans(begin: BeginWork, days: int) -> int:
    """Forget orphans so long after somebody looked at them (0: never); how many."""
    async with begin() as work:
        before = work.now - timedelta(days=days or 100_000)
        return await store_readings.forget_orphans(work, before, ORPHANS_MAX, FORGET_AT_ONCE_MAX)


async def make_days(begin: BeginWork, *, days: int = 3) -> None:
    """Have the partitions of today and the days after it ready, so that no batch waits for one."""
    async with begin() as work:
        today = work.now.date()
        await store_readings.ensure_days(
            work, [today + timedelta(days=ahead) for ahead in range(days)]
        )
