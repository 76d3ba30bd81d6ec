"""How far a station's clock is believed.

Four times belong to a report: what the station claims, when we heard it, the offset learned of its
clock, and what follows from these. Stations send local time as UTC, stand at 1970 until somebody
tells them better, or send times that no calendar has (quirks C-001 to C-009).
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

#: No station spoke OCPP 1.6 before; an earlier time is a clock that was never set.
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)

#: How far a live report may be from the moment we heard it.
BOUND = timedelta(minutes=5)

ZONE_STEP_S = 15 * 60
ZONE_S_MAX = 14 * 3600
ZONE_SLACK_S = 120

#: So many live reports in a row must agree before an offset is believed. A station that replays
#: what it kept through an outage shows a different distance each time.
AGREED_MIN = 3


class Method(StrEnum):
    """How a corrected time was found; stored beside it."""

    CLAIMED = "claimed"
    SHIFTED = "shifted"  # claimed, plus the learned offset
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class ClockModel:
    """What was learned of a station's clock: ``offset_s`` is added to what it claims."""

    offset_s: int = 0
    guess_s: int = 0
    agreed: int = 0


def corrected(
    claimed: datetime | None, received: datetime, offset_s: int = 0, *, offline: bool = False
) -> tuple[datetime, Method]:
    """The moment to believe, and why.

    What was kept through an outage keeps its claimed time; a live report that lies outside the
    bound, and any claim of the future, is dated when it was heard.
    """
    if claimed is None or (claimed < EARLIEST and abs(received - claimed) > BOUND):
        return received, Method.RECEIVED
    try:
        at = claimed + timedelta(seconds=offset_s)
    except OverflowError:
        return received, Method.RECEIVED
    if at > received + BOUND or (not offline and at < received - BOUND):
        return received, Method.RECEIVED
    return min(at, received), Method.SHIFTED if offset_s else Method.CLAIMED


def learn(model: ClockModel, claimed: datetime | None, received: datetime) -> ClockModel:
    """The model after one more live report with a claimed time."""
    guess_s = _guess(claimed, received)
    if guess_s is None:
        return replace(model, agreed=0)
    agreed = min(model.agreed + 1, AGREED_MIN) if guess_s == model.guess_s else 1
    offset_s = guess_s if agreed >= AGREED_MIN else model.offset_s
    return ClockModel(offset_s, guess_s, agreed)


def _guess(claimed: datetime | None, received: datetime) -> int | None:
    """The whole zone step by which this report is off, if it is off by one or right."""
    if claimed is None or claimed < EARLIEST:
        return None
    off_s = (received - claimed).total_seconds()
    step_s = round(off_s / ZONE_STEP_S) * ZONE_STEP_S
    if abs(step_s) > ZONE_S_MAX or abs(off_s - step_s) > ZONE_SLACK_S:
        return None
    return step_s


def is_news(
    claimed: datetime | None, received: datetime, offset_s: int, last_claimed: datetime | None
) -> bool:
    """Whether a status is newer than the one we show.

    Stations replay what they kept, even days later (quirk S-005). What is live is news; what is
    not is news only if the station itself dates it after the last.
    """
    if claimed is None or claimed < EARLIEST or last_claimed is None:
        return True
    _, method = corrected(claimed, received, offset_s)
    return method is not Method.RECEIVED or claimed >= last_claimed
