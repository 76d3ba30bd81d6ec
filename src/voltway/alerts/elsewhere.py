"""Where a driver whose bay is lost can charge instead: what fits, is free, near and not dear.

Alerts say it, and the pages of bays and places.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.alerts.rules_elsewhere import Alternative, chance, ranked
from voltway.alerts.words_elsewhere import FREE_NEARBY, PER_KWH, SURE
from voltway.billing import formats
from voltway.billing.words import language
from voltway.kernel.ids import EvseId, StationId
from voltway.kernel.money import Currency
from voltway.payments import starts
from voltway.runtime.work import Row, Work
from voltway.tariffs.actions import Assigned
from voltway.tariffs.at_bays import for_guests
from voltway.tariffs.rules_display import describe

#: As many are named; more is no help on a phone.
NAMED: Final = 3
#: So many of the nearest are looked at more closely.
LOOKED_AT: Final = 12
#: A station that was not heard of for so long is not named: a second failure is worse than a first.
FRESH: Final = timedelta(minutes=15)
#: So long a bay has said that it is free before it is named: some flap.
STEADY: Final = timedelta(seconds=60)
NEAR_KM: Final = 30
#: A degree of latitude.
_DEGREE_KM: Final = 111.2
#: How busy a place is at this time of day is known from so many days.
DAYS: Final = 28
STARTS: Final = 20

_FREE: Final = """
    SELECT * FROM (
        SELECT DISTINCT ON (p.location_id) p.id, p.party_id, p.station_id, p.location_id,
               p.location_id = m.location_id AS is_here, p.location_name, p.public_id, p.time_zone,
               p.number, p.connector_type, p.power_w,
               count(*) OVER (PARTITION BY p.location_id)::int AS free,
               CASE WHEN p.location_id = m.location_id THEN 0 ELSE
               12742 * asin(sqrt(sind((p.lat - m.lat) / 2) ^ 2
                   + cosd(p.lat) * cosd(m.lat) * sind((p.lon - m.lon) / 2) ^ 2)) END AS km
          FROM evse_view m
          JOIN port_view p ON p.party_id = m.party_id AND p.lat BETWEEN m.lat - $6 AND m.lat + $6
         WHERE m.id = $1 AND p.published AND p.status_at <= $3
           AND p.id <> ALL($7::uuid[]) AND p.station_id <> ALL($8::uuid[])
           AND is_free(p.connected, p.status, p.session_state, p.last_heard_at, $2)
           AND p.connector_type IS NOT DISTINCT FROM m.connector_type
           AND p.power_w * 2 >= m.power_w
           AND NOT EXISTS (SELECT FROM bay_hold_view h WHERE h.evse_id = p.id)
           AND NOT EXISTS (SELECT FROM location_features_view f
                            WHERE f.location_id = p.location_id
                              AND NOT is_open(f.hours, p.time_zone, $9))
         ORDER BY p.location_id, p.power_w DESC, p.number) AS found
     WHERE km <= $4 ORDER BY km, location_name LIMIT $5
"""


async def alternatives(
    work: Work,
    evse: EvseId,
    *,
    but: Collection[EvseId] = (),
    but_stations: Collection[StationId] = (),
) -> list[Alternative]:
    """The places of the same party where a car of this bay can charge now, the best first: open to
    all, and now as far as its hours are known, a plug of the same kind, at least half the power,
    free, held for nobody, and heard of lately; none of these bays, nor at these stations, and no
    doubtful one: a second failure is worse than a first."""
    rows = await work.all(
        _FREE,
        evse,
        work.now - FRESH,
        work.now - STEADY,
        NEAR_KM,
        LOOKED_AT,
        NEAR_KM / _DEGREE_KM,
        [evse, *but, *await starts.doubtful(work)],
        list(but_stations),
        work.now,
    )
    if not rows:
        return []
    priced = await for_guests(work, rows)
    busy = await _came_lately(work, rows)
    worked = await _worked_lately(work, [row["id"] for row in rows])
    found = [
        _alternative(row, priced.get(row["id"]), busy[row["location_id"]], worked[row["id"]], work)
        for row in rows
    ]
    return ranked(found, NAMED)


def _alternative(
    row: Row, priced: Assigned | None, came: tuple[int, float], worked: tuple[int, int], work: Work
) -> Alternative:
    price = None
    if priced is not None:
        told = describe(priced.tariff, work.now, ZoneInfo(row["time_zone"]), "en")
        energy = [each for each in told if each.unit == "kWh" and each.dimension is not None]
        price = next((each.amount for each in energy if each.holds_now), None)
    return Alternative(
        name=str(row["public_id"] if row["is_here"] else row["location_name"]),
        km=Decimal(row["km"]).quantize(Decimal("0.1")),
        price=price,
        currency=priced.tariff.currency if priced is not None else "",
        chance=chance(
            free=row["free"],
            km=row["km"],
            came=came[0],
            in_hours=came[1],
            worked=worked[0],
            tries=worked[1],
        ),
        location=row["location_id"],
        evse=row["id"],
        number=row["number"],
        connector_type=row["connector_type"],
        power_w=row["power_w"],
    )


async def _came_lately(work: Work, rows: Sequence[Row]) -> dict[object, tuple[int, float]]:
    """How many cars began to charge at each of these places within an hour of this time of day, and
    in how many hours that was."""
    found = await work.all(
        """
        SELECT e.location_id, count(s.id)::int AS came
          FROM evse_view e
          LEFT JOIN session_view s ON s.evse_id = e.id AND s.started_at > $2
                AND abs(mod(extract(epoch FROM s.started_at - $3)::bigint + 43200, 86400) - 43200)
                    <= 3600
         WHERE e.location_id = ANY($1::uuid[])
         GROUP BY e.location_id
        """,
        [row["location_id"] for row in rows],
        work.now - timedelta(days=DAYS),
        work.now - timedelta(days=DAYS + 1),
    )
    return {row["location_id"]: (row["came"], DAYS * 2.0) for row in found}


async def _worked_lately(work: Work, evses: Sequence[EvseId]) -> dict[UUID, tuple[int, int]]:
    """How many of the last paid starts at each of these bays gave energy, and of how many."""
    found = await starts.last_at(work, evses, STARTS)
    return {evse: (sum(each.worked for each in tried), len(tried)) for evse, tried in found.items()}


def in_words(found: Sequence[Alternative], locale: str) -> str:
    """These alternatives as a sentence; empty where there is none."""
    if not found:
        return ""
    named = ", ".join(_named(each, locale) for each in found)
    return FREE_NEARBY[language(locale)].format(places=named)


def _named(each: Alternative, locale: str) -> str:
    there, spoken = formats.locale_for(locale), language(locale)
    said = [f"{formats.number(each.km, there)}{formats.NBSP}km"]
    if each.price is not None:
        price = formats.price(each.price, Currency(each.currency), there)
        said.append(PER_KWH[spoken].format(price=price))
    said.append(SURE[spoken].format(percent=formats.percent(str(each.percent), there)))
    return f"{each.name} ({'; '.join(said)})"
