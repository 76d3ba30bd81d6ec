"""A crowd at the doors: stations that tell of sessions, drivers that pay, and what was promised.

Whatever Voltway answered is noted here, from the outside, and must be found in it afterwards.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.stories.world import CARD
from voltway_world.stations import Station

TRIES_PAUSE_S = 0.2


@dataclass
class Promise:
    """A session as its station told it, and which of its messages were answered."""

    identity: str
    evse: int
    token: str
    start_wh: int
    end_wh: int = 0
    readings: list[int] = field(default_factory=list)  # registers whose reading was answered
    is_started: bool = False
    is_ended: bool = False

    @property
    def energy_wh(self) -> int:
        return self.end_wh - self.start_wh


@dataclass
class Crowd:
    """Runs until ``closing`` is set, then finishes what it began."""

    seed: int
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    promises: list[Promise] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)

    async def tell_sessions(self, station: Station, token: str, pause_s: float) -> None:
        """One session after the other at EVSE 1, each message when the last one was answered."""
        dice = random.Random(f"{self.seed} {station.identity}")
        register_wh = dice.randrange(1_000_000)
        while not self.closing.is_set():
            promise = Promise(station.identity, 1, token, register_wh)
            self.promises.append(promise)
            await station.start(1, token, register_wh, _now())
            promise.is_started = True
            for _ in range(dice.randrange(2, 6)):
                register_wh += dice.randrange(1, 20)
                await station.meter(1, register_wh, _now())
                promise.readings.append(register_wh)
                await self._pause(pause_s * dice.random())
            register_wh += dice.randrange(1, 20)
            await station.stop(1, register_wh, _now())
            promise.end_wh, promise.is_ended = register_wh, True

    async def pay_and_charge(
        self, station: Station, public_id: str, browser: httpx.AsyncClient, pause_s: float
    ) -> None:
        """One guest after the other at EVSE 1: scans, pays, plugs in, charges, leaves."""
        dice = random.Random(f"{self.seed} {station.identity}")
        bay = station.forecourt.bay(1)
        while not self.closing.is_set():
            hosted = await self._insist(lambda: _open_visit(browser, public_id))
            if hosted is None:
                return
            page, back = hosted
            await self._insist(lambda page=page: _pay(browser, page))
            self.visits.append(back)
            if not await self._was_told_to_start(station):
                continue
            await station.plug_in(1)
            for _ in range(dice.randrange(1, 4)):
                bay.set_register(bay.register_wh + dice.randrange(200, 400))
                station.forecourt.read_meter(bay)
                await station.settled()
                await self._pause(pause_s)
            await station.unplug(1)

    async def _was_told_to_start(self, station: Station) -> bool:
        """Wait for the order to start; a hold that was lost in a crash brings none."""
        bay = station.forecourt.bay(1)
        for _ in range(round(20 / TRIES_PAUSE_S)):
            if bay.token is not None:
                return True
            await asyncio.wait({asyncio.ensure_future(_never())}, timeout=TRIES_PAUSE_S)
        return False

    async def _insist(self, do: Callable[[], Any]) -> Any:
        """Try until the house, which may be down, answers; a new driver would do the same."""
        while True:
            try:
                return await do()
            except (httpx.TransportError, Unfinished):
                if self.closing.is_set():
                    return None
                await self._pause(TRIES_PAUSE_S)

    async def _pause(self, seconds: float) -> None:
        """Time passes, or the crowd is asked to go home."""
        try:
            async with asyncio.timeout(seconds):
                await self.closing.wait()
        except TimeoutError:
            return


class Unfinished(Exception):
    """The house could not do it now."""


async def _open_visit(browser: httpx.AsyncClient, public_id: str) -> tuple[str, str]:
    """Press Start: the provider's page, and the visit's."""
    answer = await browser.post(f"/e/{public_id}/start", data={"email": ""})
    if answer.status_code not in (302, 303):
        raise Unfinished(answer.text[:500])
    return answer.headers["location"], ""


async def _pay(browser: httpx.AsyncClient, page: str) -> str:
    answer = await browser.post(page, data=CARD)
    if answer.status_code != 303:
        raise Unfinished(answer.text[:500])
    return str(answer.headers["location"])


async def _never() -> None:
    await asyncio.Event().wait()


def _now() -> datetime:
    return datetime.now(UTC)
