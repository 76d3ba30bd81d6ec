"""On the days when clocks are put forward or back, every minute is priced once.

The oracle looks at each minute alone: it turns the UTC minute into local time and reads the
windows by hand. Six zones: changes at 1, 2, 3 and 24 o'clock, of a whole and of half an hour, and
offsets that are no whole hours.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from voltway.kernel.money import EUR
from voltway.tariffs import rules
from voltway.tariffs.model import (
    ChargingPeriod,
    Dimension,
    PriceComponent,
    Restrictions,
    Tariff,
    TariffElement,
    Weekday,
)

ZONES = (
    "Europe/Helsinki",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Cairo",
    "Pacific/Chatham",
)
MINUTE = timedelta(minutes=1)
SUNDAYS = frozenset({Weekday.SUNDAY})

#: From, to, price per minute. The last has no window.
WINDOWS = (
    ("00:00", "00:45", 1),
    ("01:15", "02:20", 2),
    ("02:20", "02:50", 3),
    ("02:50", "03:10", 5),
    ("23:30", "00:15", 7),
    ("06:00", "00:00", 11),
)
OTHERWISE = 13
ON_SUNDAY_MORNING = 17


def changes(zone: ZoneInfo) -> list[datetime]:
    """The hours of 2026 before which the zone's offset is another than after."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(8760)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [
        hour
        for hour, before, after in zip(hours[1:], offsets, offsets[1:], strict=False)
        if before != after
    ]


CHANGES = [
    pytest.param(ZoneInfo(name), change, id=f"{name} {change:%Y-%m-%d}")
    for name in ZONES
    for change in changes(ZoneInfo(name))
]


def element(price: int, limits: Restrictions) -> TariffElement:
    return TariffElement((PriceComponent(Dimension.TIME, Decimal(price * 60)),), limits)


TARIFF = Tariff(
    id="windows",
    currency=EUR,
    elements=(
        element(
            ON_SUNDAY_MORNING,
            Restrictions(
                start_time=time(4), end_time=time(5), days=SUNDAYS, end_date=date(2026, 12, 31)
            ),
        ),
        *(
            element(
                price,
                Restrictions(
                    start_time=time.fromisoformat(start), end_time=time.fromisoformat(end)
                ),
            )
            for start, end, price in WINDOWS
        ),
        element(OTHERWISE, Restrictions()),
    ),
)


def by_hand(at: datetime, zone: ZoneInfo) -> int:
    """The price of one minute, read from the windows."""
    local = at.astimezone(zone)
    now = f"{local:%H:%M}"
    if local.weekday() == Weekday.SUNDAY and "04:00" <= now < "05:00":
        return ON_SUNDAY_MORNING
    for start, end, price in WINDOWS:
        last = "24:00" if end == "00:00" else end
        if start <= now < last or (last < start and (now >= start or now < last)):
            return price
    return OTHERWISE


def charging(begins: datetime, ends: datetime) -> ChargingPeriod:
    lasted_s = (ends - begins) // timedelta(seconds=1)
    return ChargingPeriod(begins=begins, ends=ends, charging_s=lasted_s)


def test_each_zone_changes_its_clocks_twice_a_year() -> None:
    assert len(CHANGES) == 2 * len(ZONES)


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_every_minute_around_the_change_is_priced_once(zone: ZoneInfo, change: datetime) -> None:
    begins, ends = change - timedelta(hours=7), change + timedelta(hours=7)
    minutes = [begins + MINUTE * nth for nth in range((ends - begins) // MINUTE)]

    priced = [rules.price(TARIFF, [charging(at, at + MINUTE)], zone).before_taxes for at in minutes]
    together = rules.price(TARIFF, [charging(at, at + MINUTE) for at in minutes], zone)
    whole = rules.price(TARIFF, [charging(begins, ends)], zone)

    assert priced == [by_hand(at, zone) for at in minutes]
    assert sum(priced) == together.before_taxes == whole.before_taxes
    assert sum(line.billed for line in whole.lines) == 14 * 3600


def test_the_hour_that_autumn_repeats_counts_twice() -> None:
    zone = ZoneInfo("Europe/Helsinki")
    begins = datetime(2026, 10, 25, 0, 0, tzinfo=zone).astimezone(UTC)
    ends = datetime(2026, 10, 25, 6, 0, tzinfo=zone).astimezone(UTC)
    limits = Restrictions(start_time=time(3), end_time=time(4))
    tariff = Tariff(id="three", currency=EUR, elements=(element(1, limits),))

    cost = rules.price(tariff, [charging(begins, ends)], zone)

    assert [line.billed for line in cost.lines] == [2 * 3600]


def test_the_hour_that_spring_leaves_out_costs_nothing() -> None:
    zone = ZoneInfo("Europe/Helsinki")
    begins = datetime(2026, 3, 29, 0, 0, tzinfo=zone).astimezone(UTC)
    ends = datetime(2026, 3, 29, 6, 0, tzinfo=zone).astimezone(UTC)
    limits = Restrictions(start_time=time(3), end_time=time(4))
    tariff = Tariff(id="three", currency=EUR, elements=(element(1, limits),))

    assert rules.price(tariff, [charging(begins, ends)], zone).lines == ()
