"""Giving back to the card that paid a statement what is taken off one of the receipts on it.

    the sale undone      revenue:<what>, tax        to    driver:<who>:receivable
    and its money        driver:<who>:receivable    to    provider:<name>:due

As a guest's refund is booked, on the account of the receipt's card. The credit note says that its
money moved, so it stands on no statement: else it would be taken off twice.
"""

from typing import Final
from uuid import UUID

from voltway.billing import crediting, documents, rules_books, store_documents, store_statements
from voltway.billing.debts import ABOUT as BILL
from voltway.billing.debts import NoReason
from voltway.billing.invoicing import NotAReceipt
from voltway.billing.model import Invoice
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.kernel.money import Money
from voltway.ledger import actions as ledger
from voltway.parties import actions as parties
from voltway.payments import refunding_cards
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_card_refunds import CardRefund, Kept, WantedRefund
from voltway.payments.refunding_cards import NoCardPaid
from voltway.runtime.work import BeginWork, Work

#: What such a refund is taken off, before the receipt's id.
RECEIPT: Final = crediting.RECEIPT


async def left_for_card(work: Work, receipt: InvoiceId) -> Money | None:
    """How much of a receipt can go back to the card that paid its statement; ``None`` where no card
    did. Raises ``NotAReceipt``."""
    left = await crediting.left_of(work, receipt)
    found = await store_documents.invoice(work, receipt)
    statement = await store_statements.stated_on(work, receipt)
    if statement is None or found.payment is not None:
        return None
    room = await refunding_cards.room(work, found.party, f"{BILL}{statement}")
    return None if room is None else Money(min(room, left.amount.minor), left.amount.currency)


async def was_asked(work: Work, receipt: InvoiceId, once: OnceKey) -> bool:
    """Whether this key has asked for such a refund before, so that it was looked at then."""
    found = await store_documents.invoice(work, receipt)
    return await refunding_cards.was_asked(work, found.party, once)


async def give_back(
    begin: BeginWork,
    given: AnyProvider,
    receipt: InvoiceId,
    amount: Money,
    *,
    reason: str,
    by: str,
    once: OnceKey,
) -> CardRefund:
    """Give a part or all of a receipt back to the card that paid its statement; asked again with
    the same key, money moves once. Raises ``NotAReceipt``, ``NoReason``, ``NoCardPaid``,
    ``CreditTooLarge``, ``MoreThanTheCardPaid``, ``KeyOfAnotherCardRefund``; ``ProviderSilent``
    where nobody knows yet and the round goes on."""
    async with begin() as work:
        noted = await _note(work, receipt, amount, reason=reason, by=by, once=once)
    return await refunding_cards.go_on(begin, given, noted.id, write)


async def _note(
    work: Work, receipt: InvoiceId, amount: Money, *, reason: str, by: str, once: OnceKey
) -> CardRefund:
    found = await store_documents.invoice(work, receipt)
    if not found.is_receipt:
        raise NotAReceipt(found.number)
    of = await crediting.standing(work, found)
    reason = " ".join(reason.split())
    wanted = WantedRefund(
        party=found.party,
        paid_for=f"{BILL}{await store_statements.stated_on(work, receipt)}",
        about=f"{RECEIPT}{receipt}",
        amount=amount,
        reason=reason,
        asked_by=by,
        once=once,
    )
    before = await refunding_cards.known(work, wanted)
    if before is not None:
        return before
    if found.payment is not None:
        raise NoCardPaid  # it was paid by itself, and is given back by its payment
    left = Money(of.free_minor, found.currency)
    if not reason:
        raise NoReason
    if not 0 < amount.minor <= left.minor or amount.currency != left.currency:
        raise crediting.CreditTooLarge(amount, of.document.number, left)
    return await refunding_cards.note(work, wanted)


async def write(work: Work, done: CardRefund) -> Kept:
    """The credit note of what went back to a card, and its entry."""
    receipt = await store_documents.invoice(work, InvoiceId(UUID(done.about.removeprefix(RECEIPT))))
    of = await crediting.standing(work, receipt)
    party = await parties.party(work, done.party)
    evidence = {
        "session": str(receipt.session),
        "collection": str(done.collection),
        "card_refund": str(done.id),
    }
    made, amounts = None, None
    if of.left_minor > 0:  # less only where it was taken off otherwise after all
        made, amounts = await crediting.credit_note(
            work,
            party,
            of,
            done.amount.minor,
            reason=done.reason,
            once=OnceKey(f"card_refund:{done.id}"),
            given_back=True,
        )
        evidence["credit_note"] = str(made.id)
    entry = rules_books.refund(
        done.amount,
        credited=amounts,
        party=done.party,
        who=await _account(work, receipt),
        provider=done.provider,
        at=work.now,
        memo=f"Gave back {done.amount} to the card that paid the statement: {done.reason}",
        once=OnceKey(f"card_refund:{done.id}"),
        evidence=evidence,
    )
    return Kept(await ledger.post(work, entry), None if made is None else made.id)


async def _account(work: Work, receipt: Invoice) -> str:
    """Whose account of the books a receipt is on."""
    assert receipt.session is not None, "a receipt has a session"
    cdr = await store_documents.cdr_of_session(work, receipt.session)
    assert cdr is not None, "a receipt is made of a CDR"
    return documents.cdr(cdr.document).account


async def ask_again(begin: BeginWork, given: AnyProvider) -> int:
    """The round: go on where the provider was silent or we stopped; how many are over now."""
    return await refunding_cards.ask_again(begin, given, write)
