"""Orders: placed by people and rooms above, sent by the gateway, answered, and come true or not."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import (
    GatewayId,
    OrderId,
    SessionId,
    StationId,
    TokenUid,
    TransactionRef,
    new_id,
)
from voltway.runtime.work import BeginWork, Work
from voltway.stations import rules, store_orders, store_reports
from voltway.stations.model import OrderEnded, OrderRecord
from voltway.stations.orders import (
    Answered,
    ChangeAvailability,
    Order,
    OrderState,
    Outcome,
    ReadVariables,
    SetVariable,
    StartCharging,
    StopCharging,
    Variable,
)
from voltway.stations.reports import PortStatus, VariableReported
from voltway.stations.rules import Stand

EXPIRES_S = 600

OVERDUE_AT_ONCE = 500


@dataclass(eq=False)
class NoSuchStation(Refusal):
    """There is no station {station}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    station: object


@dataclass(eq=False)
class NoSuchOrder(Refusal):
    """There is no order {order}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    order: OrderId


@dataclass(eq=False)
class OrderUnderWay(Refusal):
    """The order was sent already and can be taken back no more."""

    order: OrderId


@dataclass(frozen=True, slots=True)
class Reply:
    """A station's reply to the order that carries this id, if one does."""

    order: OrderId
    station: StationId
    outcome: Outcome
    at: datetime


async def place_order(
    work: Work,
    station: StationId,
    order: Order,
    by: str,
    *,
    expires_s: int = EXPIRES_S,
    reads_back: OrderId | None = None,
) -> OrderId:
    """Queue an order; the gateway that holds the station's socket sends it."""
    if isinstance(order, StartCharging) and order.remote_start_id == 0:
        order = replace(order, remote_start_id=1 + secrets.randbelow(2**31 - 1))
    id = OrderId(new_id(work.now))
    urgency = rules.URGENCY_READ_BACK if reads_back else rules.urgency(order)
    is_placed = await store_orders.add(
        work,
        id=id,
        station=station,
        order=order,
        by=by,
        urgency=urgency,
        expires_at=work.now + timedelta(seconds=expires_s),
        reads_back=reads_back,
    )
    if not is_placed:
        raise NoSuchStation(station)
    work.touch(f"orders:{station}", f"station:{station}")
    return id


async def order(work: Work, id: OrderId) -> OrderRecord:
    found = await store_orders.order(work, id)
    if found is None:
        raise NoSuchOrder(id)
    return found


async def orders_of(work: Work, station: StationId, limit: int = 50) -> Sequence[OrderRecord]:
    """The orders of a station, the newest first."""
    return await store_orders.orders_of(work, station, limit)


async def cancel_order(work: Work, id: OrderId, why: str = "Taken back.") -> None:
    """Take back an order that was not sent yet."""
    found = (await store_orders.locked(work, [id])).get(id)
    if found is None:
        raise NoSuchOrder(id)
    if found.state is OrderState.QUEUED:
        await end(work, found, Stand(OrderState.CANCELLED, why))
    elif found.is_open:
        raise OrderUnderWay(id)


async def stations_with_orders(
    work: Work, stations: Collection[StationId] | None = None, *, of: GatewayId | None = None
) -> list[StationId]:
    """Stations for which an order waits to be sent: all, or of these, or those connected to a
    gateway."""
    if of is not None:
        return await store_orders.queued_at(work, of)
    if stations is None:
        return await store_orders.all_queued(work)
    return await store_orders.queued_for(work, stations)


async def stations_waiting(work: Work, stations: Collection[StationId]) -> set[StationId]:
    """Those of these stations whose orders still wait for an answer or an effect."""
    return await store_orders.waiting(work, stations)


async def take_orders(
    work: Work, stations: Collection[StationId], *, by: GatewayId | None = None
) -> Sequence[OrderRecord]:
    """The next order for each of these stations, called sent from now on. ``by`` a gateway: only
    for those whose newest socket it holds, for what is sent on an older one is lost."""
    taken = await store_orders.take(work, stations, work.now + rules.ANSWER_WITHIN, by)
    work.touch(*(f"station:{each.station}" for each in taken))
    return taken


async def put_back_order(work: Work, id: OrderId) -> None:
    """The socket was gone before the order went out: it waits for the next one."""
    await store_orders.put_back(work, id)


async def refuse_order(work: Work, id: OrderId, why: str) -> None:
    """We cannot say this to the station: its version has no word for it."""
    found = (await store_orders.locked(work, [id])).get(id)
    if found is not None and found.is_open:
        await end(work, found, Stand(OrderState.REFUSED, why))


async def record_replies(work: Work, replies: Sequence[Reply]) -> None:
    """Take in stations' replies. What is late, doubled or not ours is kept and moves nothing."""
    known = await store_orders.locked(work, {reply.order for reply in replies})
    for reply in replies:
        record = known.get(reply.order)
        if record is None or record.station != reply.station:
            continue
        if record.state is OrderState.SENT:
            known[record.id] = await _answered(work, record, reply)
        else:
            await store_orders.remember(
                work,
                record.id,
                {
                    "at": reply.at.isoformat(),
                    "what": "a reply that came late or twice",
                    "word": reply.outcome.word[:500],
                    "payload": reply.outcome.payload[:4000],
                },
            )


async def _answered(work: Work, record: OrderRecord, reply: Reply) -> OrderRecord:
    outcome = reply.outcome
    await store_orders.save_answer(work, record.id, outcome, reply.at)
    await _keep_variables(work, record, outcome.variables, reply.at)

    already_true = await _is_already_true(work, record)
    stand = rules.after_answer(record.order, outcome, work.now, already_true=already_true)
    if stand.state is OrderState.ANSWERED:
        await store_orders.save_stand(work, record.id, stand, ended=False)
        work.touch(f"station:{record.station}")
    else:
        await end(work, record, stand)
    if isinstance(record.order, SetVariable) and outcome.answered is Answered.ACCEPTED:
        await read_back(work, record)
    if record.reads_back is not None:
        await _compare(work, record.reads_back, outcome.variables)
    return replace(record, state=stand.state)


async def read_back(work: Work, record: OrderRecord) -> None:
    """Ask for the variable that was set: ``Accepted`` is not an effect."""
    assert isinstance(record.order, SetVariable)
    await place_order(
        work,
        record.station,
        ReadVariables((record.order.name,)),
        record.by,
        reads_back=record.id,
    )


async def _compare(work: Work, setting: OrderId, variables: Sequence[Variable]) -> None:
    record = (await store_orders.locked(work, [setting])).get(setting)
    if record is None or not record.is_open or not isinstance(record.order, SetVariable):
        return
    wanted = record.order
    told = [one for one in variables if one.name.lower() == wanted.name.lower()]
    if any(rules.is_same_value(wanted.value, one.value) for one in told):
        await end(work, record, Stand(OrderState.DONE))
    elif told and told[0].value is not None:
        why = f"The station accepted the value but still has {told[0].value[:200]!r}."
        await end(work, record, Stand(OrderState.WITHOUT_EFFECT, why))
    else:
        why = "The station accepted the value but does not tell it when asked."
        await end(work, record, Stand(OrderState.WITHOUT_EFFECT, why))


async def _keep_variables(
    work: Work, record: OrderRecord, variables: Sequence[Variable], at: datetime
) -> None:
    """What a station answered when asked for its configuration."""
    told = []
    for one in variables:
        if not isinstance(record.order, ReadVariables) or one.status != "Accepted":
            continue
        component, _, name = one.name.rpartition(".")
        mutability = {True: "ReadOnly", False: "ReadWrite", None: None}[one.readonly]
        told.append(
            (
                record.station,
                VariableReported(component, name, one.value, mutability=mutability),
                at,
            )
        )
    if told:
        await store_reports.keep_variables(work, told)


async def _is_already_true(work: Work, record: OrderRecord) -> bool:
    """Whether a station asked to change availability shows the wanted state already: then no
    status will follow."""
    order = record.order
    if not isinstance(order, ChangeAvailability):
        return False
    shown = [
        (number, PortStatus(status))
        for number, status in await store_orders.is_status(work, record.station)
    ]
    if order.evse is None:
        shown = [each for each in shown if each[0] > 0] or shown
    else:
        shown = [each for each in shown if each[0] == order.evse]
    known = [(number, status) for number, status in shown if status is not PortStatus.UNKNOWN]
    return bool(known) and all(rules.fulfils(order, *each) for each in known)


async def effect_of_start(
    work: Work,
    station: StationId,
    evse: int | None,
    token: TokenUid | None,
    remote_start_id: int | None,
    session: SessionId,
) -> None:
    """A session started: the order that asked for it took effect."""
    for record in await store_orders.in_flight(work, [station]):
        match record.order:
            case StartCharging() as asked if _is_start(asked, evse, token, remote_start_id):
                await end(work, record, Stand(OrderState.DONE), session=session)
                return


def _is_start(
    asked: StartCharging, evse: int | None, token: TokenUid | None, remote_start_id: int | None
) -> bool:
    if remote_start_id is not None:
        return remote_start_id == asked.remote_start_id
    same_evse = evse is None or asked.evse == evse
    return same_evse and token is not None and token.lower() == asked.token.lower()


async def effect_of_stop(
    work: Work, station: StationId, ref: TransactionRef, session: SessionId | None = None
) -> None:
    """A session ended: the orders that asked for it took effect."""
    for record in await store_orders.in_flight(work, [station]):
        if isinstance(record.order, StopCharging) and record.order.ref == ref:
            await end(work, record, Stand(OrderState.DONE), session=session)


async def end(
    work: Work, record: OrderRecord, stand: Stand, *, session: SessionId | None = None
) -> None:
    """The end of an order's walk, told to whoever watches."""
    await store_orders.save_stand(work, record.id, stand, ended=True, session=session)
    work.touch(f"order:{record.id}")
    await work.announce(
        [
            OrderEnded(
                party=record.party,
                at=work.now,
                station=record.station,
                order=record.id,
                kind=type(record.order).__name__,
                state=stand.state,
                why=stand.why,
            )
        ]
    )


async def end_overdue_orders(begin: BeginWork) -> int:
    """Sweep: orders whose time is over; how many there were."""
    async with begin() as work:
        overdue = await store_orders.overdue(work, OVERDUE_AT_ONCE)
        for record in overdue:
            await end(work, record, _overdue(record))
    return len(overdue)


def _overdue(record: OrderRecord) -> Stand:
    if record.state is OrderState.QUEUED:
        return Stand(
            OrderState.EXPIRED,
            "It was never sent: in all that time the station had no line, or one that was busy.",
        )
    if record.state is OrderState.SENT:
        return Stand(OrderState.SILENT, "The station did not answer in time.")
    return Stand(OrderState.WITHOUT_EFFECT, rules.without_effect(record.order))
