"""A party closes a month of its books. It is not opened again: what comes later is posted later.

Why there is no way back is told in docs/decisions/0017.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId
from voltway.ledger import rules_periods, store_balances, store_chain, store_periods
from voltway.ledger.model import AccountLine, AsOf, Period
from voltway.runtime.work import Work


@dataclass(eq=False)
class NoMonth(Refusal):
    """{text} is no month, such as 2026-10."""

    kind: ClassVar[Kind] = Kind.ABSENT

    text: str


@dataclass(eq=False)
class MonthNotOver(Refusal):
    """The month {month} is not over yet: it can be closed from {when} on."""

    month: str
    when: str


@dataclass(eq=False)
class MonthClosed(Refusal):
    """The month {month} is closed already, by {by} on {when}."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    month: str
    by: str
    when: str


@dataclass(eq=False)
class MonthBeforeOpen(Refusal):
    """Months are closed in their order: close {first} before {month}."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    month: str
    first: str


@dataclass(eq=False)
class NothingToClose(Refusal):
    """There is no entry in the books up to the end of {month}: there is nothing to close."""

    month: str


def month_named(text: str) -> date:
    """``2026-10`` as its first day."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text) or text < "0001":
        raise NoMonth(text[:40])
    return date.fromisoformat(f"{text}-01")


async def close_month(
    work: Work, party: PartyId, zone: ZoneInfo, month: date, *, by: str
) -> Period:
    """Close a month of a party's books: nothing is dated into it ever again. What its accounts
    moved and held is kept, and the head of the chain with it."""
    begins = rules_periods.begins(month, zone)
    ends = rules_periods.begins(rules_periods.after(month), zone)
    name = f"{month:%Y-%m}"
    if work.now < ends:
        raise MonthNotOver(name, f"{ends:%Y-%m-%d %H:%M}")
    # Nobody is half way through writing an entry, and who comes next sees the month closed.
    await store_chain.have_alone(work)
    await _check_turn(work, party, zone, month)
    held = await store_balances.groups(work, AsOf(at=ends), party=party)
    before = await store_balances.groups(work, AsOf(at=begins), party=party)
    number, head = (await store_chain.heads(work, [party])).get(party, (0, None))
    period = Period(
        party=party,
        month=month,
        begins=begins,
        ends=ends,
        closed_at=work.now,
        closed_by=by,
        entries=await store_periods.count_between(work, party, begins, ends),
        number=number,
        head=head.hex() if head else None,
    )
    await store_periods.keep(work, period, _moved(held, before))
    return period


async def _check_turn(work: Work, party: PartyId, zone: ZoneInfo, month: date) -> None:
    """Refuse a month that is closed, and one with an open month before it."""
    name = f"{month:%Y-%m}"
    last = (await store_periods.closed(work, [party])).get(party)
    if last is not None and month <= last.month:
        known = {each.month: each for each in await store_periods.periods(work, party)}
        was = known.get(month, last)
        raise MonthClosed(name, was.closed_by, f"{was.closed_at:%Y-%m-%d}")
    if last is not None:
        first = rules_periods.after(last.month)
    else:
        oldest = await store_periods.first_at(work, party)
        if oldest is None or rules_periods.month_of(oldest, zone) > month:
            raise NothingToClose(name)
        first = rules_periods.month_of(oldest, zone)
    if month > first:
        raise MonthBeforeOpen(name, f"{first:%Y-%m}")


def _moved(held: list[AccountLine], before: list[AccountLine]) -> list[tuple[AccountLine, int]]:
    """What each account moved in the month, and what it held at its end."""
    known = {(line.account, line.currency): line for line in before}
    found = []
    for line in held:
        was = known.get((line.account, line.currency))
        debit = line.debit_minor - (was.debit_minor if was else 0)
        credit = line.credit_minor - (was.credit_minor if was else 0)
        moved = AccountLine(line.account, line.currency, debit, credit)
        found.append((moved, line.balance.minor))
    return found


async def next_to_close(work: Work, party: PartyId, zone: ZoneInfo, now: datetime) -> date | None:
    """The month that can be closed now; ``None`` where none is over."""
    last = (await store_periods.closed(work, [party])).get(party)
    oldest = None if last else await store_periods.first_at(work, party)
    if last is not None:
        month = rules_periods.after(last.month)
    elif oldest is not None:
        month = rules_periods.month_of(oldest, zone)
    else:
        return None
    return month if rules_periods.begins(rules_periods.after(month), zone) <= now else None
