"""Ids sort by when they were made, also where a clock stands."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from voltway.kernel.ids import new_id

#: No other test stands at this moment: within a millisecond, ids have 4,096 turns.
HERE = datetime(2031, 7, 9, 8, tzinfo=UTC)


def test_ids_sort_in_the_order_of_their_making() -> None:
    made = [
        new_id(HERE + timedelta(milliseconds=after)) for after in range(3) for _ in range(4_096)
    ]
    assert made == sorted(made)


def test_an_id_is_a_uuid_of_version_7_that_nobody_guesses() -> None:
    made = [new_id(HERE) for _ in range(100)]
    assert {(each.version, each.variant) for each in made} == {(7, RFC_4122)}
    assert {each.int >> 80 for each in made} == {int(HERE.timestamp() * 1000)}
    assert len({each.int & (1 << 62) - 1 for each in made}) == len(made)
