"""The monthly fee of subscriptions: each month is billed once, as an invoice on account.

Who bills looks for months that have begun and nobody was billed for. Each is billed in one work
with its number, its entry in the books and the note that it is billed, under a lock on the
subscription: whether this runs twice, late, or dies in between, there is one invoice for a month.
"""

from functools import partial
from typing import Final
from uuid import UUID

import structlog

from voltway.billing import (
    documenting,
    rules_books,
    rules_subscription_fees,
    statements,
    store_documents,
    store_statements,
    store_subscription_fees,
)
from voltway.billing.crediting import (
    CreditTooLarge,
    KeyOfAnotherCredit,
    credit_note,
    standing_of,
)
from voltway.billing.documents_invoice import InvoiceDocument
from voltway.billing.freezing import utc
from voltway.billing.model import DocumentKind, Invoice
from voltway.billing.model_statements import Customer
from voltway.billing.rules_invoice import Amounts
from voltway.kernel.errors import Trouble
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.kernel.money import Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Entry
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.runtime.work import BeginWork, Work
from voltway.tariffs import subscriptions, taxes
from voltway.tariffs.model_subscriptions import Month, PlanVersion, Subscription

BATCH: Final = 200

log = structlog.get_logger("voltway.billing")


async def bill_due(begin: BeginWork) -> int:
    """Bill all months that have begun; how many. One that cannot be billed does not keep the others
    from it, and is tried again next time."""
    billed, after = 0, UUID(int=0)
    while True:
        async with begin() as work:
            due = await subscriptions.due(work, after, BATCH)
        for id in due:
            try:
                billed += await _bill_all(begin, id)
            except Trouble as trouble:
                log.warning("subscription.not_billed", subscription=str(id), trouble=str(trouble))
        if len(due) < BATCH:
            return billed
        after = due[-1]


async def _bill_all(begin: BeginWork, id: UUID) -> int:
    """Every month of this one that is due, each in a work of its own, the oldest first."""
    billed = 0
    while True:
        async with begin() as work:
            of = await subscriptions.lock(work, id)
            month = subscriptions.month_due(of, work.now)
            if month is None:
                return billed
            plan = await subscriptions.terms(work, of, month)
            if plan.fee.minor:
                await _bill(work, of, month, plan)
                billed += 1
            await subscriptions.billed(work, of, month)


async def _bill(work: Work, of: Subscription, month: Month, plan: PlanVersion) -> None:
    if of.payer is None:
        raise subscriptions.NoSuchSubscription(of.id)
    party = await parties.party(work, of.party)
    customer = (await store_statements.lock_customers(work, [of.payer]))[of.payer]
    rate = plan.vat
    if rate is None:
        rate = (await taxes.rule_at_home(work, party, month.begins)).rate
    amounts = rules_subscription_fees.figures(
        plan.fee,
        f"{rate.normalize():f}",
        name=f"{plan.name} ({plan.ident})",
        begins=utc(month.begins),
        ends=utc(month.ends),
    )
    draft = documenting.Draft(
        kind=DocumentKind.INVOICE,
        once=OnceKey(f"subscription:{of.id}:{utc(month.begins)}"),
        make=partial(_document, work, party, customer, of, month, amounts),
    )
    [made] = await documenting.issue(work, party, [draft])
    await store_subscription_fees.keep(
        work, of.party, of.id, month, invoice=made.id, customer=customer.id
    )
    await ledger.post(
        work,
        Entry(
            party=of.party,
            once=OnceKey(f"{made.id}:fee"),
            at=work.now,
            memo=f"Invoice {made.number}: a month of {plan.name} for {customer.name}.",
            evidence={
                "invoice": str(made.id),
                "subscription": str(of.id),
                "plan_version": str(plan.id),
                "customer": str(customer.id),
            },
            postings=tuple(
                rules_subscription_fees.sold(
                    amounts, statements.owed_by(customer.id), plan.fee.currency
                )
            ),
            supplied_at=month.begins,
        ),
    )


def _document(
    work: Work,
    party: Party,
    customer: Customer,
    of: Subscription,
    month: Month,
    amounts: Amounts,
    number: str,
) -> InvoiceDocument:
    return InvoiceDocument(
        kind=DocumentKind.INVOICE,
        number=number,
        issued_at=utc(work.now),
        zone=of.zone,
        due_on=statements.due_on(work, party, customer.due_days).isoformat(),
        supplied_from=utc(month.begins),
        supplied_to=utc(month.ends),
        currency=party.currency,
        seller=documenting.seller_of(party),
        buyer=documenting.buyer_of(customer),
        paid_minor=0,
        paid_how="account",
        **amounts.as_fields(),
    )


async def credit_fee(
    work: Work, invoice: InvoiceId, amount_minor: int, *, reason: str, once: OnceKey
) -> Invoice:
    """Take so much off a month's fee that should not have been billed, and off what is owed. Asked
    again under the same key, what was issued is given."""
    fee = await store_subscription_fees.of_invoice(work, invoice)
    found = await store_documents.lock_invoice(work, invoice)
    before = await store_documents.issued_once(work, once)
    if before is not None:
        if (before.original, before.reason) != (invoice, reason):
            raise KeyOfAnotherCredit(once)
        return before
    of = await standing_of(work, invoice)
    if not 0 < amount_minor <= of.left_minor:
        left = Money(of.left_minor, found.currency)
        raise CreditTooLarge(Money(amount_minor, found.currency), found.number, left)
    party = await parties.party(work, found.party)
    made, amounts = await credit_note(work, party, of, amount_minor, reason=reason, once=once)
    entry = rules_books.correction(
        rules_books.undone(amounts, statements.owed_by(fee["customer_id"]), found.currency),
        party=found.party,
        at=work.now,
        memo=f"Took {made.number} off {found.number}: {reason}",
        once=OnceKey(f"{made.id}:credit"),
        evidence={"credit_note": str(made.id), "subscription": str(fee["subscription_id"])},
    )
    assert entry is not None, "a credit note takes something off"
    await ledger.post(work, entry)
    return made
