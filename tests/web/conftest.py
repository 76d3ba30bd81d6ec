"""The site over a real database, a real payment provider, and browsers that sign in."""

from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from tests.payments.providers import patience_s
from tests.payments.scene import Scene, a_scene
from tests.web.browsers import HERE, Browser
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.payments.providers.simulated import SimulatedProvider
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.settings import Settings
from voltway.web.house import House
from voltway.web.site import Site, build_site
from voltway_world.provider import ProviderServer


@cache
def built() -> Site:
    """The doors, built once for all tests of a process; each opens them to its own house."""
    return build_site()


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
        async with made.begin() as work:
            await work.run(
                "UPDATE station SET connected_at = $1, last_heard_at = $1, ocpp_version = '2.0.1'",
                made.now,
            )
            await work.run("UPDATE evse SET status = 'available', status_at = $1", made.now)
        yield made


@pytest.fixture
def house(scene: Scene, bank: ProviderServer) -> House:
    return House(
        begin=scene.begin,
        touches=scene.bus.touches,
        clock=scene.clock,
        settings=Settings(provider_url=bank.url, public_url=HERE),
        provider=scene.provider,
    )


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    """Somebody's browser, signed in nowhere."""
    site = built()
    site.open_to(house)
    transport = ASGITransport(site, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url=HERE) as client:
        yield Browser(client)


@pytest.fixture
async def owner(browser: Browser, scene: Scene) -> Browser:
    """The same browser, with the owner of the scene's party at the console."""
    await sits_down(browser, scene, Role.OWNER)
    return browser


async def sits_down(browser: Browser, scene: Scene, role: Role, *, email: str = "") -> None:
    """Somebody of this role signs in at the console of the scene's party."""
    email = email or f"{role}@voltway.test"
    async with scene.begin() as work:
        await parties.add_operator(
            work,
            scene.station.party.id,
            email=email,
            name=f"The {role}",
            role=role,
            password="a long enough one",
        )
    answer = await browser.sends(
        "/console/sign-in", email=email, password="a long enough one", back="/console"
    )
    assert answer.status_code == 303, answer.text
