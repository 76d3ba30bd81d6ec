"""What waits to be told and done, measured for Prometheus by a sweep."""

from voltway.runtime import jobs, outbox
from voltway.runtime.metrics import DEAD_FACTS, FACTS, JOBS
from voltway.runtime.work import BeginWork

STATES = ("queued", "picked", "failed")


async def measure(begin: BeginWork) -> None:
    """Bring the gauges of the backlog up to date."""
    async with begin() as work:
        waiting = await jobs.waiting(work)
        kept, dead = await outbox.sizes(work)
    FACTS.set(kept)
    DEAD_FACTS.set(dead)
    for state in STATES:
        JOBS.labels(state).set(waiting.get(state, 0))
