"""Who reserved a bay that is lost is told once where to charge instead, and reads it on the page of
their reservation."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import settings_for
from tests.alerts.test_elsewhere import another
from tests.payments.scene import Scene
from tests.stations import floor
from tests.web.browsers import Browser
from tests.web.reserved import ANN, Kept, reserves
from voltway.alerts import disruptions as places_told
from voltway.alerts import planned_work
from voltway.alerts.reserving import hears_reservations
from voltway.disruptions import actions as disruptions
from voltway.drivers import favourites
from voltway.kernel.ids import TokenUid
from voltway.stations import actions as stations
from voltway.stations import windows
from voltway.stations.model import LinkOpened
from voltway.stations.orders import Answered, Outcome, StartCharging
from voltway.stations.reports import PortStatus, StatusChanged
from voltway.waiting import keeping, reservations
from voltway.waiting.model_reservations import ReservationOver, ReservationSoonOver
from voltway_world.mail import MailCatcher
from voltway_world.push import PushService

NEAR = "Near (0.8\N{NO-BREAK SPACE}km; €0.49 per kWh; 90\N{NO-BREAK SPACE}% sure)"


@pytest.fixture
async def mail(tmp_path: Path) -> AsyncIterator[MailCatcher]:
    async with MailCatcher(tmp_path / "mail") as catcher:
        yield catcher


@pytest.fixture
async def kept(scene: Scene, mail: MailCatcher) -> Kept:
    """Bays that can be reserved, and another place near by; Ann, whose place it is, is told."""
    plug_events(scene, settings_for(mail))
    bus = scene.bus
    bus.watch_many(
        "alerts.reservations", [ReservationOver, ReservationSoonOver], hears_reservations
    )
    bus.watch_many("disruptions.troubles", disruptions.FACTS, disruptions.hears_troubles)
    bus.watch_many("alerts.disruptions", places_told.FACTS, places_told.hears_places)
    bus.watch_many("alerts.windows", planned_work.FACTS, planned_work.hears_windows)
    made = Kept(scene)
    async with scene.begin() as work:
        await stations.record_links(
            work, [LinkOpened(made.station, 1, "2.0.1", "10.0.0.1", scene.now)]
        )
        await favourites.mark(work, ANN, [scene.station.location.id], "en")
    await made.can()
    await another(scene, "Near", 0.8)
    await says(made, PortStatus.AVAILABLE, 1)
    await says(made, PortStatus.CHARGING, 2)
    await passes(made, 2)
    return made


async def says(kept: Kept, status: PortStatus, bay: int) -> None:
    await kept.tells(StatusChanged(bay, 1, status, kept.scene.now))


async def passes(kept: Kept, minutes: float) -> None:
    """Minutes pass, stations stay in contact, and all rounds go."""
    scene = kept.scene
    await scene.settles()
    for _ in range(int(minutes * 2)):
        scene.clock.jump(timedelta(seconds=30))
        async with scene.begin() as work:
            await work.run("UPDATE station SET last_heard_at = $1", work.now)
        await windows.move(scene.begin)
        await keeping.move(scene.begin)
        await disruptions.look(scene.begin)
        await scene.settles()


async def told(scene: Scene) -> list[tuple[str, str]]:
    """What was told, in its order, each once for all channels: the event, and what it says."""
    async with scene.begin() as work:
        rows = await work.all(
            """
            SELECT DISTINCT ON (created_at, event, once) event, facts FROM alert
             WHERE holder = $1 AND channel = 'mail' ORDER BY created_at, event, once
            """,
            ANN,
        )
    return [(row["event"], row["facts"].get("why", "")) for row in rows]


async def plans(kept: Kept, minutes: int) -> None:
    """Work at all bays that begins so soon."""
    async with kept.scene.begin() as work:
        begins = work.now + timedelta(minutes=minutes)
        await windows.plan(
            work,
            kept.scene.station.location.id,
            starts_at=begins,
            ends_at=begins + timedelta(hours=1),
            reason="New cables",
            by="Olga",
        )


async def test_a_bay_that_breaks_down_is_told_once_with_where_to_charge_instead_and_its_end(
    browser: Browser, kept: Kept, mail: MailCatcher
) -> None:
    async with PushService() as service:
        phone, _ = await has_phone(kept.scene, service, ANN)
        page = await reserves(browser, kept)
        await kept.answers()
        assert "Where to charge instead" not in await browser.reads(page)

        await says(kept, PortStatus.FAULTED, 1)
        await passes(kept, 10)  # the fault is found by rules too, and the place is among hers

        assert await told(kept.scene) == [
            ("reservation_over", f"The bay cannot be used now. Free now: {NEAR}.")
        ]
        [shown] = phone.shown
        assert shown["title"] == "Your reservation was cancelled"
        assert NEAR in shown["body"]
    [letter] = await mail.box.wait_for(ANN)
    assert NEAR in (letter.text or "").replace("\n", " ")
    said = await browser.reads(page)
    assert "The bay cannot be used now. Where to charge instead Near" in said
    assert "0.8 km away" in said.replace("\N{NO-BREAK SPACE}", " ")

    await says(kept, PortStatus.AVAILABLE, 1)
    await passes(kept, 10)

    assert [event for event, _ in await told(kept.scene)] == ["reservation_over", "back_in_service"]


async def test_who_was_told_of_the_fault_first_is_not_told_again_that_it_took_the_bay(
    browser: Browser, kept: Kept
) -> None:
    """The rounds of reservations stood still meanwhile, as where their process was down."""
    page = await reserves(browser, kept, minutes=15)
    await kept.answers()
    await says(kept, PortStatus.FAULTED, 1)
    for _ in range(6):
        await kept.scene.settles()
        kept.scene.clock.jump(timedelta(seconds=30))
        await disruptions.look(kept.scene.begin)
    await kept.scene.settles()
    said = await browser.reads(page)
    assert "Bay 1 is reserved for you" in said
    assert "It reports a fault. Where to charge instead Near" in said

    await passes(kept, 2)

    assert await told(kept.scene) == [("disruption", f"It reports a fault. Free now: {NEAR}.")]
    assert "Your reservation was cancelled" in await browser.reads(page)


@pytest.mark.parametrize("bay", [1, 2])
async def test_starts_that_come_to_nothing_are_told_to_who_reserved_that_bay_and_no_other(
    browser: Browser, kept: Kept, bay: int
) -> None:
    scene = kept.scene
    async with scene.begin() as work:
        await favourites.tell(work, ANN, scene.station.location.id, wanted=False)
    page = await reserves(browser, kept)
    await kept.answers()
    for nth in range(3):
        start = StartCharging(bay, TokenUid(f"04A10{nth}"))
        placed = await floor.place(scene.begin, scene.station.station, start)
        await floor.send(scene.begin, scene.station.station)
        no = Outcome(Answered.REJECTED, "Rejected")
        await floor.reply(scene.begin, scene.station.station, placed, no)
        await passes(kept, 1)

    said = await browser.reads(page)
    assert "Bay 1 is reserved for you" in said
    why = "The last starts there came to nothing."
    if bay == 1:
        assert await told(scene) == [("disruption", f"{why} Free now: {NEAR}.")]
        assert f"{why} Where to charge instead Near" in said
    else:
        assert await told(scene) == []
        assert "Where to charge instead" not in said


async def test_planned_work_is_told_to_who_reserved_into_it_and_takes_the_bay_when_it_begins(
    browser: Browser, owner: Browser, kept: Kept
) -> None:
    async with kept.scene.begin() as work:
        await favourites.tell(work, ANN, kept.scene.station.location.id, wanted=False)
    page = await reserves(browser, kept, minutes=15)
    await kept.answers()
    await plans(kept, 10)
    await passes(kept, 1)

    assert await told(kept.scene) == [("work_planned", f"New cables. Free now: {NEAR}.")]
    said = await browser.reads(page)
    assert "Bay 1 is reserved for you" in said
    assert "New cables" in said
    assert "Where to charge instead Near" in said

    await passes(kept, 12)

    [_, over] = await told(kept.scene)
    assert over == (
        "reservation_over",
        f"Planned work has begun there. Free now: {NEAR}.",
    )
    assert "Planned work has begun there. Where to charge instead" in await browser.reads(page)
    assert "planned work began" in await owner.reads("/console/reservations")


async def test_work_after_the_time_that_was_reserved_is_no_news(
    browser: Browser, kept: Kept
) -> None:
    async with kept.scene.begin() as work:
        await favourites.tell(work, ANN, kept.scene.station.location.id, wanted=False)
    page = await reserves(browser, kept, minutes=15)
    await kept.answers()
    await plans(kept, 30)
    await passes(kept, 1)

    assert await told(kept.scene) == []
    assert "New cables" not in await browser.reads(page)


async def test_an_operators_reason_is_followed_by_where_to_charge_instead(
    browser: Browser, kept: Kept
) -> None:
    page = await reserves(browser, kept)
    await kept.answers()
    async with kept.scene.begin() as work:
        [row] = await work.all("SELECT id FROM reservation")
        await reservations.cancel(work, row["id"], "Works on the cable.")
    await kept.scene.settles()

    assert await told(kept.scene) == [
        ("reservation_over", f"Works on the cable. Free now: {NEAR}.")
    ]
    assert "Where to charge instead Near" in await browser.reads(page)


async def test_who_lets_the_time_pass_is_shown_other_places_only_where_the_bay_is_taken(
    browser: Browser, kept: Kept
) -> None:
    page = await reserves(browser, kept, minutes=5)
    await kept.answers()
    await passes(kept, 6)
    said = await browser.reads(page)
    assert "Your time was over" in said
    assert "Where to charge instead" not in said

    await says(kept, PortStatus.CHARGING, 1)

    assert "Where to charge instead Near" in await browser.reads(page)
    assert await told(kept.scene) == []
