"""What looks wrong in a tariff, before anybody pays by it: plain sentences that name the element.

A tariff may say what the standard allows and still not mean what its author meant: an element
that an earlier one always goes before, an hour in which nothing prices energy, a limit that can
never hold. Elements are counted from 1, as people count. What the law forbids is in ``rules_afir``.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from voltway.kernel.money import Currency
from voltway.kernel.zones import is_zone
from voltway.tariffs.model import (
    Dimension,
    IdleTerms,
    PriceComponent,
    Reservation,
    Restrictions,
    Tariff,
    TariffElement,
)
from voltway.tariffs.rules_display import condition_of
from voltway.tariffs.rules_region import (
    PAIRS_MAX,
    WHOLE,
    Box,
    Patience,
    TooFine,
    after_grace,
    boxes_of,
    knows_no_current,
    left_of,
    meet,
    of_a_stop,
    restrictions_of,
)
from voltway.tariffs.rules_spot import follows_market
from voltway.tariffs.rules_terms import elements_for
from voltway.tariffs.rules_words import lasts

#: So many of a kind are told one by one.
TOLD_MAX = 10


class Flaw(StrEnum):
    """What can look wrong."""

    NEVER_HOLDS = "never_holds"
    UNREACHABLE = "unreachable"
    LIMITS_CROSSED = "limits_crossed"
    SECOND_PRICE = "second_price"
    NO_LEDGER = "no_ledger"
    UNKNOWN_ZONE = "unknown_zone"
    GAP = "gap"
    OVERLAP = "overlap"
    ZERO_STEP = "zero_step"
    ASKS_CURRENT = "asks_current"
    SILENT_MARKET = "silent_market"
    OVER = "over"
    TOO_FINE = "too_fine"


#: What cannot have been meant. The others may be, and are told to be looked at.
WRONG = frozenset(
    {
        Flaw.NEVER_HOLDS,
        Flaw.UNREACHABLE,
        Flaw.LIMITS_CROSSED,
        Flaw.SECOND_PRICE,
        Flaw.NO_LEDGER,
        Flaw.UNKNOWN_ZONE,
    }
)

WHAT = {
    Dimension.ENERGY: "energy",
    Dimension.TIME: "charging time",
    Dimension.PARKING_TIME: "parking time",
    Dimension.FLAT: "the session itself",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. ``element`` counts from 1; none is the tariff as a whole."""

    flaw: Flaw
    says: str
    element: int | None = None
    dimension: Dimension | None = None

    @property
    def is_wrong(self) -> bool:
        return self.flaw in WRONG


def lint(
    tariff: Tariff,
    *,
    currencies: Collection[Currency] | None = None,
    zones: Collection[str] = (),
    markets: Collection[str] | None = None,
    today: date | None = None,
    pairs: int = PAIRS_MAX,
) -> tuple[Finding, ...]:
    """All that looks wrong, what cannot have been meant first.

    ``currencies`` are those in which books are kept, ``zones`` the time zones of the places where
    it shall hold, ``markets`` the price series that are known from today on; none of them is asked
    for. ``pairs`` is how much work it may be.
    """
    found = [
        *_of_the_whole(tariff, currencies, zones),
        *_never(tariff),
        *_components(tariff),
        *_of_each_dimension(tariff, Patience(pairs)),
        *_silent(tariff, markets),
        *_over(tariff, today),
    ]
    return tuple(sorted(_few(found), key=lambda finding: not finding.is_wrong))


def _few(found: Sequence[Finding]) -> Iterator[Finding]:
    """The first of each kind, and how many more there are."""
    for flaw in Flaw:
        these = [finding for finding in found if finding.flaw is flaw]
        yield from these[:TOLD_MAX]
        if len(these) > TOLD_MAX:
            yield Finding(flaw, f"There are {len(these) - TOLD_MAX} more of this kind.")


def _of_the_whole(
    tariff: Tariff, currencies: Collection[Currency] | None, zones: Collection[str]
) -> Iterator[Finding]:
    if currencies is not None and tariff.currency not in currencies:
        kept = " and ".join(sorted(currencies)) or "no currency"
        says = f"No books are kept in {tariff.currency}, only in {kept}: nobody could be billed."
        yield Finding(Flaw.NO_LEDGER, says)
    for zone in zones:
        if not is_zone(zone):
            yield Finding(Flaw.UNKNOWN_ZONE, f"There is no time zone {zone[:40]!r}.")
    least, most = tariff.min_price, tariff.max_price
    if least is None or most is None:
        return
    after = least.after_taxes, most.after_taxes
    if least.before_taxes > most.before_taxes or (
        after[0] is not None and after[1] is not None and after[0] > after[1]
    ):
        says = (
            f"The minimum price {least.before_taxes:f} is more than the maximum price "
            f"{most.before_taxes:f}: every session would cost the maximum."
        )
        yield Finding(Flaw.LIMITS_CROSSED, says)


def _never(tariff: Tariff) -> Iterator[Finding]:
    for number, element in enumerate(tariff.elements, 1):
        why = _why_never(element.restrictions)
        if why:
            yield Finding(Flaw.NEVER_HOLDS, f"Element {number} can never hold: {why}.", number)


def _why_never(limits: Restrictions) -> str | None:
    """Why no moment of any session is within these restrictions, if none is."""
    for least, most, what in (
        (limits.min_kwh, limits.max_kwh, "kWh"),
        (limits.min_power_kw, limits.max_power_kw, "kW"),
        (limits.min_current_a, limits.max_current_a, "A"),
        (limits.min_duration_s, limits.max_duration_s, "s"),
    ):
        if most is not None and (least or 0) >= most:
            begins, ends = Decimal(least or 0), Decimal(most)
            return f"it is to begin at {begins:f} {what} and end before {ends:f} {what}"
    first, last = limits.start_date, limits.end_date
    if first is not None and last is not None and first >= last:
        return f"its first day is {first} and it ends before {last}"
    if not boxes_of(limits):
        return f"none of its days of the week lies between {first} and {last}"
    if limits.reservation and (limits.min_kwh or limits.min_power_kw or limits.min_current_a):
        return "a reservation uses no energy, so it never reaches its minimum"
    return None


def _components(tariff: Tariff) -> Iterator[Finding]:
    for number, element in enumerate(tariff.elements, 1):
        for component in element.price_components:
            dimension = component.dimension
            what = WHAT[dimension]
            if element.component(dimension) is not component:
                says = f"Element {number} prices {what} twice: only the first price counts."
                yield Finding(Flaw.SECOND_PRICE, says, number, dimension)
            elif component.step_size == 0 and dimension is not Dimension.FLAT:
                says = (
                    f"Element {number} has a step of 0 for {what}. Nothing is rounded up then; "
                    "write 1, for partners may divide by it."
                )
                yield Finding(Flaw.ZERO_STEP, says, number, dimension)
        limits = element.restrictions
        if limits.min_current_a is not None or limits.max_current_a is not None:
            says = (
                f"Element {number} asks for the current, which stations do not always tell. Where "
                "it is not known, the element does not hold."
            )
            yield Finding(Flaw.ASKS_CURRENT, says, number)


def _silent(tariff: Tariff, markets: Collection[str] | None) -> Iterator[Finding]:
    if markets is None:
        return
    for series in dict.fromkeys(spot.series for spot in follows_market(tariff)):
        if series not in markets:
            says = (
                f"Nothing is known of the market {series} from now on: what is used is not billed "
                "before its prices are added."
            )
            yield Finding(Flaw.SILENT_MARKET, says)


def _over(tariff: Tariff, today: date | None) -> Iterator[Finding]:
    for number, element in enumerate(tariff.elements, 1):
        last = element.restrictions.end_date
        if today is not None and last is not None and last <= today:
            says = f"Element {number} ended before {last}: it never holds again."
            yield Finding(Flaw.OVER, says, number)


@dataclass(frozen=True, slots=True)
class _Region:
    """Where one element prices one dimension, and for how much."""

    number: int
    component: PriceComponent
    boxes: tuple[Box, ...]
    idle: IdleTerms | None


def _of_each_dimension(tariff: Tariff, patience: Patience) -> Iterator[Finding]:
    for kind in (None, *Reservation):
        for dimension in Dimension:
            regions = [
                _Region(each.place + 1, component, _boxes(each.element), each.element.idle)
                for each in elements_for(tariff, kind)
                if each.element.restrictions.reservation is kind
                and (component := each.element.component(dimension)) is not None
            ]
            regions = [region for region in regions if region.boxes]
            if not regions:
                continue
            try:
                yield from _hidden(regions, dimension, patience)
                if kind is None:
                    yield from _gaps(regions, dimension, patience)
            except TooFine:
                says = (
                    f"The prices of {WHAT[dimension]} are cut so finely that not all of them were "
                    "looked over for gaps and overlaps."
                )
                yield Finding(Flaw.TOO_FINE, says, dimension=dimension)


def _hidden(
    regions: Sequence[_Region], dimension: Dimension, patience: Patience
) -> Iterator[Finding]:
    """Elements that earlier ones always go before, and pairs of which each holds alone too."""
    reached: list[_Region] = []
    for region in regions:
        before = [(each, box) for each in reached for box in each.boxes]
        touching = [(each, box) for each, box in before if meet(region.boxes, [box], patience)]
        if touching and not left_of(region.boxes, [box for _, box in touching], patience):
            numbers = list(dict.fromkeys(each.number for each, _ in touching))
            says = (
                f"Element {region.number} never prices {WHAT[dimension]}: "
                f"{_elements(numbers)} always before it."
            )
            yield Finding(Flaw.UNREACHABLE, says, region.number, dimension)
            continue
        for each in dict.fromkeys(each for each, _ in touching):
            yield from _overlap(each, region, dimension, patience)
        reached.append(region)


def _overlap(
    first: _Region, second: _Region, dimension: Dimension, patience: Patience
) -> Iterator[Finding]:
    """A general price behind a special one is how tariffs are written, and is not told."""
    same = (first.component, first.idle) == (second.component, second.idle)
    if same or not left_of(first.boxes, second.boxes, patience):
        return
    both = meet(first.boxes, second.boxes, patience)
    says = (
        f"Elements {first.number} and {second.number} both price {WHAT[dimension]} "
        f"({_places(both)}): element {first.number} counts, for it comes first."
    )
    yield Finding(Flaw.OVERLAP, says, second.number, dimension)


def _boxes(element: TariffElement) -> tuple[Box, ...]:
    return boxes_of(element.restrictions, element.idle.grace_s if element.idle else 0)


def _gaps(
    regions: Sequence[_Region], dimension: Dimension, patience: Patience
) -> Iterator[Finding]:
    """That the grace of a stop is free is meant, so only what comes after it is looked at."""
    grace_s = max(each.idle.grace_s if each.idle else 0 for each in regions)
    boxes = [box for region in regions for box in region.boxes]
    free = left_of([after_grace(WHOLE, grace_s)], boxes, patience)
    if not free:
        return
    says = f"Nothing prices {WHAT[dimension]} there, so it is free: {_places(free)}."
    yield Finding(Flaw.GAP, says, dimension=dimension)


def _places(boxes: Sequence[Box]) -> str:
    """The first three of these in words."""
    told = dict.fromkeys(_place(box) for box in boxes)
    few = list(told)[:3]
    more = len(told) - len(few)
    return "; ".join([*few, f"and {more} more"] if more else few)


def _place(box: Box) -> str:
    where = [condition_of(restrictions_of(box), "en")]
    if knows_no_current(box):
        where.append("where the current is not known")
    begins_s, ends_s = of_a_stop(box)
    if ends_s is not None:
        where.append(f"in the first {lasts(ends_s)} of a stop")
    elif begins_s:
        where.append(f"after {lasts(begins_s)} of a stop")
    return ", ".join(part for part in where if part) or "always"


def _elements(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"element {numbers[0]} comes"
    named = ", ".join(str(number) for number in numbers[:TOLD_MAX])
    return f"elements {named} together come"
