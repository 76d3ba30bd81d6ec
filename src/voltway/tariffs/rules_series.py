"""Price series of markets: read from CSV, looked over, laid beside what is known, and which of the
prices that were told counts for a session.

A series has no holes and no overlaps within what is given at once. Its moments say their offset
from UTC, for a clock on the wall shows the hour of autumn's change twice.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from voltway.kernel.errors import Kind, Refusal
from voltway.tariffs.model import Spot, SpotMode, SpotPrice
from voltway.tariffs.model_spot import ToldPrice

#: A year of quarters of an hour, and a bit.
PRICES_MAX = 40_000
#: A market may ask ten thousand a kWh, or pay it; more is a slip.
PRICE_MAX = Decimal(10_000)
LENGTHS = (timedelta(minutes=15), timedelta(hours=1))
#: How prices are given, and how many kWh they are for.
UNITS: Mapping[str, Decimal] = {"kWh": Decimal(1), "MWh": Decimal(1000)}

NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
SERIES = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/ -]{0,63}", re.ASCII)


@dataclass(eq=False)
class BadPrices(Refusal):
    """The prices have a fault in {at}: {why}."""

    kind = Kind.INVALID

    at: str
    why: str


@dataclass(eq=False)
class PricesOverlap(Refusal):
    """From {begins:%Y-%m-%d %H:%M} UTC on, {why}."""

    kind = Kind.CONFLICT

    begins: datetime
    why: str


def read_csv(text: str, *, minutes: int, unit: str) -> list[SpotPrice]:
    """The prices of a file with the columns ``begins`` and ``price``, each of so many minutes."""
    if len(text) > 100 * PRICES_MAX:
        raise BadPrices("the file", f"it is longer than {PRICES_MAX} prices")
    rows = list(csv.reader(text.removeprefix("\ufeff").splitlines(), strict=False))
    head = [name.strip().lower() for name in rows[0]] if rows else []
    for name in ("begins", "price"):
        if name not in head:
            raise BadPrices("line 1", f"it names no column {name}; it needs begins,price")
    places = head.index("begins"), head.index("price")
    told = []
    for line, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(head):
            raise BadPrices(f"line {line}", f"it has {len(row)} columns and not {len(head)}")
        told.append((f"line {line}", row[places[0]].strip(), row[places[1]].strip()))
    return read_prices(told, minutes=minutes, unit=unit)


def read_prices(
    told: Sequence[tuple[str, str, str]], *, minutes: int, unit: str
) -> list[SpotPrice]:
    """The prices of so many lines: where each stands, its moment and its price, as texts."""
    lasts = timedelta(minutes=minutes)
    if lasts not in LENGTHS:
        raise BadPrices("minutes", "a price holds for 15 or for 60 minutes")
    if unit not in UNITS:
        raise BadPrices("unit", f"{unit[:20]!r} is none of {', '.join(UNITS)}")
    if not 1 <= len(told) <= PRICES_MAX:
        raise BadPrices("the list", f"there must be 1 to {PRICES_MAX} prices")
    found = []
    for at, moment, price in told:
        begins = _moment(moment, at)
        if (begins - begins.replace(hour=0, minute=0, second=0, microsecond=0)) % lasts:
            raise BadPrices(at, f"{moment} is not the beginning of {minutes} minutes")
        found.append(SpotPrice(begins, begins + lasts, _price(price, at) / UNITS[unit]))
    return _whole(found)


def _moment(text: str, at: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadPrices(at, f"{text[:40]!r} is no moment such as 2026-03-02T12:15:00Z") from error
    if read.tzinfo is None:
        raise BadPrices(at, f"{text[:40]!r} says no offset from UTC: write Z or +02:00 behind it")
    try:
        return read.astimezone(UTC)
    except OverflowError as error:
        raise BadPrices(at, f"{text[:40]!r} is out of the calendar") from error


def _price(text: str, at: str) -> Decimal:
    if not NUMBER.fullmatch(text):
        raise BadPrices(at, f"{text[:40]!r} is no price such as 0.0823 or -12.5")
    price = Decimal(text)
    if abs(price) > PRICE_MAX:
        raise BadPrices(at, f"{text[:40]} is more than any market asks")
    return price


def _whole(prices: list[SpotPrice]) -> list[SpotPrice]:
    """The prices in their order. A hole or a moment given twice is refused."""
    ordered = sorted(prices)
    for before, after in pairwise(ordered):
        if after.begins < before.ends:
            raise PricesOverlap(after.begins, "there are two prices")
        if after.begins > before.ends:
            until = f"{after.begins:%Y-%m-%d %H:%M}"
            raise PricesOverlap(before.ends, f"there is no price until {until}")
    return ordered


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import adds to what is known."""

    new: tuple[SpotPrice, ...]
    known: int
    corrected: int
    hole: tuple[datetime, datetime] | None


def planned(
    given: Sequence[SpotPrice],
    told: Iterable[ToldPrice],
    *,
    known_until: datetime | None,
    correct: bool,
) -> Plan:
    """What of these prices is new. The same again is nothing; another price for a known time is
    refused unless it is meant as a correction; a price that lies across known ones always.

    ``told`` are the prices that touch the time of the given ones.
    """
    last = {each.price.begins: each.price for each in sorted(told, key=lambda each: each.told_at)}
    new, known, corrected = [], 0, 0
    for price in given:
        kept = last.get(price.begins)
        if kept is None:
            across = _across(price, last)
            if across is not None:
                raise PricesOverlap(price.begins, f"a price from {across:%H:%M} UTC is known")
            new.append(price)
        elif kept.ends != price.ends:
            minutes = (kept.ends - kept.begins) // timedelta(minutes=1)
            raise PricesOverlap(price.begins, f"a price for {minutes} minutes is known")
        elif kept.price == price.price:
            known += 1
        elif correct:
            corrected += 1
            new.append(price)
        else:
            why = (
                f"{kept.price:f} a kWh is known and {price.price:f} is given. Say that it is a "
                "correction if it is one: it counts for sessions that begin after it"
            )
            raise PricesOverlap(price.begins, why)
    first = given[0].begins
    hole = (known_until, first) if known_until is not None and known_until < first else None
    return Plan(tuple(new), known, corrected, hole)


def _across(price: SpotPrice, known: Mapping[datetime, SpotPrice]) -> datetime | None:
    """The beginning of a known price that this one lies across."""
    step, at = LENGTHS[0], price.begins - LENGTHS[-1]
    while at < price.ends:
        at += step
        found = known.get(at)
        if found is not None and found.begins < price.ends and price.begins < found.ends:
            return found.begins
    return None


def curve(spot: Spot, told: Iterable[ToldPrice], *, began: datetime) -> list[SpotPrice]:
    """The prices that count for a session that began then. It does not matter when that is asked.

    Frozen: what was known when it began. Dynamic: what was known when each price's time was over.
    What was not known then counts as it was first told; a later correction changes no bill.
    """
    tellings: dict[datetime, list[ToldPrice]] = defaultdict(list)
    for each in sorted(told, key=lambda each: each.told_at):
        tellings[each.price.begins].append(each)
    found = []
    for _, those in sorted(tellings.items()):
        until = began if spot.mode is SpotMode.FROZEN else those[0].price.ends
        known = [each for each in those if each.told_at <= until]
        found.append((known[-1] if known else those[0]).price)
    return found
