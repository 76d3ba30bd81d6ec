"""What platforms of terminals are told: once, in order, until they have heard it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from tests.payments.scene import Scene
from tests.web.conftest import bank, provider, scene
from voltway.kernel.ids import OrderId, TokenUid, TransactionRef, new_id
from voltway.partners import platform_lines, platforms, rules, store_platforms, wire
from voltway.payments import kiosks
from voltway.payments.kiosks import Platform
from voltway.stations import actions as stations
from voltway.stations.orders import StopCharging
from voltway_world.terminals_ear import Ear

__all__ = ["bank", "provider", "scene"]


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    async with Ear() as opened:
        yield opened


@pytest.fixture
async def platform(scene: Scene, ear: Ear) -> Platform:
    """Kiosk Oy has the terminal T-1 at bay 1, and hears us."""
    party = scene.station.party.id
    async with scene.begin() as work:
        id, key = await kiosks.add_platform(work, party, "Kiosk Oy")
        await platforms.set_line(work, party, id, ear.url, ear.token)
        found = await kiosks.who(work, key)
        assert found is not None
        await kiosks.keep_terminal(work, found, "T-1", '{"terminal_id":"T-1"}')
        await platforms.assign(work, party, id, "T-1", [scene.station.evse(1)])
    return found


async def unheard(scene: Scene) -> list[tuple[str, int, str]]:
    async with scene.begin() as work:
        rows = await work.all(
            "SELECT state, tries, trouble FROM platform_push_view WHERE state <> 'delivered'"
            " ORDER BY number"
        )
    return [(row["state"], row["tries"], row["trouble"]) for row in rows]


async def a_session(scene: Scene, platform: Platform) -> UUID:
    """A card was held at the kiosk, and its car charges."""
    async with scene.begin() as work:
        await platforms.start(work, platform, scene.station.evse(1), "ref-1")
        row = await work.one("SELECT token_uid FROM payment_view")
    assert row is not None
    session = await scene.starts(TokenUid(row["token_uid"]))
    await scene.bus.catch_up()
    async with scene.begin() as work:
        await store_platforms.claim(work, [session])
        await platforms.tell_sessions(work, [session])
    return session


async def test_bays_are_told_once_however_many_tell(
    scene: Scene, ear: Ear, platform: Platform
) -> None:
    both = await asyncio.gather(*(platform_lines.deliver_due(scene.begin) for _ in range(2)))

    assert sum(both) == 1
    assert list(ear.came.values()) == [1]
    [(method, path, said)] = ear.terminals
    assert (method, path) == ("PATCH", "payments/terminals/T-1")
    assert said["evse_uids"] == [str(scene.station.evse(1))]
    assert ear.forged == 0


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        ("down", "the connection broke"),
        ("refuses", "status code 2001 It is refused"),
        ("lost_answer", "status 500"),
    ],
)
async def test_what_was_not_heard_is_told_again_later_and_counts_once(
    scene: Scene, ear: Ear, platform: Platform, fault: str, trouble: str
) -> None:
    ear.fault = fault
    assert await platform_lines.deliver_due(scene.begin) == 0
    assert await unheard(scene) == [("waiting", 1, trouble)]
    assert await platform_lines.deliver_due(scene.begin) == 0, "not before its pause is over"

    ear.fault = ""
    scene.clock.jump(timedelta(seconds=rules.PAUSES_S[0]))
    assert await platform_lines.deliver_due(scene.begin) == 1
    assert await unheard(scene) == []
    assert len(ear.terminals) == 1


async def test_what_is_told_in_vain_for_days_is_laid_aside_and_sent_again_by_a_person(
    scene: Scene, ear: Ear, platform: Platform
) -> None:
    ear.fault = "refuses"
    scene.clock.jump(rules.TOLD_WITHIN)
    await platform_lines.deliver_due(scene.begin)
    [(state, _, _)] = await unheard(scene)
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM platform_push_view")
        assert row is not None
        with pytest.raises(platforms.NoSuchPush):
            await platforms.tell_again(work, platform.party, platform.id, new_id(scene.now))
        await platforms.tell_again(work, platform.party, platform.id, row["id"])
    ear.fault = ""

    assert state == "dead"
    assert await platform_lines.deliver_due(scene.begin) == 1


async def test_a_silent_platform_hears_how_a_session_stands_and_not_each_minute(
    scene: Scene, ear: Ear, platform: Platform
) -> None:
    ear.fault = "down"
    session = await a_session(scene, platform)
    for minute in range(3):
        scene.clock.jump(timedelta(minutes=1))
        await scene.meters(50_000 + 100 * minute, seq=1 + minute)
        await platform_lines.deliver_due(scene.begin)
        await platforms.tell_running(scene.begin)
    waiting = await unheard(scene)
    ear.fault = ""
    scene.clock.jump(timedelta(minutes=10))
    await platform_lines.deliver_due(scene.begin)
    told = await platforms.tell_running(scene.begin)
    await platform_lines.deliver_due(scene.begin)

    assert len(waiting) == 2  # the bays, and the session once
    assert told == 1
    said = ear.sessions[str(session)]
    assert (said["authorization_reference"], said["status"]) == ("ref-1", "ACTIVE")
    assert (said["country_code"], said["kwh"]) == (scene.station.party.country_code, 0.2)


async def test_a_session_is_ended_by_the_platform_that_it_is_of_and_asked_once(
    scene: Scene, ear: Ear, platform: Platform
) -> None:
    session = await a_session(scene, platform)
    async with scene.begin() as work:
        first = await platforms.stop(work, platform, session)
        again = await platforms.stop(work, platform, session)
        await platforms.answer_to(work, platform, first, f"{ear.url}/commands/STOP_SESSION/7")
        _, rivals = await kiosks.add_platform(work, platform.party, "Rival Oy")
        rival = await kiosks.who(work, rivals)
        assert rival is not None
        for nobodys in (None, session, new_id(scene.now)):
            with pytest.raises(platforms.NoSuchSession):
                await platforms.stop(work, rival, nobodys)

    assert first == again
    assert await _orders(scene) == ["StartCharging", "StopCharging"]


async def _orders(scene: Scene) -> list[str]:
    async with scene.begin() as work:
        rows = await work.all("SELECT kind FROM order_view ORDER BY number")
    return [row["kind"] for row in rows]


async def test_what_became_of_an_order_is_told_where_the_platform_is_and_nowhere_else(
    scene: Scene, ear: Ear, platform: Platform
) -> None:
    async with scene.begin() as work:
        order = await stations.place_order(
            work,
            scene.station.station.id,
            StopCharging(TransactionRef("tx")),
            "terminal",
            expires_s=1,
        )
        for name in ("mine", "mine"):
            await platforms.answer_to(work, platform, order, f"{ear.url}/commands/X/{name}")
        await platforms.answer_to(work, platform, order, "http://127.0.0.1:1/commands/X/other")
        await platforms.answer_to(work, platform, order, "http://[/commands/X/broken")
    scene.clock.jump(timedelta(seconds=2))
    await stations.end_overdue_orders(scene.begin)
    async with scene.begin() as work:
        await platforms.answer_to(work, platform, order, f"{ear.url}/commands/X/late")
        await platforms.answer_to(work, platform, OrderId(new_id(scene.now)), ear.url)
    await platform_lines.deliver_due(scene.begin)
    await platform_lines.deliver_due(scene.begin)

    assert ear.results == {"mine": "TIMEOUT", "late": "TIMEOUT"}


async def test_a_terminal_is_activated_once_and_deactivated_with_its_bays_taken_away(
    scene: Scene, ear: Ear, platform: Platform
) -> None:
    party, evse = platform.party, scene.station.evse(1)
    async with scene.begin() as work:
        for _ in range(2):
            await platforms.activate(work, party, platform.id, " SN-77 ", [evse])
        await platforms.deactivate(work, party, platform.id, "T-1")
        with pytest.raises(kiosks.NotAtThisTerminal):
            await platforms.start(work, platform, evse, "ref-2")
    for _ in range(2):
        await platform_lines.deliver_due(scene.begin)

    assert [(method, path) for method, path, _ in ear.terminals] == [
        ("PATCH", "payments/terminals/T-1"),
        ("POST", "payments/terminals/activate"),
        ("POST", "payments/terminals/T-1/deactivate"),
    ]
    assert ear.terminals[1][2]["reference"] == "SN-77"


async def test_who_cannot_be_told_and_what_is_no_address_gets_a_sentence(
    scene: Scene, platform: Platform
) -> None:
    party = platform.party
    async with scene.begin() as work:
        deaf, _ = await kiosks.add_platform(work, party, "Deaf Oy")
        with pytest.raises(platforms.NoLine, match="its address is not set"):
            await platforms.activate(work, party, deaf, "SN", [])
        with pytest.raises(platforms.NotItsReference):
            await platforms.activate(work, party, platform.id, " ", [])
        with pytest.raises(rules.NotAnAddress):
            await platforms.set_line(work, party, deaf, "http://kiosk.example", "t")
        for token in ("", "a b", "ä", "t" * 301):
            with pytest.raises(platforms.NotAToken):
                await platforms.set_line(work, party, deaf, "https://kiosk.example", token)
        with pytest.raises(kiosks.NoSuchPlatform):
            await platforms.set_line(work, party, new_id(scene.now), "https://k.example", "t")
        await platforms.drop_line(work, party, platform.id)
    assert await unheard(scene) == []


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, b'{"status_code":1000}', ""),
        (201, b'{"status_code":1001,"data":null}', ""),
        (200, b'{"status_code":2001,"status_message":"no"}', "status code 2001 no"),
        (404, b'{"status_code":1000}', "status 404"),
        (200, b"<html>", "its answer is not OCPI's"),
    ],
)
def test_only_a_yes_of_ocpi_is_a_yes(status: int, body: bytes, why: str) -> None:
    assert platform_lines.why_unheard(wire.Reply(status, body, "")) == why
