"""What can be done to the books: add to them, and read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EntryId, OnceKey, PartyId, new_id
from voltway.kernel.money import Currency, Money
from voltway.ledger import (
    rules_periods,
    store,
    store_balances,
    store_chain,
    store_mapping,
    store_periods,
)
from voltway.ledger.checking import ChainCheck, check_chain, check_chains, compare_heads, heads_here
from voltway.ledger.closing import close_month, month_named, next_to_close
from voltway.ledger.model import (
    NOW,
    Account,
    AsOf,
    Entry,
    Head,
    KeptEntry,
    Period,
    Placed,
    TrialBalance,
)
from voltway.ledger.rules_chart import is_group
from voltway.ledger.sealing import seal
from voltway.runtime.work import Row, Work

__all__ = [
    "ChainCheck",
    "KeyOfAnotherEntry",
    "balance",
    "check_chain",
    "check_chains",
    "close_month",
    "closings",
    "compare_heads",
    "entries_about",
    "entry",
    "heads",
    "heads_csv",
    "heads_here",
    "is_mapped",
    "month_named",
    "next_to_close",
    "oldest",
    "periods",
    "post",
    "post_many",
    "seal",
    "sums_amiss",
    "trial_balance",
]


#: The columns of a file of heads.
HEADS: Final = ("party", "day", "link", "head")


@dataclass(eq=False)
class KeyOfAnotherEntry(Refusal):
    """The key {once} already stands for another entry in the books."""

    kind = Kind.CONFLICT

    once: OnceKey


async def post(work: Work, entry: Entry) -> EntryId:
    """Add an entry to the books. The same entry posted twice stands there once."""
    [id] = await post_many(work, [entry])
    return id


async def post_many(work: Work, entries: Sequence[Entry]) -> list[EntryId]:
    """Add entries to the books, each under its own key; they stand or fall together. What belongs
    to a closed month is posted into the open one, with the true date of its supply."""
    entries = await _dated(work, entries)
    fresh = [(EntryId(new_id(work.now)), entry) for entry in entries]
    kept = await store.keep(work, fresh)
    return [id if id in kept else await _known(work, entry) for id, entry in fresh]


async def _known(work: Work, entry: Entry) -> EntryId:
    """The entry that stands under this key; it must be the same."""
    kept = await store.by_key(work, entry.party, entry.once)
    assert kept is not None, "what conflicts can be read"
    if kept.entry.postings != entry.postings:
        raise KeyOfAnotherEntry(entry.once)
    return kept.id


async def _dated(work: Work, entries: Sequence[Entry]) -> Sequence[Entry]:
    asked = {each.party for each in entries if rules_periods.may_concern_closed(each, work.now)}
    closed = await store_periods.closed(work, asked) if asked else {}
    if not closed:
        return entries
    return [rules_periods.dated(each, closed.get(each.party), work.now) for each in entries]


async def balance(
    work: Work, account: Account, as_of: AsOf = NOW, *, party: PartyId | None = None
) -> Mapping[Currency, Money]:
    """What an account holds in each of its currencies: debits less credits. A path that is no
    account's own holds what the accounts beneath it do."""
    if is_group(account):
        lines = await store_balances.groups(work, as_of, party=party, under=account)
    else:
        lines = await store_balances.one(work, account, as_of, party=party)
    held: dict[Currency, Money] = {}
    for line in lines:
        held[line.currency] = held.get(line.currency, Money(0, line.currency)) + line.balance
    return held


async def trial_balance(
    work: Work, as_of: AsOf = NOW, *, party: PartyId | None = None, under: str | None = None
) -> TrialBalance:
    """All groups of accounts that this work can see, or those at a path and beneath it."""
    lines = await store_balances.groups(work, as_of, party=party, under=under)
    return TrialBalance(tuple(lines))


async def periods(work: Work, party: PartyId) -> list[Period]:
    """The closed months of a party, the newest first."""
    return await store_periods.periods(work, party)


async def closings(work: Work, party: PartyId, month: date) -> Sequence[Row]:
    """What each account moved in a closed month, and held at its end."""
    return await store_periods.closings(work, party, month)


async def oldest(work: Work, party: PartyId) -> datetime | None:
    """The date of the oldest entry of a party."""
    return await store_periods.first_at(work, party)


async def entry(work: Work, id: EntryId) -> tuple[Placed, tuple[int, bytes] | None] | None:
    """An entry, and its link where it is sealed."""
    placed = (await store_chain.by_ids(work, [id])).get(id)
    if placed is None:
        return None
    return placed, (await store_chain.links_of(work, [id])).get(id)


async def is_mapped(work: Work, party: PartyId) -> bool:
    """Whether the books of a party can be given to its bookkeeper's program."""
    return await store_mapping.bookkeeper(work, party) is not None


def heads_csv(name: str, found: Sequence[Head]) -> str:
    """Heads as a file, to be kept elsewhere: ``voltway books check --heads`` reads it."""
    lines = [",".join(HEADS)]
    lines += [f"{name},{each.day},{each.number},{each.head}" for each in found]
    return "".join(f"{line}\n" for line in lines)


async def heads(work: Work, party: PartyId | None = None) -> list[Head]:
    """The head of the chain at the end of each day, for whoever keeps them elsewhere."""
    return await store_chain.seals(work, party)


async def entries_about(work: Work, key: str, value: str) -> list[KeptEntry]:
    """The entries whose evidence names this: ``entries_about(work, "session", id)``."""
    return await store.about(work, key, value)


async def sums_amiss(work: Work, party: PartyId, *, whole: bool) -> list[str]:
    """Where the sums that balances are made of are not those of the postings, in words. With
    ``whole`` every posting is added up; else only the two sides of the sums are compared, and the
    last closed month."""
    amiss = [
        f"The days' sums in {row['currency']} have {row['debit_minor']} of debits and"
        f" {row['credit_minor']} of credits."
        for row in await store_balances.sides(work, party)
        if row["debit_minor"] != row["credit_minor"]
    ]
    if whole:
        amiss += [
            f"{row['account']} in {row['currency']}: the days' sums come to {row['summed']}, the"
            f" postings to {row['posted']}."
            for row in await store_balances.strays(work, party)
        ]
    last = (await store_periods.closed(work, [party])).get(party)
    if last is not None:
        now = await store_balances.groups(work, AsOf(at=last.ends), party=party)
        held = {(line.account, line.currency): line.balance.minor for line in now}
        kept = await store_periods.closings(work, party, last.month)
        amiss += [
            f"{row['account']} held {row['balance_minor']} {row['currency']} when {last.name} was"
            f" closed, and its entries come to {held.get((row['account'], row['currency']), 0)}."
            for row in kept
            if held.get((row["account"], row["currency"]), 0) != row["balance_minor"]
        ]
    return amiss
