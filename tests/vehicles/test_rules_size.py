"""The energy of a percent: what was known and what is seen, each by how sure it is."""

import pytest

from voltway.vehicles.model import Point
from voltway.vehicles.rules_size import shown_by, size

KNOWN_WH, REAL_WH = 700.0, 630.0


def rose(percents: int, wh: float = REAL_WH) -> list[Point]:
    """A reading at each whole percent from 20 on, as far as it rose since the first change."""
    return [Point(60.0 * n, n * wh, 20 + n) for n in range(percents + 2)]


@pytest.mark.parametrize(
    ("percents", "known", "told"),
    [
        pytest.param(0, KNOWN_WH, KNOWN_WH, id="nothing is seen: what was known"),
        pytest.param(1, KNOWN_WH, 699, id="a percent tells nearly nothing"),
        pytest.param(10, KNOWN_WH, 666, id="ten percents tell as much as is known"),
        pytest.param(60, KNOWN_WH, 632, id="sixty tell nearly all"),
        pytest.param(9, None, None, id="unknown, and too little is seen"),
        pytest.param(10, None, REAL_WH, id="unknown, and enough is seen"),
    ],
)
def test_the_size_of_a_percent(percents: int, known: float | None, told: float | None) -> None:
    said = size(rose(percents), known)

    assert said == (None if told is None else pytest.approx(told, abs=1))


def test_a_charge_that_falls_or_takes_nothing_shows_nothing() -> None:
    fell = [Point(60.0 * n, 600.0 * n, 50 - n) for n in range(12)]
    stood = [Point(60.0 * n, 0.0, 50 + n) for n in range(12)]

    assert shown_by(fell) is None
    assert shown_by(stood) is None
