"""A platform of terminals registers by itself, changes its token, and goes (OCPI, credentials)."""

import asyncio
import dataclasses
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tests.payments.scene import Scene
from tests.web.browsers import Browser
from voltway.partners import platform_lines, platforms
from voltway.payments import kiosks
from voltway.web.house import House
from voltway_world.terminals_ear import Ear

ROOT = "/ocpi/2.3.0"
Asks = Callable[..., Awaitable[Any]]


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    async with Ear() as opened:
        yield opened


@pytest.fixture
def house(house: House, ear: Ear) -> House:
    """It may be called, although it is on this machine."""
    own = ear.url.removesuffix(ROOT)
    return dataclasses.replace(house, settings=replace(house.settings, hook_hosts=own))


@pytest.fixture
async def key(scene: Scene) -> str:
    """What the operator gave by hand: token A."""
    async with scene.begin() as work:
        _, made = await kiosks.add_platform(work, scene.station.party.id, "Kiosk Oy")
    return made


@pytest.fixture
def asks(browser: Browser) -> Asks:
    async def ask(method: str, shown: str, body: Any = None, at: str = "credentials") -> Any:
        token = b64encode(shown.encode()).decode()
        answer = await browser.client.request(
            method, f"{ROOT}/{at}", json=body, headers={"Authorization": f"Token {token}"}
        )
        return answer.json() | {"http": answer.status_code}

    return ask


async def line(scene: Scene) -> dict[str, Any]:
    """Where it hears us, and with which token."""
    async with scene.begin() as work:
        rows = await work.all("SELECT url, token, endpoints FROM platform_line")
    return dict(rows[0]) if rows else {}


async def test_a_platform_registers_by_the_token_that_it_was_given_and_gets_another(
    asks: Asks, scene: Scene, ear: Ear, key: str
) -> None:
    before = await asks("GET", key)
    versions = await asks("GET", key, at="")
    made = await asks("POST", key, ear.credentials())
    mine = made["data"]["token"]

    assert before["data"]["token"] == key
    assert {"identifier": "credentials", "role": "SENDER"}.items() <= next(
        each for each in versions["data"]["endpoints"] if each["identifier"] == "credentials"
    ).items()
    assert (made["http"], made["status_code"]) == (200, 1000)
    assert mine != key
    assert len(mine) <= 64
    assert made["data"]["url"].endswith("/ocpi/versions")
    [role] = made["data"]["roles"]
    us = scene.station.party
    assert (role["role"], role["party_id"], role["country_code"]) == ("CPO", us.ident, "FI")
    known = await line(scene)
    assert (known["url"], known["token"]) == (ear.versions_url, ear.token)
    assert (await asks("GET", key, at="cdrs"))["http"] == 401
    assert (await asks("GET", mine, at="cdrs"))["http"] == 200
    assert (await asks("GET", key))["http"] == 401


async def test_who_registers_twice_is_refused_but_where_the_answer_may_have_been_lost(
    asks: Asks, scene: Scene, ear: Ear, key: str
) -> None:
    lost = (await asks("POST", key, ear.credentials()))["data"]["token"]
    again = await asks("POST", key, ear.credentials())
    mine = again["data"]["token"]

    assert again["http"] == 200
    assert (await asks("GET", lost, at="cdrs"))["http"] == 401
    assert (await asks("GET", mine, at="cdrs"))["http"] == 200
    assert (await asks("POST", mine, ear.credentials()))["http"] == 405
    assert (await asks("POST", key, ear.credentials()))["http"] == 401


async def test_two_who_register_at_once_leave_one_key_that_holds(
    asks: Asks, ear: Ear, key: str
) -> None:
    both = await asyncio.gather(*(asks("POST", key, ear.credentials()) for _ in range(2)))

    tokens = [each["data"]["token"] for each in both]
    held = [(await asks("GET", token, at="cdrs"))["http"] for token in tokens]
    assert sorted(held) == [200, 401]


async def test_a_platform_changes_its_token_and_gets_another_key(
    asks: Asks, scene: Scene, ear: Ear, key: str
) -> None:
    assert (await asks("PUT", key, ear.credentials()))["http"] == 405
    first = (await asks("POST", key, ear.credentials()))["data"]["token"]
    ear.token = "another-token-of-theirs"
    changed = await asks("PUT", first, ear.credentials())
    lost = await asks("PUT", first, ear.credentials())  # the answer was lost: once more
    mine = lost["data"]["token"]

    assert (changed["http"], lost["http"]) == (200, 200)
    assert (await line(scene))["token"] == "another-token-of-theirs"
    assert (await asks("GET", mine, at="cdrs"))["http"] == 200
    assert [(await asks("GET", each))["http"] for each in (key, first)] == [401, 401]


async def test_a_platform_that_goes_is_told_no_more_and_its_key_opens_nothing(
    asks: Asks, scene: Scene, ear: Ear, key: str
) -> None:
    assert (await asks("DELETE", key))["http"] == 405
    mine = (await asks("POST", key, ear.credentials()))["data"]["token"]
    gone = await asks("DELETE", mine)

    assert (gone["http"], gone["status_code"]) == (200, 1000)
    assert await line(scene) == {}
    assert [(await asks("GET", mine, at=at))["http"] for at in ("cdrs", "credentials")] == [401] * 2
    assert (await asks("DELETE", mine))["http"] == 401


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        ({"fault": "down"}, 3001, "the connection broke"),
        ({"fault": "leads_elsewhere"}, 3001, "it answers with 302"),
        ({"token": "not-what-is-told"}, 3001, "it answers with 401"),
        ({"versions": ["2.2.1"]}, 3002, "You do not speak OCPI 2.3.0"),
        ({"modules": {"cdrs": "RECEIVER", "sessions": "SENDER"}}, 3003, "sessions (RECEIVER)"),
        ({"elsewhere": "http://169.254.169.254/latest"}, 3001, "no address of the whole world"),
        ({"elsewhere": "https://10.0.0.7/ocpi"}, 3001, "no address of the whole world"),
    ],
)
async def test_who_cannot_be_asked_back_is_told_why_and_nothing_is_changed(
    asks: Asks, scene: Scene, ear: Ear, key: str, changed: dict[str, Any], code: int, says: str
) -> None:
    given = ear.credentials()
    for name, value in changed.items():
        setattr(ear, name, value)

    refused = await asks("POST", key, given)

    assert refused["status_code"] == code
    assert says in refused["status_message"]
    assert await line(scene) == {}
    assert (await asks("GET", key, at="cdrs"))["http"] == 200


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/ocpi/versions",
        "https://localhost/ocpi/versions",
        "https://192.168.1.1/ocpi/versions",
        "https://[::1]/ocpi/versions",
        "https://metadata.internal/versions",
        "file:///etc/passwd",
        "https://user:word@kiosk.example/versions",
    ],
)
async def test_an_address_within_our_own_network_is_never_called(
    asks: Asks, scene: Scene, ear: Ear, key: str, url: str
) -> None:
    refused = await asks("POST", key, ear.credentials(url=url))

    assert refused["status_code"] == 3001
    assert "no address of the whole world" in refused["status_message"]
    assert await line(scene) == {}


@pytest.mark.parametrize(
    "changed",
    [{"token": ""}, {"token": "x" * 65}, {"token": "zwei Wörter"}, {"url": ""}, {"roles": []}],
)
async def test_what_is_no_credentials_object_is_refused(
    asks: Asks, ear: Ear, key: str, changed: dict[str, Any]
) -> None:
    refused = await asks("POST", key, ear.credentials(**changed))

    assert refused["status_code"] == 2001
    assert (await asks("GET", key, at="cdrs"))["http"] == 200


async def test_a_stranger_registers_nothing(asks: Asks, scene: Scene, ear: Ear, key: str) -> None:
    forged = key[:-1] + ("A" if key[-1] != "A" else "B")

    for method in ("GET", "POST", "PUT", "DELETE"):
        assert (await asks(method, forged, ear.credentials()))["http"] == 401
    assert await line(scene) == {}


async def test_who_has_registered_is_told_at_its_own_addresses_and_only_outside(
    asks: Asks, scene: Scene, ear: Ear, house: House, key: str
) -> None:
    mine = (await asks("POST", key, ear.credentials()))["data"]["token"]
    party, own = scene.station.party.id, house.settings.hook_hosts.split()
    async with scene.begin() as work:
        platform = await kiosks.who(work, mine)
        assert platform is not None
        await kiosks.keep_terminal(work, platform, "T-1", '{"terminal_id":"T-1"}')
        await platforms.assign(work, party, platform.id, "T-1", [scene.station.evse(1)])

    kept = await platform_lines.deliver_due(scene.begin)
    async with scene.begin() as work:
        await work.run("UPDATE platform_push SET next_at = $1, tries = 0", work.now)
    heard = await platform_lines.deliver_due(scene.begin, own=own)

    assert (kept, heard) == (0, 1)
    [(method, path, _)] = ear.terminals
    assert (method, path) == ("PATCH", "payments/terminals/T-1")
