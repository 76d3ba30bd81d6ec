"""Short words for what the tests of stations do again and again."""

from collections.abc import Sequence
from datetime import datetime

from tests.conftest import NOON
from tests.network import a_party
from voltway.kernel.ids import OrderId, StationId, TokenUid
from voltway.runtime.work import BeginWork, Work
from voltway.stations import actions
from voltway.stations.model import (
    EvsePlan,
    OrderRecord,
    Station,
)
from voltway.stations.orders import (
    Answered,
    Order,
    OrderState,
    Outcome,
    StartCharging,
)
from voltway.stations.reports import (
    Decision,
    Deviation,
    Heard,
    PortStatus,
    Report,
    StatusChanged,
)

ACCEPTED = Outcome(Answered.ACCEPTED, "Accepted")
CHARGE = StartCharging(1, TokenUid("CARD"))


async def a_station(work: Work, identity: str = "CS1", evses: int = 2) -> Station:
    party = await a_party(work)
    place = await actions.add_location(
        work,
        party.id,
        name="Rathaus",
        address="Platz 1",
        city="Wien",
        country="AUT",
        lat=48.2,
        lon=16.4,
        time_zone="Europe/Vienna",
    )
    plans = [EvsePlan(number) for number in range(1, evses + 1)]
    added, _ = await actions.add_station(work, party.id, place.id, identity, plans)
    return added


def heard(
    station: StationId,
    *reports: Report,
    action: str = "Heartbeat",
    at: datetime = NOON,
    index: int = 0,
    deviations: Sequence[Deviation] = (),
) -> Heard:
    return Heard(index, station, action, at, reports, deviations)


async def tell(
    begin: BeginWork, station: Station, *reports: Report, action: str = "", at: datetime = NOON
) -> dict[int, Decision]:
    async with begin() as work:
        call = heard(station.id, *reports, action=action, at=at)
        return await actions.record_reports(work, [call])


async def place(
    begin: BeginWork, station: Station, order: Order, *, expires_s: int = 600
) -> OrderId:
    async with begin() as work:
        return await actions.place_order(work, station.id, order, "Olga", expires_s=expires_s)


async def send(begin: BeginWork, station: Station) -> OrderRecord:
    async with begin() as work:
        (taken,) = await actions.take_orders(work, [station.id])
        return taken


async def reply(
    begin: BeginWork, station: Station, order: OrderId, outcome: Outcome = ACCEPTED
) -> None:
    async with begin() as work:
        await actions.record_replies(work, [actions.Reply(order, station.id, outcome, work.now)])


async def state(begin: BeginWork, order: OrderId) -> OrderState:
    async with begin() as work:
        return (await actions.order(work, order)).state


async def asked(begin: BeginWork, station: Station, order: Order) -> OrderId:
    """An order that was sent and accepted."""
    placed = await place(begin, station, order)
    sent = await send(begin, station)
    assert sent.id == placed
    await reply(begin, station, placed)
    return placed


async def shown(begin: BeginWork, station: Station, number: int = 1) -> str:
    async with begin() as work:
        row = await work.one(
            "SELECT status FROM evse_view WHERE station_id = $1 AND number = $2",
            station.id,
            number,
        )
    assert row is not None
    return str(row["status"])


async def facts(begin: BeginWork, kind: str) -> int:
    async with begin() as work:
        row = await work.one("SELECT count(*) AS n FROM outbox WHERE kind = $1", kind)
    assert row is not None
    return int(row["n"])


def status(
    port: PortStatus, at: datetime | None = NOON, evse: int = 1, error: str | None = None
) -> StatusChanged:
    return StatusChanged(evse, evse, port, at, error_code=error)
