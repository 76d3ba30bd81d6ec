"""A sweep: seals what was written into the books, and adds it up by day.

Note [Sealed afterwards]
~~~~~~~~~~~~~~~~~~~~~~~~
A chain needs one order, and entries are written by many works at once. To bring them into line at
their commits would make each settlement of a party wait for the one before it. So a commit writes
an entry as it always did, and this sweep gives it its link within a minute, in the order of the
places that entries drew when they were written.

A place is drawn before the commit, so a lower one may still come when a higher one is there.
Whoever writes an entry shares a lock until its commit (a trigger takes it); the sweep takes the
lock alone for a moment, and knows that no place up to the highest can come any more. What is
slipped in beneath that place later gets no link, and the check finds it.

In the same work the entries of a batch are added to ``ledger_day``, so that a balance is a sum over
days and not over all postings. Killed at any moment it has sealed whole batches or none.
"""

from collections.abc import Sequence
from datetime import UTC, date
from time import monotonic
from typing import Final

from voltway.kernel.ids import EntryId, PartyId
from voltway.ledger import rules_chain, store_chain
from voltway.ledger.model import Placed
from voltway.ledger.rules_chart import group_of
from voltway.runtime.work import BeginWork, Work

#: Entries of one transaction: so few that the loop, which has stations to answer, is not held up.
BATCH: Final = 250

#: A round ends after so long, and goes on where it was in the next.
ROUND_S: Final = 20.0


async def seal(begin: BeginWork, *, seconds: float = ROUND_S) -> int:
    """Seal what was written by now; how many entries were sealed."""
    until = await _horizon(begin)
    ends, sealed = monotonic() + seconds, 0
    while until is not None:
        async with begin() as work:
            count = await _seal_some(work, until)
        sealed += count
        if count < BATCH or monotonic() >= ends:
            break
    return sealed


async def _horizon(begin: BeginWork) -> int | None:
    """The place up to which no entry can come any more; ``None`` where nothing is to be sealed."""
    async with begin() as work:
        if await store_chain.last_place(work) <= await store_chain.sealed_up_to(work):
            return None
    async with begin() as work:
        await store_chain.have_alone(work)
        return await store_chain.last_place(work)


async def _seal_some(work: Work, until: int) -> int:
    after = await store_chain.lock_sealed(work)
    if after is None:
        return 0
    entries = await store_chain.entries_between(work, after, until, BATCH)
    if not entries:
        return 0
    heads = await store_chain.heads(work, {each.entry.party for each in entries})
    links: list[tuple[PartyId, int, EntryId, bytes]] = []
    for each in entries:
        party = each.entry.party
        number, before = heads.get(party, (0, rules_chain.NOTHING))
        hash = rules_chain.link(each, number=number + 1, before=before)
        heads[party] = (number + 1, hash)
        links.append((party, number + 1, each.id, hash))
    await store_chain.keep_links(work, links, entries[-1].place)
    await store_chain.keep_seals(work, work.now.astimezone(UTC).date(), heads, work.now)
    await store_chain.add_days(work, _by_day(entries))
    return len(entries)


def _by_day(entries: Sequence[Placed]) -> dict[tuple[PartyId, str, str, date, date], list[int]]:
    """What these entries moved on each group of accounts, by day: debits and credits."""
    sums: dict[tuple[PartyId, str, str, date, date], list[int]] = {}
    for each in entries:
        days = (each.entry.at.astimezone(UTC).date(), each.kept_at.astimezone(UTC).date())
        for posting in each.entry.postings:
            money = posting.amount
            for side, account in enumerate((posting.debit, posting.credit)):
                key = (each.entry.party, group_of(account), money.currency, *days)
                sums.setdefault(key, [0, 0])[side] += money.minor
    return sums
