"""A station with two EVSEs at a place with a price, and a card that opens it."""

import pytest

from tests.network import AStation, a_party, a_station, a_tariff, a_token
from tests.sessions.telling import CARD, Line, minute
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork


@pytest.fixture
async def here(begin: BeginWork) -> AStation:
    async with begin() as work:
        party = await a_party(work)
        await a_tariff(work, party)
        await a_token(work, party, CARD)
        await a_token(work, party, "05B2")
        return await a_station(work, party)


@pytest.fixture
def line(begin: BeginWork, here: AStation, clock: JumpingClock) -> Line:
    """The station's line, two hours after the noon at which all stories begin."""
    clock.jump_to(minute(120))
    return Line(begin, here.station.id)
