"""What the books have of top-ups and bills that a provider's report names: taken, given back to the
payer, taken back by a bank."""

from collections.abc import Collection as Many
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from voltway.kernel.ids import EntryId, PartyId
from voltway.payments import rules_payouts as rules
from voltway.payments import (
    store_card_refunds,
    store_collections,
    store_disputes,
    store_paybacks,
)
from voltway.payments.model_collections import Collection
from voltway.payments.model_payouts import Booked, ReportLine, Verdict
from voltway.payments.rules_payouts import GivenBack
from voltway.runtime.work import Work


@dataclass(frozen=True, slots=True)
class Collected:
    """Top-ups and bills by the provider's names of their holds, with what moved of each."""

    by_hold: Mapping[str, Collection]
    given_back: Mapping[UUID, Sequence[GivenBack]]
    disputed: Mapping[UUID, Sequence[Booked]]

    def entries(self) -> Iterator[EntryId]:
        """Every entry that may explain a line."""
        yield from (each.entry for each in self.by_hold.values() if each.entry is not None)
        for parts in self.given_back.values():
            yield from (each.entry for each in parts if each.entry is not None)
        for moves in self.disputed.values():
            yield from (each.entry for each in moves)

    def judge(self, line: ReportLine, taken: Many[EntryId]) -> Verdict:
        """Of a line whose hold is one of these."""
        one = self.by_hold[line.hold or ""]
        return rules.judge_collection(
            line, one, self.given_back.get(one.id, ()), self.disputed.get(one.id, ()), taken
        )


async def named(
    work: Work, party: PartyId, provider: str, lines: Sequence[ReportLine]
) -> dict[str, Collection]:
    """What was charged for something else than one charge, by the names of its holds."""
    refs = {each.hold for each in lines if each.hold}
    return await store_collections.named(work, party, provider, refs)


async def collected(
    work: Work, party: PartyId, provider: str, lines: Sequence[ReportLine]
) -> Collected:
    by_hold = await named(work, party, provider, lines)
    ids = [each.id for each in by_hold.values()]
    return Collected(
        by_hold,
        {
            **await store_paybacks.of_collections(work, ids),  # of top-ups
            **await store_card_refunds.of_collections(work, ids),  # of bills
        },
        await store_disputes.of_collections(work, ids),
    )
