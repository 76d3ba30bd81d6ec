"""What people and cars do at a station's EVSEs, and what the station tells of it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from voltway_world.stations.bays import Bay, EvseSpec, Reservation, Session, State, Token
from voltway_world.stations.cars import Car
from voltway_world.stations.post import Message, Payload, Said
from voltway_world.stations.speech import Speech


class CannotDo(Exception):
    """What was asked for cannot happen at this EVSE now; the text says why."""


class Tell(Protocol):
    def __call__(
        self, said: Said, *, kept: bool = False, heard: Callable[[Payload], None] | None = None
    ) -> Message: ...


class Conduct(Protocol):
    """The settings that decide how the station acts."""

    meter_interval_s: float
    connection_timeout_s: float
    starts_at: str
    accepts_offline: bool


class Forecourt:
    bays: dict[int, Bay]

    def __init__(
        self,
        specs: Sequence[EvseSpec],
        speech: Speech,
        conduct: Conduct,
        *,
        tell: Tell,
        now: Callable[[], datetime],
        is_online: Callable[[], bool],
        catch_up: Callable[[], None],
    ) -> None:
        self.bays = {spec.number: Bay(spec) for spec in specs}
        self._speech = speech
        self._conduct = conduct
        self._tell = tell
        self._now = now
        self._is_online = is_online
        # Meters move in ticks. Before a session begins or ends the time since the last tick is
        # let pass, or else a car would charge for seconds in which it was not there.
        self._catch_up = catch_up
        self._waits: dict[int, asyncio.TimerHandle] = {}

    def bay(self, evse: int) -> Bay:
        found = self.bays.get(evse)
        if found is None:
            raise CannotDo(f"This station has no EVSE {evse}.")
        return found

    def session_called(self, ref: object) -> Bay | None:
        """The EVSE whose running session has this name."""
        for bay in self.bays.values():
            if bay.session is not None and str(bay.session.ref) == str(ref):
                return bay
        return None

    # What drivers do

    def plug_in(self, evse: int, car: Car) -> None:
        self._catch_up()
        bay = self.bay(evse)
        if bay.car is not None:
            raise CannotDo(f"A car is plugged into EVSE {evse} already.")
        bay.car, bay.is_finished, bay.was_full = car, False, False
        self._stop_waiting(bay)
        if bay.session is not None:
            self._change(bay.session, bay, "CablePluggedIn")
        elif bay.token is not None:
            self._start(bay, "RemoteStart" if bay.token.is_remote else "CablePluggedIn")
        elif self._conduct.starts_at == "EVConnected":
            self._start(bay, "CablePluggedIn")
        self.tell_state(bay)

    def unplug(self, evse: int) -> None:
        bay = self.bay(evse)
        if bay.car is None:
            raise CannotDo(f"No car is plugged into EVSE {evse}.")
        if bay.session is not None:
            self.end(bay, "EVDisconnected")
        bay.car, bay.is_finished, bay.token = None, False, None
        self.tell_state(bay)

    def present(
        self, evse: int, uid: str, kind: str = "ISO14443", contract: str | None = None
    ) -> None:
        """A card at the reader: it starts what it may start, and stops what it started. A car that
        shows a contract does the same by the cable."""
        bay = self.bay(evse)
        running = bay.session_token
        if running is not None:
            if running.uid.lower() != uid.lower():
                raise CannotDo(f"EVSE {evse} is in use by another card.")
            self.end(bay, "Local")
            return
        if bay.is_faulted or not bay.is_operative:
            raise CannotDo(f"EVSE {evse} is out of order.")
        token = Token(uid, kind, contract=contract)
        if bay.refuses(token):
            raise CannotDo(f"EVSE {evse} is reserved for somebody else.")
        if not self._is_online():
            if self._conduct.accepts_offline:
                self.accept(bay, token)
            return

        def heard(answer: Payload) -> None:
            if self._speech.token_status(answer) == "Accepted" and bay.session_token is None:
                self.accept(bay, token)

        self._tell(self._speech.authorize(token), heard=heard)

    def accept(self, bay: Bay, token: Token) -> None:
        """A token that may charge here: begin, or wait for the plug."""
        self._catch_up()
        bay.token = token
        why = "RemoteStart" if token.is_remote else "Authorized"
        if bay.session is not None:
            bay.session.token = token
            self._use_reservation(bay, bay.session)
            self._change(bay.session, bay, why)
        elif bay.car is not None:
            self._start(bay, why)
        else:
            if self._conduct.starts_at == "Authorized":
                self._start(bay, why)
            self._wait_for_plug(bay)
        self.tell_state(bay)

    def fault(self, evse: int) -> None:
        bay = self.bay(evse)
        if bay.session is not None:
            self.end(bay, "Other")
        bay.is_faulted = True
        self._lose_reservation(bay, "Removed")
        self.tell_state(bay)

    def repair(self, evse: int) -> None:
        bay = self.bay(evse)
        bay.is_faulted = False
        self.tell_state(bay)

    def set_operative(self, bay: Bay, operative: bool) -> bool:
        """Take an EVSE in or out of service; False if that has to wait for its session's end."""
        if not operative and bay.session is not None:
            bay.becomes_inoperative = True
            return False
        bay.is_operative, bay.becomes_inoperative = operative, False
        if not operative:
            self._lose_reservation(bay, "Removed")
        self.tell_state(bay)
        return True

    # What reservations do (1.6 §5.1 and §5.13; 2.0.1 part 2 H01 to H04)

    def reserve(self, bay: Bay, reservation: Reservation) -> None:
        """Keep an EVSE; a reservation of the same number is replaced."""
        self.cancel(reservation.number)
        bay.reservation = reservation
        self.tell_state(bay)

    def reserved_as(self, number: int) -> Bay | None:
        for bay in self.bays.values():
            if bay.reservation is not None and bay.reservation.number == number:
                return bay
        return None

    def cancel(self, number: int) -> None:
        bay = self.reserved_as(number)
        if bay is not None:
            bay.reservation = None
            self.tell_state(bay)

    def end_old_reservations(self) -> None:
        """H04; 1.6 §5.13: who did not come in time finds the EVSE free for everybody."""
        for bay in self.bays.values():
            if bay.reservation is not None and bay.reservation.until <= self._now():
                self._lose_reservation(bay, "Expired")
                self.tell_state(bay)

    def forget_reservations(self) -> None:
        for bay in self.bays.values():
            bay.reservation = None

    def _use_reservation(self, bay: Bay, session: Session) -> None:
        if bay.reservation is not None and bay.reservation.is_for(session.token):
            session.reservation, bay.reservation = bay.reservation.number, None

    def _lose_reservation(self, bay: Bay, why: str) -> None:
        if bay.reservation is None:
            return
        said = self._speech.reservation_over(bay.reservation.number, why)
        bay.reservation = None
        if said is not None:
            self._tell(said)

    # What sessions do

    def _start(self, bay: Bay, why: str) -> None:
        # A session begins at a whole watt-hour, or else the part before it would be billed too.
        bay.set_register(bay.register_wh)
        session = Session(bay.number, bay.token, self._now(), bay.register_wh)
        self._use_reservation(bay, session)
        bay.session, bay.since_reading_s = session, 0.0
        self.tell_state(bay)
        self.tell_started(session, bay, why)

    def tell_started(self, session: Session, bay: Bay, why: str) -> Message:
        reading = bay.reading()
        said = self._speech.started(
            session, bay, reading, session.started_at, why=why, offline=not self._is_online()
        )
        return self._tell(said, kept=True, heard=lambda answer: self._take(session, bay, answer))

    def _take(self, session: Session, bay: Bay, answer: Payload) -> None:
        self._speech.take_start(session, answer)
        unwanted = session.status not in ("", "Accepted")
        if unwanted and not session.is_scripted and bay.session is session:
            self.end(bay, "DeAuthorized")

    def _change(self, session: Session, bay: Bay, why: str) -> None:
        said = self._speech.changed(
            session, bay, self._now(), why=why, offline=not self._is_online()
        )
        if said is not None:
            self._tell(said, kept=True, heard=lambda answer: self._take(session, bay, answer))

    def end(self, bay: Bay, reason: str) -> None:
        self._catch_up()
        session = bay.session
        assert session is not None
        self._stop_waiting(bay)
        now = self._now()
        reading = replace(bay.reading(), signed=bay.sealed(session, now))
        said = self._speech.ended(
            session, reading, now, reason=reason, offline=not self._is_online()
        )
        self._tell(said, kept=True)
        bay.session, bay.token, bay.is_finished = None, None, bay.car is not None
        if bay.becomes_inoperative:
            bay.is_operative, bay.becomes_inoperative = False, False
        self.tell_state(bay)

    def end_all(self, reason: str) -> None:
        for bay in self.bays.values():
            if bay.session is not None:
                self.end(bay, reason)

    def read_meter(self, bay: Bay, why: str = "MeterValuePeriodic") -> None:
        session = bay.session
        if session is None:
            return
        bay.since_reading_s = 0.0
        said = self._speech.metered(
            session, bay.reading(), self._now(), why=why, offline=not self._is_online()
        )
        self._tell(said, kept=True)

    def pass_time(self, seconds: float, speed: float) -> None:
        """Let cars charge for so long, and read meters where it is time."""
        self.end_old_reservations()
        for bay in self.bays.values():
            session = bay.session
            if session is None or session.is_scripted or bay.car is None:
                continue
            bay.charge(seconds * speed)
            bay.since_reading_s += seconds
            if bay.state is State.FULL and not bay.was_full:
                bay.was_full = True
                self._change(session, bay, "ChargingStateChanged")
                self.tell_state(bay)
            if bay.since_reading_s >= self._conduct.meter_interval_s > 0:
                self.read_meter(bay)

    # What is told

    def tell_state(self, bay: Bay) -> None:
        """Tell the status if it is another than the one told last. Offline it is told later."""
        word = self._speech.status_word(bay)
        if word != bay.told and self._is_online():
            bay.told = word
            self._tell(self._speech.status(bay, self._now()))

    def tell_all_states(self) -> None:
        for bay in self.bays.values():
            bay.told = None
            self.tell_state(bay)

    def _wait_for_plug(self, bay: Bay) -> None:
        self._stop_waiting(bay)
        loop = asyncio.get_running_loop()
        self._waits[bay.number] = loop.call_later(
            self._conduct.connection_timeout_s, self._give_up_waiting, bay
        )

    def _stop_waiting(self, bay: Bay) -> None:
        wait = self._waits.pop(bay.number, None)
        if wait is not None:
            wait.cancel()

    def _give_up_waiting(self, bay: Bay) -> None:
        bay.token = None
        if bay.session is not None:
            self.end(bay, "Timeout")
        self.tell_state(bay)

    def close(self) -> None:
        for bay in self.bays.values():
            self._stop_waiting(bay)
