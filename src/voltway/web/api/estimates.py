"""What a session will cost, before it starts."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from voltway.kernel.ids import ContractId, DriverId, EvseId, FleetId, TokenUid
from voltway.sessions import actions
from voltway.sessions.actions import Leg
from voltway.sessions.actions_price import Asks
from voltway.stations import actions as stations
from voltway.web.api.caller import Calling
from voltway.web.api.operations import reads
from voltway.web.api.sessions import (
    CostLineShown,
    DeductionShown,
    deduction_shown,
    line_shown,
)
from voltway.web.api.shapes import NO_NUL, Amount, Moment, Shown, utc

A_DAY_S: Final = 24 * 3600


class Estimate(Shown):
    """What a session would cost that goes as was asked."""

    evse_id: UUID
    begins: Moment
    ends: Moment
    energy_wh: int
    tariff: Annotated[str | None, Meta(description="Null: it would be free.")]
    tariff_version_id: UUID | None
    why: Annotated[str, Meta(description="Why this tariff would hold.")]
    currency: str
    before_taxes: Annotated[str, Meta(description="Exact.", examples=["9.8021"])]
    after_taxes: Annotated[str, Meta(description="Exact.", examples=["11.664499"])]
    payable: Annotated[Amount, Meta(description="Rounded to what can be paid.")]
    lines: list[CostLineShown]
    deductions: Annotated[list[DeductionShown], Meta(description="What the code takes off.")]


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
    token: Annotated[
        str | None, QueryParameter(max_length=36, pattern=NO_NUL, description="What is shown.")
    ] = None,
    contract: Annotated[UUID | None, QueryParameter(description="Or who charges: by this.")] = None,
    driver: Annotated[UUID | None, QueryParameter(description="Or this driver.")] = None,
    fleet: Annotated[UUID | None, QueryParameter(description="Or somebody of this.")] = None,
    code: Annotated[
        str,
        QueryParameter(max_length=40, pattern=NO_NUL, description="A promotion code of a guest."),
    ] = "",
) -> Estimate:
    """The same calculator makes the running cost and the bill. Nobody named is a guest; others
    are estimated by their own price. A code is looked at and not held: a start may still find it
    used up."""
    asks = Asks(
        token=None if token is None else TokenUid(token),
        contract=ContractId(contract) if contract else None,
        driver=DriverId(driver) if driver else None,
        fleet=FleetId(fleet) if fleet else None,
    )
    async with caller.begin() as work:
        at = work.now if begins is None else utc(begins)
        evse = EvseId(evse_id)
        places = await stations.places_of(work, {evse})
        if evse not in places:
            raise stations.NoSuchEvse(evse)
        legs = [Leg(charging_s, energy_wh), Leg(parking_s, parks=True)]
        assigned, cost = await actions.estimate(work, places[evse], legs, at, asks=asks, code=code)
    return Estimate(
        evse_id=evse_id,
        begins=at,
        ends=at + timedelta(seconds=charging_s + parking_s),
        energy_wh=energy_wh,
        tariff=None if assigned is None else assigned.tariff.id,
        tariff_version_id=None if assigned is None else assigned.version_id,
        why="No tariff is assigned here: it is free." if assigned is None else assigned.why,
        currency=cost.currency,
        before_taxes=f"{cost.before_taxes:f}",
        after_taxes=f"{cost.after_taxes:f}",
        payable=Amount.of(cost.payable.minor, cost.currency),
        lines=[line_shown(line) for line in cost.lines],
        deductions=[deduction_shown(each) for each in cost.deductions],
    )


ROUTER = Router("/", tags=["evses"], route_handlers=[read_estimate])
