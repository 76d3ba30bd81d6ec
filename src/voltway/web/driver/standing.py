"""What a driver reads while their car stands without charging: from when on that costs, how long
that is from now, and what it has cost."""

from dataclasses import dataclass
from datetime import datetime

from voltway.billing.rules_amounts import BillLine
from voltway.runtime.work import Work
from voltway.sessions import standing
from voltway.sessions.model import SessionRecord
from voltway.stations.model import EvsePlace
from voltway.tariffs.model import Cost, CostLine, Dimension
from voltway.web.formats import Formats


@dataclass(frozen=True, slots=True)
class IdleFee:
    """The fee of a car that stands: ``words`` say what it is and how to mend that. ``begins`` is
    the moment from which on it costs, none where it costs nothing; ``so_far`` is what it has cost
    since, and empty before."""

    words: str
    begins: datetime | None = None
    so_far: str = ""


async def idle_fee(
    work: Work,
    record: SessionRecord,
    cost: Cost,
    lines: tuple[BillLine, ...],
    place: EvsePlace,
    formats: Formats,
) -> IdleFee | None:
    """What a car that stands pays for it, while that can still be mended. ``lines`` are those of
    the bill of this cost."""
    if record.tariff_version_id is None or not standing.stands_by_itself(record):
        return None
    found = await standing.fee_ahead(work, record)
    if found is None:
        return IdleFee(formats.say("Standing here costs nothing more."))
    ahead, _ = found
    fee = formats.say("%(price)s per min", price=formats.price(ahead.per_minute, cost.currency))
    if ahead.most is not None:
        most = formats.price(ahead.most, cost.currency)
        fee = formats.say("%(fee)s, at most %(most)s", fee=fee, most=most)
    at = formats.clock(ahead.begins, place.time_zone)
    if ahead.begins > formats.now:
        words = formats.say(
            "Unplug before %(at)s and it stays at %(cost)s. Then %(fee)s.",
            at=at,
            cost=formats.money(cost.payable),
            fee=fee,
        )
        return IdleFee(words, ahead.begins)
    words = formats.say(
        "The idle fee has run since %(at)s: %(fee)s. Unplug to end it.", at=at, fee=fee
    )
    so_far = formats.amount(sum(map(_of_standing, lines)), cost.currency)
    return IdleFee(words, ahead.begins, so_far)


def _of_standing(line: BillLine) -> int:
    of = line.of
    is_idle = isinstance(of, CostLine) and of.dimension is Dimension.PARKING_TIME
    return line.gross_minor if is_idle else 0
