"""What a driver owes for a session: before it starts, while it runs and when it is over.

The estimate, the running cost, the capture, the receipt and the CDR all ask here. What a driver is
told at any moment is what would be billed if the session were over then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from voltway.kernel.money import Currency, Money
from voltway.parties.model import Party
from voltway.sessions.model import SessionRecord
from voltway.tariffs import rules as pricing
from voltway.tariffs.model import ChargingPeriod, Cost, MeterPoint, StateChange, Tariff
from voltway.tariffs.model_promotions import Grant
from voltway.tariffs.model_subscriptions import Purse
from voltway.tariffs.rules_subscriptions import granted


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of a session that somebody has in mind: how long it lasts and what it gives, spread
    evenly; or how long the vehicle stays when it is full."""

    lasts_s: int
    energy_wh: int = 0
    parks: bool = False

    def __post_init__(self) -> None:
        assert self.lasts_s >= 0
        assert self.energy_wh >= 0
        assert not (self.parks and self.energy_wh), "who takes energy does not park"


def is_charged(energy_wh: int, no_charge_below_wh: int) -> bool:
    """Less than the party's least energy costs nothing: the car never really charged."""
    return energy_wh >= no_charge_below_wh


def owed(
    record: SessionRecord, tariff: Tariff | None, party: Party, grants: Sequence[Grant] = ()
) -> Cost:
    """What is owed for a session as it was told until now, with what is granted taken off."""
    return _owed(periods(record), record.energy_wh, tariff, party, record.zone, grants)


def with_allowance(
    record: SessionRecord,
    tariff: Tariff | None,
    party: Party,
    grants: Sequence[Grant],
    purse: Purse | None,
) -> tuple[Cost, tuple[Grant, ...]]:
    """What is owed with what the month of a subscription gives to this session, and all that was
    taken off. Nothing is noted in the purse."""

    def priced(more: tuple[Grant, ...]) -> Cost:
        return owed(record, tariff, party, (*grants, *more))

    given = granted(purse, priced) if purse is not None else ()
    return priced(given), (*grants, *given)


def estimated(
    legs: Sequence[Leg],
    tariff: Tariff | None,
    party: Party,
    *,
    begins: datetime,
    zone: ZoneInfo,
    grants: Sequence[Grant] = (),
    purse: Purse | None = None,
) -> Cost:
    """What would be owed for a session that begins then and goes as somebody has in mind, with what
    is left of the month of a subscription taken off."""
    points, changes = [], []
    at, energy_wh, parks = begins, 0, False
    for leg in legs:
        if leg.parks is not parks:
            parks = leg.parks
            changes.append(StateChange(at, charging=not parks, by_vehicle=parks))
        at += timedelta(seconds=leg.lasts_s)
        energy_wh += leg.energy_wh
        points.append(MeterPoint(at, energy_wh))
    planned = pricing.periods_of(points, changes, begins=begins, ends=at)

    def priced(more: tuple[Grant, ...]) -> Cost:
        return _owed(planned, energy_wh, tariff, party, zone, (*grants, *more))

    return priced(granted(purse, priced) if purse is not None else ())


def cost(record: SessionRecord, tariff: Tariff, grants: Sequence[Grant] = ()) -> Cost:
    """What a session costs under its tariff, be it owed or not."""
    return pricing.price(tariff, periods(record), record.zone, grants=grants)


def periods(record: SessionRecord) -> tuple[ChargingPeriod, ...]:
    """The periods of a session that are priced."""
    return pricing.periods_of(record.points, record.changes, begins=record.begins, ends=record.ends)


def _owed(
    periods: Sequence[ChargingPeriod],
    energy_wh: int,
    tariff: Tariff | None,
    party: Party,
    zone: ZoneInfo,
    grants: Sequence[Grant] = (),
) -> Cost:
    if tariff is None:
        return nothing(party.currency)
    if not is_charged(energy_wh, party.no_charge_below_wh):
        return nothing(tariff.currency)
    return pricing.price(tariff, periods, zone, grants=grants)


def nothing(currency: Currency) -> Cost:
    """The cost where no tariff holds, or where the car never really charged."""
    return Cost(
        currency=currency,
        before_taxes=Decimal(0),
        after_taxes=Decimal(0),
        payable=Money(0, currency),
    )
