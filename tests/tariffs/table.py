"""Prices in the words of the trade: a small table is a tariff, a session and what it costs.

zone    Europe/Helsinki              where it is (UTC)
day     2026-03-02                   the day that the periods begin on (a Monday)
tariff  energy 0.29 22:00-06:00 vat 19 step 100
        energy time parking flat · a price · from-to · mon-fri or sat,sun · vat · step
        from 5kWh, below 5kWh, from 30min, below 30min, from 16kW, below 16kW, from 32A, below 32A
        reserved, expired            what holding the EVSE costs
        grace 20min, cap 12.00       what makes a price of parking an idle fee
min     0.50 0.55                    the least, before and after tax; max likewise
taxes   included                     or: none
period  22:00 10.0kWh 30min          charging; 30min parking, 30min reserved, 30min expired;
        11kW, 16A                    at this power, at this current
cost    4.50 EUR                     what is to be paid
net     4.50                         before tax, exactly
billed  energy 5.5kWh                or: time 30min, parking 45min
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import structs

from voltway.kernel.money import EUR, Currency
from voltway.tariffs import rules
from voltway.tariffs.exact import Exact, exact
from voltway.tariffs.model import (
    ChargingPeriod,
    Cost,
    Dimension,
    IdleTerms,
    PriceComponent,
    PriceLimit,
    Reservation,
    Restrictions,
    Tariff,
    TariffElement,
    TaxIncluded,
    Weekday,
)

MONDAY = date(2026, 3, 2)
DIMENSIONS = {
    "energy": Dimension.ENERGY,
    "time": Dimension.TIME,
    "parking": Dimension.PARKING_TIME,
    "flat": Dimension.FLAT,
}
DAYS = {day.name[:3].lower(): day for day in Weekday}
RESERVED = {"reserved": Reservation.RESERVATION, "expired": Reservation.EXPIRES}
TAXES = {"included": TaxIncluded.YES, "none": TaxIncluded.NOT_APPLICABLE}


@dataclass(slots=True)
class Told:
    """A table as far as it was read."""

    zone: ZoneInfo = ZoneInfo("UTC")
    day: date = MONDAY
    elements: list[TariffElement] = field(default_factory=list)
    limits: dict[str, PriceLimit] = field(default_factory=dict)
    taxes: TaxIncluded = TaxIncluded.NO
    periods: list[ChargingPeriod] = field(default_factory=list)
    currency: Currency = EUR

    def cost(self) -> Cost:
        tariff = Tariff(
            id="table",
            currency=self.currency,
            elements=tuple(self.elements),
            tax_included=self.taxes,
            min_price=self.limits.get("min"),
            max_price=self.limits.get("max"),
        )
        return rules.price(tariff, self.periods, self.zone)


def check(table: str) -> None:
    """Read the table, price its session, and compare."""
    told = Told()
    lines = [line.split() for line in table.splitlines() if line.strip()]
    currency = next((words[2] for words in lines if words[0] == "cost"), "EUR")
    told.currency = Currency(currency)
    expectations = 0
    for word, *rest in lines:
        if word in READERS:
            READERS[word](told, rest)
        else:
            expectations += 1
            _compare(told.cost(), word, rest)
    assert expectations, "a table without an expectation checks nothing"


def _compare(cost: Cost, word: str, rest: list[str]) -> None:
    match word, rest:
        case "cost", [amount, currency]:
            assert str(cost.payable) == f"{amount} {currency}", _bill(cost)
        case "net", [amount]:
            assert cost.before_taxes == Decimal(amount), _bill(cost)
        case "billed", [dimension, volume]:
            lines = [line for line in cost.lines if line.dimension is DIMENSIONS[dimension]]
            number, unit = _number(volume)
            factor = {"kWh": 1000, "min": 60, "s": 1}[unit]
            assert sum(line.billed for line in lines) == number * factor, _bill(cost)
        case _:
            raise AssertionError(f"the table says {word} {rest}")


def _bill(cost: Cost) -> str:
    return "\n".join([*(line.why for line in cost.lines), f"{cost.before_taxes} before tax"])


def _read_tariff(told: Told, words: list[str]) -> None:
    dimension, price, *rest = words
    component = PriceComponent(DIMENSIONS[dimension], Decimal(price))
    limits = Restrictions()
    idle: IdleTerms | None = None
    while rest:
        word = rest.pop(0)
        if word == "vat":
            component = replace(component, vat=Decimal(rest.pop(0)))
        elif word == "step":
            component = replace(component, step_size=int(rest.pop(0)))
        elif word in ("from", "below"):
            limits = _limited(limits, word, rest.pop(0))
        elif word == "since":
            limits = replace(limits, start_date=date.fromisoformat(rest.pop(0)))
        elif word == "before":
            limits = replace(limits, end_date=date.fromisoformat(rest.pop(0)))
        elif word == "grace":
            idle = replace(idle or IdleTerms(), grace_s=int(_number(rest.pop(0))[0] * 60))
        elif word == "cap":
            idle = replace(idle or IdleTerms(), cap=Decimal(rest.pop(0)))
        elif word in RESERVED:
            limits = replace(limits, reservation=RESERVED[word])
        elif ":" in word:
            start, _, end = word.partition("-")
            limits = replace(
                limits, start_time=time.fromisoformat(start), end_time=time.fromisoformat(end)
            )
        else:
            limits = replace(limits, days=_days(word))
    told.elements.append(TariffElement((component,), limits, idle))


def _limited(limits: Restrictions, word: str, amount: str) -> Restrictions:
    number, unit = _number(amount)
    least = word == "from"
    value = Decimal(amount[: -len(unit)])
    match unit:
        case "kWh":
            return replace(limits, min_kwh=value) if least else replace(limits, max_kwh=value)
        case "min":
            seconds = int(number * 60)
            if least:
                return replace(limits, min_duration_s=seconds)
            return replace(limits, max_duration_s=seconds)
        case "kW":
            if least:
                return replace(limits, min_power_kw=value)
            return replace(limits, max_power_kw=value)
        case "A":
            if least:
                return replace(limits, min_current_a=value)
            return replace(limits, max_current_a=value)
        case _:
            raise AssertionError(f"the table says {word} {amount}")


def _days(word: str) -> frozenset[Weekday]:
    if "-" in word:
        first, last = (DAYS[part] for part in word.split("-"))
        return frozenset(Weekday(day) for day in range(first, last + 1))
    return frozenset(DAYS[part] for part in word.split(","))


def _read_period(told: Told, words: list[str]) -> None:
    at, *rest = words
    begins = datetime.combine(told.day, time.fromisoformat(at), told.zone).astimezone(UTC)
    period = ChargingPeriod(begins=begins, ends=begins)
    while rest:
        number, unit = _number(rest.pop(0))
        if unit == "kWh":
            period = structs.replace(period, energy_wh=number * 1000)
        elif unit == "kW":
            period = structs.replace(period, min_power_kw=number, max_power_kw=number)
        elif unit == "A":
            period = structs.replace(period, min_current_a=number, max_current_a=number)
        else:
            lasted_s = number * {"min": 60, "s": 1}[unit]
            what = rest.pop(0) if rest and rest[0] in ("parking", *RESERVED) else "charging"
            period = _lasting(period, what, lasted_s)
    told.periods.append(period)


def _lasting(period: ChargingPeriod, what: str, lasted_s: Exact) -> ChargingPeriod:
    longer = structs.replace(period, ends=period.ends + timedelta(seconds=float(lasted_s)))
    if what == "parking":
        return structs.replace(longer, parking_s=lasted_s)
    if what in RESERVED:
        return structs.replace(longer, reserved_s=lasted_s, reservation=RESERVED[what])
    return structs.replace(longer, charging_s=lasted_s)


def _read_limit(word: str) -> Callable[[Told, list[str]], None]:
    def read(told: Told, words: list[str]) -> None:
        before, *after = (Decimal(each) for each in words)
        told.limits[word] = PriceLimit(before, after[0] if after else None)

    return read


def _read_zone(told: Told, words: list[str]) -> None:
    told.zone = ZoneInfo(words[0])


def _read_day(told: Told, words: list[str]) -> None:
    told.day = date.fromisoformat(words[0])


def _read_taxes(told: Told, words: list[str]) -> None:
    told.taxes = TAXES[words[0]]


def _number(word: str) -> tuple[Exact, str]:
    found = re.fullmatch(r"([0-9.]+)([A-Za-z]+)", word)
    assert found, f"{word} is no number with a unit"
    return exact(Decimal(found[1])), found[2]


READERS: dict[str, Callable[[Told, list[str]], None]] = {
    "zone": _read_zone,
    "day": _read_day,
    "tariff": _read_tariff,
    "min": _read_limit("min"),
    "max": _read_limit("max"),
    "taxes": _read_taxes,
    "period": _read_period,
}
