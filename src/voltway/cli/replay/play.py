"""Plays the past: at each moment a driver pays and plugs in, or unplugs, by real sockets.

Nothing here knows prices or sums. The driver opens a visit and pays on the provider's own page;
the provider's webhook, the order to the station, its session, the settlement, the books and the
receipt are those of a live charge.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from voltway.app import OpenHouse
from voltway.cli.replay.past import Event, PastSession
from voltway.kernel.errors import Outage
from voltway.kernel.ids import EvseId, PaymentId, StationId
from voltway.payments import actions as payments
from voltway.runtime.clock import JumpingClock
from voltway_world.stations import Station

CARD = {"number": "4242424242424242", "expiry": "12/40", "cvc": "123"}
STEP_S_MAX = 30


@dataclass(eq=False)
class StoodStill(Outage):
    """The replay stood still for {seconds} s at session {session}: {what}."""

    session: str
    what: str
    seconds: int = STEP_S_MAX


@dataclass(frozen=True, slots=True)
class Place:
    """A simulated station, and what Voltway calls it."""

    station: Station
    id: StationId
    evses: Mapping[int, EvseId]


@dataclass
class Player:
    """Takes one event after the other; ``paid`` are the payments by session."""

    house: OpenHouse
    clock: JumpingClock
    places: Mapping[str, Place]
    browser: httpx.AsyncClient
    paid: dict[str, PaymentId] = field(default_factory=dict)

    async def play(self, told: list[Event], done: Callable[[], None]) -> None:
        """Play all events in their order, and say after each that it is done."""
        for event in told:
            self.clock.jump_to(event.at)
            place = self.places[event.session.station]
            try:
                async with asyncio.timeout(STEP_S_MAX):
                    if event.begins:
                        await self._begin(event.session, place, event.evse)
                    else:
                        await self._end(event.session, place, event.evse)
            except TimeoutError:
                what = "its start" if event.begins else "its end"
                raise StoodStill(event.session.name, what) from None
            done()

    async def _begin(self, session: PastSession, place: Place, evse: int) -> None:
        """Pay as a guest, wait until the station was told, plug in."""
        visit = await payments.open_visit(
            self.house.begin,
            self.house.provider,
            evse=place.evses[evse],
            email=None,
            locale="en",
            return_url=f"{self.house.http}/v/{{visit_key}}",
            cancel_url=f"{self.house.http}/v/{{visit_key}}",
        )
        async with self.house.begin() as work:
            self.paid[session.name] = (await payments.visit(work, visit.visit_key)).id
        bay = place.station.forecourt.bay(evse)
        async with self.house.bus.touches.listen(f"station:{place.id}") as touched:
            paid = await self.browser.post(visit.hosted_url, data=CARD)
            assert paid.status_code == httpx.codes.SEE_OTHER, paid.text
            while bay.token is None:
                await anext(touched)
        await place.station.plug_in(evse)

    async def _end(self, session: PastSession, place: Place, evse: int) -> None:
        """The meter has moved by the session's energy; unplug."""
        bay = place.station.forecourt.bay(evse)
        bay.set_register(bay.register_wh + session.energy_wh)
        await place.station.unplug(evse)
