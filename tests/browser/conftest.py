"""The world of the stories, and a browser to look at it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.chromium import MISSING, find_chromium, open_chromium
from tests.browser.eyes import Eyes, open_eyes
from tests.stories.world import World, open_world
from voltway.runtime.clock import JumpingClock


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    async with open_world(database_url, tmp_path, clock) as opened:
        await opened.prices(
            {"type": "ENERGY", "price": 0.49}, {"type": "PARKING_TIME", "price": 6.00}
        )
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.skip(MISSING)
    async with open_chromium(path) as opened:
        yield opened


@pytest.fixture
async def eyes(browser: Browser) -> AsyncIterator[Eyes]:
    """A driver's phone."""
    async with open_eyes(browser) as opened:
        yield opened
