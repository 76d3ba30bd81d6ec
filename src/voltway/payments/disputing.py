"""Disputes kept: learned from the provider, in the books, before a person, and contested once.

    a bank takes it    cost:disputes          to   provider:<name>:due
    we have won        provider:<name>:due    to   cost:disputes

That is so for a charge; what pays for a disputed top-up or bill is in ``rules_disputes``.
A webhook that says so is only a reason to read them; they are read again until the bank has judged.
Who could answer is told when it opens, and again two days and half a day before it is too late.
A question that a bank asks before it takes anything moves nothing in the books.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import OnceKey, PartyId, PaymentId
from voltway.kernel.money import Currency, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Entry, Posting
from voltway.payments import (
    disputes,
    rules_payouts,
    store,
    store_collections,
    store_disputes,
    taking_back,
)
from voltway.payments.choosing import AnyProvider
from voltway.payments.model import DisputeDue, DisputeOpened, PaymentDisputed
from voltway.payments.model_disputes import (
    Charged,
    CollectionDisputed,
    of_collection,
    of_payment,
)
from voltway.payments.provider import Declined
from voltway.payments.provider_more import DisputeSeen, DisputeState
from voltway.payments.rules_disputes import COST, Shares
from voltway.runtime.work import BeginWork, Job, Row, Work

JOB: Final = "read_disputes"
LOOK_EVERY: Final = timedelta(hours=1)
#: How many hours before a bank stops reading somebody is told again, the nearest first.
WARN_H: Final = (12, 48)
PROOF_MAX: Final = 20_000


@dataclass(eq=False)
class NoSuchKeptDispute(Refusal):
    """There is no such dispute."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class SentBefore(Refusal):
    """Evidence was sent before, and a bank reads nothing after that."""


@dataclass(eq=False)
class NothingToSay(Refusal):
    """Say in a sentence what was sold, and give the proof of it."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NotTaken(Refusal):
    """The provider takes no evidence for this dispute: {why}"""

    why: str


def to_read(
    party: PartyId, *, payment: PaymentId | None = None, collection: UUID | None = None
) -> Job:
    """The job that reads what banks want back of one of them."""
    kind, id = ("collection", collection) if payment is None else ("payment", payment)
    return Job(kind=JOB, key=f"{JOB}:{id}", body={kind: str(id)}, party=party)


async def hears_payment_disputed(work: Work, facts: Sequence[Fact]) -> None:
    """Read what banks want back, as soon as somebody says that they do."""
    told = {fact.payment: fact for fact in facts if isinstance(fact, PaymentDisputed)}
    await work.enqueue(*(to_read(fact.party, payment=id) for id, fact in told.items()))


async def hears_collection_disputed(work: Work, facts: Sequence[Fact]) -> None:
    """The same for a top-up, or for a bill that was paid by card."""
    told = {each.collection: each for each in facts if isinstance(each, CollectionDisputed)}
    await work.enqueue(*(to_read(each.party, collection=id) for id, each in told.items()))


async def read_job(begin: BeginWork, provider: AnyProvider, body: Mapping[str, str]) -> None:
    """Of a provider that takes no evidence by its API nothing is read: what it takes comes with its
    report, and stands there as not booked until a person has seen it."""
    with suppress(disputes.TellsNoDisputes):
        await read(begin, provider, body)


async def read(begin: BeginWork, provider: AnyProvider, about: Mapping[str, str]) -> None:
    """Read the disputes of a payment or of a collection, and keep and book what is new of them."""
    async with begin() as work:
        charged = await _charged(work, about)
    seen = await disputes.disputes(provider, charged)
    async with begin() as work:
        for each in seen:
            await _learn(work, charged, each)
        work.touch(charged.subject, f"payments:{charged.party}")


async def _charged(work: Work, about: Mapping[str, str]) -> Charged:
    if "payment" in about:
        return of_payment(await store.load(work, PaymentId(UUID(about["payment"]))))
    one = await store_collections.load(work, UUID(about["collection"]))
    assert one is not None, "a dispute names what was charged"
    return of_collection(one)


def _about(row: Row) -> dict[str, str]:
    kind = "payment" if row["payment_id"] is not None else "collection"
    return {kind: str(row[f"{kind}_id"])}


async def _learn(work: Work, charged: Charged, seen: DisputeSeen) -> None:
    if charged.collection is not None:
        await taking_back.lock(work, charged.collection)
    row, is_new = await store_disputes.keep(work, charged, seen)
    if is_new:
        opened = DisputeOpened(
            party=charged.party, payment=charged.payment, at=work.now, dispute=row["id"]
        )
        await work.announce([opened])
    if not seen.is_warning and row["taken_at"] is None:
        row = await _take(work, charged, row)
    if seen.state is DisputeState.WON and row["taken_at"] and row["returned_at"] is None:
        await _give_back(work, charged, row)


async def _take(work: Work, charged: Charged, row: Row) -> Row:
    """Book that a bank took it; how the dispute stands then."""
    if charged.collection is not None:
        await taking_back.take(work, charged.collection, row)
    else:
        await ledger.post(work, _entry(work, charged, row, back=False))
        await store_disputes.taken(work, row["id"], Shares(ours_minor=row["amount_minor"]))
    after = await store_disputes.dispute(work, row["id"])
    assert after is not None, "nothing deletes it"
    return after


async def _give_back(work: Work, charged: Charged, row: Row) -> None:
    if charged.collection is not None:
        await taking_back.give_back(work, charged.collection, row)
    else:
        await ledger.post(work, _entry(work, charged, row, back=True))
        await store_disputes.returned(work, row["id"])


def _entry(work: Work, charged: Charged, row: Row, *, back: bool) -> Entry:
    amount = Money(row["amount_minor"], Currency(row["currency"]))
    due = rules_payouts.due(charged.provider)
    debit, credit = (due, COST) if back else (COST, due)
    what = "gave back" if back else "took back"
    return Entry(
        party=charged.party,
        once=OnceKey(f"dispute:{row['id']}:{'won' if back else 'taken'}"),
        at=work.now,
        memo=f"The bank of a driver {what} {amount} ({row['reason']}).",
        evidence={"payment": str(charged.payment), "dispute": str(row["id"])},
        postings=(Posting(debit, credit, amount),),
    )


async def look_again(begin: BeginWork, provider: AnyProvider) -> int:
    """The round: read again what no bank has judged yet; of how many charges."""
    async with begin() as work:
        open_ = await store_disputes.to_look_at(work, work.now - LOOK_EVERY)
    done = 0
    for row in open_:
        try:
            await read(begin, provider, _about(row))
        except (Outage, disputes.TellsNoDisputes):
            continue
        done += 1
    return done


async def warn_due(begin: BeginWork) -> int:
    """The round: tell again of what a bank soon reads no evidence for; of how many. What is nearer
    than one mark when it is first seen is told of once, by the nearest."""
    done = 0
    async with begin() as work:
        for within_h in WARN_H:
            rows = await store_disputes.warn_due(work, within_h)
            await work.announce([_due(work, row, within_h) for row in rows])
            done += len(rows)
    return done


def _due(work: Work, row: Row, within_h: int) -> DisputeDue:
    return DisputeDue(
        party=PartyId(row["party_id"]),
        payment=PaymentId(row["payment_id"]) if row["payment_id"] else None,
        at=work.now,
        dispute=row["id"],
        within_h=within_h,
        answer_by=row["answer_by"],
    )


async def contest(
    begin: BeginWork, provider: AnyProvider, id: UUID, *, product: str, proof: str, by: str
) -> None:
    """Send our evidence, once. Raises ``SentBefore``, ``NothingToSay``, ``NotTaken``, an outage."""
    if not product.strip() or not proof.strip():
        raise NothingToSay
    async with begin() as work:
        row = await store_disputes.dispute(work, id)
        if row is None:
            raise NoSuchKeptDispute
        if row["sent_at"] is not None or row["state"] != DisputeState.ASKS:
            raise SentBefore
        charged = await _charged(work, _about(row))
    answer = await disputes.contest(
        provider,
        charged,
        row["ref"],
        product=product.strip()[:PROOF_MAX],
        proof=proof.strip()[:PROOF_MAX],
        once=OnceKey(f"dispute:{id}:evidence"),
    )
    if isinstance(answer, Declined):
        raise NotTaken(answer.reason)
    async with begin() as work:
        await store_disputes.sent(work, id, by)
        await _learn(work, charged, answer)
        work.touch(charged.subject)
