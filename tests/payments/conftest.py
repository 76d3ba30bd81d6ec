"""The simulated provider on real HTTP, and our adapter that speaks to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from voltway.payments.providers.simulated import SimulatedProvider
from voltway_world.provider import ProviderServer


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[ProviderServer]:
    """The provider itself, whose faults and books a test can reach."""
    async with ProviderServer(tmp_path / "provider", webhook_delay_s=0.01) as server:
        yield server


@pytest.fixture
async def provider(bank: ProviderServer) -> AsyncIterator[SimulatedProvider]:
    adapter = SimulatedProvider(
        bank.url, secret=bank.secret, webhook_secret=bank.webhook_secret, timeout_s=0.5
    )
    yield adapter
    await adapter.close()
