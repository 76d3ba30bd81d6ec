"""A batch: what was heard while the last commit was under way, kept in one transaction.

Whoever opens a batch sees no station twice in it, so each station's order is kept and its answers
come in their order.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from voltway.drivers import actions as drivers
from voltway.drivers.model import Token
from voltway.kernel.ids import OrderId, PartyId, StationId, TokenUid
from voltway.ocpp import frame
from voltway.ocpp.asking import with_asks
from voltway.ocpp.conduct import BROKEN_BYTES, REFUSED_COSTS
from voltway.ocpp.dialect import Dialect, HeardCall
from voltway.ocpp.faults import BrokenFrame, BrokenPayload, Fault
from voltway.ocpp.frame import Call, CallError, CallResult, CallResultError
from voltway.ocpp.gateways import record_links
from voltway.ocpp.link import Link
from voltway.ocpp.prepaid import with_balances
from voltway.ocpp.terminals import hear_terminals
from voltway.ocpp.tokens_shown import note_starts, standings
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.sessions.shelf import Shelf
from voltway.stations import actions as stations
from voltway.stations.model import Direction, FrameForReview, KeptFrame, OrderRecord
from voltway.stations.orders import Answered, Outcome
from voltway.stations.reports import (
    Booted,
    Decision,
    Deviation,
    Ended,
    Heard,
    Metered,
    Report,
    Started,
    StatusChanged,
    TokenShown,
)

log = structlog.get_logger("voltway.ocpp")

NOTHING = Decision()

#: For a message that is no longer ours to answer: its station has come to another gateway, and
#: will tell that one what it got no answer to.
MOVED_AWAY = Decision(registered="moved_away")

#: Reports of sessions, and those that mean something for sessions.
_OF_SESSIONS = frozenset({Metered, Started, Ended, StatusChanged, Booted})

#: Messages that a station repeats for ever when they are refused (the design's first rule).
_OF_TRANSACTIONS = frozenset(
    {"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"}
)

#: Deviations that leave nothing of a message.
_UNREAD = frozenset({"unreadable", "not_understood"})

_SAMPLE_BYTES = 300
#: Kinds and places of faults that are told apart between two commits.
FAULTS_APART_MAX = 10_000


class Pending(msgspec.Struct, eq=False):
    """One message of a station on its way through the commit."""

    link: Link
    at: datetime
    text: bytes
    call: Call | None = None
    reports: Sequence[Report] = ()
    deviations: Sequence[Deviation] = ()
    #: The answer where it is known without a decision: a broken frame or payload.
    refusal: bytes | None = None
    #: A reply to an order of ours, by the order's id.
    reply_to: OrderId | None = None
    reply: CallResult | CallError | None = None
    order: OrderRecord | None = None
    #: How much of a fault it is.
    fault: float = 0.0

    @property
    def is_patient(self) -> bool:
        """A reading alone may wait a moment for company."""
        return len(self.reports) == 1 and type(self.reports[0]) is Metered

    @property
    def is_doubtful(self) -> bool:
        """A message of a transaction that cannot be read: answered yes, and looked at."""
        return (
            bool(self.deviations)
            and is_of_transaction(self.action)
            and self.refusal is None
            and any(one.kind in _UNREAD for one in self.deviations)
        )

    @property
    def action(self) -> str:
        return "" if self.call is None else self.call.action


@dataclass(slots=True)
class Extras:
    """What goes with a batch and is owed no answer."""

    opened: list[Link] = field(default_factory=list)
    closed: list[Link] = field(default_factory=list)
    said: list[tuple[PartyId, KeptFrame]] = field(default_factory=list)
    #: The pages of stations that were spoken to.
    subjects: set[str] = field(default_factory=set)
    #: Faults that are counted and nothing else: how often, and the newest.
    faults: dict[tuple[StationId, str, str], tuple[int, Deviation, datetime]] = field(
        default_factory=dict
    )

    def __bool__(self) -> bool:
        return bool(self.opened or self.closed or self.said or self.faults)

    def count_faults(self, pending: Pending) -> None:
        """Count what is against the standard in a message of which nothing else is kept."""
        station = pending.link.station
        for one in pending.deviations:
            place = (station, one.kind, one.path)
            if place not in self.faults and len(self.faults) >= FAULTS_APART_MAX:
                place = (station, one.kind, "…")
            count = self.faults[place][0] if place in self.faults else 0
            self.faults[place] = (count + 1, Deviation(one.kind, place[2], one.sample), pending.at)
        self.subjects.add(pending.link.subject)

    def counted(self, first: int) -> list[Heard]:
        """The faults as if they were heard; they are numbered from ``first``."""
        return [
            Heard(first + number, station, "", at, (), [one] * count)
            for number, ((station, _, _), (count, one, at)) in enumerate(self.faults.items())
        ]


def read(link: Link, text: bytes, at: datetime) -> Pending:
    """What a message says. Never raises: whatever a station sends becomes something to keep."""
    pending = Pending(link, at, text)
    version = link.dialect.version
    try:
        heard = frame.decode(text, version)
    except BrokenFrame as trouble:
        pending.refusal = frame.refusal(trouble, version)
        pending.deviations = [Deviation("broken_frame", "", _sample(text))]
        pending.fault = 1 + len(text) / BROKEN_BYTES
        return pending
    match heard:
        case Call():
            pending.call = heard
            _hear(pending, heard, link.dialect)
        case CallResult() | CallError():
            pending.reply = heard
            pending.reply_to = _order_id(heard.id)
        case CallResultError():
            pending.deviations = [Deviation("answer_refused", "", _sample(text))]
        case _:
            pending.call = Call(heard.id, heard.action, heard.payload)
            _hear(pending, pending.call, link.dialect)
            pending.call = None
    return pending


def _hear(pending: Pending, call: Call, dialect: Dialect) -> None:
    try:
        told = dialect.hear(call)
    except BrokenPayload as trouble:
        pending.refusal = frame.error(call.id, trouble.fault, dialect.version, str(trouble))
        where = f"{call.action[:60]}.{trouble.path}"
        pending.deviations = [Deviation("refused", where, _sample(pending.text))]
        pending.fault = REFUSED_COSTS + len(pending.text) / BROKEN_BYTES
    except Exception:  # a fault of ours must not cost the station its socket
        log.exception("hearing_failed", station=str(pending.link.station), action=call.action[:50])
        pending.deviations = [Deviation("not_understood", call.action[:60], _sample(pending.text))]
        if not is_of_transaction(call.action):
            pending.refusal = internal_error(pending)
    else:
        pending.reports = told.reports
        pending.deviations = _all_deviations(call, told)
        if pending.deviations and pending.is_doubtful:
            pending.fault = REFUSED_COSTS


def _all_deviations(call: Call, told: HeardCall) -> Sequence[Deviation]:
    return [*call.tolerated, *told.deviations] if call.tolerated else told.deviations


def _sample(text: bytes) -> str:
    return text[:_SAMPLE_BYTES].decode("utf-8", "replace").replace("\x00", "�")


def _order_id(message_id: str) -> OrderId | None:
    """Our calls carry the order's id, so a reply finds it however late, on whichever socket."""
    try:
        return OrderId(UUID(message_id))
    except ValueError:
        return None


def is_of_transaction(action: str) -> bool:
    return action in _OF_TRANSACTIONS


def internal_error(pending: Pending) -> bytes | None:
    if pending.call is None:
        return None
    version = pending.link.dialect.version
    return frame.error(pending.call.id, Fault.INTERNAL, version, "please try again later")


async def keep(
    work: Work,
    batch: Sequence[Pending],
    extras: Extras,
    shelf: Shelf | None = None,
    *,
    interval_s: int,
    fleet: int,
    is_sole: bool = True,
    is_anew: bool = False,
) -> dict[int, Decision]:
    """Keep all of a batch, and decide what is owed a decision.

    Where this gateway is not the ``is_sole`` one, starts are taken only of stations that did not
    move to another: both would begin a session of the same start. That none of them did is believed
    and insisted on; it is asked when the batch is kept ``is_anew``, because somebody was quicker.
    """
    if extras.opened or extras.closed:
        await record_links(work, extras.opened, extras.closed)
    gone: set[StationId] = set()
    if not is_sole and (starting := _starting(batch)):
        if is_anew:
            gone = await stations.moved_away(work, starting)
        else:
            stations.insist_on_links(work, starting)
    moved = {index: MOVED_AWAY for index, each in enumerate(batch) if each.link.station in gone}
    decisions = await _keep_heard(
        work,
        batch,
        shelf,
        moved.keys(),
        extras.counted(len(batch)),
        interval_s=interval_s,
        fleet=fleet,
    )
    await _keep_frames(work, batch, extras)
    work.touch(*extras.subjects, *(each.link.subject for each in batch))
    return decisions | moved


def _starting(batch: Sequence[Pending]) -> dict[StationId, int]:
    """The stations of which a session begins in this batch, and which of their sockets told it."""
    return {
        each.link.station: each.link.generation
        for each in batch
        if each.link.generation and Started in map(type, each.reports)
    }


async def _keep_heard(
    work: Work,
    batch: Sequence[Pending],
    shelf: Shelf | None,
    moved: Container[int],
    counted: Sequence[Heard],
    *,
    interval_s: int,
    fleet: int,
) -> dict[int, Decision]:
    """Keep what was told, save by those that moved away, and decide what is owed a decision."""
    await _keep_replies(work, [pending for pending in batch if pending.reply_to is not None])

    heard = [
        Heard(
            index,
            pending.link.station,
            pending.action,
            pending.at,
            pending.reports,
            pending.deviations,
        )
        for index, pending in enumerate(batch)
        if index not in moved
    ]
    waiting = {each.link.station for each in batch if each.link.awaits}
    corrected: set[StationId] = set()
    decisions = await stations.record_reports(
        work,
        [*heard, *counted] if counted else heard,
        alive=[each.link.station for each in batch if each.link.is_due_alive(each.at)],
        waiting=waiting,
        interval_s=interval_s,
        fleet=fleet,
        corrected=corrected,
    )
    if shelf is not None:
        for station in corrected:
            shelf.forget(station)
    asked = [
        (call.index, call.station, report)
        for call in heard
        for report in call.reports
        if type(report) is TokenShown
    ]
    of_sessions = [call for call in heard if _concerns_sessions(call)]
    decisions |= await hear_terminals(work, batch, heard)
    shown = await _tokens(work, batch, asked, of_sessions)
    decisions |= await standings(work, asked, shown, lambda index: batch[index].link.party)
    if of_sessions:
        begun = await sessions.record(work, of_sessions, shelf, shown=shown, waiting=waiting)
        await note_starts(work, of_sessions, begun, shown)
        decisions |= begun
    decisions |= await with_balances(work, batch, heard, decisions, shown)
    return decisions | with_asks(heard, decisions, shown) if shown else decisions


async def _keep_frames(work: Work, batch: Sequence[Pending], extras: Extras) -> None:
    """Keep what was heard and said raw, and what cannot be read for a person to look at."""
    frames = extras.said + [
        (each.link.party, KeptFrame(each.link.station, Direction.HEARD, each.at, each.text))
        for each in batch
        if each.link.raw_left >= 0
    ]
    if frames:
        stations.keep_frames(work, frames)
    doubtful = [pending for pending in batch if pending.is_doubtful]
    if doubtful:
        await stations.keep_for_review(work, [for_review(each, _why(each)) for each in doubtful])


def _why(pending: Pending) -> str:
    return "; ".join(one.sample for one in pending.deviations if one.kind in _UNREAD)


def for_review(pending: Pending, why: str) -> FrameForReview:
    return FrameForReview(
        station=pending.link.station,
        at=pending.at,
        action=pending.action,
        frame=pending.text,
        why=why,
    )


def _concerns_sessions(call: Heard) -> bool:
    if len(call.reports) == 1:
        return type(call.reports[0]) in _OF_SESSIONS
    return any(type(report) in _OF_SESSIONS for report in call.reports)


async def _tokens(
    work: Work,
    batch: Sequence[Pending],
    asked: Sequence[tuple[int, StationId, TokenShown]],
    of_sessions: Sequence[Heard],
) -> Mapping[tuple[StationId, TokenUid], Token]:
    """All tokens that were shown in a batch, to be let in or at the start and end of sessions."""
    shown = {(station, report.token) for _, station, report in asked}
    shown |= sessions.tokens_in(of_sessions)
    if not shown:
        return {}
    parties = {each.link.station: each.link.party for each in batch}
    return await drivers.shown_at(work, shown, parties)


async def _keep_replies(work: Work, batch: Sequence[Pending]) -> None:
    """What stations replied to our orders; unknown ids are kept among the frames only."""
    replies = []
    for pending in batch:
        assert pending.reply is not None
        assert pending.reply_to is not None
        record = pending.order
        if record is None:
            try:
                record = await stations.order(work, pending.reply_to)
            except stations.NoSuchOrder:
                continue
        outcome = _outcome(pending, record)
        replies.append(stations.Reply(record.id, pending.link.station, outcome, pending.at))
    if replies:
        await stations.record_replies(work, replies)


def _outcome(pending: Pending, record: OrderRecord) -> Outcome:
    assert pending.reply is not None
    try:
        outcome = pending.link.dialect.read(record.order, pending.reply)
    except Exception:  # whatever the answer holds, the order gets its end
        log.exception("reading_failed", station=str(pending.link.station), order=str(record.id))
        return Outcome(Answered.ERROR, "unreadable answer", _sample(pending.text))
    return outcome
