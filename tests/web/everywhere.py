"""Every page that a driver can come to, in each of its states, in one world that is made once.

A page names the address of the router that it is of (``Page.route``), so that whoever adds one is
told to show it here (``tests/web/test_every_page.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tests.network import a_location, a_station
from tests.payments.scene import Scene
from tests.web.browsers import HERE, Browser
from voltway.drivers import entry

ANN: Final = "ann@example.org"


@dataclass(frozen=True, slots=True)
class Page:
    """A page in one of its states. ``cookies`` are what its browser has kept."""

    route: str
    path: str
    state: str = ""
    status: int = 200
    own: bool = False  # Ann has signed in
    whole: bool = True  # and no part that a script puts into another page
    cookies: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.route} {self.state}".strip()


@dataclass(slots=True)
class Everywhere:
    """The world as it is made: the scene, a browser that sends forms, the pages found so far."""

    browser: Browser
    scene: Scene
    pages: list[Page] = field(default_factory=list)
    seat: str = ""
    places: int = 0

    def shows(self, route: str, path: str, state: str = "", **more: object) -> None:
        page = Page(route, path, state, **more)  # type: ignore[arg-type]
        assert page.name not in {each.name for each in self.pages}, f"two are called {page.name}"
        self.pages.append(page)

    async def elsewhere(self) -> Scene:
        """A station that is online, at a place of its own, in the same world."""
        scene = self.scene
        self.places += 1
        async with scene.begin() as work:
            party = scene.station.party
            place = await a_location(work, party, name=f"Market Square {self.places}")
            made = await a_station(work, party, place)
        other = replace(scene, station=made, webhooks=[])
        await online(other)
        return other

    async def signs_in(self) -> None:
        """Ann, by a code that she was mailed."""
        async with self.scene.begin() as work:
            code = await entry.ask_code(work, ANN, source="here")
            seat = await entry.enter(work, ANN, code.code)
        assert seat is not None
        self.seat = seat.token
        self.browser.client.cookies.set("voltway_driver", seat.token, domain="voltway.test")


async def online(*places: Scene, status: str = "available") -> None:
    """Their stations are heard now, and their bays are as said."""
    for place in places:
        async with place.begin() as work:
            await work.run(
                """
                UPDATE station SET connected_at = $1, last_heard_at = $1, ocpp_version = '2.0.1'
                 WHERE id = $2
                """,
                work.now,
                place.station.station.id,
            )
        await becomes(place, status)


async def becomes(place: Scene, status: str, *, bay: int | None = None) -> None:
    """All bays of a station say so, or one of them."""
    async with place.begin() as work:
        await work.run(
            """
            UPDATE evse SET status = $1, status_at = $2
             WHERE station_id = $3 AND ($4::int IS NULL OR number = $4)
            """,
            status,
            work.now,
            place.station.station.id,
            bay,
        )


async def made(browser: Browser, scene: Scene) -> Everywhere:
    """All of it. What is over comes first, for the clock goes on meanwhile."""
    from tests.web import everywhere_own, everywhere_places, everywhere_visits, everywhere_waiting

    world = Everywhere(browser, scene)
    await everywhere_own.owes(world)
    await everywhere_own.charged_at_home(world)
    await everywhere_visits.over(world)
    await everywhere_waiting.over(world)
    await everywhere_own.account(world)
    await online(scene)
    await everywhere_places.places(world)
    await everywhere_waiting.told(world)
    await everywhere_visits.under_way(world)
    await everywhere_waiting.under_way(world)
    await everywhere_visits.closing(world)
    browser.client.cookies.clear()
    return world


def as_who(page: Page, world: Everywhere, *, language: str = "") -> Sequence[dict[str, str]]:
    """The cookies of the browser that opens a page, as a browser has them."""
    kept = dict(page.cookies)
    if page.own:
        kept["voltway_driver"] = world.seat
    if language:
        kept["language"] = language
    return [{"name": name, "value": value, "url": HERE} for name, value in kept.items()]
