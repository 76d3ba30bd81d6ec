"""The walk of settlements, many side by side, each on a route and with keys of its own.

The steps that need nobody else are walked in one work for all. Those that ask the world are noted
in that work, asked side by side with no transaction open, and their answers are noted together with
the steps that follow. See Note [Many settlements in one work].

Whatever happens, a step is kept together with the place on the route that it reached, so that a
crash between two steps loses nothing but time.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from voltway.billing import (
    documents,
    issuing,
    pricing,
    proving,
    rules,
    rules_books,
    store,
    store_documents,
)
from voltway.billing.model import (
    Cdr,
    Settlement,
    SettlementRested,
    SettlementState,
    Step,
)
from voltway.evidence import actions as evidence
from voltway.evidence.model import Finding, Question
from voltway.kernel.errors import Outage, Trouble
from voltway.kernel.ids import SessionId, SettlementId
from voltway.kernel.money import Money
from voltway.payments import actions as payments
from voltway.payments import rules as payment_rules
from voltway.payments.choosing import AnyProvider
from voltway.payments.model import Why
from voltway.runtime.database import retrying
from voltway.runtime.work import BeginWork, Job, Work
from voltway.sessions import actions as sessions
from voltway.tariffs import promotions, purses
from voltway.tariffs.model_promotions import Grant
from voltway.tariffs.model_subscriptions import Use

#: A walk that takes longer than this has lost its worker.
WALKS_WITHIN: Final = timedelta(minutes=5)
#: How many questions of one batch are with the provider at once.
ASKED_AT_ONCE: Final = 16
#: Answers that come within this time are noted together.
TOGETHER_S: Final = 0.25

# Note [Many settlements in one work]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# A commit costs as much for one settlement as for a hundred, so a batch takes each step in one go:
#
# - first work: lock, price, freeze the CDRs; what needs no provider is posted and receipted; for
#   the rest the captures are noted; where a meter signed, what it signed is gathered first;
# - the provider is asked, and signatures are judged, side by side; who does not answer in time
#   keeps nobody else waiting;
# - second work: note the answers, post, number the receipts and freeze them.
#
# A trouble that belongs to one settlement rests that one. What breaks a whole work (a poison that
# nobody foresaw) undoes it, and the batch is halved until the poison stands alone; what was asked
# is then asked again, under the same keys, and the provider acts once.


@dataclass(frozen=True, slots=True)
class Release:
    """The hold of this settlement is to be let go."""

    settlement: Settlement


#: What is asked of the world for a settlement, or judged off the loop, and what came of it.
Ask = payments.Asking | Release | Question
Said = tuple[Ask, "payments.Answer | Finding | Trouble | None"]


async def settle(begin: BeginWork, provider: AnyProvider, body: Mapping[str, str]) -> None:
    """Walk a settlement as far as it goes now. Run twice, or by two at once, it is walked once."""
    [trouble] = await settle_many(begin, provider, [body])
    if trouble is not None:
        raise trouble


async def settle_many(
    begin: BeginWork, provider: AnyProvider, bodies: Sequence[Mapping[str, str]]
) -> list[Exception | None]:
    """Walk settlements as far as they go now; by their places, what kept one from being walked.

    An outage that keeps all of them is raised.
    """
    ids = [SettlementId(UUID(body["settlement"])) for body in bodies]
    troubles = await _walk_or_halves(begin, provider, list(dict.fromkeys(ids)))
    return [troubles.get(id) for id in ids]


async def _walk_or_halves(
    begin: BeginWork, provider: AnyProvider, ids: Sequence[SettlementId]
) -> dict[SettlementId, Exception]:
    """Walk these; where that breaks, each half of them by itself. What broke, in the end."""
    try:
        await _walk(begin, provider, ids)
    except Exception as trouble:  # noqa: BLE001 - whatever it is, it is one settlement's
        if len(ids) > 1 and not isinstance(trouble, Outage):
            half = len(ids) // 2
            first = await _walk_or_halves(begin, provider, ids[:half])
            return first | await _walk_or_halves(begin, provider, ids[half:])
        if not isinstance(trouble, Trouble) or isinstance(trouble, store.NoSuchSettlement):
            return {ids[0]: trouble}
        async with begin() as work:
            for settlement in (await store.lock_many(work, ids)).values():
                await store.save(work, await _rest(work, settlement, str(trouble)))
    return {}


async def _walk(begin: BeginWork, provider: AnyProvider, ids: Sequence[SettlementId]) -> None:
    """Go on, ask, go on with what was answered, until nothing is left to ask."""
    few = asyncio.Semaphore(ASKED_AT_ONCE)
    asked: dict[asyncio.Task[Said], SettlementId] = {}
    asks = await retrying(begin, None, partial(_go_on, ids, {}))
    try:
        while True:
            for id, ask in asks.items():
                asked[asyncio.create_task(_ask(begin, provider, ask, few))] = id
            if not asked:
                return
            done, _ = await asyncio.wait(asked, timeout=TOGETHER_S)
            if not done:
                done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            said = {asked.pop(task): task.result() for task in done}
            asks = await retrying(begin, None, partial(_go_on, list(said), said))
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def _ask(begin: BeginWork, provider: AnyProvider, ask: Ask, few: asyncio.Semaphore) -> Said:
    if isinstance(ask, Question):
        return ask, await evidence.judge(ask)
    async with few:
        try:
            if isinstance(ask, payments.Asking):
                return ask, await payments.ask_capture(provider, ask)
            assert ask.settlement.payment is not None
            await payments.release(begin, provider, ask.settlement.payment, Why.NOTHING_TO_PAY)
        except Trouble as trouble:  # it is this settlement's alone
            return ask, trouble
        return ask, None


async def _go_on(
    ids: Sequence[SettlementId],
    said: Mapping[SettlementId, Said],
    work: Work,
) -> dict[SettlementId, Ask]:
    """Note what was said, and take every step that can be taken now. What is to be asked next."""
    found = await store.lock_many(work, ids)
    for id in ids:
        if id not in found:
            raise store.NoSuchSettlement(id)
    batch = _Batch(work)
    for id, settlement in found.items():
        if settlement.state not in (SettlementState.DONE, SettlementState.HELD):
            batch.walking[id] = replace(
                settlement, state=SettlementState.WALKING, next_try_at=work.now + WALKS_WITHIN
            )
    await batch.hear(said)
    await batch.price()
    await batch.note_asks()
    await batch.issue()
    await batch.keep()
    return batch.asks


class _Batch:
    """Settlements on their walk within one work."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.walking: dict[SettlementId, Settlement] = {}
        self.asks: dict[SettlementId, Ask] = {}
        self._cdrs: dict[SettlementId, Cdr] = {}
        self._judged: list[tuple[Question, Finding]] = []

    def _at(self, *steps: Step) -> list[Settlement]:
        """Those whose next step this is."""
        return [
            each
            for each in self.walking.values()
            if each.state is SettlementState.WALKING and each.next in steps
        ]

    def _went_on(self, settlements: Iterable[Settlement]) -> None:
        self.walking.update((each.id, each) for each in settlements)

    async def hear(self, said: Mapping[SettlementId, Said]) -> None:
        """Note the provider's answers, and that their steps are done."""
        captures = {
            id: (ask, answer)
            for id, (ask, answer) in said.items()
            if isinstance(ask, payments.Asking) and isinstance(answer, payments.Answer)
        }
        outcomes: dict[SettlementId, payments.Outcome | None] = {}
        if captures:
            noted = await payments.note_captured(self._work, list(captures.values()))
            outcomes.update(zip(captures, noted, strict=True))
        for id, (ask, answer) in said.items():
            if isinstance(ask, Question) and isinstance(answer, Finding):
                self._judged.append((ask, answer))
            elif id not in captures:
                outcomes[id] = answer if isinstance(answer, Trouble) else None
        for settlement in self._at(Step.CAPTURE, Step.RELEASE):
            if settlement.id in outcomes:
                await self._came_of(settlement, outcomes[settlement.id])

    async def _came_of(self, settlement: Settlement, outcome: payments.Outcome | None) -> None:
        """A bank that says no leaves it owed; that is no trouble of ours to retry."""
        if isinstance(outcome, Trouble):
            self._went_on([await _rest(self._work, settlement, str(outcome))])
        else:
            assert settlement.next is not None
            self._went_on([settlement.finished(settlement.next)])

    async def price(self) -> None:
        """Price the sessions and freeze their CDRs; only then is it known which way the money
        goes."""
        group = self._at(Step.PRICE)
        if not group:
            return
        work = self._work
        records = await pricing.records_of(work, group)
        proofs = await proving.proofs(work, list(records.values()), self._judged)
        certain = []
        for settlement in group:
            record = records.get(settlement.session)
            if record is None:
                why = str(sessions.NoSuchSession(settlement.session))
                self._went_on([await _rest(work, settlement, why)])
            elif question := proofs.open.get(record.session):
                self.asks[settlement.id] = question
            elif settlement.reviewed_by is None and (why := proofs.why_held(record)):
                self._went_on([await _hold(work, settlement, why)])
            else:
                certain.append((settlement, record))
        known = await pricing.known(work, [record for _, record in certain])
        allowed = await pricing.purses_of(work, known, [record for _, record in certain])
        known = replace(known, purses=allowed)
        decisions = await pricing.decisions(work, [each for each, _ in certain])
        facts = []
        used: dict[Grant, SessionId] = {}
        uses: list[Use] = []
        for settlement, record in certain:
            try:
                priced = await pricing.priced(work, record, known, decisions.get(settlement.id))
            except Trouble as trouble:
                self._went_on([await _rest(work, settlement, str(trouble))])
                continue
            priced = replace(priced, signed=proofs.frozen(record))
            cdr = pricing.frozen_cdr(work, settlement, priced)
            payment = known.payments.get(record.session)
            has_hold = payment is not None and payment.held_at is not None
            route = rules.route(
                payable_minor=cdr.total_minor,
                has_hold=has_hold,
                is_sold=not cdr.total_minor and rules_books.is_sold(documents.cdr(cdr.document)),
            )
            self._cdrs[settlement.id] = cdr
            facts.append(pricing.issued(cdr, payment))
            if priced.cost.deductions:
                codes, given = promotions.parted(priced.grants)
                used |= dict.fromkeys(codes, record.session)
                uses += purses.taken(known.purses.get(record.session), record.session, given)
            routed = replace(settlement, route=route, payment=payment.id if payment else None)
            self._went_on([routed.finished(Step.PRICE)])
        await store_documents.keep_cdrs(work, [self._cdrs[fact.settlement] for fact in facts])
        await promotions.use_up(work, used)
        await purses.use(work, uses)
        await work.announce(facts)

    async def note_asks(self) -> None:
        """Note what is to be asked of the provider when this work is kept."""
        for settlement in self._at(Step.RELEASE):
            self.asks[settlement.id] = Release(settlement)
        group = self._at(Step.CAPTURE)
        if not group:
            return
        await self._load_cdrs(group)
        paid = await issuing.payments_of(self._work, group)
        wanted = []
        for settlement in group:
            assert settlement.payment is not None, "a card's route has a payment"
            cdr = self._cdrs[settlement.id]
            cost = Money(cdr.total_minor, cdr.currency)
            amount = payment_rules.to_capture(cost, paid[settlement.payment].hold)
            wanted.append(payments.Wanted(settlement.payment, amount, settlement.once))
        noted = await payments.note_captures(self._work, wanted)
        for settlement, one in zip(group, noted, strict=True):
            if isinstance(one, payments.Asking):
                self.asks[settlement.id] = one
            else:
                await self._came_of(settlement, one)

    async def issue(self) -> None:
        """Write the books, and the receipts."""
        group = self._at(Step.POST, Step.INVOICE)
        if not group:
            return
        await self._load_cdrs(group)
        paid = await issuing.payments_of(self._work, group)
        if to_post := self._at(Step.POST):
            self._went_on(await issuing.post(self._work, to_post, self._cdrs, paid))
        if to_invoice := self._at(Step.INVOICE):
            self._went_on(await issuing.invoice(self._work, to_invoice, self._cdrs, paid))

    async def _load_cdrs(self, group: Sequence[Settlement]) -> None:
        missing = [each.id for each in group if each.id not in self._cdrs]
        if missing:
            self._cdrs.update(await store_documents.cdrs_of(self._work, missing))

    async def keep(self) -> None:
        """Keep where they are now."""
        for settlement in list(self.walking.values()):
            if settlement.next is None:
                done = replace(
                    settlement,
                    state=SettlementState.DONE,
                    done_at=self._work.now,
                    next_try_at=None,
                )
                self._went_on([done])
        if self.walking:
            await store.save(self._work, *self.walking.values())


async def _hold(work: Work, settlement: Settlement, why: str) -> Settlement:
    """Wait for a person: nobody is billed for what may not be true."""
    await work.announce([_rested(work, settlement, why, None)])
    return replace(settlement, state=SettlementState.HELD, next_try_at=None, last_trouble=why)


async def _rest(work: Work, settlement: Settlement, trouble: str) -> Settlement:
    """Note why it does not go on, and when it is tried again."""
    if settlement.next is None or settlement.state is SettlementState.HELD:
        return settlement
    tries = settlement.tries + 1
    rested = replace(
        settlement,
        state=SettlementState.RESTING,
        tries=tries,
        next_try_at=work.now + rules.back_off(tries),
        last_trouble=trouble,
    )
    await work.enqueue(job(rested))
    await work.announce([_rested(work, settlement, trouble, rested.next_try_at)])
    return rested


def _rested(
    work: Work, settlement: Settlement, trouble: str, next_try_at: datetime | None
) -> SettlementRested:
    assert settlement.next is not None
    return SettlementRested(
        party=settlement.party,
        at=work.now,
        settlement=settlement.id,
        session=settlement.session,
        payment=settlement.payment,
        step=settlement.next,
        trouble=trouble,
        next_try_at=next_try_at,
    )


def job(settlement: Settlement) -> Job:
    """The job that walks a settlement on at its next time. Each try has a job of its own."""
    when = settlement.next_try_at
    return Job(
        kind="settle",
        key=f"settle:{settlement.id}:{settlement.done}:{settlement.tries}",
        body={"settlement": str(settlement.id)},
        not_before=when,
        party=settlement.party,
    )
