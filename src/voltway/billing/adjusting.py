"""What comes after a bill: readings that were late, the true end of a session that seemed over.

A bill is never changed. A person looks at what it would be by all that is known now, and decides
with a reason: adjust it, or leave it. An adjustment is signed, stands beside its evidence, takes
its amount off the receipt by a credit note, gives back what was paid, and takes the CDR back by a
credit CDR for a new one. By itself nothing raises a bill; where an owner lets it, a person may
charge a customer, and what is owed can be given away (``charging``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Final
from uuid import UUID

from voltway.billing import (
    cdrs,
    charging,
    crediting,
    documents,
    freezing,
    pricing,
    rules_books,
    rules_review,
    store,
    store_adjustments,
    store_documents,
)
from voltway.billing.documents import CdrDocument
from voltway.billing.freezing import Priced
from voltway.billing.model import Cdr, Settlement, SettlementState
from voltway.billing.store_adjustments import Adjustment, Made
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OnceKey, PaymentId, SessionId, new_id
from voltway.kernel.money import Currency, Money
from voltway.ledger import actions as ledger
from voltway.parties import actions as parties
from voltway.payments import actions as payments
from voltway.payments import paying_again
from voltway.payments.choosing import AnyProvider
from voltway.runtime.work import BeginWork, Job, Work
from voltway.sessions import actions as sessions

#: The job that gives back what an adjustment took off.
GIVE_BACK_ADJUSTED: Final = "give_back_adjusted"


@dataclass(eq=False)
class NothingToAdjust(Refusal):
    """The bill of this session is what it would be by all that is known: nothing is to adjust."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class NothingMoreOwed(Refusal):
    """By what is known now the session costs no more than its bill says: nothing is to charge."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class NeverRaised(Refusal):
    """
    By what is known now the session would cost more than its receipt says, and giving back is not
    how a bill is raised: charge it, give it away, or leave the bill as it is.
    """

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A bill as it stands, and what it would be by all that is known now."""

    settlement: Settlement
    cdr: Cdr
    told: Priced
    before_minor: int
    before_wh: int
    adjustments: tuple[Adjustment, ...]

    @property
    def told_minor(self) -> int:
        return self.told.bill.total.minor

    @property
    def delta_minor(self) -> int:
        return self.told_minor - self.before_minor

    @property
    def is_another(self) -> bool:
        """Whether there is something that nobody has decided of."""
        last = self.adjustments[-1] if self.adjustments else None
        told = (self.told_minor, self.told.record.energy_wh)
        if last is not None and (last.told_minor, last.told_wh) == told:
            return False
        return told != (self.before_minor, self.before_wh)


async def standing(work: Work, session: SessionId) -> Standing | None:
    """The bill of a session beside what it would be now; none where it is not settled yet."""
    settlement = await store.of_session(work, session)
    if settlement is None or settlement.state is not SettlementState.DONE:
        return None
    cdr = await store_documents.cdr_of_session(work, session)
    assert cdr is not None, "what is settled was priced"
    billed = documents.cdr(cdr.document)
    record = await sessions.record_of(work, session)
    # What a person decided of a doubtful session still holds, whatever its readings say.
    known = replace(
        await pricing.known(work, [record]), grants={session: freezing.grants_of(billed)}
    )
    told = await pricing.priced(work, record, known, billed.decided)
    made = await store_adjustments.of_session(work, session)
    adjusted = [each for each in made if each.changed]
    return Standing(
        settlement=settlement,
        cdr=cdr,
        told=told,
        before_minor=adjusted[-1].after_minor if adjusted else cdr.total_minor,
        before_wh=adjusted[-1].told_wh if adjusted else billed.visit.energy_wh,
        adjustments=tuple(made),
    )


async def adjust(
    work: Work, session: SessionId, choice: Made, *, reason: str, by: str
) -> Adjustment:
    """Adjust the bill of a session to what is known now, or leave it; once for what came."""
    before = await store.of_session(work, session)
    if before is not None:
        await store.lock(work, before.id)
    found = await standing(work, session)
    if found is None or not found.is_another:
        raise NothingToAdjust
    if choice is Made.ADJUSTED and found.delta_minor > 0:
        raise NeverRaised
    if choice in (Made.CHARGED, Made.GIVEN) and found.delta_minor <= 0:
        raise NothingMoreOwed
    said = rules_review.said(reason)
    made = Adjustment(
        id=new_id(work.now),
        party=found.settlement.party,
        session=session,
        settlement=found.settlement.id,
        place=len(found.adjustments) + 1,
        choice=choice,
        before_minor=found.before_minor,
        told_minor=found.told_minor,
        before_wh=found.before_wh,
        told_wh=found.told.record.energy_wh,
        currency=found.cdr.currency,
        reason=said,
        by=by,
        at=work.now,
    )
    raw, sha256 = documents.frozen(freezing.cdr_document(found.told))
    await store_adjustments.keep(work, made, raw, sha256)
    if made.changed:
        await cdrs.replace_cdr(work, found.cdr, made.id, raw, sha256)
    if choice is Made.CHARGED:
        await charging.charge(work, made, await _billed(work, found), documents.cdr(raw))
    elif choice is Made.GIVEN:
        await charging.give_away(work, made, await _billed(work, found), documents.cdr(raw))
    elif made.delta_minor:
        await _take_off(work, found, made)
    work.touch(f"session:{session}")
    return made


async def billed_now(work: Work, session: SessionId) -> CdrDocument | None:
    """What the bill of a session says as it stands, decided and adjusted; none before it is
    priced."""
    made = await store_adjustments.of_session(work, session)
    if changed := [each for each in made if each.changed]:
        return documents.cdr(await store_adjustments.document_of(work, changed[-1].id))
    cdr = await store_documents.cdr_of_session(work, session)
    return documents.cdr(cdr.document) if cdr else None


async def _billed(work: Work, found: Standing) -> CdrDocument:
    """The CDR of the bill as it stands: the first, or that of the last adjustment."""
    changed = [each for each in found.adjustments if each.changed]
    if not changed:
        return documents.cdr(found.cdr.document)
    return documents.cdr(await store_adjustments.document_of(work, changed[-1].id))


async def _take_off(work: Work, found: Standing, made: Adjustment) -> None:
    """Give back what was paid of it; what was never paid is taken off what is owed."""
    off_minor = await charging.take_off(work, made, -made.delta_minor)
    back_minor = 0
    if found.settlement.payment is not None:
        payment = await payments.payment(work, found.settlement.payment)
        kept_minor = await paying_again.kept_minor(work, payment.id)
        left_minor = payment.captured_minor - payment.refunded_minor - kept_minor
        back_minor = min(off_minor, left_minor)
        if back_minor > 0:
            body = {
                "payment": str(payment.id),
                "minor": str(back_minor),
                "currency": made.currency,
                "reason": made.reason,
                "adjustment": str(made.id),
            }
            key = f"{GIVE_BACK_ADJUSTED}:{made.id}"
            await work.enqueue(Job(GIVE_BACK_ADJUSTED, key, body, party=made.party))
    if off_minor > back_minor:
        await _credit(work, found, made, off_minor - max(back_minor, 0))


async def _credit(work: Work, found: Standing, made: Adjustment, minor: int) -> None:
    """Take so much off the receipt and off the driver's account: it was never paid."""
    receipt = await store_documents.invoice_of(work, made.session)
    assert receipt is not None, "what is settled has its receipt"
    of = await crediting.standing(work, receipt)
    if of.left_minor <= 0:
        return
    if min(minor, of.left_minor) > of.free_minor:
        raise crediting.RefundUnderWay(receipt.number)
    party = await parties.party(work, made.party)
    once = OnceKey(f"adjustment:{made.id}:credit")
    note, amounts = await crediting.credit_note(
        work, party, of, minor, reason=made.reason, once=once
    )
    entry = rules_books.correction(
        rules_books.undone(
            amounts,
            rules_books.receivable(documents.cdr(found.cdr.document).account),
            made.currency,
        ),
        party=made.party,
        at=work.now,
        memo=f"Took {note.number} off the receipt {receipt.number}: {made.reason}",
        once=once,
        evidence={
            "session": str(made.session),
            "settlement": str(made.settlement),
            "adjustment": str(made.id),
            "credit_note": str(note.id),
        },
    )
    if entry is not None:
        await ledger.post(work, entry)


async def give_back_adjusted(
    begin: BeginWork, provider: AnyProvider, body: Mapping[str, str]
) -> None:
    """Give back what an adjustment took off. Done twice, it moves once; the credit note and the
    books follow from the refund."""
    await payments.refund(
        begin,
        provider,
        PaymentId(UUID(body["payment"])),
        Money(int(body["minor"]), Currency(body["currency"])),
        reason=body["reason"],
        once=OnceKey(f"adjustment:{body['adjustment']}"),
    )
