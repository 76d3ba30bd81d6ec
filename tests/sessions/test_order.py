"""The order in which a station's words arrive, and how often, never changes a bill."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sessions.hearing import EVSE, Told, heard
from tests.sessions.telling import finished, minute, started, updated
from voltway.sessions.model import SessionRecord

#: One session of 2.x from plug to release: the token comes after the start, energy pauses, and the
#: cable is pulled out. 10,000 Wh to 15,000 Wh.
STORY: tuple[Told, ...] = (
    started("a", 0, 0, 10_000, token=None, charging=False),
    updated("a", 1, 1, token="04A1B2C3", evse=1),
    updated("a", 2, 2, 10_000, charging=True),
    updated("a", 3, 10, 12_000),
    updated("a", 4, 20, 14_000, charging=False, by_vehicle=True),
    updated("a", 5, 30, 14_000, charging=True),
    updated("a", 6, 40, 15_000, charging=False, by_vehicle=True),
    finished("a", 7, 50, 15_000),
)
#: A clock of whole seconds: the vehicle is full, asks again and is full, all in one second.
ONE_SECOND: tuple[Told, ...] = (
    started("a", 0, 0, 10_000, charging=True),
    updated("a", 1, 30, 15_000, charging=False, by_vehicle=True),
    updated("a", 2, 30, charging=True),
    updated("a", 3, 30, charging=False, by_vehicle=True),
    finished("a", 4, 50, 15_000),
)
NEXT: tuple[Told, ...] = (
    started("b", 0, 55, 15_000, charging=True),
    updated("b", 1, 60, 16_000),
    updated("b", 2, 70, 17_000),
    finished("b", 3, 75, 17_500),
)


def records(told: Sequence[Told]) -> dict[str, SessionRecord]:
    """What is read of the sessions of a station that told these, in this order."""
    return {ref: each.record(minute(130)) for ref, each in heard(told, minute(120)).items()}


def billed(told: Sequence[Told]) -> dict[str, dict[str, Any]]:
    """All that a bill is made of, without our own names of things."""
    fields = SessionRecord.__dataclass_fields__.keys() - {"session"}
    return {
        ref: {name: getattr(each, name) for name in fields} for ref, each in records(told).items()
    }


def test_the_story_in_its_order_is_what_it_says() -> None:
    found = records(STORY)["a"]

    assert (found.begins, found.ends, found.energy_wh) == (minute(0), minute(50), 5_000)
    assert (found.token, found.evse, found.doubts) == ("04A1B2C3", EVSE, ())
    assert [(each.at, each.charging) for each in found.changes] == [
        (minute(0), False),
        (minute(2), True),
        (minute(20), False),
        (minute(30), True),
        (minute(40), False),
    ]


@given(st.permutations(STORY))
@settings(max_examples=300)
def test_any_order_gives_the_same_bill(told: list[Told]) -> None:
    assert billed(told) == billed(STORY)


@given(st.permutations([*STORY, *NEXT]))
@settings(max_examples=300)
def test_any_order_of_two_sessions_on_one_evse_gives_the_same_two_bills(
    told: list[Told],
) -> None:
    assert billed(told) == billed([*STORY, *NEXT])


@given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=6), st.data())
@settings(max_examples=300)
def test_what_is_told_twice_changes_nothing(
    told: list[Told], again: list[Told], data: st.DataObject
) -> None:
    doubled = list(told)
    for report in again:
        first = doubled.index(report)
        doubled.insert(data.draw(st.integers(first + 1, len(doubled))), report)

    assert billed(doubled) == billed(STORY)


@given(st.sets(st.integers(0, 7), min_size=1, max_size=7), st.data())
@settings(max_examples=300)
def test_what_is_lost_is_lost_the_same_in_any_order(lost: set[int], data: st.DataObject) -> None:
    kept = [report for nth, report in enumerate(STORY) if nth not in lost]
    told = data.draw(st.permutations(kept))

    assert billed(told) == billed(kept)


@given(st.permutations(ONE_SECOND))
@settings(max_examples=120)
def test_of_one_second_the_highest_number_holds_in_any_order(told: list[Told]) -> None:
    assert billed(told) == billed(ONE_SECOND)
    assert in_force(records(told)["a"]) == [(minute(0), True, False), (minute(30), False, True)]


def in_force(record: SessionRecord) -> list[tuple[datetime, bool, bool]]:
    """What holds from each moment on."""
    last = {each.at: (each.charging, each.by_vehicle) for each in record.changes}
    return [(at, *flow) for at, flow in last.items()]
