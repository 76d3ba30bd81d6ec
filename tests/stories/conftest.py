"""The world of every story, around a fresh database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.world import World, open_world
from voltway.runtime.clock import JumpingClock


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    async with open_world(database_url, tmp_path, clock) as opened:
        yield opened
