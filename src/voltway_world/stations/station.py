"""A simulated charging station: what people, cars and scripts can do with it."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar

from voltway_world.stations import v21
from voltway_world.stations.bays import Reading, Session, Token
from voltway_world.stations.cars import Car, some_car
from voltway_world.stations.forecourt import CannotDo
from voltway_world.stations.mechanism import Mechanism
from voltway_world.stations.post import Message, Payload, Said

Given = TypeVar("Given")


class Station(Mechanism):
    """Actions return when the central system has answered all that they made the station say.

    The scripted ones (``start``, ``meter``, ``stop``) take their place in the queue when they are
    called, so a script may call many and await the last; while the station is offline they wait.
    """

    # What people do

    async def plug_in(self, evse: int = 1, car: Car | None = None) -> None:
        self.forecourt.plug_in(evse, car or some_car())
        await self.settled()

    async def unplug(self, evse: int = 1) -> None:
        self.forecourt.unplug(evse)
        await self.settled()

    async def present_token(self, evse: int, uid: str, kind: str = "ISO14443") -> None:
        self.forecourt.present(evse, uid, kind)
        await self.settled()

    async def present_contract(self, evse: int, emaid: str, contract: str) -> None:
        """A car that is plugged in shows its contract certificate (Plug & Charge)."""
        self.forecourt.present(evse, emaid, "eMAID", contract)
        await self.settled()

    async def pay_at_terminal(self, evse: int, psp_ref: str) -> None:
        """A card at the station's own terminal, whose acquirer says yes under this reference."""
        await self.present_token(evse, psp_ref, v21.DIRECT)

    async def settle(
        self,
        psp_ref: str,
        status: str,
        amount: float,
        *,
        session: Session | None = None,
        receipt: tuple[str, str] | None = None,
    ) -> Payload:
        """Tell what the terminal made of a card; told until it is answered."""
        ref = session.ref if session is not None else None
        said = v21.settlement(psp_ref, status, amount, self.now(), ref=ref, receipt=receipt)
        answer: Payload = await self.post.put(said, kept=True).answered
        return answer

    async def fault(self, evse: int = 1) -> None:
        self.forecourt.fault(evse)
        await self.settled()

    async def repair(self, evse: int = 1) -> None:
        self.forecourt.repair(evse)
        await self.settled()

    # What scripts do

    def start(
        self,
        evse: int,
        token: str,
        meter_wh: int,
        at: datetime,
        *,
        kind: str = "ISO14443",
        remote_start_id: int | None = None,
    ) -> Awaitable[Session]:
        """Begin a session as told; gives it with the name that it got."""
        bay = self.forecourt.bay(evse)
        if bay.session is not None:
            raise CannotDo(f"A session runs at EVSE {evse} already.")
        bay.set_register(meter_wh)
        is_remote = remote_start_id is not None
        shown = Token(token, kind, remote_start_id=remote_start_id, is_remote=is_remote)
        session = Session(evse, shown, at, meter_wh, is_scripted=True)
        bay.session = session
        why = "RemoteStart" if is_remote else "Authorized"
        return _giving(self.forecourt.tell_started(session, bay, why), session)

    def meter(
        self,
        evse: int,
        register_wh: int,
        at: datetime,
        *,
        power_w: int | None = None,
        soc: int | None = None,
        session: Session | None = None,
    ) -> Awaitable[Payload]:
        """Tell one reading of the running session, or of another one, for latecomers."""
        session = session or self._session_at(evse)
        self.forecourt.bay(evse).set_register(register_wh)
        reading = Reading(register_wh, power_w=power_w, soc=soc)
        said = self.speech.metered(
            session, reading, at, why="MeterValuePeriodic", offline=not self.is_online
        )
        return self.tell(said, kept=True).answered

    def stop(
        self, evse: int, meter_wh: int, at: datetime, reason: str = "Local"
    ) -> Awaitable[Payload]:
        """End the running session as told."""
        bay = self.forecourt.bay(evse)
        session = self._session_at(evse)
        bay.set_register(meter_wh)
        reading = Reading(meter_wh, signed=bay.sealed(session, at))
        bay.session = None
        said = self.speech.ended(session, reading, at, reason=reason, offline=not self.is_online)
        return self.tell(said, kept=True).answered

    async def call(self, action: str, payload: Payload, *, kept: bool = False) -> Payload:
        """Send any CALL and give its answer. Raises ``CallRefused`` for a CALLERROR.

        A line that is lost in between raises ``LineLost``, unless the message is to be kept and
        sent again until it is answered.
        """
        answer: Payload = await self.post.put(Said(action, payload), kept=kept).answered
        return answer

    def _session_at(self, evse: int) -> Session:
        session = self.forecourt.bay(evse).session
        if session is None:
            raise CannotDo(f"No session runs at EVSE {evse}.")
        return session


def _giving(message: Message, value: Given) -> "asyncio.Future[Given]":
    """The value, once the message has been answered."""
    given: asyncio.Future[Given] = asyncio.get_running_loop().create_future()

    def pass_on(done: "asyncio.Future[Payload]") -> None:
        if given.done() or done.cancelled():
            return
        error = done.exception()
        if error is None:
            given.set_result(value)
        else:
            given.set_exception(error)
            given.exception()

    message.answered.add_done_callback(pass_on)
    return given
