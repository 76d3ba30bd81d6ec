"""Whether a car that showed itself is this driver's."""

from typing import Final
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import autocharge
from voltway.drivers import entry
from voltway.drivers.actions import TokenTaken
from voltway.kernel.errors import Refusal
from voltway.web.driver.account import seated, shown
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other, told
from voltway.web.problems import STATUS

_HERE: Final = "/me"
TAKEN: Final = "Somebody else has registered this car. Please call the operator."


@post("/me/cars/{offer:uuid}/{answer:str}", include_in_schema=False)
async def decide(
    request: HttpRequest,
    house: NamedDependency[House],
    offer: FromPath[UUID],
    answer: FromPath[str],
) -> Response[str] | Redirect:
    """Yes: the car charges on their account from now on. No: it is not asked again."""
    async with house.begin() as work:
        email = await seated(request, work)
        known = await entry.drivers_of(work, email) if email else []
    for driver in known:
        try:
            async with house.begin(driver.party) as work:
                if not any(
                    each["id"] == offer
                    for each in await autocharge.offers_to(work, driver.party, driver.id)
                ):
                    continue
                deed = autocharge.accept if answer == "yes" else autocharge.decline
                await deed(work, driver.party, driver.id, offer, by=email or "")
        except TokenTaken as no:
            return await shown(request, house, trouble=TAKEN, status=STATUS[no.kind])
        except Refusal as no:
            return await shown(request, house, trouble=told(request, no), status=STATUS[no.kind])
        return see_other(_HERE)
    return see_other(_HERE)
