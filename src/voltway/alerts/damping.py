"""Who is not told now: they were told of it lately, or of many such things.

Drivers are told once in an event's time. What operators were told that it began, and that it is
over, is told again later if it lasts, so that the last thing that they were told is true. And who
was told of many things of a kind is told that there are many, and where they all stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from voltway.alerts import store_damping
from voltway.alerts.model_events import RULES, Event
from voltway.runtime.work import Work

#: Of so many things of a kind somebody is told one by one in a quarter of an hour.
MANY: Final = 10
QUARTER: Final = timedelta(minutes=15)
#: That there are many is told so long after the last of them that is told for itself.
AFTER: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Damped:
    """Who is told nothing, who later if it lasts, and who only that there are many."""

    silent: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    many: frozenset[str] = frozenset()

    def is_told_now(self, holder: str) -> bool:
        return holder not in self.silent | self.later | self.many


async def damped(work: Work, event: Event, about: str, holders: Sequence[str]) -> Damped:
    """How these are told of this event about this."""
    rule = RULES[event]
    told: dict[str, bool] = {}
    if rule.not_again_within:
        since = work.now - rule.not_again_within
        told = await store_damping.lately(work, holders, event, about, since)
    if not rule.for_operators:
        return Damped(silent=frozenset(told))
    later = {holder for holder, waits in told.items() if rule.back is not None and not waits}
    rest = [holder for holder in holders if holder not in told]
    since = work.now - QUARTER
    many = await store_damping.told_of_many(work, rest, event, since, MANY)
    told_so = await store_damping.lately(work, list(many), Event.MANY, f"many:{event}", since)
    silent = (told.keys() - later) | told_so.keys()
    return Damped(frozenset(silent), frozenset(later), frozenset(many - told_so.keys()))
