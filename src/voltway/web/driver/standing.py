"""What a driver reads while their car stands without charging: from when on that costs."""

from voltway.runtime.work import Work
from voltway.sessions import standing
from voltway.sessions.model import SessionRecord
from voltway.stations.model import EvsePlace
from voltway.tariffs.model import Cost
from voltway.web.formats import Formats


async def idle_words(
    work: Work, record: SessionRecord, cost: Cost, place: EvsePlace, formats: Formats
) -> str:
    """From when on a car that stands pays for it, while that can still be mended."""
    if record.tariff_version_id is None or not standing.stands_by_itself(record):
        return ""
    found = await standing.fee_ahead(work, record)
    if found is None:
        return formats.say("Standing here costs nothing more.")
    ahead, _ = found
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
