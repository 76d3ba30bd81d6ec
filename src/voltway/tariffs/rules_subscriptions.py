"""The months of a subscription, which terms a month has, and what it gives to a session."""

from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from voltway.tariffs.model import Cost, Dimension
from voltway.tariffs.model_promotions import Grant, GrantKind
from voltway.tariffs.model_subscriptions import Month, PlanVersion, Purse

#: The order in which a month's allowance is taken off: what is counted, percent, then money.
TAKEN: Final = (
    GrantKind.ENERGY,
    GrantKind.START,
    GrantKind.MINUTES,
    GrantKind.PERCENT,
    GrantKind.AMOUNT,
)
#: What an allowance of that kind makes free.
FREES: Final = {
    GrantKind.ENERGY: Dimension.ENERGY,
    GrantKind.START: Dimension.FLAT,
    GrantKind.MINUTES: Dimension.TIME,
}
SECONDS_A_MINUTE: Final = 60


def months_on(first: date, months: int) -> date:
    """The same day so many months later, or the last of a month that is too short for it: from the
    31st of January it is the 28th of February, and then the 31st of March."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def month(begins: datetime, zone: ZoneInfo, number: int) -> Month:
    """The month of this number. The first begins when the subscription does, each later one as its
    day does there: a month is as long as the calendar has it, an hour more or less in between."""
    first = begins.astimezone(zone).date()
    return Month(
        number,
        _midnight(months_on(first, number), zone) if number else begins,
        _midnight(months_on(first, number + 1), zone),
    )


def month_at(begins: datetime, zone: ZoneInfo, at: datetime) -> Month:
    """The month in which a moment is that is not before the subscription."""
    assert at >= begins, "a subscription has no month before it begins"
    first, day = begins.astimezone(zone).date(), at.astimezone(zone).date()
    number = max(0, (day.year - first.year) * 12 + day.month - first.month)
    found = month(begins, zone, number)
    return found if found.begins <= at else month(begins, zone, number - 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def version_for(versions: Iterable[PlanVersion], of: Month) -> PlanVersion | None:
    """The terms of a month: those of the last version that held when it began."""
    begun = [each for each in versions if each.valid_from <= of.begins]
    return max(begun, key=lambda each: each.version, default=None)


def granted(purse: Purse, price: Callable[[tuple[Grant, ...]], Cost]) -> tuple[Grant, ...]:
    """What this month gives to a session: never more than is left, nor than the session needs.

    ``price`` is the calculator, asked what the session costs with these taken off.
    """
    grants: list[Grant] = []
    cost = price(())
    for kind in TAKEN:
        left = purse.left(kind)
        if left <= 0:
            continue
        value = min(left, _needed(kind, cost, lambda: price(tuple(grants))))
        if value > 0:
            rest = None if kind is GrantKind.PERCENT else left - value
            grants.append(
                Grant(
                    kind=kind,
                    value=value,
                    name=purse.plan.name,
                    source=purse.subscription,
                    plan=True,
                    rest=rest,
                )
            )
    return tuple(grants)


def _needed(kind: GrantKind, cost: Cost, so_far: Callable[[], Cost]) -> Decimal:
    """How much of an allowance a session can use: what its price asks money for."""
    if kind is GrantKind.PERCENT:
        return Decimal(100) if so_far().payable.minor else Decimal(0)
    if kind is GrantKind.AMOUNT:
        return so_far().payable.decimal
    lines = [
        line for line in cost.lines if line.dimension is FREES[kind] and line.reservation is None
    ]
    if not any(line.after_taxes for line in lines):
        return Decimal(0)
    if kind is GrantKind.START:
        return Decimal(1)
    used = sum((Fraction(line.used) for line in lines), Fraction(0))
    # Whole watt-hours and seconds, rounded up: a part of one is not worth a line of its own.
    if kind is GrantKind.ENERGY:
        return Decimal(-(-used.numerator // used.denominator)) / 1000
    whole_s = -(-used.numerator // used.denominator)
    return Decimal(-(-whole_s // SECONDS_A_MINUTE))
