"""The chain recomputed: what was changed, removed, slipped in or put in another order is named."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from voltway.kernel.ids import PartyId
from voltway.ledger import rules_chain, store_chain
from voltway.ledger.model import Broken, Head
from voltway.runtime.work import BeginWork, Work

#: Links of one transaction: so few that the loop is not held up.
BATCH: Final = 500

#: So many faults of a party are named; the first is what matters.
NAMED_MAX: Final = 20


@dataclass
class ChainCheck:
    """What was checked of one party's chain, and what does not hold, the first link first."""

    party: PartyId
    first: int
    last: int = 0
    head: str = ""
    broken: list[Broken] = field(default_factory=list)

    @property
    def links(self) -> int:
        return max(self.last - self.first + 1, 0)

    def note(self, fault: Broken) -> None:
        if len(self.broken) < NAMED_MAX:
            self.broken.append(fault)


async def check_chains(
    begin: BeginWork, *, parties: list[PartyId] | None = None
) -> AsyncIterator[ChainCheck]:
    """Recompute every link of these parties' chains, or of all."""
    if parties is None:
        async with begin() as work:
            parties = await store_chain.chained_parties(work)
    for party in parties:
        yield await check_chain(begin, party)


async def check_chain(
    begin: BeginWork, party: PartyId, *, after: int = 0, links_max: int | None = None
) -> ChainCheck:
    """Recompute the links of a party after a number, up to so many; and compare with the heads that
    were sealed, and with the entries that should have links."""
    check = ChainCheck(party, after + 1, after)
    async with begin() as work:
        before = await store_chain.hash_of(work, party, after) if after else rules_chain.NOTHING
    async with begin() as work:
        sealed = {each.number: each for each in await store_chain.seals(work, party)}
    left = links_max
    while left is None or left > 0:
        size = BATCH if left is None else min(BATCH, left)
        async with begin() as work:
            count, before = await _check_some(work, check, before, size, sealed)
        if left is not None:
            left -= count
        if count < size:
            break
    check.head = (before or b"").hex()
    await _compare(begin, check, sealed, whole=links_max is None)
    return check


async def _check_some(
    work: Work,
    check: ChainCheck,
    before: bytes | None,
    size: int,
    sealed: Mapping[int, Head],
) -> tuple[int, bytes | None]:
    links = await store_chain.links_after(work, check.party, check.last, size)
    entries = await store_chain.by_ids(work, [entry for _, entry, _ in links])
    for number, id, hash in links:
        for missing in range(check.last + 1, min(number, check.last + 1 + NAMED_MAX)):
            check.note(Broken(check.party, missing, None, "The link is gone."))
            before = None
        placed = entries.get(id)
        if placed is None:
            check.note(Broken(check.party, number, id, "Its entry is gone from the books."))
        elif before is not None and rules_chain.link(placed, number=number, before=before) != hash:
            why = (
                "The entry, its postings or its evidence are not what was sealed, or it was sealed"
                " in another place."
            )
            check.note(Broken(check.party, number, id, why))
        if number in sealed and sealed[number].head != hash.hex():
            check.note(Broken(check.party, number, id, "It is not the head that was sealed."))
        before, check.last = hash, number
    return len(links), before


async def _compare(
    begin: BeginWork, check: ChainCheck, sealed: Mapping[int, Head], *, whole: bool
) -> None:
    """What the links themselves do not show: a chain cut short, and entries beside it."""
    async with begin() as work:
        if whole and sealed and max(sealed) > check.last:
            why = f"The chain ends at link {check.last}, and was sealed up to {max(sealed)}."
            check.note(Broken(check.party, check.last + 1, None, why))
        for id, place, memo in await store_chain.unlinked(work, check.party, NAMED_MAX):
            why = f"An entry at place {place} was never sealed: {memo}"
            check.note(Broken(check.party, None, id, why))


def compare_heads(
    party: PartyId, kept: Mapping[int, tuple[str, str]], links: Mapping[int, str]
) -> list[Broken]:
    """Where heads that were kept elsewhere, by their links, are not those of the links here."""
    return [
        Broken(party, number, None, f"The head that was kept on {day} is not that of this link.")
        for number, (day, head) in sorted(kept.items())
        if links.get(number) != head
    ]


async def heads_here(work: Work, party: PartyId, numbers: list[int]) -> dict[int, str]:
    """The hashes of these links, as they are here."""
    found = {}
    for number in numbers:
        hash = await store_chain.hash_of(work, party, number)
        if hash is not None:
            found[number] = hash.hex()
    return found
