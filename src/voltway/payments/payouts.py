"""Reconciliation: a provider's report against the books, line by line.

A report is taken whole: its lines are kept once each, each is matched with the entry that explains
it, the fees of what is explained are booked, and a payout whose lines make its amount is booked
against what the provider owed. What is not explained stays on a list, with its age, and is judged
again by every later report and by the house's rounds: a capture may be booked after its payout.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, PaymentId
from voltway.kernel.money import Currency
from voltway.ledger import actions as ledger
from voltway.ledger.model import Entry
from voltway.payments import (
    disputing,
    payouts_collections,
    returning,
    store_payouts_paid,
    store_transfers,
    unreported,
)
from voltway.payments import rules_payouts as rules
from voltway.payments import store_payouts as store
from voltway.payments.model_payouts import (
    Doubt,
    KeptLine,
    LineKind,
    Paid,
    Report,
    ReportedPayout,
    ReportLine,
    Taken,
    Verdict,
)
from voltway.payments.payouts_collections import Collected
from voltway.runtime.work import BeginWork, Job, Work

#: So many lines that nothing explained are judged again at once, the oldest first.
JUDGED_AGAIN_MAX: Final = 2_000
WHY_MAX: Final = 500
PROVIDER: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


@dataclass(eq=False)
class NoProviderNamed(Refusal):
    """Say which provider this report is of: “{name}” is the name of none."""

    kind = Kind.INVALID

    name: str


@dataclass(eq=False)
class ReportOfAnother(Refusal):
    """
    Of the {named} payments that this report names none is yours: it may be of another account.
    Nothing of it was taken.
    """

    named: int


@dataclass(eq=False)
class NoSuchLine(Refusal):
    """There is no such line of a provider's report."""

    kind = Kind.ABSENT


@dataclass(eq=False)
class LineExplained(Refusal):
    """This line is explained already, or was put aside before."""


@dataclass(eq=False)
class NoReason(Refusal):
    """Say why this is taken as it is: whoever checks the books reads it."""

    kind = Kind.INVALID


async def take(
    work: Work, party: PartyId, report: Report, *, by: str, source: str = "file"
) -> Taken:
    """Take a report. Taken twice it changes nothing; what it tells of a line that is known is
    compared, and the first stays. Raises ``ReportOfAnother`` where no payment in it is ours."""
    if PROVIDER.fullmatch(report.provider) is None:
        raise NoProviderNamed(report.provider)
    await store.lock(work, rules.key(party, report.provider))
    await _must_be_ours(work, party, report)
    known = await store.lines_named(
        work, party, report.provider, [each.ref for each in report.lines]
    )
    fresh = [each for each in report.lines if each.ref not in known]
    payouts = await store_payouts_paid.payouts_named(
        work, party, report.provider, [each.ref for each in report.payouts]
    )
    is_news = bool(fresh) or any(
        each.ref not in payouts or payouts[each.ref].amount is None for each in report.payouts
    )
    if is_news:
        made = await store.add_report(work, party, report, source=source, by=by, fresh=len(fresh))
        if fresh:
            await store.add_lines(work, party, made, report.provider, fresh)
            first = min(each.at for each in fresh)
            await unreported.told_from(work, party, report.provider, first)
    said = await _compare(work, report, known)
    said += [
        f"The payout {each.ref} was of {before.amount} before, and now of {each.amount}; the first"
        " stays."
        for each in report.payouts
        for before in [payouts.get(each.ref)]
        if before is not None and before.amount not in (None, each.amount)
    ]
    await _hear_of_payouts(work, party, report)
    posted, open_lines = await reconcile(work, party, report.provider, fresh)
    return Taken(
        lines=len(report.lines),
        fresh=len(fresh),
        payouts=len(report.payouts),
        posted=posted,
        open=open_lines,
        said=tuple(said),
    )


async def _must_be_ours(work: Work, party: PartyId, report: Report) -> None:
    named = {each.hold or each.reference for each in report.lines if each.hold or each.reference}
    by_ref, by_id = await store.payments_named(work, party, report.provider, report.lines)
    charged = await payouts_collections.named(work, party, report.provider, report.lines)
    if rules.is_of_somebody_else(len(by_ref) + len(by_id) + len(charged), len(named)):
        raise ReportOfAnother(len(named))


async def _compare(work: Work, report: Report, known: Mapping[str, KeptLine]) -> list[str]:
    """What of the known lines is told otherwise now, in sentences; each comes before a person."""
    paid, changed = {}, {}
    for line in report.lines:
        before = known.get(line.ref)
        if before is None:
            continue
        if before.line.payout is None and line.payout is not None:
            paid[before.id] = line.payout
        told = rules.told_otherwise(before.line, line)
        if told is not None:
            changed[before.id] = f"{line.ref}: {told}"
    if paid:
        await store.paid_out(work, paid)
    if changed:
        await store.doubted(work, changed, Doubt.TOLD_OTHERWISE)
    return list(changed.values())


async def _hear_of_payouts(work: Work, party: PartyId, report: Report) -> None:
    told: dict[str, ReportedPayout | Currency] = {
        each.payout: each.net.currency for each in report.lines if each.payout is not None
    }
    told.update({each.ref: each for each in report.payouts})
    if told:
        await store_payouts_paid.heard_of_payouts(work, party, report.provider, told)


async def reconcile(
    work: Work, party: PartyId, provider: str, fresh: Sequence[ReportLine] = ()
) -> tuple[int, int]:
    """Judge new lines and those that nothing explained, and book what can be. How many payouts were
    booked, and how many lines are still open."""
    named = await store.lines_named(work, party, provider, [each.ref for each in fresh])
    again = await store.unexplained(work, party, provider, JUDGED_AGAIN_MAX)
    lines = list({each.id: each for each in (*named.values(), *again)}.values())
    lines = [each for each in lines if each.doubt is not Doubt.TOLD_OTHERWISE]
    entries = await _judge(work, party, provider, lines)
    posted = await _weigh(work, party, provider, entries)
    if entries:
        await ledger.post_many(work, entries)
    work.touch(f"payments:{party}")
    return posted, len(await store.unexplained(work, party, provider, JUDGED_AGAIN_MAX))


async def _judge(
    work: Work, party: PartyId, provider: str, lines: Sequence[KeptLine]
) -> list[Entry]:
    """What lines came to is kept; the fees of those that are explained are to be booked."""
    if not lines:
        return []
    by_ref, by_id = await store.payments_named(work, party, provider, [each.line for each in lines])
    paid = {each.id: _payment(each.line, by_ref, by_id) for each in lines}
    ids = {each.id for each in paid.values() if each is not None}
    booked = await store.booked(work, party, rules.due(provider), ids)
    refs = {each.line.source or "" for each in lines if each.line.kind is LineKind.TRANSFER}
    sent = await store_transfers.named(work, party, provider, refs)
    charged = await payouts_collections.collected(
        work, party, provider, [each.line for each in lines]
    )
    every = [one.entry for each in booked.values() for one in each]
    every += [each.entry for each in sent.values() if each.entry is not None]
    every += charged.entries()
    taken = set(await store.explaining(work, every))
    verdicts: list[tuple[KeptLine, PaymentId | None, Verdict]] = []
    entries: list[Entry] = []
    for kept in sorted(lines, key=lambda each: (each.line.at, each.line.ref)):
        payment = paid[kept.id]
        if kept.line.kind is LineKind.TRANSFER:
            verdict = rules.judge_transfer(kept.line, sent.get(kept.line.source or ""), taken)
        elif payment is None and kept.line.hold in charged.by_hold:
            verdict = charged.judge(kept.line, taken)
        else:
            verdict = rules.judge(
                kept.line, payment, booked.get(payment.id, ()) if payment else (), taken
            )
        if verdict.entry is not None:
            taken.add(verdict.entry)
        verdicts.append((kept, payment.id if payment else None, verdict))
        if verdict.doubt is None and not kept.posted:
            of = KeptLine(
                id=kept.id,
                party=party,
                provider=provider,
                line=kept.line,
                payment=payment.id if payment else None,
                entry=verdict.entry,
                posted=False,
                doubt=None,
                closed=False,
            )
            entry = rules.fee_entry(of, work.now)
            entries += [entry] if entry is not None else []
    await store.judged(work, verdicts)
    await work.enqueue(*_unread(verdicts, charged))
    work.touch(*(f"payment:{id}" for id in ids))
    return entries


def _unread(
    verdicts: Sequence[tuple[KeptLine, PaymentId | None, Verdict]], charged: Collected
) -> Iterator[Job]:
    """What a bank took or sent back and the books do not have: its webhook was lost, so it is read
    now."""
    for kept, payment, verdict in verdicts:
        is_news = kept.doubt is None and verdict.doubt is Doubt.NOT_BOOKED
        came_back = kept.line.kind is LineKind.REFUND and kept.line.gross.minor > 0
        if came_back and payment is not None and kept.doubt is None and verdict.doubt is not None:
            yield returning.to_read(kept.party, payment)
        if kept.line.kind is not LineKind.DISPUTE or not is_news:
            continue
        if payment is not None:
            yield disputing.to_read(kept.party, payment=payment)
            continue
        one = charged.by_hold.get(kept.line.hold or "")
        if one is not None:
            yield disputing.to_read(kept.party, collection=one.id)


def _payment(
    line: ReportLine, by_ref: Mapping[str, Paid], by_id: Mapping[str, Paid]
) -> Paid | None:
    return by_ref.get(line.hold or "") or by_id.get(line.reference or "")


async def _weigh(work: Work, party: PartyId, provider: str, entries: list[Entry]) -> int:
    """Book the payouts whose lines make their amount; of the others say why not."""
    waiting = await store_payouts_paid.open_payouts(work, party, provider)
    if not waiting:
        return 0
    lines: dict[str, list[ReportLine]] = {}
    for kept in await store.lines_of(work, party, provider, [each.ref for each in waiting]):
        lines.setdefault(kept.line.payout or "", []).append(kept.line)
    came_to: dict[UUID, tuple[Doubt, str] | None] = {}
    for payout in waiting:
        came_to[payout.id] = rules.weigh(payout, lines.get(payout.ref, ()))
        if came_to[payout.id] is None:
            entry = rules.payout_entry(payout, work.now)
            entries += [entry] if entry is not None else []
    await store_payouts_paid.weighed(work, came_to)
    return sum(why is None for why in came_to.values())


async def put_aside(work: Work, line: UUID, *, by: str, why: str) -> KeptLine:
    """Take a line that nothing explains as it is, with a reason: it waits in suspense."""
    reason = " ".join(why.split())[:WHY_MAX]
    if not reason:
        raise NoReason
    kept = await store.line(work, line)
    if kept is None:
        raise NoSuchLine
    if kept.doubt is None or kept.closed:
        raise LineExplained
    await store.close(work, line, by=by, why=reason)
    entry = rules.put_aside(kept, reason, work.now)
    if entry is not None:
        await ledger.post(work, entry)
    work.touch(f"payments:{kept.party}")
    return kept


async def judge_again(begin: BeginWork) -> int:
    """The round: judge again what was not explained, for the books may have it by now."""
    async with begin() as work:
        waiting = await store.waiting(work)
    for party, provider in waiting:
        async with begin(party) as work:
            await store.lock(work, rules.key(party, provider))
            await reconcile(work, party, provider)
    return len(waiting)
