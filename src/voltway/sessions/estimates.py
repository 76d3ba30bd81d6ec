"""What many charges would cost at once, by the one calculator: for lists of places."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from voltway.kernel.ids import LocationId, PartyId, TariffId
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.sessions import rules_owed
from voltway.sessions.rules_owed import Leg
from voltway.tariffs import actions_spot as spot
from voltway.tariffs import taxes
from voltway.tariffs.model import Cost, Tariff
from voltway.tariffs.model_taxes import Supply, TaxRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A charge that a guest has in mind at a place, and the tariff version that holds there."""

    party: PartyId
    location: LocationId
    zone: str
    version: TariffId
    legs: tuple[Leg, ...]


async def guests_costs(
    work: Work, wanted: Collection[Wanted], begins: datetime
) -> dict[Wanted, Cost]:
    """What each would cost if it began then; those are left out whose tax nobody knows. It is what
    ``actions.estimate`` gives for one of them, with a handful of statements for them all."""
    told = {each: await _told(work, each, begins) for each in wanted}
    supplies = {
        Supply(each.party, each.location, begins)
        for each, tariff in told.items()
        if tariff.taxes_by_place
    }
    rates = await taxes.rules_for(work, supplies) if supplies else {}
    owners = {each.id: each for each in await parties.parties(work, {w.party for w in wanted})}
    known: dict[tuple[Tariff, tuple[Leg, ...], PartyId, str], Cost] = {}
    found = {}
    for each, plain in told.items():
        tariff = plain
        if plain.taxes_by_place:
            rate = rates[Supply(each.party, each.location, begins)]
            if not isinstance(rate, TaxRule):
                continue
            tariff = taxes.completed(plain, rate)
        key = (tariff, each.legs, each.party, each.zone)
        if key not in known:
            known[key] = rules_owed.estimated(
                each.legs, tariff, owners[each.party], begins=begins, zone=ZoneInfo(each.zone)
            )
        found[each] = known[key]
    return found


async def _told(work: Work, wanted: Wanted, begins: datetime) -> Tariff:
    ends = begins + timedelta(seconds=sum(leg.lasts_s for leg in wanted.legs))
    return await spot.version_for(work, wanted.version, begins, ends, guess=True)
