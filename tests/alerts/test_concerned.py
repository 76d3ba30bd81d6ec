"""Of how many bays somebody who may use any of them must hear: half of those with one plug."""

from typing import Any
from uuid import UUID

import pytest

from voltway.alerts.concerned import is_half


def place(words: str) -> list[dict[str, Any]]:
    """Bays in order: ``c`` works and is CCS, ``t`` works and is Type 2; a capital has a fault,
    ``-`` is a CCS without contact."""
    return [
        {
            "id": UUID(int=nth),
            "connector_type": "TYPE2" if sign in "tT" else "CCS",
            "status": "faulted" if sign.isupper() else "available",
            "connected": sign != "-",
        }
        for nth, sign in enumerate(words)
    ]


@pytest.mark.parametrize(
    ("bays", "out", "and_out", "concerns"),
    [
        ("c", [0], [], True),
        ("cc", [0], [], True),
        ("ccc", [0], [], False),
        ("ccc", [0, 1], [], True),
        ("ccc", [0], [1], True),  # another is out already
        ("cCc", [0], [], True),  # or has a fault
        ("c-c", [0], [], True),  # or no contact
        ("ccct", [3], [], True),  # it was the only one with its plug
        ("cTtt", [0], [], True),
        ("ccctt", [0], [3, 4], False),  # what is out has another plug
        ("cc", [], [], False),
    ],
)
def test_one_bay_of_many_is_no_news(
    bays: str, out: list[int], and_out: list[int], concerns: bool
) -> None:
    def ids(numbers: list[int]) -> list[UUID]:
        return [UUID(int=number) for number in numbers]

    assert is_half(place(bays), ids(out), ids(and_out)) is concerns
