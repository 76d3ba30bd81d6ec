"""What was taken today beside the same weekday of the weeks before, by place, way and tariff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from voltway.runtime.work import Work
from voltway.web.formats import Formats, zone_of

#: The same weekday of so many weeks before.
WEEKS: Final = 4
#: So many places, ways and tariffs are shown, the largest first.
LINES: Final = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One place, way to pay or tariff: today so far, and what is usual by this time."""

    name: str
    today: str
    usual: str
    change: str
    n: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Money taken by card today; compared up to the last full quarter of an hour."""

    today: str
    n: int
    until: datetime | None  # what is compared was taken before
    usual: str
    change: str
    weeks: int  # of which there is a past to compare with
    tables: Sequence[tuple[str, Sequence[Line]]]


_NAMES: Final = {
    "Place": """
        coalesce((SELECT name FROM location_view l WHERE l.id = q.location_id),
                 'A place that is gone')
    """,
    "Way to pay": "CASE q.method WHEN '' THEN 'Not told' ELSE initcap(q.method) END",
    "Tariff": """
        coalesce((SELECT tariff_ident FROM tariff_view t WHERE t.id = q.tariff_version_id),
                 'A tariff that is gone')
    """,
}


async def taken(work: Work, formats: Formats, *, zone: str, currency: str) -> Taken:
    """Today's money. What is not summed up yet is counted payment by payment."""
    summed = await work.one("SELECT until FROM payment_summed_view")
    midnight = _midnight(work.now, zone, 0)
    until = max(midnight, min(summed["until"], work.now)) if summed else midnight
    late = await work.one(
        """
        SELECT count(*)::int AS n, coalesce(sum(captured_minor), 0)::bigint AS minor
          FROM payment_view
         WHERE ended_at >= $1 AND ended_at <= $2 AND captured_minor > 0 AND currency = $3
        """,
        until,
        work.now,
        currency,
    )
    assert late is not None, "a count always has a row"
    days = [_midnight(work.now, zone, week) for week in range(WEEKS + 1)]
    ends = [day + (until - midnight) for day in days]
    sums = await work.all(
        """
        SELECT d.nth, coalesce(sum(q.captured), 0)::int AS n,
               coalesce(sum(q.captured_minor), 0)::bigint AS minor,
               EXISTS (SELECT FROM payment_quarter_view WHERE at < d.begins) AS had_begun
          FROM unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) AS d (nth, begins, ends)
          LEFT JOIN payment_quarter_view q
            ON q.at >= d.begins AND q.at < d.ends AND q.currency = $4
         GROUP BY d.nth, d.begins ORDER BY d.nth
        """,
        list(range(WEEKS + 1)),
        days,
        ends,
        currency,
    )
    # In the first quarter of an hour of a day there is nothing to compare.
    past = [row for row in sums[1:] if until > midnight and (row["had_begun"] or row["n"])]
    today_minor = sums[0]["minor"]
    usual_minor = sum(row["minor"] for row in past) // len(past) if past else 0
    tables = []
    if until > midnight:
        for what, name in _NAMES.items():
            weeks = len(past)
            lines = await _lines(work, formats, name, days, ends, currency, weeks)
            tables.append((what, lines))
    return Taken(
        today=formats.amount(today_minor + late["minor"], currency),
        n=sums[0]["n"] + late["n"],
        until=until if until > midnight else None,
        usual=formats.amount(usual_minor, currency) if past else "",
        change=_change(formats, today_minor, usual_minor) if past else "",
        weeks=len(past),
        tables=tables,
    )


async def _lines(
    work: Work,
    formats: Formats,
    name: str,
    days: list[datetime],
    ends: list[datetime],
    currency: str,
    weeks: int,
) -> list[Line]:
    rows = await work.all(
        f"""
        SELECT name, sum(minor) FILTER (WHERE nth = 0)::bigint AS today,
               sum(n) FILTER (WHERE nth = 0)::int AS n,
               sum(minor) FILTER (WHERE nth > 0)::bigint AS past
          FROM (SELECT d.nth, {name} AS name, q.captured AS n, q.captured_minor AS minor
                  FROM unnest($1::int[], $2::timestamptz[], $3::timestamptz[])
                       AS d (nth, begins, ends)
                  JOIN payment_quarter_view q
                    ON q.at >= d.begins AND q.at < d.ends AND q.currency = $4
                 WHERE q.captured > 0) AS part
         GROUP BY name
         ORDER BY today DESC NULLS LAST, past DESC NULLS LAST, name LIMIT $5
        """,
        list(range(len(days))),
        days,
        ends,
        currency,
        LINES,
    )
    lines = []
    for row in rows:
        today, usual = row["today"] or 0, (row["past"] or 0) // weeks if weeks else 0
        lines.append(
            Line(
                name=row["name"],
                today=formats.plain_amount(today, currency),
                usual=formats.plain_amount(usual, currency) if weeks else "",
                change=_change(formats, today, usual) if weeks else "",
                n=row["n"] or 0,
            )
        )
    return lines


def _change(formats: Formats, today: int, usual: int) -> str:
    """How much more or less than usual; nothing where nothing is usual."""
    if usual <= 0:
        return ""
    change = Decimal(100 * (today - usual)) / usual
    return f"{'+' if change >= 0 else ''}{formats.percent(change)}"


def _midnight(now: datetime, zone: str, weeks_ago: int) -> datetime:
    """When the day began, in the party's zone: today's, or that of the same weekday before."""
    day = now.astimezone(zone_of(zone)) - timedelta(weeks=weeks_ago)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)
