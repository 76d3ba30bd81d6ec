"""A site with the API, a real database behind it, and callers with keys."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

import pytest
from httpx import ASGITransport, AsyncClient, Response

from tests.network import a_party
from voltway.parties import actions as parties
from voltway.parties.model import Party, Role
from voltway.payments.provider import Provider
from voltway.payments.providers.simulated import SimulatedProvider
from voltway.runtime.bus import Bus
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork
from voltway.web.api.pace import Pace
from voltway.web.api.site import doors, openapi_config
from voltway.web.house import House
from voltway.web.site import Site, build_site


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a key."""

    client: AsyncClient
    party: Party
    key: str

    async def ask(self, method: str, path: str, **more: Any) -> Response:
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        url = path if path.startswith("/api/") else f"/api/v1{path}"
        return await self.client.request(method, url, headers=headers, **more)

    async def get(self, path: str, **more: Any) -> Response:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: object = None, **more: Any) -> Response:
        return await self.ask("POST", path, json=body, **more)

    async def items(self, path: str, **more: Any) -> list[dict[str, Any]]:
        answer = await self.get(path, **more)
        assert answer.status_code == 200, answer.text
        return cast("list[dict[str, Any]]", answer.json()["items"])


UNHURRIED = Pace(burst=1_000_000)


@cache
def built(pace: Pace) -> Site:
    """The doors, built once for each pace; each test opens them to its own house."""
    return build_site(more=doors(pace), openapi=openapi_config())


@pytest.fixture
def pace() -> Pace:
    """Fast enough for every test that is not about pace."""
    return UNHURRIED


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """A provider that nobody reaches; tests of money bring their own."""
    unreachable = SimulatedProvider("http://127.0.0.1:9", secret="none", webhook_secret="none")
    yield unreachable
    await unreachable.close()


@pytest.fixture
async def bus(database: Database) -> Bus:
    return Bus(database)


@pytest.fixture
def house(begin: BeginWork, bus: Bus, clock: JumpingClock, provider: Provider) -> House:
    return House(
        begin=begin, touches=bus.touches, clock=clock, settings=Settings(), provider=provider
    )


@pytest.fixture
async def client(house: House, pace: Pace) -> AsyncIterator[AsyncClient]:
    site = built(pace)
    site.open_to(house)
    transport = ASGITransport(site, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url="http://voltway.test") as client:
        yield client


@pytest.fixture
async def party(begin: BeginWork) -> Party:
    async with begin() as work:
        return await a_party(work)


async def a_caller(
    begin: BeginWork, client: AsyncClient, party: Party, role: Role = Role.OWNER
) -> Caller:
    async with begin() as work:
        _, key = await parties.add_api_key(work, party.id, name=f"The {role}", role=role)
    return Caller(client, party, key)


@pytest.fixture
async def owner(begin: BeginWork, client: AsyncClient, party: Party) -> Caller:
    """A caller who may do everything at its party."""
    return await a_caller(begin, client, party)


AURORA: Final[Mapping[str, Any]] = {
    "name": "Aurora Motors GmbH",
    "country_code": "de",
    "party_id": "aur",
    "url": "https://aurora.example/voltway",
    "street": "Werkstr. 1",
    "postal_code": "80331",
    "city": "München",
    "country": "DE",
    "credit_limit_minor": 10_000,
}


async def a_partner(owner: Caller, **changed: Any) -> tuple[Caller, dict[str, Any]]:
    """An EV maker's platform, and what was made of it."""
    made = await owner.post("/partners", {**AURORA, **changed})
    assert made.status_code == 201, made.text
    return Caller(owner.client, owner.party, made.json()["key"]), made.json()


@pytest.fixture
async def aurora(owner: Caller) -> Caller:
    """The platform of an EV maker, with the key of a partner."""
    return (await a_partner(owner))[0]


def who_may(path: str, owner: Caller, partner: Caller) -> Caller:
    """Who may ask this: what is for partners is for their keys alone."""
    return partner if path.split("/")[3] == "partner" else owner


@pytest.fixture
async def stranger(begin: BeginWork, client: AsyncClient) -> Caller:
    """A caller who may do everything at another party."""
    async with begin() as work:
        other = await a_party(work, name="Another Oy")
    return await a_caller(begin, client, other)


@pytest.fixture
def with_role(begin: BeginWork, client: AsyncClient, party: Party) -> Callable[[Role], Any]:
    async def make(role: Role) -> Caller:
        return await a_caller(begin, client, party, role)

    return make
