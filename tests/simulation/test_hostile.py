"""A thousand hostile sockets for some seconds: good stations charge on, and memory is bounded."""

import pytest

from tests.simulation.hostile.siege import besiege
from voltway.ocpp.conduct import FAULTS_KEPT_MAX
from voltway.runtime.database import Database

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

SOCKETS = 1000
GOOD = 10
CALM_S = 2
SIEGE_S = 6

#: A busy machine is slow with and without attackers: what matters is that nothing stands still.
TIMES_SLOWER = 30
SLOWER_S = 10

#: What the limits come to: 48 MiB that wait, held six times over, 64 that are not whole, in buffers
#: that double, what a thousand stations did not read, and what the allocator has not given back.
GROWN_BYTES_MAX = 900 * 1024 * 1024

#: Both directions, and what was forgiven meanwhile.
KEPT_MAX = 3 * FAULTS_KEPT_MAX


async def test_a_thousand_hostile_sockets_harm_no_good_station(
    database: Database, database_url: str
) -> None:
    report = await besiege(
        database, database_url, good=GOOD, sockets=SOCKETS, calm_s=CALM_S, siege_s=SIEGE_S
    )

    assert [kept for _, _, kept in report.sessions] == [told for _, told, _ in report.sessions]
    assert len(report.besieged.answers) >= GOOD
    allowed_s = report.calm.quantile(1.0) * TIMES_SLOWER + SLOWER_S
    assert report.besieged.quantile(1.0) < allowed_s
    assert report.rss_most - report.rss_calm < GROWN_BYTES_MAX
    assert report.frames_of_worst <= KEPT_MAX
    assert report.broken_counted > report.frames_of_worst
    lines = sum(seen.get("vanished", 0) for seen in report.attacks.values())
    assert lines > 0
    # A station has one line, however many of its lines vanished: the others are let go at once.
    assert report.lines_held <= SOCKETS + GOOD
    assert all(seen.get("dialled") for seen in report.attacks.values())
    assert report.attacks["silence"].get("101") is None
