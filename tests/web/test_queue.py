"""The line at a place, as drivers and stations meet it: join, turn, hold, accept, pass, leave."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.test_account import enters
from voltway.alerts.queueing_up import hears_turns
from voltway.drivers import actions as drivers
from voltway.kernel.facts import Fact
from voltway.kernel.ids import StationId, TokenUid
from voltway.runtime.settings import Settings
from voltway.stations import actions as stations
from voltway.waiting import lining_up, looking, rules_turns, turns
from voltway.waiting.model_turns import TurnCame, TurnOver

ANN, BEN = "ann@example.org", "ben@example.org"
EVERY_S = Settings().heartbeat_s


async def become(scene: Scene, status: str, *, bay: int | None = None) -> None:
    """All bays say so, or one of them."""
    async with scene.begin() as work:
        await work.run(
            "UPDATE evse SET status = $1, status_at = $2 WHERE $3::int IS NULL OR number = $3",
            status,
            work.now,
            bay,
        )


async def goes_on(scene: Scene, seconds: int = 0) -> None:
    """Time goes by, stations stay in contact, and the lines move."""
    scene.clock.jump(timedelta(seconds=seconds))
    async with scene.begin() as work:
        await work.run("UPDATE station SET last_heard_at = $1", work.now)
    await lining_up.move(scene.begin, EVERY_S)


async def joins(browser: Browser, scene: Scene, email: str = ANN, **fields: str) -> str:
    path = f"/l/{scene.station.location.id}/queue"
    answer = await browser.sends(path, email=email, **fields)
    assert answer.status_code == 303, words_of(answer.text)
    scene.clock.jump(timedelta(seconds=1))
    return str(answer.headers["location"])


async def starts(browser: Browser, scene: Scene, bay: int) -> Any:
    public_id = scene.station.evses[bay].public_id
    return await browser.sends(f"/e/{public_id}/start")


async def turned_away(scene: Scene, uid: str) -> bool:
    """Whether the station is told no when this card is shown."""
    shown = (StationId(scene.station.station.id), TokenUid(uid))
    async with scene.begin() as work:
        return shown in await turns.turned_away(work, {shown})


@pytest.fixture
async def full(scene: Scene) -> Scene:
    """The place is full."""
    await become(scene, "charging")
    return scene


async def test_who_is_first_in_line_gets_the_bay_held_and_accepts_it(
    browser: Browser, full: Scene
) -> None:
    said = await browser.reads(f"/l/{full.station.location.id}")
    assert "Nothing is free now Join the queue" in said
    ben = await joins(browser, full, BEN)
    ann = await joins(browser, full)
    assert "You are next" in await browser.reads(ben)
    assert "You are number 2 in line" in await browser.reads(ann)

    await become(full, "available", bay=1)
    await goes_on(full)

    said = await browser.reads(ben)
    assert "Your turn: bay 1" in said
    assert "5 min 00 s left" in said
    await goes_on(full, 60)
    answer = await browser.sends(f"{ben}/accept")
    assert answer.status_code == 303
    assert "5 min 00 s left" in await browser.reads(ben)
    await browser.sends(f"{ben}/accept")
    assert "You are next" in await browser.reads(ann)


async def test_nobody_else_starts_at_a_bay_that_is_held_and_who_has_it_does(
    browser: Browser, full: Scene
) -> None:
    page = await joins(browser, full)
    await become(full, "available", bay=1)
    await goes_on(full)
    browser.client.cookies.clear()

    said = await browser.reads(f"/l/{full.station.location.id}")
    assert "0 of 2 free" in said
    refused = await starts(browser, full, 1)
    assert refused.status_code == 409
    assert "held for who is next in line" in words_of(refused.text)
    assert await full.count("payment") == 0

    await browser.reads(page)  # their own page: from now on the bay starts from here
    allowed = await starts(browser, full, 1)
    assert allowed.status_code == 303, words_of(allowed.text)
    async with full.begin() as work:
        [row] = await work.all("SELECT visit_key FROM waiting_turn")
    assert row["visit_key"]


async def test_who_starts_is_done_and_the_bay_is_held_no_more(
    browser: Browser, full: Scene
) -> None:
    page = await joins(browser, full)
    await become(full, "available", bay=1)
    await goes_on(full)
    started = await browser.sends(f"/e/{full.station.evses[1].public_id}/start", email=ANN)
    assert started.status_code == 303, words_of(started.text)
    async with full.begin() as work:
        [row] = await work.all("SELECT token_uid FROM payment_view")
    await full.starts(row["token_uid"])
    async with full.begin() as work:
        await work.run("UPDATE payment SET session_id = (SELECT id FROM session)")

    await goes_on(full, 1)

    assert "You are charging" in await browser.reads(page)
    assert await full.count("bay_hold_view") == 0


async def test_who_signs_in_with_the_address_of_a_turn_starts_at_its_bay_from_any_browser(
    browser: Browser, full: Scene
) -> None:
    await joins(browser, full)
    await become(full, "available", bay=1)
    await goes_on(full)
    browser.client.cookies.clear()
    await enters(browser, full, ANN)

    answer = await starts(browser, full, 1)

    assert answer.status_code == 303, words_of(answer.text)
    async with full.begin() as work:
        [row] = await work.all(
            "SELECT t.visit_key = p.visit_key AS so FROM waiting_turn t, payment p"
        )
    assert row["so"]


async def test_who_has_signed_in_and_charges_at_another_bay_waits_no_more(
    browser: Browser, full: Scene
) -> None:
    page = await joins(browser, full)
    browser.client.cookies.clear()
    await enters(browser, full, ANN)
    await become(full, "available", bay=1)
    answer = await starts(browser, full, 1)
    assert answer.status_code == 303, words_of(answer.text)
    async with full.begin() as work:
        [row] = await work.all("SELECT token_uid FROM payment WHERE email IS NULL")
    await full.starts(row["token_uid"])
    async with full.begin() as work:
        await work.run("UPDATE payment SET session_id = (SELECT id FROM session)")

    await goes_on(full, 1)

    assert "You are charging" in await browser.reads(page)


async def test_a_card_of_somebody_else_is_turned_away_only_where_every_bay_is_held(
    browser: Browser, full: Scene
) -> None:
    party = full.station.party.id
    async with full.begin() as work:
        await drivers.add_token(work, party, "04AAAAAA", email=ANN)
        await drivers.add_token(work, party, "04BBBBBB")
    await joins(browser, full)
    await become(full, "available", bay=1)
    await goes_on(full)

    assert await turned_away(full, "04BBBBBB")
    assert not await turned_away(full, "04AAAAAA")

    await become(full, "available", bay=2)
    assert not await turned_away(full, "04BBBBBB")

    await become(full, "charging", bay=2)
    full.clock.jump(timedelta(minutes=6))
    assert not await turned_away(full, "04BBBBBB")


async def test_who_lets_one_pass_is_behind_them_and_the_next_is_offered_the_bay(
    browser: Browser, full: Scene
) -> None:
    ann, ben = await joins(browser, full), await joins(browser, full, BEN)
    await become(full, "available", bay=1)
    await goes_on(full)

    assert (await browser.sends(f"{ann}/back")).status_code == 303
    await goes_on(full)

    assert "Your turn: bay 1" in await browser.reads(ben)
    assert "You are next" in await browser.reads(ann)
    alone = await browser.sends(f"{ann}/back")
    assert alone.status_code == 409
    assert "Nobody stands behind you" in words_of(alone.text)


async def test_who_lets_others_pass_is_offered_nothing_for_a_quarter_of_an_hour(
    browser: Browser, full: Scene
) -> None:
    page = await joins(browser, full)
    await browser.sends(f"{page}/pass")
    await become(full, "available", bay=1)
    await goes_on(full)
    assert "Others go first until" in await browser.reads(page)

    await goes_on(full, int(rules_turns.PASSES.total_seconds()))

    assert "Your turn" in await browser.reads(page)


async def test_who_leaves_or_comes_too_late_is_told_and_may_not_accept_any_more(
    browser: Browser, full: Scene
) -> None:
    ann, ben = await joins(browser, full), await joins(browser, full, BEN)
    await become(full, "available", bay=1)
    await goes_on(full)
    await browser.sends(f"{ann}/leave")
    await browser.sends(f"{ann}/leave")
    assert "You are not in line any more" in await browser.reads(ann)
    await goes_on(full)
    assert "Your turn" in await browser.reads(ben)

    await goes_on(full, 301)

    assert "Your time was over" in await browser.reads(ben)
    late = await browser.sends(f"{ben}/accept")
    assert late.status_code == 409
    assert "No bay is held for you now" in words_of(late.text)


async def test_whose_bay_falls_silent_keeps_their_place(browser: Browser, full: Scene) -> None:
    page = await joins(browser, full)
    await become(full, "available", bay=1)
    await goes_on(full)

    full.clock.jump(timedelta(seconds=1))
    async with full.begin() as work:
        await work.run("UPDATE station SET last_heard_at = $1", work.now - timedelta(hours=3))
    await lining_up.move(full.begin, EVERY_S)

    said = await browser.reads(page)
    assert "You are next" in said
    assert "We lost contact with the bay" in said


async def test_a_place_that_closes_ends_its_line_with_a_word(browser: Browser, full: Scene) -> None:
    page = await joins(browser, full)
    async with full.begin() as work:
        await stations.change_location(work, replace(full.station.location, published=False))

    await goes_on(full)

    assert "Nobody queues at this place any more" in await browser.reads(page)


async def test_two_rounds_at_once_hold_a_bay_for_one(browser: Browser, full: Scene) -> None:
    for email in (ANN, BEN):
        await joins(browser, full, email)
    await become(full, "available", bay=1)

    await asyncio.gather(*(lining_up.move(full.begin, EVERY_S) for _ in range(3)))

    assert await full.count("bay_hold_view") == 1
    assert await full.count("outbox WHERE kind = 'TurnCame'") == 1


async def test_a_turn_is_told_by_mail_once_also_if_the_fact_is_heard_twice(
    browser: Browser, full: Scene
) -> None:
    await joins(browser, full)
    await become(full, "available", bay=1)
    await goes_on(full)
    async with full.begin() as work:
        [row] = await work.all("SELECT * FROM waiting_turn")
    common = {
        "party": row["party_id"],
        "at": full.now,
        "location": row["location_id"],
        "turn": row["id"],
    }
    came: Fact = TurnCame(**common, evse=row["evse_id"], nth=1)
    for _ in range(2):
        async with full.begin() as work:
            await hears_turns(work, [came])
    await goes_on(full, 301)
    async with full.begin() as work:
        await hears_turns(work, [came, TurnOver(**common, why="missed")])

    async with full.begin() as work:
        kept = await work.all("SELECT recipient, event, facts FROM alert ORDER BY id")
    assert [(each["recipient"], each["event"]) for each in kept] == [
        (ANN, "queue_turn"),
        (ANN, "queue_over"),
    ]


async def test_joined_twice_it_is_one_place_in_line_and_a_free_bay_needs_none(
    browser: Browser, full: Scene
) -> None:
    first = await joins(browser, full)
    assert await joins(browser, full, "Ann@Example.org") == first

    await become(full, "available", bay=2)
    path = f"/l/{full.station.location.id}/queue"
    said = await browser.reads(path)
    assert "A bay is free here now" in said
    assert "E-mail" not in said
    answer = await browser.sends(path, email=BEN)
    assert answer.status_code == 409
    assert "A bay is free here now" in words_of(answer.text)
    wrong = await browser.sends(path, email="x")
    assert wrong.status_code == 422


async def test_who_watches_is_not_told_of_a_bay_that_is_held(browser: Browser, full: Scene) -> None:
    await browser.sends(f"/l/{full.station.location.id}/watch", email=BEN)
    await joins(browser, full)
    await become(full, "available", bay=1)
    await goes_on(full)
    await goes_on(full, 61)

    assert await looking.look(full.begin, EVERY_S) == 0


async def test_a_place_without_a_queue_says_so_and_its_address_is_forgotten_a_day_later(
    browser: Browser, full: Scene
) -> None:
    page = await joins(browser, full)
    async with full.begin() as work:
        await turns.set_hold(work, full.station.party.id, full.station.location.id, 0, by="test")
        with pytest.raises(turns.NotMinutes):
            await turns.set_hold(
                work, full.station.party.id, full.station.location.id, 31, by="test"
            )
    await goes_on(full)
    assert "You are not in line any more" in await browser.reads(page)
    assert "Join the queue" not in await browser.reads(f"/l/{full.station.location.id}")
    refused = await browser.sends(f"/l/{full.station.location.id}/queue", email=BEN)
    assert "Nobody queues at this place" in words_of(refused.text)

    full.clock.jump(looking.KEEP + timedelta(seconds=1))
    await lining_up.forget_old(full.begin)

    assert (await browser.opens(page)).status_code == 404
