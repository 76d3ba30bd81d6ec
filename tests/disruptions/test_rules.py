"""When a disruption is told and when it is over, minute by minute."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.conftest import NOON
from voltway.disruptions.model import Disruption, DisruptionKind, Seen, WhyOver
from voltway.disruptions.rules import judged
from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId

ID = UUID(int=1)
OFFLINE, FAULTED, STARTS = DisruptionKind.OFFLINE, DisruptionKind.FAULTED, DisruptionKind.STARTS


def suspected(kind: DisruptionKind, *, is_again: bool = False) -> Disruption:
    return Disruption(
        id=ID,
        party=PartyId(ID),
        location=LocationId(ID),
        station=StationId(ID),
        evse=EvseId(ID),
        kind=kind,
        is_again=is_again,
        began_at=NOON,
        seen_at=NOON,
        looked_at=NOON,
    )


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def played(known: Disruption, seen: str) -> Disruption:
    """After a look each minute: ``!`` it is bad, ``.`` it is well, ``w`` bad in a window of planned
    work, ``x`` gone, a blank nobody looked."""
    for minute, sign in enumerate(seen):
        if sign != " " and known.over_at is None:
            look = Seen(is_there=sign != "x", is_bad=sign in "!w", in_window=sign == "w")
            known = judged(known, look, at(minute))
    return known


@pytest.mark.parametrize(
    ("kind", "seen", "told"),
    [
        (OFFLINE, "!" * 10, None),
        (OFFLINE, "!" * 11, 10),
        (FAULTED, "!!", None),
        (FAULTED, "!!!", 2),
        (STARTS, "!", 0),
        (FAULTED, "!.", None),  # it passed
        (FAULTED, "wwwwww", None),  # its drivers know of the work
        (FAULTED, "wwwww!", 5),  # and it did not come well out of it
        (OFFLINE, "!!!!!     " + "!" * 10, None),  # we were down: it must last anew
        (OFFLINE, "!!!!!     " + "!" * 11, 20),
        (FAULTED, "!x!!!", None),
    ],
)
def test_what_lasts_is_told(kind: DisruptionKind, seen: str, told: int | None) -> None:
    assert played(suspected(kind), seen).told_at == (None if told is None else at(told))


def test_what_was_over_a_short_while_ago_must_last_longer() -> None:
    assert played(suspected(FAULTED, is_again=True), "!" * 30).told_at is None
    assert played(suspected(FAULTED, is_again=True), "!" * 31).told_at == at(30)


@pytest.mark.parametrize(
    ("kind", "seen", "over", "why"),
    [
        (FAULTED, "!.", 1, WhyOver.PASSED),
        (FAULTED, "!!!" + "." * 5, None, None),
        (FAULTED, "!!!" + "." * 6, 8, WhyOver.WELL),
        (FAULTED, "!!!...!......", 12, WhyOver.WELL),  # it flapped
        (FAULTED, "!!!..     .....", None, None),  # nobody looked whether it stayed well
        (FAULTED, "!!!..     ......", 15, WhyOver.WELL),
        (STARTS, "!.", 1, WhyOver.WELL),  # a car charges: there is nothing to wait for
        (FAULTED, "!!!x", 3, WhyOver.GONE),
    ],
)
def test_what_stays_well_is_over(
    kind: DisruptionKind, seen: str, over: int | None, why: WhyOver | None
) -> None:
    after = played(suspected(kind), seen)

    assert after.over_at == (None if over is None else at(over))
    assert after.over_why is why


def test_a_bay_where_nobody_tried_for_a_day_is_not_spoken_of_any_more() -> None:
    after = played(suspected(STARTS), "!" * (24 * 60 + 2))

    assert after.over_why is WhyOver.TIME
