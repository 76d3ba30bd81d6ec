"""What can be done about markets: import what they ask, and price by it.

A tariff that follows a market is priced only after it was laid beside the market's curve. Which
prices of the curve count is decided by the moment at which the session began and those at which
we were told of them (``rules_series.curve``), never by the moment at which somebody asks: so the
estimate, the bill and whoever makes it again find the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, TariffId
from voltway.kernel.money import Currency
from voltway.runtime.work import Work
from voltway.tariffs import rules_series, rules_spot, store_spot
from voltway.tariffs.actions import version_record
from voltway.tariffs.model import SpotPrice, Tariff
from voltway.tariffs.model_spot import Imported, SpotPricesAdded
from voltway.tariffs.model_versions import Assigned
from voltway.tariffs.rules_series import SERIES, BadPrices

__all__ = ["Imported", "SeriesCurrency", "draft_for", "import_prices", "shown_at", "version_for"]

Key = TypeVar("Key")

#: How far a driver is shown what is to come.
SHOWN = timedelta(hours=24)


@dataclass(eq=False)
class SeriesCurrency(Refusal):
    """The series {series} is kept in {kept}, and these prices are in {given}."""

    kind = Kind.CONFLICT

    series: str
    kept: str
    given: str


async def import_prices(
    work: Work,
    party: PartyId,
    series: str,
    currency: Currency,
    prices: Sequence[SpotPrice],
    *,
    correct: bool = False,
) -> Imported:
    """Add what a market asks. Given again, nothing changes; all of it is kept, or nothing."""
    if not SERIES.fullmatch(series):
        raise BadPrices("series", "its name must have 1 to 64 plain letters, digits or ._/-")
    if not prices:
        raise BadPrices("the list", "there is no price in it")
    await store_spot.lock_series(work, party, series)
    begins, ends = prices[0].begins, prices[-1].ends
    kept, known_until = await store_spot.state_of(work, party, series, begins)
    if kept is not None and kept != currency:
        raise SeriesCurrency(series, kept, currency)
    told = await store_spot.told(work, party, [series], begins, ends)
    plan = rules_series.planned(prices, told[series], known_until=known_until, correct=correct)
    if plan.new:
        await store_spot.keep(work, party, series, currency, plan.new)
        added = SpotPricesAdded(
            party=party, at=work.now, series=series, begins=begins, ends=ends, prices=len(plan.new)
        )
        await work.announce([added])
    return Imported(
        series=series,
        currency=currency,
        begins=begins,
        ends=ends,
        added=len(plan.new) - plan.corrected,
        known=plan.known,
        corrected=plan.corrected,
        hole=plan.hole,
    )


async def version_for(
    work: Work, id: TariffId, begins: datetime, ends: datetime, *, guess: bool = False
) -> Tariff:
    """The tariff of a version, as it prices a session that began and ended (or stands) so.

    ``guess`` is for estimates: what a market has not told yet counts as the most it can be.
    """
    found = await version_record(work, id)
    return await _at_market(work, found.party, found.tariff, begins, ends, guess=guess)


async def draft_for(
    work: Work, party: PartyId, draft: Tariff, begins: datetime, ends: datetime
) -> Tariff:
    """A tariff that nobody has kept yet, as it would price such a session of this party."""
    return await _at_market(work, party, draft, begins, ends, guess=False)


async def shown_at(work: Work, assigned: Mapping[Key, Assigned]) -> dict[Key, Assigned]:
    """The same tariffs with what their markets ask now and next, for those who look at prices."""
    bound: dict[tuple[TariffId, Tariff], Tariff] = {}
    for each in assigned.values():
        asked = (each.version_id, each.tariff)
        if rules_spot.follows_market(each.tariff) and asked not in bound:
            owner = (await version_record(work, each.version_id)).party
            until = work.now + SHOWN
            bound[asked] = await _at_market(work, owner, each.tariff, work.now, until, guess=False)
    return {
        key: replace(each, tariff=bound.get((each.version_id, each.tariff), each.tariff))
        if bound
        else each
        for key, each in assigned.items()
    }


async def _at_market(
    work: Work, party: PartyId, tariff: Tariff, begins: datetime, ends: datetime, *, guess: bool
) -> Tariff:
    spots = rules_spot.follows_market(tariff)
    if not spots:
        return tariff
    told = await store_spot.told(work, party, {spot.series for spot in spots}, begins, ends)
    return rules_spot.bound(
        tariff,
        lambda spot: rules_series.curve(spot, told[spot.series], began=begins),
        guess=guess,
    )
