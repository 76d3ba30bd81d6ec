"""The way back to a visit that goes on, for who closed its page.

A visit's key is all that its pages ask for. A browser that begins a visit keeps the key; one that
merely opens the address of a visit does not, for whoever was sent it is not its driver. Who has
signed in finds their visits from any browser.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from litestar.datastructures import Cookie

from voltway.drivers import entry
from voltway.kernel.ids import EvseId, PaymentId
from voltway.payments import going_on
from voltway.payments.going_on import Stage
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.web.driver import keeping
from voltway.web.house import House
from voltway.web.pages import HttpRequest
from voltway.web.speaking import SEAT

#: The cookie with the keys of the visits that this browser began last, the newest first.
VISITS: Final = "voltway_visits"
KEPT_MAX: Final = 4
LASTS: Final = timedelta(days=2)
_KEY: Final = re.compile(r"[\w-]{16,64}", re.ASCII)

SAYS: Final[Mapping[Stage, str]] = {
    Stage.STARTING: "You start a charge here",
    Stage.RUNNING: "Your charge runs here",
    Stage.CLOSING: "Your receipt is being written",
}


@dataclass(frozen=True, slots=True)
class WayBack:
    """A visit that goes on, and where."""

    payment: PaymentId
    key: str
    evse: EvseId
    says: str
    number: int
    place: str


def keys(request: HttpRequest) -> tuple[str, ...]:
    """The keys of the visits that this browser began last."""
    kept = request.cookies.get(VISITS, "").split(".")[:KEPT_MAX]
    return tuple(each for each in kept if _KEY.fullmatch(each))


def begun(request: HttpRequest, house: House, key: str) -> Cookie:
    """The cookie after this browser began a visit."""
    kept = dict.fromkeys((key, *keys(request)))
    value = ".".join([*kept][:KEPT_MAX])
    return keeping.key_cookie(request, house, VISITS, value, lasts=LASTS)


async def ways(request: HttpRequest, work: Work) -> Sequence[WayBack]:
    """The visits that go on of this browser, and of who has signed in."""
    kept, seat = keys(request), request.cookies.get(SEAT, "")
    email = await entry.who(work, seat) if seat else None
    if not kept and email is None:
        return ()
    known = await entry.drivers_of(work, email) if email else ()
    found = await going_on.visits(work, keys=kept, drivers=[each.id for each in known])
    places = await stations.places_of(work, {each.evse for each in found})
    return [
        WayBack(
            each.payment,
            each.visit_key,
            each.evse,
            SAYS[each.stage],
            places[each.evse].number,
            places[each.evse].location_name,
        )
        for each in found
    ]


async def at_bay(request: HttpRequest, work: Work, evse: EvseId) -> Sequence[WayBack]:
    """Those at this bay."""
    return await at_bays(request, work, [evse])


async def at_bays(request: HttpRequest, work: Work, evses: Collection[EvseId]) -> Sequence[WayBack]:
    """Those at these bays."""
    return [each for each in await ways(request, work) if each.evse in evses]
