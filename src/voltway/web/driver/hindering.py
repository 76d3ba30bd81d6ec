"""What stands against a start at a bay, before anybody is sent to pay."""

from typing import Final

from voltway.payments import codes
from voltway.payments.ready import NothingWouldStart
from voltway.runtime.work import Work
from voltway.stations.worked_at import PlannedWork
from voltway.waiting import starting
from voltway.web.driver import reserving
from voltway.web.driver.views import Bay
from voltway.web.house import House
from voltway.web.pages import HttpRequest, told

PRICE_CHANGED: Final = (
    "The price changed while you looked. Please read it and start again; nothing was held."
)

#: What keeps a driver from paying at a bay, as it is told to them.
HINDERS: Final = (
    NothingWouldStart,
    PlannedWork,
    codes.ScanAgain,
    *starting.KEPT_FOR_OTHERS,
)


async def hinders(
    request: HttpRequest, work: Work, house: House, bay: Bay, shown: str, grant: str
) -> str:
    """Why nobody is sent to pay at a bay now; empty where nothing stands against it. ``shown`` is
    the version of the price that the driver read, ``grant`` what a scanned code gave them."""
    if shown and bay.tariff_version is not None and shown != str(bay.tariff_version):
        return PRICE_CHANGED
    here = await reserving.who(request, work)
    try:
        await codes.must_be_scanned(work, bay.evse, grant)
        await here.may_start(work, bay.evse, house.settings.plug_first)
    except HINDERS as no:
        return told(request, no)
    return ""
