"""A station at the Rathaus, with two EVSEs."""

import pytest

from tests.stations.floor import a_station
from voltway.runtime.work import BeginWork
from voltway.stations.model import Station


@pytest.fixture
async def station(begin: BeginWork) -> Station:
    async with begin() as work:
        return await a_station(work)
