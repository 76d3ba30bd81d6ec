"""Who is not told now: they were told of it lately, or of many such things.

Drivers are told once in an event's time. What operators were told that it began, and that it is
over, is told again later if it lasts, so that the last thing that they were told is true. And who
was told of many things of a kind is told that there are many, and where they all stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltway.alerts import store_damping
from voltway.alerts.model_events import RULES, Event
from voltway.runtime.work import Work

#: Of so many things of a kind somebody is told one by one in a quarter of an hour.
MANY: Final = 10
QUARTER: Final = timedelta(minutes=15)


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
    many = await store_damping.told_of_many(work, rest, event, work.now - QUARTER, MANY)
    return Damped(frozenset(told.keys() - later), frozenset(later), frozenset(many))


def quarter_of(at: datetime) -> str:
    """Under which key it is told once in a quarter of an hour that there are many."""
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0).isoformat()
