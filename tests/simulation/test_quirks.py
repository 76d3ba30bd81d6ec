"""No quirk of a station changes an amount silently, wherever in a session it comes."""

from pathlib import Path

import pytest
import typer

from tests.ocpp.collected import cases
from tests.simulation import quirks
from tests.simulation.quirk_verdicts import REAL_ENDS

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

#: Of 4,000; ``python -m tests.simulation.quirks`` plays all. The stride has no factor in common
#: with the number of places, so that all places come up.
EVERY = 11


async def test_with_any_quirk_at_any_place_the_bill_is_the_same_or_waits_for_a_person(
    database_url: str, tmp_path: Path
) -> None:
    async with quirks.open_floor(database_url, tmp_path) as floor:
        outcome = await quirks.run(floor, quirks.sample(EVERY), typer.echo)

    assert outcome.findings == []
    assert outcome.cases > 100
    assert outcome.equal > outcome.held, "what is harmless holds nobody's bill up"
    assert outcome.held > 0, "what is not harmless was noticed"


def test_every_case_with_something_to_send_is_played() -> None:
    played = {each.id for each in quirks.playable()}
    assert {case.id for case in cases() if case.frames or case.upgrades} <= played
    assert set(REAL_ENDS) <= played
