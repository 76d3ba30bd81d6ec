"""What somebody has charged: charge by charge, by month and by place."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from voltway.drivers import actions as drivers
from voltway.drivers import entry
from voltway.kernel.ids import PartyId, SessionId, TokenUid
from voltway.runtime.work import Row, Work
from voltway.vehicles.grid import grid_of

#: So many charges of a year are shown; who has more gets them all by CSV.
SHOWN_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """A charge of a person. ``minor``: what they paid or owe, in ``currency``; ``None`` where it is
    not priced yet, or a company pays. ``grams``: CO₂-equivalents of the grid; ``None``: unknown."""

    id: SessionId
    started_at: datetime
    ended_at: datetime
    zone: str
    place: str
    city: str
    public_id: str
    energy_wh: int
    minor: int | None
    currency: str
    by: str  # what it was charged with
    company_pays: bool
    receipt: str  # the key of its visit, whose receipt a page shows; empty: there is none
    number: str  # of the receipt
    grams: int | None

    @property
    def day(self) -> date:
        return self.started_at.astimezone(ZoneInfo(self.zone)).date()


@dataclass(frozen=True, slots=True)
class Summed:
    """Some charges together: what they have in common, how many, Wh, sums by currency in the
    smallest unit, and grams of CO₂-equivalents as far as they are known."""

    of: str
    count: int
    energy_wh: int
    minor: Mapping[str, int]
    grams: int | None


def summed(charges: Iterable[Charged], key: Callable[[Charged], str]) -> list[Summed]:
    """Charges together by a key, in the order of its first charge."""
    groups: dict[str, list[Charged]] = defaultdict(list)
    for each in charges:
        groups[key(each)].append(each)
    return [_sum(of, group) for of, group in groups.items()]


def _sum(of: str, group: Sequence[Charged]) -> Summed:
    minor: dict[str, int] = defaultdict(int)
    for each in group:
        if each.minor is not None:
            minor[each.currency] += each.minor
    known = [each.grams for each in group if each.grams is not None]
    return Summed(
        of,
        len(group),
        sum(each.energy_wh for each in group),
        dict(minor),
        sum(known) if known else None,
    )


async def charges(work: Work, email: str) -> list[Charged]:
    """What somebody charged with their own tokens and saved methods, the newest first. A guest's
    visits are nobody's: an address given for a receipt is for that receipt."""
    known = await entry.drivers_of(work, email)
    tokens = [
        token
        for driver in known
        for token in await drivers.tokens_of_driver(work, driver.party, driver.id)
    ]
    by_fleet = {(token.party, token.uid) for token in tokens if token.fleet is not None}
    rows = await work.all(
        """
        SELECT s.id, s.party_id, s.token_uid, s.started_at, s.ended_at, s.zone, s.location_name,
               s.city, s.country, s.public_id, s.energy_wh, t.total_minor, t.currency,
               t.invoice_number, p.visit_key, k.label,
               m.provider, m.card_brand, m.card_last4, m.card_wallet
          FROM session_view s
          LEFT JOIN settlement_view t ON t.session_id = s.id
          LEFT JOIN own_payment_view p ON p.session_id = s.id
          LEFT JOIN payment_method_view m ON m.id = p.method_id
          LEFT JOIN token_view k ON k.party_id = s.party_id AND k.uid = s.token_uid
         WHERE s.ended_at IS NOT NULL
           AND ((s.party_id, s.token_uid) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))
                OR s.id IN (SELECT session_id FROM own_payment_view WHERE holder = ANY($3::uuid[])))
         ORDER BY s.started_at DESC
        """,
        [token.party for token in tokens],
        [token.uid for token in tokens],
        [driver.id for driver in known],
    )
    return [_charged(row, by_fleet) for row in rows]


def _charged(row: Row, by_fleet: set[tuple[PartyId, TokenUid]]) -> Charged:
    company = (row["party_id"], row["token_uid"]) in by_fleet and row["visit_key"] is None
    grid = grid_of(row["country"] or "")
    return Charged(
        id=SessionId(row["id"]),
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        zone=row["zone"],
        place=row["location_name"] or "",
        city=row["city"] or "",
        public_id=row["public_id"] or "",
        energy_wh=row["energy_wh"],
        minor=None if company else row["total_minor"],
        currency=row["currency"] or "",
        by=_by(row),
        company_pays=company,
        receipt=row["visit_key"] or "",
        number=row["invoice_number"] or "",
        grams=round(row["energy_wh"] * grid.grams / 1000) if grid else None,
    )


def _by(row: Row) -> str:
    """What it was charged with, as people call it."""
    if row["card_last4"]:
        return f"{row['card_wallet'] or row['card_brand']} ·· {row['card_last4']}"
    return str(row["provider"] or "").capitalize() or row["label"] or ""


def of_year(charges: Iterable[Charged], year: int) -> list[Charged]:
    """Those of a year, by the clock of the place."""
    return [each for each in charges if each.day.year == year]
