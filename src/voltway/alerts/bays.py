"""The bays of a place that somebody is told of: which a disruption takes away, and their names."""

from collections.abc import Collection, Mapping

from voltway.alerts.words_disruptions import bays_in_words
from voltway.disruptions.model import Disruption
from voltway.kernel.ids import EvseId, LocationId
from voltway.runtime.work import Row, Work

#: The bays of a place by their ids: rows of ``evse_view``.
Bays = Mapping[EvseId, Row]


async def bays_of(work: Work, location: LocationId) -> Bays:
    rows = await work.all(
        "SELECT * FROM evse_view WHERE location_id = $1 ORDER BY identity, number", location
    )
    return {EvseId(row["id"]): row for row in rows}


def bays_out(disruption: Disruption, bays: Bays) -> set[EvseId]:
    """The bays of a disruption: one, or all of its station."""
    if disruption.evse is not None:
        return {disruption.evse} & bays.keys()
    return {id for id, row in bays.items() if row["station_id"] == disruption.station}


def in_words(these: Collection[EvseId], bays: Bays, locale: str) -> str:
    """These bays by their numbers; all of a place by that."""
    numbers = [row["number"] for id, row in bays.items() if id in these]
    return bays_in_words(numbers, locale, all_of_them=len(numbers) == len(bays))
