"""Which orders came true by what stations told."""

from collections.abc import Sequence

from voltway.kernel.ids import StationId
from voltway.runtime.work import Work
from voltway.stations import actions_orders, rules, store_orders
from voltway.stations.model import OrderRecord
from voltway.stations.orders import (
    Answered,
    ChangeAvailability,
    OrderState,
    ReadVariables,
    Reset,
    SetVariable,
    Trigger,
)
from voltway.stations.reports import (
    Booted,
    Heard,
    PortStatus,
    StatusChanged,
    VariablesReported,
)
from voltway.stations.rules import Stand

#: What an order waits for is told after it was sent, so these calls alone can be an effect.
#: Starts and stops of sessions are told by the room above, which knows them.
_DONE = Stand(OrderState.DONE)


async def find_effects(work: Work, heard: Sequence[Heard]) -> None:
    """End the orders of these stations that what they told fulfils."""
    records = await store_orders.in_flight(work, {call.station for call in heard})
    if not records:
        return
    by_station: dict[StationId, list[Heard]] = {}
    for call in heard:
        by_station.setdefault(call.station, []).append(call)
    for record in records:
        for call in by_station[record.station]:
            if _waits_for_boot(record, call):
                await actions_orders.read_back(work, record)
            elif await _is_fulfilled(work, record, call):
                await actions_orders.end(work, record, _DONE)
                break


async def _is_fulfilled(work: Work, record: OrderRecord, call: Heard) -> bool:
    """A station may reset before it answers, and trigger before it says that it will."""
    order = record.order
    match order:
        case Reset(evse=None):
            return any(isinstance(report, Booted) for report in call.reports)
        case Reset(evse=evse):
            return any(
                isinstance(report, StatusChanged) and report.evse == evse for report in call.reports
            )
        case Trigger():
            return record.state is OrderState.ANSWERED and _is_triggered(order, call)
        case ChangeAvailability():
            return record.state is OrderState.ANSWERED and await _is_available(work, order, call)
        case ReadVariables(names=()):
            return any(
                isinstance(report, VariablesReported) and report.last for report in call.reports
            )
        case _:
            return False


def _is_triggered(order: Trigger, call: Heard) -> bool:
    if call.action != order.message:
        # 2.x sends readings of a transaction in its own message.
        return order.message == "MeterValues" and call.action == "TransactionEvent"
    if order.evse is None:
        return True
    return all(getattr(report, "evse", order.evse) == order.evse for report in call.reports)


async def _is_available(work: Work, order: ChangeAvailability, call: Heard) -> bool:
    told = [report for report in call.reports if isinstance(report, StatusChanged)]
    if not any(rules.fulfils(order, report.evse, report.status) for report in told):
        return False
    if order.evse is not None or any(report.evse == 0 for report in told):
        return True
    shown = await store_orders.is_status(work, call.station)
    return all(
        rules.fulfils(order, number, PortStatus(status)) for number, status in shown if number > 0
    )


def _waits_for_boot(record: OrderRecord, call: Heard) -> bool:
    """A variable that holds only after a reboot is read back after the reboot."""
    return (
        isinstance(record.order, SetVariable)
        and record.answered is Answered.REBOOT_REQUIRED
        and any(isinstance(report, Booted) for report in call.reports)
    )
