"""A browser's own part in alerts: it turns them on, says what it showed and what was read, and
where it is once its push service has given it another address."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from playwright.async_api import Browser, Page, Worker, expect

from tests.browser.eyes import open_eyes
from tests.browser.test_app import pushes
from tests.stories.test_ann import pays
from tests.stories.world import World
from voltway.alerts import store_refused
from voltway.alerts.model_events import Event, Person, visit_holder
from voltway.alerts.telling import tell
from voltway.payments import actions as payments
from voltway_world.push import Phone, PushService

#: No push service is reached from here: its answer is ours, the rest is the browser's.
_SUBSCRIBES: Final = """
  const given = %s;
  const next = %s;
  const unsubscribe = async () => sessionStorage.setItem("ended", "1");
  const now = () => {
    const each = sessionStorage.getItem("ended") ? next : given;
    return {endpoint: each.endpoint, toJSON: () => each, unsubscribe};
  };
  PushManager.prototype.subscribe = async () => {
    sessionStorage.setItem("subscribed", "1");
    return now();
  };
  PushManager.prototype.getSubscription = async () => sessionStorage.getItem("subscribed") && now();
"""

#: The worker's own requests, kept with their answers.
_LISTENS: Final = """
() => {
  self.told = [];
  const asks = self.fetch;
  self.fetch = async (...asked) => {
    const answer = await asks(...asked);
    self.told.push([new URL(asked[0], location.origin).pathname, answer.status]);
    self.heard?.();
    return answer;
  };
}
"""
_TOLD: Final = """
count => new Promise(done => {
  self.heard = () => self.told.length >= count && done(self.told.at(-1));
  self.heard();
})
"""

#: Somebody taps what stands there. An event made here is no user's, so no window opens by it.
_TAPS: Final = """
async () => {
  const [shown] = await self.registration.getNotifications();
  self.addEventListener("unhandledrejection", (each) => each.preventDefault());
  self.dispatchEvent(new NotificationEvent("notificationclick", {notification: shown}));
}
"""

#: The push service gives another address, and this browser does not say which it was.
_MOVES: Final = """
now => {
  const event = new Event("pushsubscriptionchange");
  Object.assign(event, {newSubscription: {toJSON: () => now}, waitUntil: () => {}});
  self.dispatchEvent(event);
}
"""


async def a_visit(world: World) -> str:
    post = await world.station("2.0.1")
    start = f"/e/{post.inside.evses[1].public_id}/start"
    answer = await world.browser.post(start, data={"way": "card", "email": ""})
    back = await pays(answer.headers["location"])
    return re.sub(r"^https?://[^/]+", "", back).partition("?")[0]


async def told(worker: Worker, count: int) -> tuple[str, int]:
    """The so-manieth thing that the worker told the house, and what that answered."""
    path, status = await worker.evaluate(_TOLD, count)
    return path, status


async def row(world: World, sql: str) -> Any:
    async with world.house.begin() as work:
        [found] = await work.all(sql)
    return found


def _subscribes(first: Phone, next_: Phone) -> str:
    """A browser that is the first of these at its push service, and then, where it ended that, the
    next."""
    given, then = (str(each.subscription).replace("None", "null") for each in (first, next_))
    return _SUBSCRIBES % (given, then)


@asynccontextmanager
async def _told_here(
    world: World, browser: Browser, visit: str
) -> AsyncIterator[tuple[Page, Phone, Phone]]:
    """The page of a visit in a browser that is told of it, as the first of these two at its push
    service."""
    async with PushService() as service, open_eyes(browser) as eyes:
        before, after = (service.subscribe("") for _ in range(2))
        for each in (before, after):
            each.endpoint = each.endpoint.replace(service.url, "https://fcm.googleapis.com")
        await eyes.page.context.grant_permissions(["notifications"])
        await eyes.page.add_init_script(_subscribes(before, after))
        await eyes.page.goto(f"{world.house.http}{visit}")
        await eyes.page.get_by_role("button", name="Tell me here").click()
        await expect(eyes.page.get_by_text("Alerts come to this phone.")).to_be_visible()
        yield eyes.page, before, after


async def test_a_phone_that_does_not_hear_us_any_more_is_switched_on_again_where_it_says_so(
    world: World, browser: Browser
) -> None:
    async with _told_here(world, browser, await a_visit(world)) as (page, _, after):
        device = (await row(world, "SELECT id FROM alert_device"))["id"]
        async with world.house.begin() as work:
            await store_refused.refused(work, device, "status 403", for_good=True)

        await page.reload()
        await expect(page.get_by_text("This device no longer hears us")).to_be_visible()
        await page.get_by_role("button", name="Tell me here").click()

        await expect(page.get_by_text("Alerts come to this phone.")).to_be_visible()
        kept = await row(world, "SELECT endpoint, refused_at, gone_at FROM alert_device")
        assert dict(kept) == {"endpoint": after.endpoint, "refused_at": None, "gone_at": None}


async def test_a_browser_says_what_it_showed_what_was_read_and_where_it_is(
    world: World, browser: Browser
) -> None:
    visit = await a_visit(world)
    async with _told_here(world, browser, visit) as (page, before, after):
        kept = await row(world, "SELECT holder, endpoint FROM alert_device")
        assert kept["endpoint"] == before.endpoint
        await page.reload()
        await expect(page.get_by_text("Alerts come to this phone.")).to_be_visible()
        await page.get_by_role("button", name="Turn off here").click()
        await expect(page.get_by_role("button", name="Tell me here")).to_be_visible()
        assert (await row(world, "SELECT count(*)::int AS n FROM alert_device"))["n"] == 0
        await page.reload()
        await page.get_by_role("button", name="Tell me here").click()
        await expect(page.get_by_text("Alerts come to this phone.")).to_be_visible()

        async with world.house.begin() as work:
            paid = await payments.visit(work, visit.removeprefix("/v/"))
            guest = Person(holder=visit_holder(paid.id), email=None, locale="en")
            facts = {"place": "Kamppi", "energy": "12 kWh", "page": visit}
            about = "session:00000000-0000-0000-0000-000000000001"
            await tell(work, paid.party, [guest], Event.STOPPED_EARLY, about, facts | {"why": ""})
        alert = await row(world, "SELECT id FROM alert_view WHERE channel = 'push'")
        await page.goto(f"{world.house.http}/offline")  # her phone is in her bag
        [worker] = page.context.service_workers
        await worker.evaluate(_LISTENS)
        said = f'{{"id": "{alert["id"]}", "title": "It stopped", "url": "{visit}", "tag": "x"}}'
        await pushes(page.context, world.house.http, said)
        assert await told(worker, 1) == (f"/alerts/seen/{alert['id']}", 201)
        shown = await row(world, "SELECT state, read_at FROM alert_view WHERE channel = 'push'")
        assert (shown["state"], shown["read_at"]) == ("delivered", None)

        await worker.evaluate(_TAPS)
        assert await told(worker, 2) == (f"/alerts/read/{alert['id']}", 201)
        read = await row(world, "SELECT read_at FROM alert_view WHERE channel = 'push'")
        assert read["read_at"] is not None

        await worker.evaluate(_MOVES, after.subscription)
        assert await told(worker, 3) == ("/alerts/moved", 201)
        moved = await row(world, "SELECT holder, endpoint FROM alert_device")
        assert (moved["holder"], moved["endpoint"]) == (kept["holder"], after.endpoint)


async def test_what_the_page_before_ones_eyes_says_already_is_read_when_it_is_shown(
    world: World, browser: Browser
) -> None:
    visit = await a_visit(world)
    async with open_eyes(browser) as eyes:
        page = eyes.page
        await page.context.grant_permissions(["notifications"])
        await page.goto(f"{world.house.http}/offline")
        await page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        await page.goto(f"{world.house.http}{visit}")
        await page.bring_to_front()
        [worker] = page.context.service_workers
        await worker.evaluate(_LISTENS)
        unknown = "00000000-0000-0000-0000-000000000001"
        await pushes(page.context, world.house.http, f'{{"id": "{unknown}", "url": "{visit}"}}')

        assert await told(worker, 1) == (f"/alerts/read/{unknown}", 404)
