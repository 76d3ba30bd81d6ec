"""Readings packed and unpacked: every bit comes back."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from voltway.sessions.rules_packing import CONTEXTS, KeptReading, packed, united, unpacked

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_US = 86_400_000_000

#: In the day of a session mostly, and sometimes in any year that there is.
moments = st.builds(
    lambda us: EPOCH + timedelta(microseconds=us),
    st.integers(20_514 * DAY_US, 20_515 * DAY_US)
    | st.integers(-719_000 * DAY_US, 2_932_000 * DAY_US),
)


def numbers(bits: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) | st.integers(0, 50)


kept = st.builds(
    KeptReading,
    received_at=moments,
    at=moments,
    register_wh=numbers(64),
    power_w=numbers(32),
    current_ma=numbers(32),
    voltage_mv=numbers(32),
    soc_percent=numbers(16),
    context=st.integers(0, len(CONTEXTS) - 1),
    rest=st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
)


@given(st.lists(kept, min_size=1, max_size=30))
def test_whatever_was_kept_comes_back_bit_for_bit(readings: list[KeptReading]) -> None:
    assert Counter(unpacked(packed(readings))) == Counter(readings)


@given(st.lists(kept, max_size=20), st.lists(kept, max_size=20))
def test_packing_again_what_was_packed_changes_nothing(
    some: list[KeptReading], more: list[KeptReading]
) -> None:
    both = united(some, more)

    assert Counter(united(both, more)) == Counter(both)
    assert not Counter(some) - Counter(both)
    assert not Counter(more) - Counter(both)


def a_session(readings: int) -> list[KeptReading]:
    """As a usual station tells it, its clock in whole seconds, heard a moment later."""
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    return [
        KeptReading(
            noon + timedelta(seconds=60 * n, microseconds=137_911 * n % 900_000),
            noon + timedelta(seconds=60 * n),
            1_000_000 + 183 * n + n % 7,
            11_000 + 13 * n % 90,
            16_000 - 100 * (n % 3),
            230_000 + 100 * (n % 17),
            20 + n // 5,
            1,
            None,
        )
        for n in range(readings)
    ]


def test_a_usual_session_takes_fewer_than_nine_bytes_a_reading() -> None:
    assert len(packed(a_session(120))) < 9 * 120
