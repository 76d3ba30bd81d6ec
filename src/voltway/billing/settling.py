"""The steps of a settlement. Those that need nobody else are walked in one work; those that ask
the world stand alone, for no transaction is open while we ask.

Whatever happens, a step is kept together with the place on the route that it reached, so that a
crash between two steps loses nothing but time.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.billing import documents, freezing, rules, rules_amounts, rules_books, store
from voltway.billing.freezing import Priced
from voltway.billing.model import (
    Cdr,
    CdrIssued,
    Invoice,
    InvoiceIssued,
    Settlement,
    SettlementRested,
    SettlementState,
    Step,
)
from voltway.drivers import actions as drivers
from voltway.drivers.model import TokenKind
from voltway.kernel.errors import Trouble
from voltway.kernel.ids import InvoiceId, OnceKey, SettlementId, TariffId, new_id
from voltway.kernel.money import Money
from voltway.kernel.units import EnergyWh, kwh
from voltway.ledger import actions as ledger
from voltway.parties import actions as parties
from voltway.payments import actions as payments
from voltway.payments import rules as payment_rules
from voltway.payments.model import Payment, Why
from voltway.payments.provider import Provider
from voltway.runtime.work import BeginWork, Job, Work
from voltway.sessions import actions as sessions
from voltway.sessions import rules_record
from voltway.sessions.model import SAYS, SessionRecord
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlace, Location
from voltway.tariffs import actions as tariffs
from voltway.tariffs import rules as prices
from voltway.tariffs.model import Cost

SERIES: Final = "R"
#: A walk that takes longer than this has lost its worker.
WALKS_WITHIN: Final = timedelta(minutes=5)


async def settle(begin: BeginWork, provider: Provider, body: Mapping[str, str]) -> None:
    """Walk a settlement as far as it goes now. Run twice, or by two at once, it is walked once."""
    id = SettlementId(UUID(body["settlement"]))
    try:
        while (settlement := await _walk_here(begin, id)) is not None:
            await _ask_outside(begin, provider, settlement)
    except Trouble as trouble:
        await _rest(begin, id, str(trouble))


async def _walk_here(begin: BeginWork, id: SettlementId) -> Settlement | None:
    """Take the steps that need nobody else; the settlement if its next one does."""
    async with begin() as work:
        settlement = await store.lock(work, id)
        if settlement.state in (SettlementState.DONE, SettlementState.HELD):
            return None
        settlement = replace(
            settlement, state=SettlementState.WALKING, next_try_at=work.now + WALKS_WITHIN
        )
        while settlement.next in HERE:
            before = settlement
            settlement = await HERE[settlement.next](work, settlement)
            if settlement.done == before.done:
                break
        if settlement.next is None:
            settlement = replace(
                settlement,
                state=SettlementState.DONE,
                done_at=work.now,
                next_try_at=None,
            )
        await store.save(work, settlement)
        return settlement if settlement.next in OUTSIDE else None


async def _ask_outside(begin: BeginWork, provider: Provider, settlement: Settlement) -> None:
    """Take the next step, which asks the world, and keep that it is done."""
    step = settlement.next
    assert step is not None, "the walk stopped before a step"
    await OUTSIDE[step](begin, provider, settlement)
    async with begin() as work:
        now = await store.lock(work, settlement.id)
        if now.next is step:
            await store.save(work, now.finished(step))


async def _price(work: Work, settlement: Settlement) -> Settlement:
    """Price the session and freeze its CDR; only then is it known which way the money goes."""
    record = await sessions.record_of(work, settlement.session)
    if record.needs_review and settlement.reviewed_by is None:
        return await _hold(work, settlement, " ".join(SAYS[doubt] for doubt in record.held_by))
    payment = await payments.link(work, record.party, record.session, record.token)
    priced = await _priced(work, record, payment)
    raw, sha256 = documents.frozen(freezing.cdr_document(priced))
    total = priced.bill.total
    cdr = Cdr(
        id=new_id(work.now),
        party=settlement.party,
        session=settlement.session,
        settlement=settlement.id,
        total_minor=total.minor,
        currency=total.currency,
        document=raw,
        sha256=sha256,
        made_at=work.now,
    )
    await store.keep_cdr(work, cdr)
    await work.announce(
        [
            CdrIssued(
                party=settlement.party,
                at=work.now,
                settlement=settlement.id,
                session=settlement.session,
                payment=payment.id if payment else None,
                cdr=cdr.id,
                total_minor=total.minor,
                currency=total.currency,
            )
        ]
    )
    has_hold = payment is not None and payment.held_at is not None
    routed = replace(
        settlement,
        route=rules.route(payable_minor=total.minor, has_hold=has_hold),
        payment=payment.id if payment else None,
    )
    return routed.finished(Step.PRICE)


async def _priced(work: Work, record: SessionRecord, payment: Payment | None) -> Priced:
    party = await parties.party(work, record.party)
    where = await _where(work, record)
    periods = prices.periods_of(
        record.points, record.changes, begins=record.begins, ends=record.ends
    )
    account, token = await _whose(work, record, payment)
    charged = rules.is_charged(record.energy_wh, party.no_charge_below_wh)
    nothing = Money(0, party.currency)
    tariff = None
    cost = Cost(
        currency=party.currency,
        before_taxes=nothing.decimal,
        after_taxes=nothing.decimal,
        payable=nothing,
    )
    if record.tariff_version_id is not None:
        tariff = await tariffs.version(work, TariffId(record.tariff_version_id))
        cost = rules_record.cost(record, tariff)
    stopped_by = None
    if rules.is_remote(record.reason):
        stopped_by = await stations.stopped_by(work, record.station, record.ref)
    bill = rules_amounts.bill(cost) if charged else rules_amounts.nothing(cost.currency)
    return Priced(
        record=record,
        where=where,
        tariff=tariff,
        periods=periods,
        cost=cost,
        bill=bill,
        charged=charged,
        account=account,
        token=token,
        stopped_by=stopped_by,
    )


async def _where(work: Work, record: SessionRecord) -> EvsePlace | Location:
    if record.evse is not None:
        return await stations.place_of(work, record.evse)
    return await stations.location(work, record.location)


async def _whose(
    work: Work, record: SessionRecord, payment: Payment | None
) -> tuple[str, str | None]:
    """Whose account it is in the books (the payment's, the token's, or the session's own), and
    the end of a driver's own token, so that they know it again; a guest's was made by us."""
    if payment is not None:
        return str(payment.id), None
    if record.token is None:
        return str(record.session), None
    key = (record.party, record.token)
    token = (await drivers.tokens_of(work, {key})).get(key)
    if token is None:
        return str(record.session), record.token[-4:]
    return str(token.id), None if token.kind is TokenKind.AD_HOC else record.token[-4:]


async def _hold(work: Work, settlement: Settlement, why: str) -> Settlement:
    """Wait for a person: nobody is billed for what may not be true."""
    assert settlement.next is not None
    await work.announce([_rested(work, settlement, settlement.next, why, None)])
    return replace(settlement, state=SettlementState.HELD, next_try_at=None, last_trouble=why)


async def _capture(begin: BeginWork, provider: Provider, settlement: Settlement) -> None:
    """Take the money. A bank that says no leaves it owed; that is no trouble of ours to retry."""
    assert settlement.payment is not None
    async with begin() as work:
        cdr = await store.cdr_of(work, settlement.id)
        payment = await payments.payment(work, settlement.payment)
    amount = payment_rules.to_capture(Money(cdr.total_minor, cdr.currency), payment.hold)
    await payments.capture(begin, provider, payment.id, amount, settlement.once)


async def _release(begin: BeginWork, provider: Provider, settlement: Settlement) -> None:
    assert settlement.payment is not None
    await payments.release(begin, provider, settlement.payment, Why.NOTHING_TO_PAY)


async def _post(work: Work, settlement: Settlement) -> Settlement:
    """Write the sale into the books, and what was taken of it."""
    cdr = await store.cdr_of(work, settlement.id)
    made = documents.cdr(cdr.document)
    payment = await _payment(work, settlement)
    evidence = {
        "session": str(settlement.session),
        "cdr": str(cdr.id),
        "settlement": str(settlement.id),
    }
    if payment is not None:
        evidence["payment"] = str(payment.id)
    await ledger.post(
        work,
        rules_books.sale(
            made,
            party=settlement.party,
            at=work.now,
            memo=_memo(made),
            once=OnceKey(f"{settlement.id}:sale"),
            evidence=evidence,
        ),
    )
    if payment is not None and payment.captured_minor:
        await _post_capture(work, settlement, payment, made.account, evidence)
    return settlement.finished(Step.POST)


def _memo(made: documents.CdrDocument) -> str:
    energy = kwh(EnergyWh(made.visit.energy_wh))
    return f"Sold {energy:f} kWh at {made.place.location}, {made.evse or 'EVSE unknown'}."


async def _post_capture(
    work: Work, settlement: Settlement, payment: Payment, who: str, evidence: Mapping[str, str]
) -> None:
    steps = await payments.steps_of(work, payment.id)
    taken = [step.id for step in steps if step.verb == "capture" and step.answer == "done"]
    await ledger.post(
        work,
        rules_books.capture(
            payment.captured,
            party=settlement.party,
            who=who,
            provider=payment.provider,
            at=work.now,
            memo=f"The provider {payment.provider} took {payment.captured}.",
            once=OnceKey(f"{settlement.id}:capture"),
            evidence={**evidence, **({"payment_step": str(taken[0])} if taken else {})},
        ),
    )


async def _invoice(work: Work, settlement: Settlement) -> Settlement:
    """Number the receipt and freeze it, in the same work: a series has no gaps."""
    cdr = await store.cdr_of(work, settlement.id)
    party = await parties.party(work, settlement.party)
    year = work.now.astimezone(ZoneInfo(party.time_zone)).year
    place = await store.next_place(work, party.id, SERIES, year)
    number = rules.number(party.ident, SERIES, year, place)
    payment = await _payment(work, settlement)
    receipt = freezing.receipt(cdr, number=number, at=work.now, party=party, payment=payment)
    raw, sha256 = documents.frozen(receipt)
    invoice = Invoice(
        id=InvoiceId(new_id(work.now)),
        party=settlement.party,
        session=settlement.session,
        payment=settlement.payment,
        kind="receipt",
        number=number,
        total_minor=cdr.total_minor,
        currency=cdr.currency,
        document=raw,
        sha256=sha256,
        issued_at=work.now,
    )
    await store.keep_invoice(work, invoice, settlement.id, series=SERIES, year=year, place=place)
    await work.announce([_issued(settlement, invoice)])
    work.touch(f"session:{settlement.session}")
    if payment is not None:
        work.touch(payment.subject)
    return settlement.finished(Step.INVOICE)


def _issued(settlement: Settlement, invoice: Invoice) -> InvoiceIssued:
    return InvoiceIssued(
        party=settlement.party,
        at=invoice.issued_at,
        settlement=settlement.id,
        session=settlement.session,
        payment=settlement.payment,
        invoice=invoice.id,
        number=invoice.number,
        total_minor=invoice.total_minor,
        currency=invoice.currency,
    )


async def _payment(work: Work, settlement: Settlement) -> Payment | None:
    if settlement.payment is None:
        return None
    return await payments.payment(work, settlement.payment)


HERE: Final[Mapping[Step | None, Callable[[Work, Settlement], Awaitable[Settlement]]]] = {
    Step.PRICE: _price,
    Step.POST: _post,
    Step.INVOICE: _invoice,
}
OUTSIDE: Final[
    Mapping[Step | None, Callable[[BeginWork, Provider, Settlement], Awaitable[None]]]
] = {
    Step.CAPTURE: _capture,
    Step.RELEASE: _release,
}


async def _rest(begin: BeginWork, id: SettlementId, trouble: str) -> None:
    """Note why it does not go on, and when it is tried again."""
    async with begin() as work:
        settlement = await store.lock(work, id)
        if settlement.next is None or settlement.state is SettlementState.HELD:
            return
        tries = settlement.tries + 1
        next_try_at = work.now + rules.back_off(tries)
        rested = replace(
            settlement,
            state=SettlementState.RESTING,
            tries=tries,
            next_try_at=next_try_at,
            last_trouble=trouble,
        )
        await store.save(work, rested)
        await work.enqueue(job(rested))
        await work.announce([_rested(work, settlement, settlement.next, trouble, next_try_at)])


def _rested(
    work: Work, settlement: Settlement, step: Step, trouble: str, next_try_at: datetime | None
) -> SettlementRested:
    return SettlementRested(
        party=settlement.party,
        at=work.now,
        settlement=settlement.id,
        session=settlement.session,
        payment=settlement.payment,
        step=step,
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
    )
