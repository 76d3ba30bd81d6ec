"""A station with two EVSEs at a place with a price, and a card that opens it."""

from dataclasses import replace

import pytest

from tests.network import AStation, a_party, a_station, a_tariff, a_token
from tests.sessions.telling import CARD, Line, minute
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.work import BeginWork
from voltway.sessions.shelf import Shelf


@pytest.fixture
async def here(begin: BeginWork) -> AStation:
    async with begin() as work:
        party = await a_party(work)
        await a_tariff(work, party)
        await a_token(work, party, CARD)
        await a_token(work, party, "05B2")
        return await a_station(work, party)


@pytest.fixture(params=["asked", "remembered"])
def line(
    database: Database, here: AStation, clock: JumpingClock, request: pytest.FixtureRequest
) -> Line:
    """The station's line, two hours after the noon at which all stories begin; every story is told
    to a house that asks the database each time, and to one that remembers and begins transactions
    as late as the ingest does."""
    clock.jump_to(minute(120))
    if request.param == "remembered":
        return Line(replace(database, is_lazy=True).begin, here.station.id, Shelf())
    return Line(database.begin, here.station.id, None)
