"""What can be done to the books: add to them, and read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EntryId, OnceKey, new_id
from voltway.kernel.money import Currency, Money
from voltway.ledger import store
from voltway.ledger.model import Account, Entry, KeptEntry, TrialBalance
from voltway.runtime.work import Work


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
    """Add entries to the books, each under its own key; they stand or fall together."""
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


async def balance(work: Work, account: Account) -> Mapping[Currency, Money]:
    """What an account holds in each of its currencies: debits less credits."""
    return {line.currency: line.balance for line in await store.accounts(work, account)}


async def trial_balance(work: Work) -> TrialBalance:
    """All accounts that this work can see."""
    return TrialBalance(tuple(await store.accounts(work)))


async def entries_about(work: Work, key: str, value: str) -> list[KeptEntry]:
    """The entries whose evidence names this: ``entries_about(work, "session", id)``."""
    return await store.about(work, key, value)
