"""Telling a station that a driver is on the payment page of one of its bays (OCPP 2.1, C25.FR.21):
it shows that the scan worked, and lets nobody else begin there meanwhile."""

import json
from typing import Final

from voltway.kernel.ids import EvseId
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.stations.orders import RawCall

#: Who types a card has about this long; a bay is not kept for one who only looks.
LOCKS_S: Final = 120
#: Told later than this it would lock a bay for nobody.
EXPIRES_S: Final = 20


async def tell_station(work: Work, evse: EvseId) -> None:
    """Where the station speaks 2.1 and is there to hear it; no other version has words for it."""
    place = await stations.place_of(work, evse)
    row = await work.one(
        "SELECT 1 FROM station_view WHERE id = $1 AND connected AND ocpp_version = '2.1'",
        place.station,
    )
    if row is None:
        return
    told = json.dumps({"evseId": place.number, "timeout": LOCKS_S})
    call = RawCall("NotifyWebPaymentStarted", told)
    await stations.place_order(work, place.station, call, by="driver", expires_s=EXPIRES_S)
