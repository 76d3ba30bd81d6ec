"""What past sessions would have cost under a draft of a tariff, and which of its prices, when, why.

The same reading of each session, the same calculator and the same rounding that made the bills.
Nothing is kept: a simulation changes no session and no bill.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.billing import rules_amounts
from voltway.billing.model_simulations import Sums, Tally
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId, PartyId, SessionId
from voltway.kernel.money import Currency, Money
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.runtime.work import Row, Work
from voltway.sessions import actions as sessions
from voltway.sessions import rules_owed
from voltway.sessions.model import SAYS, SessionRecord
from voltway.tariffs import actions_spot as spot
from voltway.tariffs import promotions, purses, taxes
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_promotions import Grant
from voltway.tariffs.model_taxes import Supply
from voltway.tariffs.rules_spot import NoMarketPrice
from voltway.tariffs.rules_taxes import NoTaxRate
from voltway.tariffs.rules_trace import Step, traced

DAYS_MAX = 62
SESSIONS_MAX = 2_000
AT_ONCE = 100
#: So many sessions, those that would change most, are told with each step of their price.
TRACED_MAX = 50


@dataclass(eq=False)
class DaysNotUsable(Refusal):
    """Choose days that follow each other, {most} at most."""

    kind = Kind.INVALID

    most: int = DAYS_MAX


@dataclass(eq=False)
class OtherCurrency(Refusal):
    """The draft is in {draft}, and the bills of this party are in {kept}: they do not compare."""

    kind = Kind.INVALID

    draft: Currency
    kept: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedSession:
    """One session: what it cost, and what it would have. Neither is known while ``held`` says
    why; it may be billed without a known old amount, which is then none.
    """

    session: SessionId
    location: str
    place: str
    begins: datetime
    ends: datetime
    zone: str
    energy_wh: int
    old: Money | None
    new: Money | None
    held: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def difference(self) -> Money | None:
        return self.new - self.old if self.new is not None and self.old is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Sessions under a draft, those first that would change most, and their sums."""

    currency: Currency
    first: date
    last: date
    sessions: tuple[SimulatedSession, ...]  # all, or of very many those that would change most
    left_out: int  # beyond the most that are looked at, the oldest
    sums: Sums

    @property
    def compared(self) -> tuple[SimulatedSession, ...]:
        """Those of which both amounts are known. The sums are over these."""
        return tuple(each for each in self.sessions if each.difference is not None)

    @property
    def old(self) -> Money:
        return Money(self.sums.old_minor, self.currency)

    @property
    def new(self) -> Money:
        return Money(self.sums.new_minor, self.currency)

    @property
    def difference(self) -> Money:
        return self.new - self.old

    @property
    def dearer(self) -> int:
        return self.sums.dearer

    @property
    def cheaper(self) -> int:
        return self.sums.cheaper


class Span(NamedTuple):
    """The sessions that are looked at: by when they ended, and where."""

    begins: datetime
    ends: datetime
    location: LocationId | None


async def simulate(
    work: Work,
    party: PartyId,
    draft: Tariff,
    first: date,
    last: date,
    *,
    location: LocationId | None = None,
) -> Simulation:
    """Price the sessions that ended on these days (as the party's clock has them) by a draft."""
    span = await span_of(work, party, draft, first, last, location)
    owner = await parties.party(work, party)
    rows = await ended(work, span, limit=10 * SESSIONS_MAX)
    found: list[SimulatedSession] = []
    for place in range(0, min(len(rows), SESSIONS_MAX), AT_ONCE):
        some = rows[place : min(place + AT_ONCE, SESSIONS_MAX)]
        found += await priced(work, owner, draft, some, traces=False)
    found.sort(key=moves_most)
    shown = {each.session for each in found[:TRACED_MAX]}
    told = await priced(work, owner, draft, [row for row in rows if row["id"] in shown])
    by_id = {each.session: each for each in told}
    return Simulation(
        currency=owner.currency,
        first=first,
        last=last,
        sessions=tuple(by_id.get(each.session, each) for each in found),
        left_out=max(0, len(rows) - SESSIONS_MAX),
        sums=counted(Tally(), found).sums,
    )


def counted(tally: Tally, sessions: Sequence[SimulatedSession]) -> Tally:
    """The tally with these sessions, each on the day of its place on which it ended."""
    for each in sessions:
        day = each.ends.astimezone(ZoneInfo(each.zone)).date()
        old, new = each.old, each.new
        tally.add(day, None if old is None else old.minor, None if new is None else new.minor)
    return tally


async def span_of(
    work: Work,
    party: PartyId,
    draft: Tariff,
    first: date,
    last: date,
    location: LocationId | None,
    *,
    most: int = DAYS_MAX,
) -> Span:
    """These days as the party's clock has them. Raises :class:`DaysNotUsable` and
    :class:`OtherCurrency`."""
    if not timedelta(0) <= last - first < timedelta(days=most):
        raise DaysNotUsable(most)
    owner = await parties.party(work, party)
    if draft.currency != owner.currency:
        raise OtherCurrency(draft.currency, owner.currency)
    zone = ZoneInfo(owner.time_zone)
    try:
        begins = datetime.combine(first, datetime.min.time(), zone)
        ends = datetime.combine(last + timedelta(days=1), datetime.min.time(), zone)
        return Span(begins.astimezone(UTC), ends.astimezone(UTC), location)
    except OverflowError as error:  # a day at the end of all time
        raise DaysNotUsable(most) from error


async def is_too_much(
    work: Work,
    party: PartyId,
    draft: Tariff,
    first: date,
    last: date,
    location: LocationId | None,
) -> bool:
    """Whether these are more days or sessions than are priced while somebody waits."""
    if last - first >= timedelta(days=DAYS_MAX):
        return True
    return await count(work, await span_of(work, party, draft, first, last, location)) > (
        SESSIONS_MAX
    )


async def count(work: Work, span: Span) -> int:
    row = await work.one(
        """
        SELECT count(*)::int AS n FROM session_view
         WHERE ended_at >= $1 AND ended_at < $2 AND ($3::uuid IS NULL OR location_id = $3)
        """,
        *span,
    )
    return int(row["n"]) if row else 0


def moves_most(each: SimulatedSession) -> tuple[int, int, datetime]:
    """What waits first, then the largest difference, then the oldest."""
    moved = each.difference
    return (moved is not None, -abs(moved.minor) if moved is not None else 0, each.begins)


_SESSIONS: Final = """
    SELECT s.id, s.ended_at, s.location_name, coalesce(s.public_id, s.identity) AS place, s.zone,
           b.total_minor, b.currency, b.last_trouble
      FROM session_view s
      LEFT JOIN settlement_view b ON b.session_id = s.id
"""


async def ended(
    work: Work, span: Span, *, after: tuple[datetime, UUID] | None = None, limit: int
) -> Sequence[Row]:
    """The sessions that ended then, the newest first, and what was billed for them; with ``after``,
    those that come after this moment and name."""
    return await work.all(
        _SESSIONS
        + """
         WHERE s.ended_at >= $1 AND s.ended_at < $2
           AND ($3::uuid IS NULL OR s.location_id = $3)
           AND ($4::timestamptz IS NULL OR (s.ended_at, s.id) < ($4, $5::uuid))
         ORDER BY s.ended_at DESC, s.id DESC
         LIMIT $6
        """,
        *span,
        *(after or (None, None)),
        limit,
    )


async def rows_of(work: Work, ids: Sequence[SessionId]) -> Sequence[Row]:
    """These sessions, as ``ended`` gives them."""
    return await work.all(_SESSIONS + " WHERE s.id = ANY($1::uuid[])", list(ids))


async def priced(
    work: Work, party: Party, draft: Tariff, rows: Sequence[Row], *, traces: bool = True
) -> list[SimulatedSession]:
    records = await sessions.records(work, [SessionId(row["id"]) for row in rows])
    used = await promotions.used_by(work, list(records))
    allowed = await purses.used_by(work, list(records))
    found = []
    for row in rows:
        record = records.get(SessionId(row["id"]))
        if record is not None:
            grant = used.get(record.session)
            given = allowed.get(record.session, ())
            asked = _Asked(draft, given if grant is None else (grant, *given), traces)
            found.append(await _one(work, party, asked, row, record))
    return found


class _Asked(NamedTuple):
    """How a session is priced anew: what was granted to its driver is granted again."""

    draft: Tariff
    grants: tuple[Grant, ...]
    traces: bool


async def _one(
    work: Work,
    party: Party,
    asked: _Asked,
    row: Mapping[str, object],
    record: SessionRecord,
) -> SimulatedSession:
    steps: tuple[Step, ...] = ()
    new: Money | None = None
    billed = row["total_minor"]
    held = "" if billed is not None else " ".join(SAYS[doubt] for doubt in record.held_by)
    try:
        told = await spot.draft_for(work, party.id, asked.draft, record.begins, record.ends)
        supply = Supply(party.id, record.location, record.begins)
        bound, _ = await taxes.taxed(work, told, supply)
        cost = rules_owed.owed(record, bound, party, asked.grants)
        new = rules_amounts.bill(cost).total
        if asked.traces:
            _, steps = traced(bound, rules_owed.periods(record), record.zone)
    except (NoMarketPrice, NoTaxRate) as silent:
        held = str(silent)
    return SimulatedSession(
        session=record.session,
        location=str(row["location_name"] or ""),
        place=str(row["place"] or ""),
        begins=record.begins,
        ends=record.ends,
        zone=record.zone.key,
        energy_wh=record.energy_wh,
        old=Money(billed, party.currency)
        if isinstance(billed, int) and row["currency"] == party.currency
        else None,
        new=None if held else new,
        held=held or ("" if billed is not None else str(row["last_trouble"] or "Not billed yet.")),
        steps=steps,
    )
