"""Those who wait: watches, turns in a queue, reservations, and what they reported."""

from datetime import timedelta
from typing import Final

from tests.payments.hosted_page import pay
from tests.payments.scene import Scene
from tests.web.everywhere import ANN, Everywhere, becomes, online
from tests.web.reserved import Kept, reserves
from tests.web.test_queue import joins
from tests.web.test_watching import watches
from voltway.helpdesk import actions as helpdesk
from voltway.runtime.settings import Settings
from voltway.waiting import actions as waiting
from voltway.waiting import lining_up, looking, reservations

WATCH: Final = "/w/{key:str}"
TURN: Final = "/t/{key:str}"
RESERVED: Final = "/r/{key:str}"
REPORTED: Final = "/h/{key:str}"
BEN, CY = "ben@example.org", "cy@example.org"
EVERY_S: Final = Settings().heartbeat_s


async def goes_on(place: Scene, seconds: int = 0) -> None:
    """Time goes by, the station stays in contact, and the rounds go."""
    place.clock.jump(timedelta(seconds=seconds))
    async with place.begin() as work:
        await work.run("UPDATE station SET last_heard_at = $1", work.now)
    await looking.look(place.begin, EVERY_S)
    await looking.look_after(place.begin, EVERY_S)
    await lining_up.move(place.begin, EVERY_S)


async def full(world: Everywhere) -> Scene:
    place = await world.elsewhere()
    await becomes(place, "charging")
    return place


async def over(world: Everywhere) -> None:
    """What was waited for and is over."""
    await _watched(world)
    await _queued(world)
    await _reserved(world)


async def _watched(world: Everywhere) -> None:
    place = await full(world)
    outrun, left = [await watches(world.browser, place, who) for who in (ANN, CY)]
    await world.browser.sends(f"{left}/leave")
    await becomes(place, "available", bay=1)
    await goes_on(place, 1)
    await goes_on(place, 61)
    await becomes(place, "charging", bay=1)
    await goes_on(place, 61)
    late = await watches(world.browser, place, "dee@example.org")
    world.scene.clock.jump(waiting.LASTS + timedelta(minutes=1))
    await goes_on(place)
    for page, state in ((outrun, "outrun"), (left, "left"), (late, "too late")):
        world.shows(WATCH, page, state)


async def _queued(world: Everywhere) -> None:
    place = await full(world)
    missed, left = await joins(world.browser, place), await joins(world.browser, place, BEN)
    await world.browser.sends(f"{left}/leave")
    await becomes(place, "available", bay=1)
    await goes_on(place)
    await goes_on(place, 301)
    world.shows(TURN, missed, "missed")
    world.shows(TURN, left, "left")
    gone = await full(world)
    started = await joins(world.browser, gone)
    await becomes(gone, "available", bay=1)
    await goes_on(gone)
    await world.browser.opens(started)
    bay = gone.station.evses[1].public_id
    answer = await world.browser.sends(f"/e/{bay}/start", email=ANN)
    back = await pay(answer.headers["location"])
    await world.browser.opens(back.headers["location"])
    async with gone.begin() as work:
        [row] = await work.all(
            "SELECT token_uid FROM payment_view WHERE evse_id = $1", gone.station.evse()
        )
    await gone.starts(row["token_uid"])
    await gone.settles()
    await goes_on(gone, 1)
    world.browser.client.cookies.clear()
    world.shows(TURN, started, "started")


async def _reserved(world: Everywhere) -> None:
    for state, said in (("refused", "Occupied"), ("expired", "Accepted"), ("given back", "")):
        kept = await reservable(world)
        page = await reserves(world.browser, kept)
        if said:
            await kept.answers(said)
        if state == "expired":
            await kept.goes_on(15 * 60 + 1)
        elif state == "given back":
            await world.browser.sends(f"{page}/leave")
        world.shows(RESERVED, page, state)
    silent = await reservable(world)
    page = await reserves(world.browser, silent)
    await silent.takes()
    await silent.goes_on(120)
    world.shows(RESERVED, page, "no answer")
    taken = await reservable(world)
    page = await reserves(world.browser, taken)
    await taken.answers()
    async with taken.scene.begin() as work:
        it = await reservations.by_key(work, page.removeprefix("/r/"))
        await reservations.cancel(work, it.id, "A cable is repaired.")
    world.shows(RESERVED, page, "taken back")
    world.shows(f"{RESERVED}/texts", f"{page}/texts", "over")
    lost = await reservable(world)
    page = await reserves(world.browser, lost)
    await lost.answers()
    await lost.becomes("faulted")
    await lost.goes_on(1)
    world.shows(RESERVED, page, "the bay broke down")


async def reservable(world: Everywhere) -> Kept:
    kept = Kept(await world.elsewhere())
    await kept.can()
    return kept


async def told(world: Everywhere) -> None:
    """Somebody was told that a bay is free, and it still is."""
    place = await full(world)
    page = await watches(world.browser, place)
    await becomes(place, "available", bay=1)
    await goes_on(place, 1)
    await goes_on(place, 61)
    world.shows(WATCH, page, "told")


async def under_way(world: Everywhere) -> None:
    """What is waited for now."""
    place = await full(world)
    path = f"/l/{place.station.location.id}"
    for what in ("watch", "queue"):
        world.shows(f"/l/{{location:uuid}}/{what}", f"{path}/{what}", "form")
    waits = await watches(world.browser, place)
    world.shows(WATCH, waits, "waits")
    world.shows(f"{WATCH}/texts", f"{waits}/texts")
    world.shows("/l/{location:uuid}", path, "full")
    first, second = await joins(world.browser, place), await joins(world.browser, place, BEN)
    world.shows(TURN, first, "next")
    world.shows(TURN, second, "second in line")
    world.shows(f"{TURN}/texts", f"{second}/texts")
    for state in ("offered", "accepted"):
        line = await full(world)
        page = await joins(world.browser, line)
        await becomes(line, "available", bay=1)
        await goes_on(line)
        if state == "accepted":
            await world.browser.sends(f"{page}/accept")
        world.shows(TURN, page, state)
    await _reserves(world)
    await _reports(world)


async def _reserves(world: Everywhere) -> None:
    asked, kept = [await reservable(world) for _ in range(2)]
    world.shows("/e/{public_id:str}/reserve", f"/e/{asked.bay(2)}/reserve", "form")
    world.shows(RESERVED, await reserves(world.browser, asked), "asked")
    page = await reserves(world.browser, kept, BEN)
    await kept.answers()
    world.shows(RESERVED, page, "kept")
    world.shows("/e/{public_id:str}", f"/e/{kept.bay()}", "reserved for somebody")
    own = (("voltway_reservation", page.removeprefix("/r/")),)
    world.shows("/e/{public_id:str}", f"/e/{kept.bay()}", "reserved for me", cookies=own)


async def _reports(world: Everywhere) -> None:
    place = await world.elsewhere()
    bay = place.station.evses[1].public_id
    world.shows("/e/{public_id:str}/report", f"/e/{bay}/report", "form")
    visit = await place.pays(await place.opens())
    await place.starts(visit.token)
    await place.settles()
    for nth, state in enumerate(("sent", "read", "answered")):
        fields = {"kind": "slow", "words": f"It is slow ({nth}).", "v": visit.visit_key}
        answer = await world.browser.sends(f"/e/{bay}/report", **fields)
        page = answer.headers["location"]
        async with place.begin() as work:
            found = await helpdesk.by_key(work, page.removeprefix("/h/"))
            if state == "read":
                await helpdesk.see(work, found.id, "Olga")
            elif state == "answered":
                await helpdesk.answer(work, found.id, "We have sent somebody.", "Olga")
        world.shows(REPORTED, page, state)
    await online(place)
