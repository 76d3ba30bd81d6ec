"""Struck by every fault that we know how to make, the house loses nothing, and bills as ever.

A sample; ``make simulate`` is the long campaign, with another seed each time.
"""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
import typer

from tests.simulation.faults.blows import BLOWS, Blow
from tests.simulation.faults.campaign import Plan, open_campaign
from tests.simulation.faults.grounds import Ground

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

STATIONS = 6


def blows(*names: str) -> tuple[Blow, ...]:
    return tuple(next(blow for blow in BLOWS if blow.name == name) for name in names)


PLANS = (
    Plan(
        20260302,
        Ground.OWN,
        blows(
            "house killed",
            "clock moved",
            "database killed",
            "everything killed at once",
            "reconnect storm",
        ),
        is_unruly=True,
        stations=STATIONS,
    ),
    Plan(
        20260303,
        Ground.MANY,
        blows(
            "gateway killed",
            "database: reset after a commit",
            "database: reset after a batch is kept",
            "worker killed",
            "database: reset before a batch is kept",
            "NATS: network half open",
            "database: network half open",
            "pages killed",
            "database: network cut",
        ),
        is_unruly=False,
        stations=STATIONS,
    ),
    Plan(
        20260306,
        Ground.MANY,
        blows(
            "gateway alone: unheard",
            "worker alone: deaf",
            "gateway killed",
            "pages alone: stalled",
            "worker alone: half open",
            "NATS killed",
            "gateway alone: cut",
        ),
        is_unruly=True,
        stations=STATIONS,
        workers=2,
        has_provider_faults=True,
    ),
    Plan(
        20260304,
        Ground.SMALL,
        blows("disk full", "house killed", "database killed"),
        is_unruly=True,
        stations=STATIONS,
    ),
)

#: The database says that it has kept what it only means to write, and all lose their power.
FORGETFUL = Plan(
    20260305,
    Ground.OWN,
    blows("everything killed at once", "everything killed at once"),
    is_unruly=False,
    stations=STATIONS,
    is_forgetful=True,
    quiet_s_max=3,
    life_calls=range(60, 80),
    life_s_max=30,
)


async def test_after_faults_every_answer_is_kept_every_bill_is_as_ever_and_all_is_at_rest(
    data_folder: Path,
) -> None:
    async with open_campaign(data_folder) as campaign:
        played = await asyncio.gather(*(campaign.play(plan) for plan in PLANS))
    for each in played:
        typer.echo(f"{each.plan.ground}: {each.verdict}")

    assert [finding for each in played for finding in each.verdict.findings] == []
    bills = sum(each.verdict.bills_equal for each in played)
    assert bills > len(PLANS) * STATIONS, "there was something to lose"
    assert sum(each.verdict.captured for each in played) > 0, "guests paid"
    assert all(not each.verdict.held for each in played)
    for each in played:
        assert each.struck == Counter(blow.name for blow in each.plan.blows), "all blows fell"


async def test_a_house_whose_answers_were_not_kept_is_found_out(data_folder: Path) -> None:
    async with open_campaign(data_folder) as campaign:
        played = await campaign.play(FORGETFUL)

    findings = "\n".join(played.verdict.findings)
    typer.echo(findings)
    assert "answered calls" in findings
    assert "are not kept" in findings
