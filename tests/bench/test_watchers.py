"""Many who wait for one bay are told, as the benchmark tells them, also past a kill."""

import pytest

from bench import watchers
from bench.figure import HOUSE
from voltway.alerts.delivering import MANY_MAX
from voltway.alerts.queueing import TOGETHER_MAX
from voltway.runtime.jobs import BATCHES_MAX

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

WATCHES = 1_000


def test_nothing_is_lost_or_doubled_and_who_asked_first_is_told_first() -> None:
    told = watchers.measure(WATCHES, 2).of(HOUSE)

    assert told is not None
    assert told.calls == WATCHES * 6 / 5
    assert (told.more["lost"], told.more["doubled"]) == (0, 0)
    assert told.more["overtaken by"] <= MANY_MAX * TOGETHER_MAX


def test_a_worker_that_is_killed_loses_nothing_and_doubles_only_what_it_had_in_hand() -> None:
    told = watchers.measure(WATCHES, 2, kill=True).of(HOUSE)

    assert told is not None
    assert told.more["lost"] == 0
    assert told.more["doubled"] <= BATCHES_MAX * TOGETHER_MAX
