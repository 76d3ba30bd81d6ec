"""A session as a plan of legs, and what a station of OCPP 2.x tells of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from tests.sessions.hearing import Told
from voltway.kernel.ids import TokenUid, TransactionRef
from voltway.kernel.units import PowerW, RegisterWh
from voltway.sessions.rules_owed import Leg
from voltway.stations.reports import Context, Ended, Metered, Reading, Started

REF: Final = TransactionRef("any")
CARD: Final = TokenUid("04A1B2C3")


def told(legs: Sequence[Leg], begins: datetime, meter_wh: int) -> list[Told]:
    """A register and a state wherever a leg begins, and a register at the end. A leg without
    energy in which nobody parks is one in which the station withholds the power."""
    at, wh = begins, meter_wh
    flows = bool(legs[0].energy_wh)
    start = Started(REF, 1, 1, CARD, at, (_reading(at, wh, Context.BEGIN),), seq=0, charging=flows)
    words: list[Told] = [start]
    for leg in legs:
        words.append(_flows(leg, at, seq=len(words)))
        at += timedelta(seconds=leg.lasts_s)
        wh += leg.energy_wh
        power_w = leg.energy_wh * 3600 // leg.lasts_s
        reading = _reading(at, wh, Context.PERIODIC, power_w)
        words.append(Metered(REF, 1, (reading,), at, seq=len(words)))
    end = _reading(at, wh, Context.END)
    return [*words, Ended(REF, "EVDisconnected", at, (end,), seq=len(words))]


def _flows(leg: Leg, at: datetime, seq: int) -> Metered:
    return Metered(REF, 1, (), at, seq=seq, charging=bool(leg.energy_wh), by_vehicle=leg.parks)


def _reading(at: datetime, wh: int, context: Context, power_w: int | None = None) -> Reading:
    power = None if power_w is None else PowerW(power_w)
    return Reading(at, RegisterWh(wh), power, context=context)
