"""Killed at random moments under its stations, the house loses nothing that it answered for."""

from pathlib import Path

import pytest
import typer

from tests.simulation.kill import Campaign, run

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

#: A sample; ``python -m tests.simulation.kill`` is the long campaign, with another seed each time.
SAMPLE = Campaign(seed=20260302, kills=3, life_s=4, stations=30)


async def test_after_kills_every_answer_is_kept_every_bill_is_right_and_nobody_paid_twice(
    data_folder: Path,
) -> None:
    outcome = await run(SAMPLE, data_folder, typer.echo)

    assert not outcome.findings, "\n".join(outcome.findings)
    assert outcome.sessions > SAMPLE.stations / 2, "there was something to lose"
    assert outcome.captured > 0, "guests paid"
    assert (outcome.stop_status, outcome.stop_s < 10) == (0, True)
