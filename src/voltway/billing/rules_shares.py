"""How the net revenue of a session is divided between the operator and those who have a part in it.

Percentages divide the revenue by the largest remainder, so that the parts and what the operator
keeps always make the whole; fixed fees come out of what the operator keeps. A credit is divided as
the charge was, turned around.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from voltway.billing.model_hosts import Agreement, Part, Terms
from voltway.billing.rules_amounts import apportion
from voltway.kernel.money import Currency, payable

ALL = Decimal(100)


@dataclass(frozen=True, slots=True)
class Division:
    """A whole and its parts. They always add up."""

    whole_minor: int
    parts: tuple[Part, ...]
    kept_minor: int  # what the operator keeps; below zero where fees exceed the revenue

    def __post_init__(self) -> None:
        given = sum(part.amount_minor for part in self.parts)
        assert given + self.kept_minor == self.whole_minor, "the parts make the whole"


def divide(net_minor: int, energy_wh: int, terms: Sequence[Terms], currency: Currency) -> Division:
    """What each of these terms gives of a session that earned so much."""
    parts = tuple(
        Part(
            percent_minor=share,
            session_minor=payable(each.per_session, currency).minor,
            energy_minor=payable(each.per_kwh * energy_wh / 1000, currency).minor,
        )
        for each, share in zip(terms, percents(net_minor, terms), strict=True)
    )
    given = sum(part.amount_minor for part in parts)
    return Division(net_minor, parts, net_minor - given)


def percents(net_minor: int, terms: Sequence[Terms]) -> list[int]:
    """The percentages of a revenue, by the largest remainder; the rest is the operator's."""
    weights = [each.percent for each in terms]
    kept = ALL - sum(weights)
    assert kept >= 0, "nobody gives away more than there is"
    sign = -1 if net_minor < 0 else 1
    shares = apportion([*weights, kept], sign * net_minor)
    return [sign * share for share in shares[:-1]]


def corrected(before_minor: int, after_minor: int, terms: Sequence[Terms]) -> list[int]:
    """What a correction of the revenue gives or takes, so that what was given in all is what the
    corrected revenue gives. Fixed fees stay: the visit took place."""
    before, after = percents(before_minor, terms), percents(after_minor, terms)
    return [new - old for new, old in zip(after, before, strict=True)]


def holding(agreements: Iterable[Agreement], day: date) -> list[Agreement]:
    """Of each host and place the newest version that holds on this day, hosts in one order."""
    newest: dict[tuple[UUID, UUID], Agreement] = {}
    for each in sorted(agreements, key=lambda one: one.version):
        if each.holds_on(day):
            newest[each.host, each.location] = each
    return [newest[key] for key in sorted(newest)]


def promised(agreements: Sequence[Agreement], new: Agreement) -> Decimal:
    """The most that is given away in per cent on any day on which this new version holds."""
    place = [each for each in agreements if each.location == new.location] + [new]
    days = {new.valid_from}
    for each in place:
        for day in (each.valid_from, each.valid_until and each.valid_until + timedelta(days=1)):
            if day is not None and new.holds_on(day):
                days.add(day)
    return max(
        sum((each.terms.percent for each in holding(place, day)), Decimal(0)) for day in days
    )


def of_month(agreements: Iterable[Agreement], first: date, last: date) -> Mapping[UUID, Agreement]:
    """By place, the version whose monthly fee is due for a month: the one that holds on the last
    of its days on which any does."""
    found: dict[UUID, Agreement] = {}
    kept = list(agreements)
    day = last
    while day >= first:
        for each in holding(kept, day):
            found.setdefault(each.location, each)
        day -= timedelta(days=1)
    return found
