"""What a driver reads while their car stands without charging: from when on that costs."""

from voltway.kernel.ids import TariffId
from voltway.runtime.work import Work
from voltway.sessions import rules_owed
from voltway.sessions.model import SessionRecord
from voltway.stations.model import EvsePlace
from voltway.tariffs import taxes
from voltway.tariffs.actions_spot import version_for
from voltway.tariffs.model import Cost
from voltway.tariffs.model_taxes import Supply
from voltway.tariffs.rules_idle import idle_ahead
from voltway.web.formats import Formats


async def idle_words(
    work: Work, record: SessionRecord, cost: Cost, place: EvsePlace, formats: Formats
) -> str:
    """From when on a car that stands pays for it, while that can still be mended."""
    stands = record.changes and not record.changes[-1].charging and record.changes[-1].by_vehicle
    if record.tariff_version_id is None or not stands:
        return ""  # what the station withholds is not parking
    version = TariffId(record.tariff_version_id)
    told = await version_for(work, version, record.begins, record.ends, guess=True)
    supply = Supply(record.party, record.location, record.begins)
    tariff, _ = await taxes.taxed(work, told, supply)
    ahead = idle_ahead(tariff, rules_owed.periods(record), record.zone)
    if ahead is None:
        return formats.say("Standing here costs nothing more.")
    fee = formats.say("%(price)s per min", price=formats.price(ahead.per_minute, cost.currency))
    if ahead.most is not None:
        most = formats.price(ahead.most, cost.currency)
        fee = formats.say("%(fee)s, at most %(most)s", fee=fee, most=most)
    at = formats.clock(ahead.begins, place.time_zone)
    if ahead.begins > formats.now:
        return formats.say(
            "Unplug before %(at)s and it stays at %(cost)s. Then %(fee)s.",
            at=at,
            cost=formats.money(cost.payable),
            fee=fee,
        )
    return formats.say(
        "The idle fee has run since %(at)s: %(fee)s. Unplug to end it.", at=at, fee=fee
    )
