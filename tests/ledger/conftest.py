"""The books are tested in a party of their own, some with the trigger's guard taken away."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.ledger.table import Books
from voltway.kernel.ids import PartyId
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import connect_owner
from voltway.runtime.work import BeginWork


@pytest.fixture
def books(begin: BeginWork, party: PartyId, clock: JumpingClock) -> Books:
    return Books(begin, party, clock)


@pytest.fixture
async def intruder(database_url: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Somebody who may do everything, with all triggers and foreign keys out of the way."""
    connection = await connect_owner(database_url)
    await connection.execute("SET session_replication_role = replica")
    yield connection
    await connection.close()
