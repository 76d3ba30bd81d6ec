"""Who is let in: handshakes by real sockets, wrong ones as raw requests."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.ocpp.gateway_floor import KEY, WITHIN_S, Door, a_door, basic, dial
from voltway.ocpp.lobby import TRIES, identity_in
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlan

UPGRADE = {
    "Host": "csms",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "ocpp1.6",
}


@pytest.fixture
async def door(database: Database, clock: JumpingClock) -> AsyncIterator[Door]:
    async with a_door(database, clock) as opened:
        yield opened


async def raw(door: Door, request: str) -> str:
    """The head of the answer to a raw request."""
    address = urlsplit(door.url)
    async with asyncio.timeout(WITHIN_S):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(request.encode("latin-1"))
        try:
            return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        finally:
            writer.close()
            await writer.wait_closed()


async def knock(door: Door, target: str, **headers: str | None) -> str:
    """The head of the answer to a handshake; headers by name, ``None`` to leave one out."""
    told = {**UPGRADE, **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"{name}: {value}" for name, value in told.items() if value is not None]
    return await raw(door, f"GET {target} HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n")


def status(head: str) -> int:
    return int(head.split(" ", 2)[1])


@pytest.mark.parametrize(
    ("target", "identity"),
    [
        ("/ocpp/CP1", "CP1"),
        ("/ocpp/CP1/", "CP1"),
        ("/ocpp//CP1", "CP1"),
        ("ws://csms:8500/ocpp/CP_1", "CP_1"),
        ("/ws://192.168.0.9:9000/CP_1/SERIAL_1234", "SERIAL_1234"),
        ("/ocpp/RDAM%7C123", "RDAM|123"),
        ("/ocpp/RDAM%257C123", "RDAM%7C123"),
        ("/ocpp/CP1?x=1", "CP1"),
        ("/ocppCP1", None),
        ("/", None),
        ("/ocpp/", None),
        ("/ocpp/CP%00", None),
        ("/ocpp/a%2Fb", None),
        ("/ocpp/a%zz", None),
        ("/ocpp/%ff%fe", None),
        ("/ocpp/a%0Ab", None),
    ],
)
def test_the_url_names_the_station(target: str, identity: str | None) -> None:
    assert identity_in(target) == identity


async def test_a_station_comes_in_by_every_spelling_of_its_url(door: Door) -> None:
    await door.add("ZAPPI|1")
    for path in ("ZAPPI%7C1", "ZAPPI%7C1/", "/ZAPPI%7C1"):
        async with dial(door, "ZAPPI|1", path=path) as line:
            assert (await line.boot())["status"] == "Accepted"
    async with dial(door, "zappi|1", path="zappi%7C1") as line:
        assert (await line.boot())["status"] == "Accepted"


async def test_unknown_and_wrong_look_the_same_and_wait_in_the_lobby(door: Door) -> None:
    await door.add("CS1")
    heads = {
        await knock(door, f"/ocpp/{name}", **headers)
        for name, headers in (
            ("CS1", {}),
            ("CS1", basic("CS1", "")),
            ("CS1", basic("CS1", "fedcba9876543210")),
            ("CS1", basic("CS2")),
            ("CS1", {"Authorization": "Bearer x"}),
            ("CS1", {"Authorization": "Basic !"}),
            ("NEW", basic("NEW", "fedcba9876543210")),
            ("NEW", {}),
        )
    }
    assert len(heads) == 1
    assert status(heads.pop()) == 401

    await door.server.drain()
    rows = await door.read("SELECT identity, reason, tries, station_id, key_hash FROM lobby_entry")
    assert sorted((row["identity"], row["reason"], row["tries"]) for row in rows) == [
        ("CS1", "no_key", 4),
        ("CS1", "other_name", 1),
        ("CS1", "wrong_key", 1),
        ("NEW", "unknown", 2),
    ]
    assert [row["identity"] for row in rows if row["station_id"] is None] == ["NEW"]
    assert all(KEY.encode() not in (row["key_hash"] or b"") for row in rows)


async def test_a_station_of_the_lobby_is_adopted_and_comes_in_with_its_own_key(door: Door) -> None:
    assert status(await knock(door, "/ocpp/NEW", **basic("NEW", "its own long key"))) == 401
    (entry,) = await door.until_read("SELECT id FROM lobby_view WHERE key_usable")

    async with door.server.refreshed:
        async with door.begin() as work:
            await stations.adopt(
                work, entry["id"], door.home.party, door.home.id, [EvsePlan(1)], keep_its_key=True
            )
        await asyncio.wait_for(door.server.refreshed.wait(), WITHIN_S)

    async with dial(door, "NEW", key="its own long key") as line:
        assert (await line.boot())["status"] == "Accepted"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"Sec_WebSocket_Protocol": None}, 400, id="no subprotocol"),
        pytest.param({"Sec_WebSocket_Protocol": "ocpp1.5"}, 400, id="one that we do not speak"),
        pytest.param({"Connection": None}, 400, id="no Connection header"),
        pytest.param({"Connection": "keep-alive, Upgrade"}, 101, id="a proxy's Connection header"),
        pytest.param({"Upgrade": None}, 426, id="a browser"),
        pytest.param({"Sec_WebSocket_Protocol": "ocpp2.0.1, ocpp1.6"}, 101, id="a choice"),
        pytest.param({"Sec_WebSocket_Key": "x"}, 400, id="a key that is none"),
    ],
)
async def test_a_handshake_is_answered_as_it_should(
    door: Door, change: dict[str, str | None], code: int
) -> None:
    await door.add("CS1")
    head = await knock(door, "/ocpp/CS1", **basic("CS1"), **change)

    assert status(head) == code
    if code == 101 and "," in (change.get("Sec_WebSocket_Protocol") or ""):
        assert "sec-websocket-protocol: ocpp2.0.1\r\n" in head.lower()


async def test_other_requests_are_refused_and_the_listener_lives_on(door: Door) -> None:
    await door.add("CS1")
    for request in (
        "POST /services/CentralSystemService HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "GET /ocpp/CS1 HTTP/1.0\r\n\r\n",
        "nonsense\r\n\r\n",
    ):
        assert status(await raw(door, request)) == 400
    assert status(await knock(door, "/ocppCS1")) == 404
    assert status(await knock(door, "/ocpp/CS1", **basic("CS1"))) == 101


async def test_a_station_that_names_no_subprotocol_is_let_in_when_that_is_known_of_it(
    door: Door,
) -> None:
    station = await door.add("CS1")
    async with door.server.refreshed:
        async with door.begin() as work:
            await stations.set_subprotocols(work, station.id, assume="ocpp1.6")
        await asyncio.wait_for(door.server.refreshed.wait(), WITHIN_S)

    head = await knock(door, "/ocpp/CS1", Sec_WebSocket_Protocol=None, **basic("CS1"))

    assert status(head) == 101
    assert "sec-websocket-protocol" not in head.lower()


async def test_a_pinned_version_is_the_only_one(door: Door) -> None:
    station = await door.add("CS1")
    async with door.server.refreshed:
        async with door.begin() as work:
            await stations.set_subprotocols(work, station.id, pin="ocpp1.6")
        await asyncio.wait_for(door.server.refreshed.wait(), WITHIN_S)

    both = await knock(
        door, "/ocpp/CS1", Sec_WebSocket_Protocol="ocpp2.0.1, ocpp1.6", **basic("CS1")
    )
    other = await knock(door, "/ocpp/CS1", Sec_WebSocket_Protocol="ocpp2.0.1", **basic("CS1"))

    assert "sec-websocket-protocol: ocpp1.6\r\n" in both.lower()
    assert status(other) == 400


async def test_whoever_guesses_is_slowed_down_and_the_real_station_still_comes_in(
    door: Door, clock: JumpingClock
) -> None:
    await door.add("CS1")
    guess = basic("CS1", "fedcba9876543210")
    codes = [status(await knock(door, "/ocpp/CS1", **guess)) for _ in range(TRIES + 1)]

    assert codes == [401] * TRIES + [429]
    async with dial(door, "CS1") as line:
        assert (await line.boot())["status"] == "Accepted"


async def test_a_station_may_send_the_bytes_that_its_key_means(door: Door) -> None:
    async with door.server.refreshed:
        async with door.begin() as work:
            _, key = await stations.add_station(work, door.home.party, door.home.id, "CS1")
        await asyncio.wait_for(door.server.refreshed.wait(), WITHIN_S)
    raw_key = bytes.fromhex(key)
    headers = {"Authorization": "Basic " + b64encode(b"CS1:" + raw_key).decode()}

    assert status(await knock(door, "/ocpp/CS1", **headers)) == 101


async def test_a_new_key_and_the_old_hold_until_the_station_came_with_the_new(door: Door) -> None:
    station = await door.add("CS1")
    async with door.server.refreshed:
        async with door.begin() as work:
            fresh = await stations.rotate_key(work, station.id)
        await asyncio.wait_for(door.server.refreshed.wait(), WITHIN_S)

    async with dial(door, "CS1") as line:
        await line.boot()
    async with door.server.refreshed:
        async with dial(door, "CS1", key=fresh) as line:
            await line.boot()
        await asyncio.wait_for(door.server.refreshed.wait(), WITHIN_S)

    assert status(await knock(door, "/ocpp/CS1", **basic("CS1"))) == 401
    assert status(await knock(door, "/ocpp/CS1", **basic("CS1", fresh))) == 101


async def test_a_removed_station_is_sent_away(door: Door) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await line.boot()
        async with door.begin() as work:
            await stations.remove_station(work, station.id)
        assert await line.end() == 1008
    assert status(await knock(door, "/ocpp/CS1", **basic("CS1"))) == 401


CASES = Path(__file__).parents[1] / "cases" / "quirks.jsonl"


def _requests() -> list[str]:
    cases = [json.loads(line) for line in CASES.read_text().splitlines()]
    return [
        request
        for case in cases
        if case["category"] == "handshake"
        for request in case["http"] or ()
    ]


async def test_no_strange_handshake_is_let_in_without_a_key(door: Door) -> None:
    """The collected upgrade requests of real stations: none of those has a key of ours."""
    await door.add("CP1")
    assert len(_requests()) > 10
    for request in _requests():
        assert status(await raw(door, request)) in {400, 401, 404, 426, 429}
    async with dial(door, "CP1") as line:
        assert (await line.boot())["status"] == "Accepted"
