"""Months of the books, and what becomes of an entry that belongs to a closed one."""

from dataclasses import replace
from datetime import date, datetime
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
    return entry.at < now or (
        supplied is not None and (supplied.year, supplied.month) != (entry.at.year, entry.at.month)
    )


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
