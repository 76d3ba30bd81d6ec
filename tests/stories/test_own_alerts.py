"""Ann has signed in and saved a card: two taps start her charge, and what she is told of it comes
as she chose, in her language, to her own phone; it stands in her history and in nobody else's."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.stories.pages import HERE, reads, sends
from tests.stories.test_ann import pays, running
from tests.stories.world import World, open_world
from voltway.alerts import devices, pushing
from voltway.alerts.model_events import Channel, Event
from voltway.runtime.clock import JumpingClock
from voltway.sessions import targets
from voltway_world.calling import a_line
from voltway_world.push import Phone, PushService

ANN: Final = "ann@example.org"


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    async with open_world(database_url, tmp_path, clock, pays_by="stripe") as opened:
        opened.browser.headers["Accept-Language"] = "de-DE,de;q=0.9"
        yield opened


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


async def signs_in(world: World) -> None:
    """By the code that is in her mail."""
    asked = await world.browser.post("/me/code", data={"email": ANN}, headers=HERE)
    assert asked.status_code == httpx.codes.OK
    [mail] = await world.within(world.mail.box.wait_for(ANN))
    code = re.search(r"\b\d{4} ?\d{4}\b", f"{mail.subject} {mail.text}")
    assert code is not None
    await sends(world, "/me/enter", email=ANN, code=code.group())


async def saves_a_card(world: World) -> None:
    back = await pays(await sends(world, "/me/methods"))
    answer = await world.browser.get(back, headers=HERE)
    assert answer.status_code == httpx.codes.SEE_OTHER


async def has_phone(world: World, service: PushService) -> Phone:
    """Her own phone shows what her account is told."""
    async with world.house.begin() as work:
        phone = service.subscribe(await pushing.public_key(work))
        keys = phone.subscription["keys"]
        await devices.add(
            work, ANN, endpoint=phone.endpoint, label="Ann", hosts=service.url, **keys
        )
    return phone


async def shows(world: World, phone: Phone, *words: str) -> dict[str, str]:
    """What her phone shows that says all of this, once it does."""
    while True:
        for each in phone.shown:
            if all(word in f"{each['title']} {each['body']}" for word in words):
                return each
        await world.within(phone.came.get())


async def test_ann_is_told_as_she_chose_of_a_charge_that_she_started_by_phone(
    world: World, service: PushService
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.49})
    post = await world.station("2.0.1", evses=1, power_w=150_000)
    bay = f"/e/{post.inside.evses[1].public_id}"
    await signs_in(world)
    await saves_a_card(world)
    phone = await has_phone(world, service)

    # She wants no news of another time, and the end by mail too.
    wanted = {f"{event}.{Channel.PUSH}": "1" for event in Event if event is not Event.DONE_MOVED}
    chosen = wanted | {f"{Event.COMPLETE}.{Channel.MAIL}": "1"}
    await sends(world, "/me/alerts", zone="Europe/Berlin", **{"from": "", "until": ""}, **chosen)

    # Two taps: the bay that she scanned, and the button that names her card.
    assert "Visa ·· 4242" in await reads(world, bay)
    visit = await sends(world, f"{bay}/start", way="saved")
    assert visit.startswith("/v/"), "no page of the provider between"
    assert "Wie Sie benachrichtigt werden" in await reads(world, visit)
    await world.within(post.outside.plug_in(1))
    await world.until("session:*", lambda: running(world))
    assert (await shows(world, phone, "Das Laden hat begonnen"))["url"] == visit

    # Ten minutes before it is done her own phone says so.
    register = post.outside.forecourt.bay(1).register_wh
    for minute in range(1, 33):
        register += 1_000
        world.clock.jump(timedelta(minutes=1))
        at = world.clock.now()
        await world.within(post.outside.meter(1, register, at, power_w=60_000, soc=40 + minute))
        await targets.look(world.house.begin)
    soon = await shows(world, phone, "80\N{NO-BREAK SPACE}%")
    assert (soon["url"], soon["lang"]) == (visit, "de")

    # Complete by phone and by mail, the receipt by mail with its PDF, all in her language.
    await world.within(post.outside.unplug(1))
    [bill] = await world.bills(1)
    assert (bill.energy_wh, bill.total) == (32_000, "15.68 EUR")
    assert (await shows(world, phone, "32,00"))["title"] == "Das Laden ist fertig"
    receipt = await shows(world, phone, "15,68")
    assert receipt["url"] == f"{visit}/receipt"
    mails = await world.within(world.mail.box.wait_for(ANN, count=3))
    told = {each.subject.partition(".")[0]: bool(each.attachments) for each in mails}
    assert told.pop("Das Laden ist fertig") is False
    [(subject, has_pdf)] = [each for each in told.items() if "Code" not in each[0]]
    assert (subject.startswith("Ihr Beleg"), has_pdf) == (True, True)
    assert "geändert" not in " ".join(each["title"] for each in phone.shown)

    # It stands in her history, and nobody reads of her on the page of the visit.
    assert "15,68" in await reads(world, "/me/charges")
    async with a_line(base_url=world.house.http) as stranger:
        seen = await stranger.get(visit, headers=HERE)
        theirs = await stranger.get("/me/charges", headers=HERE)
    assert seen.status_code == httpx.codes.OK
    assert ANN not in seen.text
    assert theirs.status_code == httpx.codes.SEE_OTHER
    async with world.house.begin() as work:
        rows = await work.all("SELECT holder FROM alert_view WHERE event IS NOT NULL")
    assert {row["holder"] for row in rows} == {ANN}
    assert await world.books_balance()
