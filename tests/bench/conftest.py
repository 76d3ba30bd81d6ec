"""The contestants, started once for all tests of the benchmark."""

from collections.abc import Iterator, Sequence

import pytest

from bench.programs import Contestant
from bench.turns import contestants

STATIONS = 20


@pytest.fixture(scope="module")
def them() -> Iterator[Sequence[Contestant]]:
    """The gateway and both yardsticks, with a few stations."""
    with contestants(STATIONS) as running:
        yield running
