"""What a session will cost, before it starts."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from voltway.kernel.ids import EvseId
from voltway.sessions import actions
from voltway.sessions.actions import Leg
from voltway.stations import actions as stations
from voltway.web.api.caller import Calling
from voltway.web.api.operations import reads
from voltway.web.api.sessions import CostLineShown, line_shown
from voltway.web.api.shapes import Amount, Moment, Shown, utc

A_DAY_S: Final = 24 * 3600


class Estimate(Shown):
    """What a session would cost that goes as was asked."""

    evse_id: UUID
    begins: Moment
    ends: Moment
    energy_wh: int
    tariff_version_id: Annotated[UUID | None, Meta(description="Null: it would be free.")]
    currency: str
    before_taxes: Annotated[str, Meta(description="Exact.", examples=["9.8021"])]
    after_taxes: Annotated[str, Meta(description="Exact.", examples=["11.664499"])]
    payable: Annotated[Amount, Meta(description="Rounded to what can be paid.")]
    lines: list[CostLineShown]


@reads("/evses/{evse_id:uuid}/estimate", "Estimate what a session costs")
async def read_estimate(
    caller: Calling,
    evse_id: FromPath[UUID],
    energy_wh: Annotated[
        int, QueryParameter(ge=0, le=10_000_000, description="To be charged.")
    ] = 20_000,
    charging_s: Annotated[
        int, QueryParameter(ge=1, le=7 * A_DAY_S, description="In which it is charged, evenly.")
    ] = 3600,
    parking_s: Annotated[
        int, QueryParameter(ge=0, le=7 * A_DAY_S, description="The stay after the car is full.")
    ] = 0,
    begins: Annotated[datetime | None, QueryParameter(description="When; or now.")] = None,
) -> Estimate:
    """The same calculator makes the running cost and the bill."""
    async with caller.begin() as work:
        at = work.now if begins is None else utc(begins)
        evse = EvseId(evse_id)
        places = await stations.places_of(work, {evse})
        if evse not in places:
            raise stations.NoSuchEvse(evse)
        legs = [Leg(charging_s, energy_wh), Leg(parking_s, parks=True)]
        assigned, cost = await actions.estimate(work, places[evse], legs, at)
    return Estimate(
        evse_id=evse_id,
        begins=at,
        ends=at + timedelta(seconds=charging_s + parking_s),
        energy_wh=energy_wh,
        tariff_version_id=None if assigned is None else assigned.version_id,
        currency=cost.currency,
        before_taxes=f"{cost.before_taxes:f}",
        after_taxes=f"{cost.after_taxes:f}",
        payable=Amount.of(cost.payable.minor, cost.currency),
        lines=[line_shown(line) for line in cost.lines],
    )


ROUTER = Router("/", tags=["evses"], route_handlers=[read_estimate])
