"""The simulated provider on real HTTP, and our adapter that speaks to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.payments.providers import patience_s
from tests.payments.scene import Scene, a_scene
from voltway.payments.providers.simulated import SimulatedProvider
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[ProviderServer]:
    """The provider itself, whose faults and books a test can reach."""
    async with ProviderServer(tmp_path / "provider", webhook_delay_s=0.01) as server:
        yield server


@pytest.fixture
async def provider(
    request: pytest.FixtureRequest, bank: ProviderServer
) -> AsyncIterator[SimulatedProvider]:
    adapter = SimulatedProvider(
        bank.url,
        secret=bank.secret,
        webhook_secret=bank.webhook_secret,
        timeout_s=patience_s(request),
    )
    yield adapter
    await adapter.close()


@pytest.fixture
async def scene(
    database: Database, clock: JumpingClock, bank: ProviderServer, provider: SimulatedProvider
) -> AsyncIterator[Scene]:
    """A bay with a price, and everything that hears of a visit to it."""
    async with a_scene(database, clock, bank, provider) as made:
        yield made
