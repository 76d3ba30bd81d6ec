"""Orders: what we ask of stations, and whether it took effect.

An order is asked, answered, and takes effect or does not: ``Accepted`` is not an effect.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import Meta

from voltway.drivers import actions as drivers
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OrderId, StationId, TokenUid, TransactionRef
from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.stations import actions, orders
from voltway.stations.actions import NoSuchOrder
from voltway.stations.model import OPEN
from voltway.stations.orders import Order as Wanted
from voltway.stations.orders import OrderState
from voltway.web.api.caller import Caller, Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import ALSO, adds, asks, reads
from voltway.web.api.shapes import NO_NUL, EvseNumber, Moment, Page, Shown, Text, shown, utc

ORDERS = Source("order_view")

#: Touches of other processes may be lost: an order that is waited for is looked at this often.
LOOK_S: Final = 2.0

WAIT_S_MAX: Final = 60

Kinds = Literal[
    "start",
    "stop",
    "reset",
    "unlock",
    "change_availability",
    "trigger",
    "read_variables",
    "set_variable",
    "clear_cache",
    "vendor_data",
    "call",
]

KINDS: Final[dict[str, str]] = {
    "StartCharging": "start",
    "StopCharging": "stop",
    "Reset": "reset",
    "Unlock": "unlock",
    "ChangeAvailability": "change_availability",
    "Trigger": "trigger",
    "ReadVariables": "read_variables",
    "SetVariable": "set_variable",
    "ClearCache": "clear_cache",
    "SendVendorData": "vendor_data",
    "RawCall": "call",
}


class TokenUnknown(Refusal):
    """There is no such token in this network, so no station would let it charge; add it first."""

    kind = Kind.INVALID


class _Asked(msgspec.Struct, tag_field="kind", forbid_unknown_fields=True, kw_only=True):
    """What is asked of a station."""

    async def order(self, work: Work, caller: Caller) -> Wanted:
        """The order in our words."""
        raise AssertionError("every kind says its order")


class Start(_Asked, tag="start"):
    """Start a session for a token."""

    evse: EvseNumber
    token: Annotated[str, Meta(min_length=1, max_length=36, pattern=NO_NUL, description="Its uid.")]

    async def order(self, work: Work, caller: Caller) -> Wanted:
        asked = (caller.actor.party, TokenUid(self.token))
        known = await drivers.tokens_of(work, [asked])
        if asked not in known:
            raise TokenUnknown
        return orders.StartCharging(self.evse, known[asked].uid)


class Stop(_Asked, tag="stop"):
    """Stop a session by the station's own name of it. `/sessions/{id}/stop` knows the name."""

    transaction_ref: Annotated[str, Meta(min_length=1, max_length=36, pattern=NO_NUL)]

    async def order(self, work: Work, caller: Caller) -> Wanted:
        return orders.StopCharging(TransactionRef(self.transaction_ref))


class Reset(_Asked, tag="reset"):
    """Start the station (or, in 2.x, an EVSE) anew."""

    immediate: Annotated[bool, Meta(description="Sessions end at once. 1.6: Hard.")] = False
    evse: EvseNumber | None = None

    async def order(self, work: Work, caller: Caller) -> Wanted:
        return orders.Reset(self.immediate, self.evse)


class Unlock(_Asked, tag="unlock"):
    """Let go of a stuck plug."""

    evse: EvseNumber
    connector: EvseNumber = 1

    async def order(self, work: Work, caller: Caller) -> Wanted:
        return orders.Unlock(self.evse, self.connector)


class ChangeAvailability(_Asked, tag="change_availability"):
    """Take an EVSE, or without one the whole station, out of service or into it."""

    operative: bool
    evse: EvseNumber | None = None

    async def order(self, work: Work, caller: Caller) -> Wanted:
        return orders.ChangeAvailability(self.operative, self.evse)


class Trigger(_Asked, tag="trigger"):
    """Ask the station to send a message now."""

    message: Annotated[
        str, Meta(pattern=r"^[A-Za-z]{1,50}$", examples=["StatusNotification", "MeterValues"])
    ]
    evse: EvseNumber | None = None

    async def order(self, work: Work, caller: Caller) -> Wanted:
        return orders.Trigger(self.message, self.evse)


class ReadVariables(_Asked, tag="read_variables"):
    """Read the station's configuration."""

    names: Annotated[
        list[Text],
        Meta(max_length=200, description="`Component.Variable` in 2.x, keys in 1.6; none: all."),
    ] = []

    async def order(self, work: Work, caller: Caller) -> Wanted:
        return orders.ReadVariables(tuple(self.names))


class SetVariable(_Asked, tag="set_variable"):
    """Set one variable; it took effect when it is read back as set."""

    name: Text
    value: Annotated[str, Meta(max_length=2500, pattern=NO_NUL)]

    async def order(self, work: Work, caller: Caller) -> Wanted:
        return orders.SetVariable(self.name, self.value)


class ClearCache(_Asked, tag="clear_cache"):
    """Let the station forget the tokens that it remembers."""

    async def order(self, work: Work, caller: Caller) -> Wanted:
        return orders.ClearCache()


class VendorData(_Asked, tag="vendor_data"):
    """Send data of the station's vendor."""

    vendor: Annotated[str, Meta(min_length=1, max_length=255, pattern=NO_NUL)]
    message: Annotated[str, Meta(max_length=50, pattern=NO_NUL)] | None = None
    data: Annotated[str, Meta(max_length=100_000, pattern=NO_NUL)] | None = None

    async def order(self, work: Work, caller: Caller) -> Wanted:
        return orders.SendVendorData(self.vendor, self.message, self.data)


NewOrder = (
    Start
    | Stop
    | Reset
    | Unlock
    | ChangeAvailability
    | Trigger
    | ReadVariables
    | SetVariable
    | ClearCache
    | VendorData
)


class Order(Shown):
    """An order and how it stands."""

    id: UUID
    station_id: UUID
    kind: Kinds
    state: Annotated[
        OrderState,
        Meta(description="`done` took effect. `answered` waits for its effect."),
    ]
    took_effect: Annotated[bool, Meta(description="Whether what was asked came true.")]
    asked: Annotated[dict[str, Any], Meta(description="What was asked of the station.")]
    placed_by: str
    placed_at: Moment
    expires_at: Annotated[Moment, Meta(description="It is sent no later than this.")]
    sent_at: Moment | None
    answered_at: Moment | None
    answered: Annotated[str | None, Meta(examples=["accepted"])]
    word: Annotated[str | None, Meta(description="The station's own word.", examples=["Accepted"])]
    answer: Annotated[str | None, Meta(description="Its whole answer, as JSON text.")]
    ended_at: Moment | None
    why: Annotated[str | None, Meta(description="A sentence, where it did not take effect.")]
    session_id: Annotated[UUID | None, Meta(description="The session it started or stopped.")]
    link: Annotated[str, Meta(description="Where to look again.")]


Wait = Annotated[
    int,
    QueryParameter(
        ge=0, le=WAIT_S_MAX, description="Wait so many seconds for the order's end; then 200."
    ),
]

#: 202: it goes on; 200: it has ended.
PLACED: Final[dict[str, Any]] = {ALSO: {HTTPStatus.OK: "The order has ended; see its state."}}


@reads("/orders", "List the orders")
async def list_orders(
    caller: Calling,
    window: Paging,
    station: Annotated[UUID | None, QueryParameter(description="Those to this station.")] = None,
    being: Annotated[
        OrderState | None, QueryParameter(name="state", description="Those that stand so.")
    ] = None,
    since: Annotated[
        datetime | None, QueryParameter(name="from", description="Placed at or after this.")
    ] = None,
    until: Annotated[datetime | None, QueryParameter(description="Placed before this.")] = None,
) -> Page[Order]:
    async with caller.begin() as work:
        return await listed(
            work,
            ORDERS,
            window,
            order_shown,
            [
                ("station_id = {}", station),
                ("state = {}", being),
                ("placed_at >= {}", since and utc(since)),
                ("placed_at < {}", until and utc(until)),
            ],
        )


@reads("/orders/{order_id:uuid}", "Read an order")
async def read_order(caller: Calling, order_id: FromPath[UUID]) -> Order:
    async with caller.begin() as work:
        return await order_of(work, order_id)


@asks("/orders/{order_id:uuid}/cancel", "Take back an order not sent yet", Permission.ORDER_STATION)
async def cancel_order(caller: Calling, order_id: FromPath[UUID]) -> Order:
    async with caller.begin() as work:
        await order_of(work, order_id)
        await actions.cancel_order(work, OrderId(order_id), f"Taken back by {caller.name}.")
        await caller.audit(work, "took back an order", f"order:{order_id}")
        return await order_of(work, order_id)


@adds(
    "/stations/{station_id:uuid}/orders",
    "Ask something of a station",
    Permission.ORDER_STATION,
    status_code=HTTPStatus.ACCEPTED,
    opt=PLACED,
)
async def place_order(
    caller: Calling, station_id: FromPath[UUID], data: JSONBody[NewOrder], wait: Wait = 0
) -> Response[Order]:
    """The order is queued and sent as soon as the station's line is open."""
    async with caller.begin() as work:
        order = await data.order(work, caller)
        caller.house.reach.must_reach(str(station_id))
        id = await actions.place_order(work, StationId(station_id), order, caller.name)
        await caller.audit(work, f"ordered {type(order).__name__}", f"station:{station_id}")
    return await placed(caller, id, wait)


async def placed(caller: Caller, id: OrderId, wait_s: int) -> Response[Order]:
    """The answer to who placed an order: as it stands when it ended or the wait is over."""
    order = await waited(caller, id, wait_s)
    ended = order.state not in OPEN
    return Response(
        order,
        status_code=HTTPStatus.OK if ended else HTTPStatus.ACCEPTED,
        headers={"Location": order.link},
    )


async def waited(caller: Caller, id: OrderId, wait_s: float) -> Order:
    """The order when it has ended, or as it stands when the time is over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    async with caller.house.touches.listen(f"order:{id}") as touched:
        while True:
            async with caller.begin() as work:
                order = await order_of(work, id)
            left_s = deadline - loop.time()
            if order.state not in OPEN or left_s <= 0:
                return order
            await _touched(touched, min(left_s, LOOK_S))


async def _touched(touched: AsyncIterator[frozenset[str]], within_s: float) -> None:
    """Wait for a touch, but not longer than this."""
    with suppress(TimeoutError, StopAsyncIteration):
        async with asyncio.timeout(within_s):
            await anext(touched)


async def order_of(work: Work, id: UUID) -> Order:
    row = await work.one("SELECT * FROM order_view WHERE id = $1", id)
    if row is None:
        raise NoSuchOrder(OrderId(id))
    return order_shown(row)


def order_shown(row: Row) -> Order:
    return shown(
        Order,
        row,
        kind=KINDS[row["kind"]],
        asked=row["body"],
        took_effect=row["state"] == OrderState.DONE,
        link=f"/api/v1/orders/{row['id']}",
    )


ROUTER = Router(
    "/", tags=["orders"], route_handlers=[list_orders, read_order, cancel_order, place_order]
)
