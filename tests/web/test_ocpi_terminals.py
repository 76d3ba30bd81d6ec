"""The door for platforms of stand-alone payment terminals."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from tests.network import a_party, a_station
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.test_photos import photo
from voltway.kernel.ids import EvseId, new_id
from voltway.partners import platform_lines, platforms
from voltway.payments import actions as payments
from voltway.payments import kiosks
from voltway.payments.model import Why
from voltway.payments.providers.terminal import TerminalProvider
from voltway.stations import photos

ROOT = "/ocpi/2.3.0"
Asks = Callable[..., Awaitable[Any]]


@pytest.fixture
async def key(scene: Scene) -> str:
    """A platform with the terminal T-1, at which bay 1 can be paid for."""
    party = scene.station.party.id
    async with scene.begin() as work:
        id, made = await kiosks.add_platform(work, party, "Kiosk Oy")
        platform = await kiosks.who(work, made)
        assert platform is not None
        await kiosks.keep_terminal(work, platform, "T-1", '{"terminal_id":"T-1"}')
        await kiosks.assign(work, party, id, "T-1", [scene.station.evse(1)])
    return made


@pytest.fixture
def asks(browser: Browser, key: str) -> Asks:
    async def ask(method: str, path: str, body: Any = None, shown: str = key) -> Any:
        token = b64encode(shown.encode()).decode()
        answer = await browser.client.request(
            method, f"{ROOT}/{path}", json=body, headers={"Authorization": f"Token {token}"}
        )
        return answer.json() | {"http": answer.status_code}

    return ask


def a_start(scene: Scene, evse: Any = None, reference: str = "ref-1") -> dict[str, Any]:
    return {
        "location_id": "x",
        "evse_uid": str(evse or scene.station.evse(1)),
        "authorization_reference": reference,
    }


def an_advice(**more: Any) -> dict[str, Any]:
    return {
        "id": "a-1",
        "authorization_reference": "ref-1",
        "total_costs": {"before_taxes": 3.9, "taxes": [{"name": "VAT", "amount": 1}]},
        "currency": "EUR",
        "eft_data": ["VISA"],
        "capture_status_code": "SUCCESS",
        "last_updated": "2026-03-02T12:00:00Z",
        **more,
    }


ADVICE = "payments/financial-advice-confirmations"


async def verdicts(scene: Scene) -> list[str]:
    async with scene.begin() as work:
        rows = await work.all("SELECT verdict FROM terminal_settlement_view ORDER BY verdict")
    return [row["verdict"] for row in rows]


async def test_who_shows_no_key_that_holds_learns_nothing(
    asks: Asks, scene: Scene, key: str, browser: Browser
) -> None:
    bare = await browser.client.get(f"{ROOT}/cdrs")
    wrong = await asks("GET", "cdrs", shown=key[:-1] + ("A" if key[-1] != "A" else "B"))
    async with scene.begin() as work:
        platform = await kiosks.who(work, key)
        assert platform is not None
        await kiosks.revoke_platform(work, platform.party, platform.id)
    revoked = await asks("GET", "payments/terminals/T-1")

    assert (bare.status_code, wrong["http"], revoked["http"]) == (401, 401, 401)
    async with scene.begin() as work:
        kept = await work.one("SELECT secret_hash FROM terminal_provider")
    assert kept is not None
    assert key.encode() not in bytes(kept["secret_hash"])


async def test_a_platform_finds_its_way_and_its_terminals(asks: Asks, scene: Scene) -> None:
    found = await asks("GET", "")
    made = await asks("POST", "payments/terminals", {"terminal_id": "T-2", "city": "Oulu"})
    again = await asks("POST", "payments/terminals", {"terminal_id": "T-1", "city": "Oulu"})
    read = await asks("GET", "payments/terminals/T-1")
    absent = await asks("GET", "payments/terminals/T-9")

    assert [each["identifier"] for each in found["data"]["endpoints"]] == [
        "payments",
        "commands",
        "cdrs",
        "locations",
        "tariffs",
        "credentials",
    ]
    assert (made["http"], made["data"]["city"], made["data"]["evse_uids"]) == (201, "Oulu", [])
    assert again["data"]["evse_uids"] == [str(scene.station.evse(1))]
    assert read["data"] == again["data"]
    assert absent["status_code"] == 2000


async def test_a_bay_is_started_once_for_a_reference_and_only_where_the_terminal_serves(
    asks: Asks, scene: Scene
) -> None:
    first = await asks("POST", "commands/START_SESSION", a_start(scene))
    again = await asks("POST", "commands/START_SESSION", a_start(scene))
    moved = await asks("POST", "commands/START_SESSION", a_start(scene, scene.station.evse(2)))
    other = await asks(
        "POST", "commands/START_SESSION", a_start(scene, scene.station.evse(2), "ref-2")
    )
    nowhere = await asks("POST", "commands/START_SESSION", a_start(scene, new_id(scene.now), "r"))
    nothing = await asks("POST", "commands/START_SESSION", a_start(scene, "bay four", "r"))

    assert [each["data"]["result"] for each in (first, again)] == ["ACCEPTED", "ACCEPTED"]
    assert [each["data"]["result"] for each in (moved, other, nowhere, nothing)] == ["REJECTED"] * 4
    assert "none of your terminals" in other["data"]["message"][0]["text"]
    assert await scene.count("payment_view") == 1
    assert await scene.count("order_view") == 1


async def test_what_a_platform_took_is_on_the_bill_and_told_twice_is_taken_once(
    asks: Asks, scene: Scene
) -> None:
    await asks("POST", "commands/START_SESSION", a_start(scene))
    async with scene.begin() as work:
        row = await work.one("SELECT token_uid FROM payment_view")
    assert row is not None
    await scene.starts(row["token_uid"])
    early = await asks("POST", ADVICE, an_advice())
    again = await asks("POST", ADVICE, an_advice())
    other = await asks("POST", ADVICE, an_advice(id="a-2", capture_status_code="FAILED"))
    await scene.ends(60_000)
    await scene.settles()
    read = await asks("GET", f"{ADVICE}/a-1")
    [cdr] = (await asks("GET", "cdrs"))["data"]

    assert [each["http"] for each in (early, again, other)] == [201, 201, 201]
    assert await verdicts(scene) == ["contradicts", "taken"]
    assert read["data"]["authorization_reference"] == "ref-1"
    assert cdr["authorization_reference"] == "ref-1"
    assert cdr["cdr_location"]["evse_uid"] == str(scene.station.evse(1))
    async with scene.begin() as work:
        payment = await payments.visit(work, cdr["invoice_reference_id"])
    assert (payment.state, payment.captured_minor) == ("captured", 490)


async def test_a_confirmation_of_another_platform_or_in_another_currency_moves_nothing(
    asks: Asks, scene: Scene
) -> None:
    await asks("POST", "commands/START_SESSION", a_start(scene))
    async with scene.begin() as work:
        _, rival = await kiosks.add_platform(work, scene.station.party.id, "Rival Oy")
    await asks("POST", ADVICE, an_advice(), rival)
    await asks("POST", ADVICE, an_advice(currency="SEK"))
    await asks("POST", ADVICE, an_advice(id="a-3", authorization_reference="ref-9"))
    page = await asks("GET", "cdrs", shown=rival)

    assert await verdicts(scene) == ["elsewhere", "no_amount", "unknown"]
    assert page["data"] == []


async def test_the_console_shows_the_terminal_its_bays_and_what_is_in_doubt(
    asks: Asks, scene: Scene, owner: Browser
) -> None:
    await asks("POST", "commands/START_SESSION", a_start(scene))
    await asks("POST", ADVICE, an_advice(id="a-3", authorization_reference="ref-9"))

    page = await owner.reads("/console/terminals")

    assert "T-1" in page
    assert "Kiosk Oy" in page
    assert f"€{scene.station.party.hold_minor // 100}.00" in page
    assert "ref-9" in page


async def test_a_hold_for_which_nothing_started_is_let_go_at_the_kiosk(
    asks: Asks, scene: Scene
) -> None:
    await asks("POST", "commands/START_SESSION", a_start(scene))
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM payment_view")
    assert row is not None
    after = await payments.release(
        scene.begin, TerminalProvider(scene.begin), row["id"], Why.NOTHING_STARTED
    )

    assert (after.state, after.why) == ("released", "nothing_started")


async def test_a_platform_ends_its_own_sessions_and_no_others(asks: Asks, scene: Scene) -> None:
    await asks("POST", "commands/START_SESSION", a_start(scene))
    async with scene.begin() as work:
        row = await work.one("SELECT token_uid FROM payment_view")
    assert row is not None
    session = await scene.starts(row["token_uid"])
    await scene.bus.catch_up()
    ask = {"response_url": "https://kiosk.example/commands/STOP_SESSION/1"}
    first = await asks("POST", "commands/STOP_SESSION", {**ask, "session_id": str(session)})
    again = await asks("POST", "commands/STOP_SESSION", {**ask, "session_id": str(session)})
    other = await asks("POST", "commands/STOP_SESSION", {**ask, "session_id": "one"})
    await scene.ends(60_000)
    over = await asks("POST", "commands/STOP_SESSION", {**ask, "session_id": str(session)})
    broken = await asks("POST", "commands/STOP_SESSION", {})

    results = [each["data"]["result"] for each in (first, again, other, over)]
    assert results == ["ACCEPTED", "ACCEPTED", "UNKNOWN_SESSION", "REJECTED"]
    assert broken["status_code"] == 2001
    assert await scene.count("order_view") == 2


async def test_a_terminal_shows_its_bays_and_what_they_cost_and_no_others(
    asks: Asks, scene: Scene
) -> None:
    [place] = (await asks("GET", "locations"))["data"]
    [tariff] = (await asks("GET", "tariffs"))["data"]
    [bay] = place["evses"]
    [connector] = bay["connectors"]
    one = await asks("GET", f"locations/{place['id']}/{bay['uid']}")
    same = await asks("GET", f"locations/{place['id']}/{bay['uid']}/1")
    other = await asks("GET", f"locations/{place['id']}/{scene.station.evse(2)}")
    beyond = await asks("GET", "locations?offset=5")
    async with scene.begin() as work:
        _, rival = await kiosks.add_platform(work, scene.station.party.id, "Rival Oy")
    await asks("POST", "commands/START_SESSION", a_start(scene))
    async with scene.begin() as work:
        row = await work.one("SELECT token_uid FROM payment_view")
    assert row is not None
    await scene.starts(row["token_uid"])
    busy = await asks("GET", f"locations/{place['id']}/{bay['uid']}")

    assert (bay["uid"], bay["status"]) == (str(scene.station.evse(1)), "AVAILABLE")
    assert (place["country"], connector["tariff_ids"]) == ("FIN", [tariff["id"]])
    assert tariff["preauthorize_amount"] == scene.station.party.hold_minor / 100
    assert (one["data"], same["data"]) == (bay, connector)
    assert (other["status_code"], beyond["data"]) == (2003, [])
    assert busy["data"]["status"] == "CHARGING"
    for path in ("locations", "tariffs"):
        assert (await asks("GET", path, shown=rival))["data"] == []
        assert (await asks("GET", path, shown="vt_no"))["http"] == 401


async def test_a_place_with_a_photo_tells_where_it_is_as_an_image(asks: Asks, scene: Scene) -> None:
    [before] = (await asks("GET", "locations"))["data"]
    made = await photos.made(photo())
    async with scene.begin() as work:
        await photos.add(work, scene.station.location.id, made, "The way in", by="Olga")

    [place] = (await asks("GET", "locations"))["data"]

    assert "images" not in before
    [image] = place["images"]
    assert image["url"].endswith(f"/photos/{made.large.name}.webp")
    assert image["thumbnail"].endswith(f"/photos/{made.small.name}.webp")
    assert (image["category"], image["type"]) == ("LOCATION", "webp")
    assert (image["width"], image["height"]) == (1200, 900)


async def test_an_operator_sees_what_a_platform_did_not_hear_and_has_it_told_again(
    asks: Asks, scene: Scene, owner: Browser, key: str
) -> None:
    party = scene.station.party.id
    async with scene.begin() as work:
        platform = await kiosks.who(work, key)
        assert platform is not None
        await platforms.set_line(work, party, platform.id, "http://127.0.0.1:1/ocpi", "t0ken")
        await platforms.assign(work, party, platform.id, "T-1", [scene.station.evse(1)])
        await work.run("UPDATE platform_push SET made_at = made_at - interval '3 days'")
    await platform_lines.deliver_due(scene.begin)
    page = await owner.reads("/console/terminals")
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM platform_push_view")
    assert row is not None
    again = f"/console/terminals/{platform.id}/again"
    told = await owner.sends(again, push=str(row["id"]))
    nothing = await owner.sends(again, push="x")

    assert "silent: it cannot be reached" in page
    assert "laid aside" in page
    assert "t0ken" not in page
    assert (told.status_code, nothing.status_code) == (303, 404)
    async with scene.begin() as work:
        row = await work.one("SELECT state, tries FROM platform_push_view")
    assert row is not None
    assert dict(row) == {"state": "waiting", "tries": 0}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("payments/terminals", {}),
        ("payments/terminals", {"terminal_id": "x" * 37}),
        ("payments/terminals", {"terminal_id": "a\x00b"}),
        ("payments/terminals", [1]),
        ("commands/START_SESSION", {"location_id": "x"}),
        (ADVICE, an_advice(total_costs={"before_taxes": "much"})),
        (ADVICE, an_advice(currency="euro")),
        (ADVICE, an_advice(eft_data=["\x1b[2J"])),
    ],
)
async def test_what_cannot_be_read_is_answered_with_a_sentence_and_keeps_nothing(
    asks: Asks, scene: Scene, path: str, body: Any
) -> None:
    said = await asks("POST", path, body)

    assert said["status_code"] == 2001
    assert said["status_message"].startswith("This cannot be read: ")
    assert await scene.count("kiosk_view") == 1


async def test_a_terminal_serves_no_bay_of_somebody_else(scene: Scene, key: str) -> None:
    async with scene.begin() as work:
        platform = await kiosks.who(work, key)
        assert platform is not None
        rival = await a_station(work, await a_party(work))
        with pytest.raises(kiosks.NotOurs):
            await kiosks.assign(work, platform.party, platform.id, "T-1", [rival.evse(1)])
        with pytest.raises(kiosks.NoSuchTerminal):
            await kiosks.assign(work, rival.party.id, platform.id, "T-1", [EvseId(UUID(int=1))])
