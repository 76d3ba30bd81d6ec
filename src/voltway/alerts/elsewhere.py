"""Where a driver whose station failed can charge instead: what fits, is free now, and is near."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from voltway.alerts.words_elsewhere import FREE_NEARBY
from voltway.billing import formats
from voltway.billing.words import language
from voltway.kernel.ids import EvseId
from voltway.runtime.work import Work

#: As many are named; more is no help on a phone.
NAMED: Final = 3
#: A station that was not heard of for so long is not named: a second failure is worse than a first.
FRESH: Final = timedelta(minutes=15)
#: So long a bay has said that it is free before it is named: some flap.
STEADY: Final = timedelta(seconds=60)
NEAR_KM: Final = 30


@dataclass(frozen=True, slots=True)
class Alternative:
    """A place, or at the same place a bay of another station; ``km`` as the crow flies."""

    name: str
    km: Decimal


async def alternatives(work: Work, evse: EvseId) -> list[Alternative]:
    """The nearest places of the same party where a car of this bay can charge now: open to all, a
    plug of the same kind, at least half the power, free, held for nobody, and heard of lately."""
    rows = await work.all(
        """
        SELECT * FROM (
            SELECT DISTINCT ON (p.location_id) p.location_id = m.location_id AS is_here,
                   p.location_name, p.public_id,
                   CASE WHEN p.location_id = m.location_id THEN 0 ELSE
                   12742 * asin(sqrt(sind((p.lat - m.lat) / 2) ^ 2
                       + cosd(p.lat) * cosd(m.lat) * sind((p.lon - m.lon) / 2) ^ 2)) END AS km
              FROM port_view m
              JOIN port_view p ON p.party_id = m.party_id AND p.station_id <> m.station_id
             WHERE m.id = $1 AND p.published AND p.status_at <= $3
               AND is_free(p.connected, p.status, p.session_state, p.last_heard_at, $2)
               AND p.connector_type IS NOT DISTINCT FROM m.connector_type
               AND p.power_w * 2 >= m.power_w
               AND NOT EXISTS (SELECT FROM bay_hold_view h WHERE h.evse_id = p.id)
             ORDER BY p.location_id, p.power_w DESC, p.number) AS found
         WHERE km <= $4 ORDER BY km, location_name LIMIT $5
        """,
        evse,
        work.now - FRESH,
        work.now - STEADY,
        NEAR_KM,
        NAMED,
    )
    return [
        Alternative(
            str(row["public_id"] if row["is_here"] else row["location_name"]),
            Decimal(row["km"]).quantize(Decimal("0.1")),
        )
        for row in rows
    ]


def in_words(found: list[Alternative], locale: str) -> str:
    """These alternatives as a sentence; empty where there is none."""
    if not found:
        return ""
    there = formats.locale_for(locale)
    named = ", ".join(
        f"{each.name} ({formats.number(each.km, there)}{formats.NBSP}km)" for each in found
    )
    return FREE_NEARBY[language(locale)].format(places=named)
