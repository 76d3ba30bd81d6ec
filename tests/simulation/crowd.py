"""A crowd at the doors: stations that tell of sessions, drivers that pay, and what was promised.

Whatever Voltway answered is noted here, from the outside, and must be found in it afterwards.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import httpx

from tests.simulation.waiting import comes_true, happens
from tests.stories.world import CARD
from voltway_world.stations import Station, some_car
from voltway_world.stations.bays import Bay

#: What a car takes: at 180 kW, far below what the stations could give.
WH_A_SECOND = 50
TRIES_PAUSE_S = 0.2
ORDER_S_MAX = 15

Given = TypeVar("Given")


@dataclass
class Promise:
    """A session as its station told it, and which of its messages were answered."""

    identity: str
    token: str
    start_wh: int
    is_guest: bool
    end_wh: int = 0
    readings: list[int] = field(default_factory=list)  # registers whose reading was answered
    is_started: bool = False
    is_ended: bool = False

    @property
    def energy_wh(self) -> int:
        return self.end_wh - self.start_wh


@dataclass
class Crowd:
    """Comes and goes until ``closing`` is set, then finishes what it began."""

    seed: int
    pause_s: float = 1.0
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    promises: list[Promise] = field(default_factory=list)
    paid: list[str] = field(default_factory=list)  # the way back that the provider gave

    async def tell_sessions(self, station: Station, card: str) -> None:
        """One session after the other, each message when the last one was answered."""
        dice = random.Random(f"{self.seed} {station.identity}")
        register_wh = dice.randrange(1_000_000)
        while not self.closing.is_set():
            promise = self._promise(station, card, register_wh, is_guest=False)
            began = _now()
            await station.start(1, card, register_wh, began)
            promise.is_started = True
            for _ in range(dice.randrange(2, 6)):
                await happens(self.closing, self.pause_s * dice.random())
                register_wh = promise.start_wh + _taken_wh(began)
                await station.meter(1, register_wh, _now())
                promise.readings.append(register_wh)
            register_wh = promise.start_wh + _taken_wh(began) + 1
            await station.stop(1, register_wh, _now())
            promise.end_wh, promise.is_ended = register_wh, True

    async def pay_and_charge(
        self, station: Station, public_id: str, browser: httpx.AsyncClient
    ) -> None:
        """One guest after the other: scans, pays, plugs in, charges, leaves."""
        dice = random.Random(f"{self.seed} {station.identity}")
        bay = station.forecourt.bay(1)
        bay.set_register(dice.randrange(1_000_000))

        async def was_told_to_start() -> bool:
            return bay.token is not None

        while not self.closing.is_set():
            page = await self._insist(partial(_open_visit, browser, public_id))
            if page is None:
                return
            await self._insist(partial(self._pay, browser, page))
            # The hold of a visit that a crash cut short brings no order, and is let go.
            if await comes_true(was_told_to_start, ORDER_S_MAX):
                await self._charge(station, bay, dice)

    async def _charge(self, station: Station, bay: Bay, dice: random.Random) -> None:
        station.forecourt.plug_in(1, some_car())
        session = bay.session
        if session is None or session.token is None:  # the station gave up waiting just now
            await station.unplug(1)
            return
        promise = self._promise(station, session.token.uid, session.start_wh, is_guest=True)
        began = _now()
        await station.settled()
        promise.is_started = True
        for _ in range(dice.randrange(2, 5)):
            await happens(self.closing, self.pause_s * dice.random())
            if bay.session is not session:
                break  # Voltway stopped it
            bay.set_register(promise.start_wh + _taken_wh(began))
            station.forecourt.read_meter(bay)
            await station.settled()
            promise.readings.append(bay.register_wh)
        if bay.session is session:  # as much as its power gave: waits may have been long
            bay.set_register(promise.start_wh + _taken_wh(began) + 1)
        await station.unplug(1)
        promise.end_wh, promise.is_ended = bay.register_wh, True
        bay.set_register(bay.register_wh + 1)  # no two sessions begin with the same register

    async def _pay(self, browser: httpx.AsyncClient, page: str) -> str:
        """Confirm the hold on the provider's page, and come back, where anybody is there."""
        answer = await browser.post(page, data=CARD)
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise Unfinished(answer.text[:500])
        back = str(answer.headers["location"])
        self.paid.append(back)
        try:
            await browser.get(back)
        except httpx.TransportError:
            return back  # the house is down; its provider will tell it
        return back

    def _promise(self, station: Station, token: str, start_wh: int, *, is_guest: bool) -> Promise:
        promise = Promise(station.identity, token, start_wh, is_guest)
        self.promises.append(promise)
        return promise

    async def _insist(self, do: Callable[[], Awaitable[Given]]) -> Given | None:
        """Try until the house, which may be down, answers; a driver would do the same."""
        while True:
            try:
                return await do()
            except (httpx.TransportError, Unfinished):
                if await happens(self.closing, TRIES_PAUSE_S):
                    return None


class Unfinished(Exception):
    """The house could not do it now."""


async def _open_visit(browser: httpx.AsyncClient, public_id: str) -> str:
    """Press Start at the EVSE's page: the provider's page."""
    answer = await browser.post(f"/e/{public_id}/start", data={"email": ""})
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise Unfinished(answer.text[:500])
    return str(answer.headers["location"])


def _taken_wh(began: datetime) -> int:
    return int((_now() - began).total_seconds() * WH_A_SECOND)


def _now() -> datetime:
    return datetime.now(UTC)
