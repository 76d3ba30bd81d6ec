"""Raw calls: any call of a station's own version of OCPP, and the station's answer."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Router
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from voltway.kernel.errors import Outage, Refusal
from voltway.kernel.ids import StationId
from voltway.parties.model import Permission
from voltway.stations import actions
from voltway.stations.model import OPEN
from voltway.stations.orders import OrderState, RawCall
from voltway.web.api import orders
from voltway.web.api.caller import Calling
from voltway.web.api.operations import TROUBLES, asks
from voltway.web.api.shapes import Given, Shown
from voltway.web.api.stations import station_shown

TIMEOUT_S_MAX: Final = 120


@dataclass(eq=False)
class StationOffline(Refusal):
    """Station {identity} is not connected, so nothing was sent to it."""

    identity: str


@dataclass(eq=False)
class CallNotSent(Refusal):
    """The call was not sent to the station: {why}"""

    why: str


@dataclass(eq=False)
class StationSilent(Outage):
    """
    Station {identity} did not answer within {timeout_s} s. Whether it did what was asked is not
    known; {link} tells if its answer comes late.
    """

    identity: str
    timeout_s: int
    link: str


class NewCall(Given):
    """A call in the words of the station's version of OCPP."""

    action: Annotated[str, Meta(pattern=r"^[A-Za-z]{1,50}$", examples=["GetLocalListVersion"])]
    payload: Annotated[
        dict[str, Any], Meta(description="As the standard has it.", examples=[{}])
    ] = msgspec.field(default_factory=dict)
    timeout_s: Annotated[
        int, Meta(ge=1, le=TIMEOUT_S_MAX, description="How long to wait for the answer.")
    ] = 30


class CallAnswer(Shown):
    """What the station answered."""

    order: Annotated[UUID, Meta(description="The call is kept as an order: `/orders/{id}`.")]
    answered: Annotated[
        str,
        Meta(
            description="`accepted`, `rejected` …; `error` where it answered with a CALLERROR.",
            examples=["accepted"],
        ),
    ]
    word: Annotated[str | None, Meta(description="Its own word.", examples=["Accepted"])]
    payload: Annotated[msgspec.Raw, Meta(description="Its whole answer.")]


@asks(
    "/stations/{station_id:uuid}/calls",
    "Send any OCPP call and wait for the answer",
    Permission.RAW_CALL,
    opt={TROUBLES: ("504",)},
)
async def call_station(
    caller: Calling, station_id: FromPath[UUID], data: JSONBody[NewCall]
) -> CallAnswer:
    """A call to a station that is not connected is refused, not queued."""
    async with caller.begin() as work:
        station = await station_shown(work, station_id)
        if not station.connected:
            raise StationOffline(station.identity)
        caller.house.reach.must_reach(str(station_id))
        id = await actions.place_order(
            work,
            StationId(station_id),
            RawCall(data.action, msgspec.json.encode(data.payload).decode()),
            caller.name,
            expires_s=data.timeout_s,
        )
        await caller.audit(work, f"sent the call {data.action}", f"station:{station_id}")
    order = await orders.waited(caller, id, data.timeout_s)
    if order.answered is None and order.state in (OrderState.QUEUED, OrderState.EXPIRED):
        raise CallNotSent("in all this time its line did not come free or was gone.")
    if order.answered is None and (order.state in OPEN or order.state is OrderState.SILENT):
        raise StationSilent(station.identity, data.timeout_s, order.link)
    if order.answered is None:
        raise CallNotSent(order.why or "it was taken back.")
    return CallAnswer(
        order=order.id,
        answered=order.answered,
        word=order.word,
        payload=msgspec.Raw((order.answer or "{}").encode()),
    )


ROUTER = Router("/", tags=["orders"], route_handlers=[call_station])
