"""Which numbers of a transaction's messages were heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.sessions import sequence
from voltway.sessions.sequence import Seen


def heard(*numbers: int) -> Seen:
    seen: Seen = ()
    for number in numbers:
        seen = sequence.with_(seen, number)
    return seen


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        pytest.param([0, 1, 2], "0-2", id="in order"),
        pytest.param([2, 0, 1], "0-2", id="out of order"),
        pytest.param([0, 1, 1, 0], "0-1", id="twice"),
        pytest.param([0, 2, 5, 4], "0-0,2-2,4-5", id="with holes"),
        pytest.param([], "", id="none"),
    ],
)
def test_numbers(numbers: list[int], text: str) -> None:
    assert sequence.text_of(heard(*numbers)) == text
    assert sequence.read(text) == heard(*numbers)


@given(st.lists(st.integers(min_value=0, max_value=60), max_size=60))
def test_it_holds_what_was_heard_and_nothing_else(numbers: list[int]) -> None:
    seen = heard(*numbers)

    assert {n for n in range(-1, 70) if sequence.holds(seen, n)} == set(numbers)
    assert seen == heard(*sorted(set(numbers)))


def test_a_line_full_of_holes_does_not_grow_without_end() -> None:
    seen = heard(*range(0, 10_000, 2))

    assert len(seen) == sequence.RANGES_MAX
    assert sequence.holds(seen, 9_998)
    assert not sequence.holds(seen, 9_999)


@pytest.mark.parametrize(
    ("numbers", "start", "end", "whole"),
    [
        ([0, 1, 2], 0, 2, True),
        ([41, 42, 43], 41, 43, True),
        ([0, 2], 0, 2, False),
        ([1, 2], None, 2, False),
        ([0, 1, 2, 3], 0, 2, False),
        ([], None, None, True),
    ],
)
def test_nothing_is_missing(
    numbers: list[int], start: int | None, end: int | None, whole: bool
) -> None:
    assert sequence.is_whole(heard(*numbers), start, end) is whole
