"""Those who play the scripts: drivers with cards, guests who pay, and their stations."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import TypeVar

import httpx

from tests.network import AStation
from tests.simulation.crowd import Promise
from tests.simulation.faults.script import Script, Step, scripts
from tests.simulation.faults.witness import Witness
from tests.simulation.waiting import comes_true, happens
from tests.stories.world import CARD
from voltway_world.stations.bays import Token
from voltway_world.stations.post import Payload

#: Sessions are told so long after they were, at least and at most: stations may claim it, and a
#: house whose clock jumps by less still believes them (``stations.clock.BOUND`` is five minutes).
BEHIND_MIN = timedelta(seconds=45)
BEHIND_MAX = timedelta(seconds=130)
BEHIND_CLEAN = timedelta(seconds=250)
ORDER_S_MAX = 6
TRIES_PAUSE_S = 0.1
REMOTE_EVSE = 1

Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class Post:
    """A station, what Voltway calls it, and whose card is always shown there; none: guests pay."""

    outside: Witness
    inside: AStation
    card: str | None

    @property
    def identity(self) -> str:
        return self.outside.identity

    @property
    def public_id(self) -> str:
        return str(self.inside.evses[REMOTE_EVSE].public_id)


@dataclass
class Told(Promise):
    """A session as its station told it, with the script that it follows."""

    script: Script | None = None
    ref: str = ""


@dataclass
class Players:
    """Play until ``closing``, then finish what was begun. ``counts`` ends each station's play
    after so many sessions instead, and then nobody pauses."""

    seed: int
    browser: httpx.AsyncClient
    pause_s: float = 0.25
    disorder: float = 0.0  # how often two messages change places, from 0 to 1
    counts: dict[str, int] | None = None
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    told: list[Told] = field(default_factory=list)
    paid: list[str] = field(default_factory=list)

    async def play(self, post: Post) -> None:
        """All sessions of one station."""
        dice = random.Random(f"{self.seed} {post.identity} pauses")
        last_at = datetime.min.replace(tzinfo=UTC)
        for script in self._scripts(post.identity):
            remote: Token | None = None
            token = post.card
            if token is None:
                remote = await self._let_in(post)
                if remote is None:
                    return
                token = remote.uid
            behind = BEHIND_MAX if self.counts is None else BEHIND_CLEAN
            at = max(_now() - behind, last_at + timedelta(seconds=1))
            last_at = at + timedelta(seconds=script.end.after_s)
            early = last_at - (_now() - BEHIND_MIN)
            if await happens(self.closing, max(early.total_seconds(), 0)):
                return
            await self._charge(post, script, token, at, dice, remote)

    def _scripts(self, identity: str) -> Iterator[Script]:
        play = scripts(self.seed, identity)
        if self.counts is not None:
            yield from islice(play, self.counts.get(identity, 0))
            return
        for script in play:
            if self.closing.is_set():
                return
            yield script

    async def _charge(
        self,
        post: Post,
        script: Script,
        token: str,
        at: datetime,
        dice: random.Random,
        remote: Token | None,
    ) -> None:
        """Tell one session, each message when the last one was answered."""
        station, begin = post.outside, script.begin.register_wh
        told = Told(station.identity, token, begin, remote is not None, script=script)
        self.told.append(told)
        session = await station.start(
            REMOTE_EVSE,
            token,
            begin,
            at,
            kind=remote.kind if remote else "ISO14443",
            remote_start_id=remote.remote_start_id if remote else None,
        )
        told.is_started, told.ref = True, str(session.ref)
        for step, answered in self._tell(post, script, at, dice):
            await self._pause(dice)
            await answered
            if step is script.end:
                told.end_wh, told.is_ended = step.register_wh, True
            else:
                told.readings.append(step.register_wh)

    def _tell(
        self, post: Post, script: Script, at: datetime, dice: random.Random
    ) -> Iterator[tuple[Step, Awaitable[Payload]]]:
        """Queue a message when it is asked for; where there is disorder, the next one before it."""
        station = post.outside

        def tell(step: Step) -> tuple[Step, Awaitable[Payload]]:
            moment = at + timedelta(seconds=step.after_s)
            if step is script.end:
                return step, station.stop(REMOTE_EVSE, step.register_wh, moment)
            return step, station.meter(REMOTE_EVSE, step.register_wh, moment)

        steps = deque(script.steps[1:])
        while steps:
            first = tell(steps.popleft())
            if steps and dice.random() < self.disorder:
                second = tell(steps.popleft())
                station.post.swap_last()
                yield second
            yield first

    async def _let_in(self, post: Post) -> Token | None:
        """A guest scans, pays, and the station is told to start; None once all go home."""
        bay = post.outside.forecourt.bay(REMOTE_EVSE)

        async def was_told_to_start() -> bool:
            return bay.token is not None

        while not self.closing.is_set():
            page = await self._insist(partial(self._open_visit, post.public_id))
            if page is None or await self._insist(partial(self._pay, page)) is None:
                return None
            # The hold of a visit that a crash cut short brings no order, and is let go.
            if await comes_true(was_told_to_start, ORDER_S_MAX, every_s=0.02):
                token, bay.token = bay.token, None
                return token
        return None

    async def _open_visit(self, public_id: str) -> str:
        """Press Start at the EVSE's page: the provider's page."""
        answer = await self.browser.post(f"/e/{public_id}/start", data={"email": ""})
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise Unfinished(answer.text[:500])
        return str(answer.headers["location"])

    async def _pay(self, page: str) -> str:
        """Confirm the hold on the provider's page, and come back, where anybody is there."""
        answer = await self.browser.post(page, data=CARD)
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise Unfinished(answer.text[:500])
        back = str(answer.headers["location"])
        self.paid.append(back)
        with suppress(httpx.TransportError):  # the house is down; its provider will tell it
            await self.browser.get(back)
        return back

    async def _insist(self, do: Callable[[], Awaitable[Given]]) -> Given | None:
        """Try until the house, which may be down, answers; a driver would do the same."""
        while True:
            try:
                return await do()
            except (httpx.TransportError, Unfinished):
                if await happens(self.closing, TRIES_PAUSE_S):
                    return None

    async def _pause(self, dice: random.Random) -> None:
        if self.counts is None:
            await happens(self.closing, self.pause_s * dice.random())


class Unfinished(Exception):
    """The house could not do it now."""


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
