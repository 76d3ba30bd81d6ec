"""Three gateways restarted one after the other under stations that charge lose nothing."""

from pathlib import Path

import pytest
import typer

from tests.simulation.rolling import GATEWAYS, Walk, run

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

#: A sample; ``python -m tests.simulation.rolling --stations 3000`` is the long way.
SAMPLE = Walk(stations=30, seed=20261125, pause_s=1.5, orders_per_s=20, drain_per_s=20)


async def test_a_rolling_restart_loses_no_message_and_no_order(data_folder: Path) -> None:
    outcome = await run(SAMPLE, data_folder, typer.echo)

    typer.echo(outcome.told())
    assert outcome.findings == []
    assert [status for status, _ in outcome.stops] == [0] * GATEWAYS
    assert outcome.sessions > SAMPLE.stations, "there was something to lose"
    assert outcome.orders > 2 * SAMPLE.stations
