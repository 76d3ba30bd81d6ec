"""Months of the books, and what becomes of an entry that belongs to a closed one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from voltway.ledger.model import Entry, Period
from voltway.ledger.rules_chain import moment


def month_of(at: datetime, zone: ZoneInfo) -> date:
    """The month that a moment lies in, by its first day."""
    return at.astimezone(zone).date().replace(day=1)


def after(month: date) -> date:
    """The month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def begins(month: date, zone: ZoneInfo) -> datetime:
    """When a month begins in a zone."""
    return datetime(month.year, month.month, 1, tzinfo=zone)


def may_concern_closed(entry: Entry, now: datetime) -> bool:
    """Whether an entry may belong to a closed month. A month is closed after its end, so what is
    supplied and posted now never does, and nobody need ask."""
    supplied = entry.supplied_at
    return entry.at < now or (supplied is not None and _turn_between(supplied, entry.at))


def _turn_between(first: datetime, last: datetime) -> bool:
    """Whether a month may end between two moments, in whatever zone: midnight comes 14 hours before
    that of UTC at the earliest, and 12 after it."""
    one = first.astimezone(UTC) - timedelta(hours=12)
    other = last.astimezone(UTC) + timedelta(hours=14)
    return (one.year, one.month) != (other.year, other.month)


def dated(entry: Entry, closed: Period | None, now: datetime) -> Entry:
    """The entry as it is posted: one that belongs to a closed month is dated now, names the month,
    and keeps the true date of its supply."""
    supplied = entry.supplied_at or entry.at
    if closed is None or supplied >= closed.ends:
        return entry
    return replace(
        entry,
        at=max(entry.at, now) if entry.at < closed.ends else entry.at,
        memo=f"{entry.memo} Supplied in a month that is closed.",
        evidence={
            **entry.evidence,
            "supplied_at": moment(supplied),
            "closed_month": closed.name if supplied >= closed.begins else f"until {closed.name}",
        },
    )
