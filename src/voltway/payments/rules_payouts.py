"""Which entry of the books explains a line of a provider's report, and what a payout writes there.

    a fee        cost:fees:<provider>   to   provider:<name>:due
    a payout     bank                   to   provider:<name>:due
    put aside    provider:<name>:due    to   suspense:<provider>   (or back)

The capture and the refund themselves were booked when they happened; a line only finds them. When
all is explained and paid out, the provider owes us nothing any more.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from voltway.kernel.ids import EntryId, OnceKey, PartyId
from voltway.kernel.money import Money
from voltway.ledger.model import Account, Entry, Posting, account
from voltway.payments import model_collections
from voltway.payments.model_card_refunds import CardRefund
from voltway.payments.model_paybacks import Payback
from voltway.payments.model_payouts import (
    Booked,
    Doubt,
    KeptLine,
    KeptPayout,
    LineKind,
    Paid,
    ReportLine,
    Verdict,
)
from voltway.payments.model_transfers import Transfer

BANK: Final = account("bank")

#: What went back of a top-up, or of a bill.
GivenBack: TypeAlias = Payback | CardRefund

_UNKNOWN_KIND: Final = Verdict(
    doubt=Doubt.KIND_UNKNOWN, said="The provider moved this for a reason that we do not know."
)


def due(provider: str) -> Account:
    """What a provider took for us and has not paid out."""
    return account("provider", provider, "due")


def fees(provider: str) -> Account:
    return account("cost", "fees", provider)


def suspense(provider: str) -> Account:
    """What was put aside by a person, because nothing explained it."""
    return account("suspense", provider)


def judge(
    line: ReportLine,
    payment: Paid | None,
    booked: Sequence[Booked],
    taken: Collection[EntryId],
) -> Verdict:
    """The entry that explains a line, or why none does. ``booked`` is what the books have for the
    payment, ``taken`` which of that explains other lines already."""
    if line.kind is LineKind.FEE:
        return Verdict()
    if payment is None:
        if line.hold is None and line.reference is None:
            return _UNKNOWN_KIND
        return Verdict(
            doubt=Doubt.UNKNOWN_PAYMENT,
            said=f"No payment of yours is called {line.hold or line.reference}.",
        )
    if line.gross.currency != payment.currency:
        return Verdict(
            doubt=Doubt.OTHER_CURRENCY,
            said=f"The line is in {line.gross.currency}, the payment in {payment.currency}.",
        )
    return _explained(line, booked, taken)


def _explained(line: ReportLine, booked: Sequence[Booked], taken: Collection[EntryId]) -> Verdict:
    alike = [each for each in booked if (each.amount.minor > 0) == (line.gross.minor > 0)]
    named = [each for each in alike if line.source is not None and each.source == line.source]
    fitting = [each for each in named or alike if each.amount == line.gross]
    free = [each for each in fitting if each.entry not in taken]
    if free:
        return Verdict(entry=free[0].entry)
    if fitting:
        return Verdict(
            doubt=Doubt.TWICE, said="Another line of the provider has this already: it is doubled."
        )
    if not alike:
        what = "taken from" if line.gross.minor > 0 else "given back to"
        return Verdict(
            doubt=Doubt.NOT_BOOKED, said=f"The books have nothing {what} the driver for it yet."
        )
    have = ", ".join(str(each.amount) for each in named or alike)
    return Verdict(
        doubt=Doubt.OTHER_AMOUNT, said=f"The provider has {line.gross}, the books have {have}."
    )


def judge_transfer(line: ReportLine, sent: Transfer | None, taken: Collection[EntryId]) -> Verdict:
    """The entry that explains a share that the provider sent, or why none does."""
    if sent is None or sent.entry is None:
        return Verdict(
            doubt=Doubt.NOT_BOOKED,
            said=f"The books know of no share that was sent as {line.source or 'nothing'}.",
        )
    if -sent.amount != line.gross:
        return Verdict(
            doubt=Doubt.OTHER_AMOUNT,
            said=f"The provider has {line.gross}, the books have {-sent.amount}.",
        )
    if sent.entry in taken:
        return Verdict(
            doubt=Doubt.TWICE, said="Another line of the provider has this already: it is doubled."
        )
    return Verdict(entry=sent.entry)


def judge_collection(
    line: ReportLine,
    charged: model_collections.Collection,
    given_back: Sequence[GivenBack],
    disputed: Sequence[Booked],
    taken: Collection[EntryId],
) -> Verdict:
    """The entry that explains what was taken for a top-up or a bill, given back of it, or taken
    back by a bank; or why none does."""
    if line.kind is LineKind.REFUND:
        return _judge_given_back(line, charged, given_back, taken)
    if line.kind is LineKind.DISPUTE:
        return _explained(line, disputed, taken)
    if line.kind is not LineKind.CAPTURE or charged.entry is None:
        return Verdict(
            doubt=Doubt.NOT_BOOKED,
            said=f"The books know of no {line.kind} of {charged.description}.",
        )
    if charged.amount != line.gross:
        return Verdict(
            doubt=Doubt.OTHER_AMOUNT,
            said=f"The provider has {line.gross}, the books have {charged.amount}.",
        )
    if charged.entry in taken:
        return Verdict(
            doubt=Doubt.TWICE, said="Another line of the provider has this already: it is doubled."
        )
    return Verdict(entry=charged.entry)


def _judge_given_back(
    line: ReportLine,
    charged: model_collections.Collection,
    given_back: Sequence[GivenBack],
    taken: Collection[EntryId],
) -> Verdict:
    if line.gross.minor > 0:
        return Verdict(
            doubt=Doubt.NOT_BOOKED,
            said=f"A bank sent back {line.gross} that was given back of {charged.description}. Who"
            " paid is owed it: pay it by a transfer, and put this aside.",
        )
    named = [each for each in given_back if line.source is not None and each.ref == line.source]
    fitting = [each for each in named or given_back if -each.amount == line.gross]
    for each in fitting:
        if each.entry is not None and each.entry not in taken:
            return Verdict(entry=each.entry)
    if fitting:
        return Verdict(
            doubt=Doubt.TWICE, said="Another line of the provider has this already: it is doubled."
        )
    if not given_back:
        return Verdict(
            doubt=Doubt.NOT_BOOKED,
            said=f"The books have nothing given back of {charged.description} yet.",
        )
    have = ", ".join(str(-each.amount) for each in named or given_back)
    return Verdict(
        doubt=Doubt.OTHER_AMOUNT, said=f"The provider has {line.gross}, the books have {have}."
    )


def told_otherwise(before: ReportLine, now: ReportLine) -> str | None:
    """How a line differs from what was told of it before. That it was paid out is news, and no
    difference."""
    if (before.kind, before.gross, before.fee) == (now.kind, now.gross, now.fee):
        if now.payout is None or before.payout in (None, now.payout):
            return None
        return f"It was in the payout {before.payout} before, and now in {now.payout}."
    return (
        f"It was a {before.kind} of {before.gross} with a fee of {before.fee} before, and now a"
        f" {now.kind} of {now.gross} with {now.fee}; the first stays."
    )


def weigh(payout: KeptPayout, lines: Sequence[ReportLine]) -> tuple[Doubt, str] | None:
    """Why a payout cannot be booked yet: its lines do not make its amount."""
    if payout.amount is None:
        return (
            Doubt.TOTAL_UNKNOWN,
            "Its lines were told, but not how much came to the bank. Take the provider's list of"
            " payouts too.",
        )
    strange = {each.net.currency for each in lines} - {payout.amount.currency}
    if strange:
        return (
            Doubt.OTHER_CURRENCY,
            f"It was paid in {payout.amount.currency}, and has lines in"
            f" {', '.join(sorted(strange))}.",
        )
    made = Money(sum(each.net.minor for each in lines), payout.amount.currency)
    if made == payout.amount:
        return None
    return (
        Doubt.SUM_DIFFERS,
        f"{payout.amount} came to the bank, and its {len(lines)} lines make {made}:"
        f" {payout.amount - made} is missing. A part of the report may not have come yet.",
    )


def fee_entry(kept: KeptLine, now: datetime) -> Entry | None:
    """What a line costs, in the books; nothing for a line without a fee."""
    line = kept.line
    cost = -line.net if line.kind is LineKind.FEE else line.fee
    postings = tuple(_moved(fees(kept.provider), due(kept.provider), cost))
    if not postings:
        return None
    evidence = {"payout_line": str(kept.id), **_of_payment(kept)}
    return Entry(
        party=kept.party,
        once=OnceKey(f"fee:{kept.provider}:{line.ref}"),
        at=min(line.at, now),
        memo=f"The provider {kept.provider} keeps {cost} as its fee.",
        evidence=evidence,
        postings=postings,
    )


def payout_entry(payout: KeptPayout, now: datetime) -> Entry | None:
    """A payout, in the books; nothing for a payout of nothing."""
    assert payout.amount is not None, "a payout is booked when its amount is known"
    postings = tuple(_moved(BANK, due(payout.provider), payout.amount))
    if not postings:
        return None
    return Entry(
        party=payout.party,
        once=OnceKey(f"payout:{payout.provider}:{payout.ref}"),
        at=min(payout.paid_at or now, now),
        memo=f"The provider {payout.provider} paid out {payout.amount} ({payout.ref}).",
        evidence={"payout": str(payout.id)},
        postings=postings,
    )


def put_aside(kept: KeptLine, why: str, now: datetime) -> Entry | None:
    """A line that a person takes as it is: it waits in suspense, where everybody can see it. What
    an entry explains already is in the books, and moves no more."""
    if kept.entry is not None:
        return None
    postings = tuple(_moved(due(kept.provider), suspense(kept.provider), kept.line.net))
    if not postings:
        return None
    return Entry(
        party=kept.party,
        once=OnceKey(f"suspense:{kept.provider}:{kept.line.ref}"),
        at=now,
        memo=f"Put aside {kept.line.net} that nothing explains: {why}.",
        evidence={"payout_line": str(kept.id), **_of_payment(kept)},
        postings=postings,
    )


def _of_payment(kept: KeptLine) -> Mapping[str, str]:
    return {"payment": str(kept.payment)} if kept.payment is not None else {}


def _moved(debit: Account, credit: Account, amount: Money) -> Iterator[Posting]:
    """A posting of this much; a minus is a posting the other way, and nothing is none."""
    if amount.minor > 0:
        yield Posting(debit, credit, amount)
    elif amount.minor < 0:
        yield Posting(credit, debit, -amount)


def is_of_somebody_else(known: int, named: int) -> bool:
    """Whether a report is of another account: it names payments, and none of them is ours."""
    return named > 0 and known == 0


def key(party: PartyId, provider: str) -> str:
    """What two reports of one provider wait for, so that each line is judged once."""
    return f"{party}:{provider}"
