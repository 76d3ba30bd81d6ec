"""Short words for what stations tell, so that tests read as stories."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from voltway.kernel.ids import SessionId, StationId, TokenUid, TransactionRef
from voltway.kernel.units import PowerW, RegisterWh
from voltway.runtime.work import BeginWork
from voltway.sessions import actions
from voltway.sessions.model import Session, SessionRecord
from voltway.sessions.shelf import Shelf
from voltway.stations.reports import (
    Context,
    Decision,
    Ended,
    Heard,
    Metered,
    Reading,
    Report,
    Started,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CARD = TokenUid("04A1B2C3")


def minute(number: float) -> datetime:
    """A moment, in minutes after the noon at which tests begin."""
    return NOON + timedelta(minutes=number)


def reading(
    at: float | None,
    wh: int | None,
    context: Context = Context.PERIODIC,
    *,
    power_w: int | None = None,
) -> Reading:
    return Reading(
        None if at is None else minute(at),
        None if wh is None else RegisterWh(wh),
        None if power_w is None else PowerW(power_w),
        context=context,
    )


def start16(evse: int, at: float | None, wh: int, token: str = CARD) -> Started:
    """A StartTransaction of 1.6."""
    return Started(
        ref=None,
        evse=evse,
        connector=1,
        token=TokenUid(token),
        at=None if at is None else minute(at),
        readings=(reading(at, wh, Context.BEGIN),),
    )


def stop16(ref: str, at: float, wh: int | None, *between: Reading, reason: str = "Local") -> Ended:
    """A StopTransaction of 1.6; no register is its meterStop of -1."""
    return Ended(
        ref=TransactionRef(ref),
        reason=reason,
        at=minute(at),
        readings=(*between, reading(at, wh, Context.END)),
    )


def values(ref: str | None, evse: int | None, *readings: Reading) -> Metered:
    """MeterValues of 1.6, or of 2.x outside of a transaction."""
    return Metered(ref=None if ref is None else TransactionRef(ref), evse=evse, readings=readings)


def started(
    ref: str,
    seq: int,
    at: float,
    wh: int | None = None,
    *,
    evse: int | None = 1,
    token: str | None = CARD,
    charging: bool | None = None,
) -> Started:
    """A TransactionEvent Started of 2.x."""
    return Started(
        ref=TransactionRef(ref),
        evse=evse,
        connector=1 if evse else None,
        token=TokenUid(token) if token else None,
        at=minute(at),
        readings=() if wh is None else (reading(at, wh, Context.BEGIN),),
        seq=seq,
        charging=charging,
    )


def updated(
    ref: str,
    seq: int,
    at: float,
    wh: int | None = None,
    *,
    evse: int | None = None,
    token: str | None = None,
    charging: bool | None = None,
    by_vehicle: bool | None = None,
) -> Metered:
    """A TransactionEvent Updated of 2.x."""
    return Metered(
        ref=TransactionRef(ref),
        evse=evse,
        readings=() if wh is None else (reading(at, wh),),
        at=minute(at),
        token=TokenUid(token) if token else None,
        seq=seq,
        charging=charging,
        by_vehicle=by_vehicle,
    )


def finished(ref: str, seq: int, at: float, wh: int | None, *, evse: int | None = None) -> Ended:
    """A TransactionEvent Ended of 2.x."""
    return Ended(
        ref=TransactionRef(ref),
        reason="EVDisconnected",
        at=minute(at),
        readings=() if wh is None else (reading(at, wh, Context.END),),
        evse=evse,
        seq=seq,
    )


@dataclass(slots=True)
class Line:
    """A station's line to us: what it tells is recorded, a call at a time.

    With a ``shelf`` as a gateway does it, which remembers what it committed last; without one,
    everything is asked of the database each time.
    """

    begin: BeginWork
    station: StationId
    shelf: Shelf | None = None
    indexes: "count[int]" = field(default_factory=count)

    async def tell(self, *reports: Report, received: float | None = None) -> Decision:
        """Tell these, one call each; the answer to the last."""
        answer = Decision()
        for report in reports:
            answer = (await self.tell_at_once(report, received=received))[0]
        return answer

    async def tell_at_once(
        self, *reports: Report, received: float | None = None
    ) -> Sequence[Decision]:
        """Tell these in one batch."""
        async with self.begin() as work:
            calls = [
                Heard(
                    index=next(self.indexes),
                    station=self.station,
                    action=type(report).__name__,
                    received_at=work.now if received is None else minute(received),
                    reports=[report],
                )
                for report in reports
            ]
            decisions = await actions.record(work, calls, self.shelf)
        if self.shelf is not None:
            self.shelf.put_back({self.station})
        return [decisions.get(call.index, Decision()) for call in calls]

    async def starts16(self, evse: int, at: float, wh: int, token: str = CARD) -> str:
        """A start of 1.6; the number that it was given."""
        ref = (await self.tell(start16(evse, at, wh, token))).ref
        assert ref is not None
        return ref

    async def sessions(self) -> list[Session]:
        """All sessions of the house, the oldest start first."""
        async with self.begin() as work:
            ids = await work.all("SELECT id FROM session ORDER BY started_at, id")
            return [await actions.session(work, SessionId(row["id"])) for row in ids]

    async def one(self) -> Session:
        [session] = await self.sessions()
        return session

    async def record(self, session: Session | None = None) -> SessionRecord:
        wanted = session or await self.one()
        async with self.begin() as work:
            return await actions.record_of(work, wanted.id)

    async def facts(self) -> list[str]:
        """What was told to the house, in order, by name."""
        async with self.begin() as work:
            rows = await work.all("SELECT kind FROM outbox WHERE kind LIKE 'Session%' ORDER BY id")
        return [row["kind"] for row in rows]

    async def count(self, table: str) -> int:
        async with self.begin() as work:
            row = await work.one(f"SELECT count(*) AS n FROM {table}")
        assert row is not None
        return int(row["n"])
