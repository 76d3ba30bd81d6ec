"""What is told of a trouble when one looks at it: that it began, that it lasts, that it is over."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from voltway.alerts.model_events import RULES
from voltway.alerts.model_troubles import Standing, Trouble

#: What comes back so soon after its end was told is told when that is over, if it lasts so long.
DAMPED: Final = timedelta(minutes=30)
#: What grows is told anew after so long.
GROWN_AFTER: Final = timedelta(hours=12)


class Verdict(StrEnum):
    REST = "rest"  # nothing is told
    BEGAN = "began"
    GREW = "grew"  # there is more of it, which nobody knows of
    LASTS = "lasts"  # and nobody looks after it
    OVER = "over"


def judge(before: Trouble | None, standing: Standing | None, now: datetime) -> Verdict:
    """What is told, given what was told of it before, and whether it is so now."""
    if standing is None:
        return Verdict.OVER if before is not None and before.over_at is None else Verdict.REST
    if before is None:
        return Verdict.BEGAN
    rests = now - before.told_at
    if before.over_at is not None:
        return Verdict.BEGAN if rests >= DAMPED else Verdict.REST
    if _is_more(before, standing) and rests >= GROWN_AFTER:
        return Verdict.GREW
    return Verdict.LASTS if _is_due_again(before, rests) else Verdict.REST


def _is_more(before: Trouble, standing: Standing) -> bool:
    if standing.newest is None:
        return False
    return before.newest is None or standing.newest > before.newest


def _is_due_again(before: Trouble, rests: timedelta) -> bool:
    pauses = RULES[before.event].again_after
    if not pauses or before.taken_at is not None:
        return False
    return rests >= pauses[min(before.told, len(pauses)) - 1]
