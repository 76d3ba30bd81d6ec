"""What a party's fleets are: their cards and drivers, who pays, and what they used this month."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from voltway.billing.rules_budgets import Period, begins
from voltway.drivers import rules
from voltway.kernel.ids import FleetId, PartyId
from voltway.parties import actions as parties
from voltway.runtime.work import Row, Work

FLEETS_SHOWN: Final = 500


@dataclass(frozen=True, slots=True)
class Use:
    """What was charged: sessions that began, those of them that run, their energy, and what is
    billed of them, in the party's smallest unit and with VAT."""

    sessions: int = 0
    running: int = 0
    energy_wh: int = 0
    billed_minor: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.sessions + other.sessions,
            self.running + other.running,
            self.energy_wh + other.energy_wh,
            self.billed_minor + other.billed_minor,
        )


@dataclass(frozen=True, slots=True)
class Card:
    """A card of a fleet, for whom it stands, and what it used."""

    id: UUID
    fleet: UUID
    uid: str
    label: str
    status: str
    bars: Sequence[str]
    contract: str
    driver: UUID | None
    driver_name: str | None
    use: Use


async def month_began(work: Work, party: PartyId) -> datetime:
    """When the party's month began, by its own clock."""
    return begins(Period.MONTH, work.now, (await parties.party(work, party)).time_zone)


async def all_fleets(work: Work, party: PartyId) -> Sequence[Row]:
    """The fleets of a party by name, with who pays for them now."""
    return await work.all(
        """
        SELECT f.id, f.name, f.created_at, p.customer_id, p.customer, p.since
          FROM fleet_view f
          LEFT JOIN fleet_payer_view p ON p.fleet_id = f.id AND p.until IS NULL
         WHERE f.party_id = $1 ORDER BY lower(f.name) LIMIT $2
        """,
        party,
        FLEETS_SHOWN,
    )


async def cards_of(work: Work, party: PartyId, fleets: Iterable[FleetId | UUID]) -> list[Card]:
    """The cards of these fleets, each with what it used this month."""
    rows = await work.all(
        """
        SELECT t.id, c.fleet_id, t.uid, t.label, t.status, t.bars, c.ident, c.driver_id,
               c.driver_name
          FROM token_view t JOIN contract_view c ON c.id = t.contract_id
         WHERE t.party_id = $1 AND c.fleet_id = ANY($2::uuid[])
         ORDER BY c.driver_name, t.label, t.uid
        """,
        party,
        list(fleets),
    )
    used = await _used(work, party, [row["uid"] for row in rows])
    return [
        Card(
            id=row["id"],
            fleet=row["fleet_id"],
            uid=row["uid"],
            label=row["label"],
            status=row["status"],
            bars=row["bars"],
            contract=row["ident"],
            driver=row["driver_id"],
            driver_name=row["driver_name"],
            use=used.get(row["uid"], Use()),
        )
        for row in rows
    ]


def summed(cards: Iterable[Card]) -> dict[UUID, Use]:
    """By fleet, what its cards used."""
    found: dict[UUID, Use] = {}
    for card in cards:
        found[card.fleet] = found.get(card.fleet, Use()) + card.use
    return found


async def _used(work: Work, party: PartyId, uids: Sequence[str]) -> dict[str, Use]:
    """By uid, however a reader writes it."""
    whose = {form: uid for uid in uids for form in rules.written(uid)}
    if not whose:
        return {}
    rows = await work.all(
        """
        SELECT s.token_uid, count(*)::int AS sessions,
               (count(*) FILTER (WHERE s.running))::int AS running,
               coalesce(sum(s.energy_wh), 0)::bigint AS wh,
               coalesce(sum(c.total_minor), 0)::bigint AS minor
          FROM session_view s LEFT JOIN cdr c ON c.session_id = s.id
         WHERE s.party_id = $1 AND s.token_uid = ANY($2::text[]) AND s.started_at >= $3
         GROUP BY s.token_uid
        """,
        party,
        list(whose),
        await month_began(work, party),
    )
    found: dict[str, Use] = {}
    for row in rows:
        uid = whose[row["token_uid"]]
        use = Use(row["sessions"], row["running"], row["wh"], row["minor"])
        found[uid] = found.get(uid, Use()) + use
    return found
