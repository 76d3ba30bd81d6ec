"""What runs inside a simulated station: its line, its registration, its queue, its obedience."""

import asyncio
import random
import uuid
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from voltway_world.stations.bays import Bay, EvseSpec, State, Token
from voltway_world.stations.forecourt import Forecourt
from voltway_world.stations.line import CallRefused, Line, LineLost, connect
from voltway_world.stations.options import Options
from voltway_world.stations.post import Message, Payload, Post, Said
from voltway_world.stations.speech import NotKnown, Speech
from voltway_world.stations.v16 import Speech16
from voltway_world.stations.v21 import Speech21
from voltway_world.stations.v201 import Speech201

#: A clock that is this far from the central system's is set by it.
CLOCK_ERROR_S = 1.0

_SPEECHES: dict[str, Callable[[], Speech]] = {"1.6": Speech16, "2.0.1": Speech201, "2.1": Speech21}
_FREE = (State.AVAILABLE, State.RESERVED, State.PLUGGED, State.FINISHING)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Mechanism:
    options: Options
    heartbeat_s: float
    forecourt: Forecourt

    def __init__(
        self,
        url: str,
        identity: str,
        key: str | None = None,
        version: str = "1.6",
        evses: Sequence[EvseSpec] = (EvseSpec(1),),
        *,
        clock: Callable[[], datetime] = utc_now,
        options: Options | None = None,
        speed: float = 1.0,
    ) -> None:
        self.url, self.identity, self.key, self.version = url, identity, key, version
        self.options = options or Options()
        self.speed = speed
        self.heartbeat_s = 300.0
        self.trouble = ""
        self.speech = _SPEECHES[version]()
        if version == "1.6":
            # 1.6 knows no transaction before both the token and the cable are there.
            self.options.starts_at = "PowerPathClosed"
        self.post = Post()
        self.forecourt = Forecourt(
            evses,
            self.speech,
            self.options,
            tell=self.tell,
            now=self.now,
            is_online=lambda: self.is_online,
            catch_up=self._catch_up,
        )
        self._clock = clock
        self._clock_error = timedelta()
        self._line: Line | None = None
        self._online = asyncio.Event()
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._boot_reason: str | None = "PowerUp"
        self._resets_when_idle = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._beat_changed = asyncio.Event()
        self._ticked_at: float | None = None
        self._dice = random.Random(identity)

    # Life

    async def switch_on(self) -> None:
        """Switch the station on; it connects by itself, now and whenever the line is lost."""
        self._spawn(self._live())
        if self.options.tick_s > 0:
            self._spawn(self._tick())

    async def switch_off(self) -> None:
        """Take the station away. Raises what went wrong inside it, if anything did."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        self.forecourt.close()
        self.post.give_up(LineLost("the station was switched off"))
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def __aenter__(self) -> Self:
        await self.switch_on()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.switch_off()

    @property
    def is_online(self) -> bool:
        """Connected, and registered by the central system."""
        return self._online.is_set()

    @property
    def wants_line(self) -> bool:
        """Whether the station would be online if it could."""
        return self._wanted.is_set()

    async def online(self) -> None:
        await self._online.wait()

    async def settled(self) -> None:
        """Wait until all that was said has been answered, or the station is told to be offline."""
        if self._wanted.is_set():
            await self.post.settled()

    def now(self) -> datetime:
        return self._clock() + self._clock_error

    def go_offline(self) -> None:
        """The mobile network is gone, until ``come_back``. Cars and cards go on."""
        self._wanted.clear()
        self.lose_line()

    def come_back(self) -> None:
        self._wanted.set()

    def lose_line(self) -> None:
        """Tear the line without goodbye; the station connects again by itself."""
        self._online.clear()
        if self._line is not None:
            self._line.cut()

    def power_cycle(self) -> None:
        """The power fails and comes back: sessions end by it, and the station boots."""
        self._spawn(self._restart("PowerLoss", "PowerUp", polite=False))

    def reset(self, reason: str) -> None:
        self._spawn(self._restart(reason, "RemoteReset", polite=True))

    def reset_when_idle(self) -> None:
        self._resets_when_idle = True

    async def _restart(self, stop_reason: str, boot_reason: str, *, polite: bool) -> None:
        self._resets_when_idle = False
        if polite:
            self.forecourt.end_all(stop_reason)
            await self.post.settled()
        self._wanted.clear()
        self.lose_line()
        if not polite:
            self.forecourt.end_all(stop_reason)
        if self.options.forgets_reservations:
            self.forecourt.forget_reservations()
        self._boot_reason = boot_reason
        await asyncio.sleep(self.options.reboot_s)
        self._wanted.set()

    async def _live(self) -> None:
        delay_s = self.options.reconnect_s
        while True:
            await self._wanted.wait()
            try:
                line = await connect(
                    self.url, self.identity, self.key, self.speech.protocol, self._hear
                )
            except LineLost as error:
                self.trouble = str(error)
                # Half of the delay is chance, so that a fleet does not come back as one.
                await asyncio.sleep(delay_s * (0.5 + self._dice.random() / 2))
                delay_s = min(delay_s * 2, self.options.reconnect_s_max)
                continue
            self.trouble, delay_s = "", self.options.reconnect_s
            await self._converse(line)

    async def _converse(self, line: Line) -> None:
        """Talk until the line is gone."""
        self._line = line
        if not self._wanted.is_set():
            line.cut()
        talk = asyncio.create_task(self._talk(line))
        closed = asyncio.create_task(line.closed.wait())
        try:
            await asyncio.wait({talk, closed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            talk.cancel()
            closed.cancel()
            line.close()
            self._line = None
            self._online.clear()
            (end, _) = await asyncio.gather(talk, closed, return_exceptions=True)
            self.post.forget_fleeting(LineLost())
        if isinstance(end, Exception) and not isinstance(end, LineLost):
            raise end

    async def _talk(self, line: Line) -> None:
        if self._boot_reason is not None or self.options.boots_again:
            await self._register(line)
        self._online.set()
        for said in self.speech.opening(self.now()):
            self.tell(said)
        self.forecourt.tell_all_states()
        beats = asyncio.create_task(self._beat())
        try:
            while True:
                await self._send_next(line)
        finally:
            beats.cancel()

    async def _register(self, line: Line) -> None:
        """Boot until accepted; Pending and Rejected are asked again after the interval given."""
        while True:
            said = self.speech.boot(self, self._boot_reason or "PowerUp")
            try:
                answer = await self.ask(line, str(uuid.uuid4()), said.action, said.payload)
            except (CallRefused, TimeoutError):
                await asyncio.sleep(self.options.retry_s)
                continue
            self._take_boot(answer)
            if answer["status"] == "Accepted":
                self._boot_reason = None
                return
            await asyncio.sleep(answer["interval"] or self.options.retry_s)

    def _take_boot(self, answer: Payload) -> None:
        self._set_clock(answer)
        if answer.get("interval", 0) > 0:
            self.set_heartbeat(float(answer["interval"]))

    def _set_clock(self, answer: Payload) -> None:
        if not self.options.sets_clock:
            return
        told = datetime.fromisoformat(answer["currentTime"])
        if abs((told - self.now()).total_seconds()) > CLOCK_ERROR_S:
            self._clock_error = told - self._clock()

    def set_heartbeat(self, seconds: float) -> None:
        self.heartbeat_s = seconds
        self._beat_changed.set()

    async def _beat(self) -> None:
        while True:
            self._beat_changed.clear()
            try:
                await asyncio.wait_for(self._beat_changed.wait(), self.heartbeat_s)
            except TimeoutError:
                self.say_heartbeat()

    async def _tick(self) -> None:
        self._ticked_at = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(self.options.tick_s)
            self._catch_up()

    def _catch_up(self) -> None:
        """Let the time pass that went by since the last tick, unless time is passed by hand."""
        if self._ticked_at is not None:
            now = asyncio.get_running_loop().time()
            gone_s, self._ticked_at = now - self._ticked_at, now
            self.pass_time(gone_s)

    def pass_time(self, seconds: float) -> None:
        """Let cars charge for so long. The ticker does it; a test may do it by hand."""
        self.forecourt.pass_time(seconds, self.speed)
        busy = any(bay.session is not None for bay in self.forecourt.bays.values())
        if self._resets_when_idle and not busy:
            self.reset("ImmediateReset")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)

        def ended(done: asyncio.Task[None]) -> None:
            # What failed stays, so that ``switch_off`` can tell.
            if done.cancelled() or done.exception() is None:
                self._tasks.discard(done)

        task.add_done_callback(ended)

    # Saying and hearing

    def tell(
        self, said: Said, *, kept: bool = False, heard: Callable[[Payload], None] | None = None
    ) -> Message:
        return self.post.put(said, kept=kept, fleeting=not kept, heard=heard)

    async def _send_next(self, line: Line) -> None:
        """Send one message and wait for its answer, as OCPP-J wants it (§4.1.1)."""
        message = await self.post.next()
        if message.was_sent and not self.options.keeps_message_id:
            message.id = str(uuid.uuid4())
        message.was_sent = True
        try:
            answer = await self.ask(line, message.id, message.said.action, message.payload)
        except (LineLost, asyncio.CancelledError):
            if not message.is_kept:
                self.post.done(message)
                message.fail(LineLost())
            raise
        except CallRefused as refused:
            message.refusals += 1
            if message.is_kept and message.refusals < self.options.attempts:
                await asyncio.sleep(self.options.retry_s * message.refusals)
                return
            self.post.done(message)
            message.fail(refused)
            return
        except TimeoutError as silence:
            if not message.is_kept:
                self.post.done(message)
                message.fail(silence)
            return
        if message.heard is not None:
            message.heard(answer)
        self.post.done(message)
        message.result(answer)

    async def ask(self, line: Line, message_id: str, action: str, payload: Any) -> Payload:
        """Send a CALL and give its answer. Stations that speak otherwise do it here."""
        answer: Payload = await line.ask(message_id, action, payload, self.options.answer_within_s)
        return answer

    def _hear(self, line: Line, message_id: str, action: str, payload: Any) -> None:
        """Obey an order, also while a call of ours is open. The answer goes before its effect."""
        try:
            reply = self.speech.obey(self, action, payload)
        except NotKnown:
            line.send([4, message_id, "NotImplemented", f"{action} is not known here.", {}])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            line.send([4, message_id, self.speech.format_error, repr(error)[:255], {}])
        else:
            line.send([3, message_id, reply.payload])
            if reply.then is not None:
                reply.then()

    # What orders ask of the whole station

    def say_boot(self, reason: str) -> None:
        self.tell(self.speech.boot(self, reason), heard=self._take_boot)

    def say_heartbeat(self) -> None:
        self.tell(self.speech.heartbeat(), heard=self._set_clock)

    def say_status(self, bays: Sequence[Bay]) -> None:
        for bay in bays:
            self.tell(self.speech.status(bay, self.now()))

    def say_meters(self, bays: Sequence[Bay]) -> None:
        for bay in bays:
            self.forecourt.read_meter(bay, "Trigger")

    def free_bay(self, evse: int | None, token: Token) -> Bay | None:
        """The EVSE that can take a remote start: the one asked for, or any. One that is reserved
        takes that of its token alone (2.0.1 F02.FR.23)."""
        bays = self.forecourt.bays
        chosen = list(bays.values()) if evse is None else [bays[evse]] if evse in bays else []
        for bay in chosen:
            if bay.refuses(token):
                continue
            if bay.state in _FREE and bay.is_operative and bay.session_token is None:
                return bay
        return None

    def end_if_running(self, bay: Bay, reason: str) -> None:
        if bay.session is not None:
            self.forecourt.end(bay, reason)

    def set_operative(self, bays: Sequence[Bay], operative: bool) -> None:
        for bay in bays:
            self.forecourt.set_operative(bay, operative)

    @property
    def feature_words(self) -> str:
        if self.version != "1.6":
            return self.options.model
        return "Core,RemoteTrigger" + (",Reservation" if self.options.can_reserve else "")
