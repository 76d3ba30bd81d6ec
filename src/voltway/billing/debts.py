"""What is owed: opened from documents, paid by bank or card, credited, or written off.

    by bank             bank               to    the account on which it is owed
    by card             provider:*:due     to    it (by the collection itself)
    written off         cost:write_offs    to    it
    and paid after all  bank               to    cost:write_offs

The tax of what is written off is for the party's accountant: when it may be taken back differs by
country (directive 2006/112/EC art. 90).
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final
from uuid import UUID

from voltway.billing import store_debts
from voltway.billing.model_debts import Debt, How, Stage
from voltway.billing.rules_books import receivable
from voltway.billing.statements import owed_by
from voltway.drivers import actions as drivers
from voltway.drivers.model import Bar
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId, PaymentId
from voltway.kernel.money import Currency, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account, Entry, Posting, account
from voltway.payments import actions as payments
from voltway.payments.model import PaidAfterAll
from voltway.payments.model_collections import Collected
from voltway.payments.rules_disputes import WRITE_OFFS
from voltway.runtime.work import Row, Work

BANK: Final = account("bank")
#: Who says how a customer pays, where it is the customer.
THEMSELVES: Final = "the customer"
#: What a collection for a debt is about.
ABOUT: Final = "invoice:"


@dataclass(eq=False)
class NoSuchDebt(Refusal):
    """Nothing is owed for this, or it was paid long ago."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class MoreThanOwed(Refusal):
    """{owed} is owed for {number}, and not more. Nothing was booked."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    owed: Money
    number: str


@dataclass(eq=False)
class NoReason(Refusal):
    """Say why: whoever checks the books reads it."""

    kind: ClassVar[Kind] = Kind.INVALID


async def open_new(work: Work) -> int:
    """Open what documents say that is owed and nobody asks for yet; how many."""
    statements = [_of_statement(work, row) for row in await store_debts.statements_to_open(work)]
    rows = await store_debts.receipts_to_open(work)
    known = await payments.payments(work, [PaymentId(row["payment_id"]) for row in rows])
    guests = [
        _debt(
            work,
            row,
            account=receivable(str(row["payment_id"])),
            minor=row["balance_minor"],
            due_on=row["issued_at"].date(),
            payment=payment.id,
            email=payment.email,
            locale=payment.locale,
        )
        for row in rows
        for payment in [known[PaymentId(row["payment_id"])]]
    ]
    return sum([await store_debts.add(work, debt) for debt in (*statements, *guests)])


def _of_statement(work: Work, row: Row) -> Debt:
    return _debt(
        work,
        row,
        account=owed_by(row["customer_id"]),
        minor=row["total_minor"],
        due_on=row["due_on"],
        customer=row["customer_id"],
        email=row["email"],
        locale=row["locale"],
    )


def _debt(work: Work, row: Row, *, account: Account, minor: int, **more: object) -> Debt:
    given = {"customer": None, "payment": None, **more}
    return Debt(
        invoice=InvoiceId(row["id"]),
        party=PartyId(row["party_id"]),
        account=account,
        number=row["number"],
        total=Money(minor, Currency(row["currency"])),
        pay_key=secrets.token_urlsafe(18),
        settled_minor=0,
        written_off_minor=0,
        stage=Stage.NONE,
        stage_at=None,
        paused_why=None,
        charged=0,
        charged_at=None,
        opened_at=work.now,
        closed_at=None,
        **given,  # type: ignore[arg-type]
    )


async def debt(work: Work, invoice: InvoiceId) -> Debt:
    found = await store_debts.lock(work, invoice)
    if found is None:
        raise NoSuchDebt
    return found


async def by_key(work: Work, key: str) -> Debt:
    """The debt that a link opens."""
    found = await store_debts.by_key(work, key)
    if found is None:
        raise NoSuchDebt
    return found


async def moves_of(work: Work, invoice: InvoiceId) -> Sequence[Row]:
    """What came for a debt, in its order."""
    return await store_debts.moves(work, invoice)


async def is_by_card(work: Work, customer: UUID) -> bool:
    """Whether what a customer is billed is charged to its saved card."""
    return customer in await store_debts.who_pay_by_card(work)


async def let_card_pay(work: Work, customer: UUID, *, by_card: bool) -> None:
    """The customer itself lets the card that it saved be charged for what it is billed, or not any
    more (``ways.choose`` is the operator's word)."""
    await store_debts.pays_by_card(work, customer, by_card=by_card, by=THEMSELVES)


async def receive(
    work: Work, invoice: InvoiceId, amount: Money, *, said: str, by: str, once: OnceKey
) -> Debt:
    """Money came to the bank, once for each key. What was written off is taken back first. Raises
    ``MoreThanOwed``."""
    before = await debt(work, invoice)
    back = min(before.written_off_minor, amount.minor - min(before.owed.minor, amount.minor))
    if amount.currency != before.total.currency or not (
        0 < amount.minor <= before.owed.minor + before.written_off_minor
    ):
        if await _known(work, before, once):
            return before
        raise MoreThanOwed(before.owed, before.number)
    if not await store_debts.move(
        work, before, How.BACK if back else How.BANK, amount, said=said, by=by, once=once
    ):
        return before
    rest = amount.minor - back
    postings = [
        Posting(BANK, credit, Money(minor, amount.currency))
        for credit, minor in ((before.account, rest), (WRITE_OFFS, back))
        if minor
    ]
    await post(work, before, once, f"{amount} came to the bank for {before.number}.", postings)
    after = replace(
        before,
        settled_minor=before.settled_minor + amount.minor,
        written_off_minor=before.written_off_minor - back,
    )
    return await less(work, after)


async def _known(work: Work, debt: Debt, once: OnceKey) -> bool:
    return any(row["once"] == once for row in await store_debts.moves(work, debt.invoice))


async def write_off(work: Work, invoice: InvoiceId, *, why: str, by: str, once: OnceKey) -> Debt:
    """Nobody will pay the rest: a cost of ours, with a reason. Raises ``NoReason``."""
    before = await debt(work, invoice)
    why = " ".join(why.split())[:200]
    if not why:
        raise NoReason
    if before.closed_at is not None or not await store_debts.move(
        work, before, How.WRITE_OFF, before.owed, said=why, by=by, once=once
    ):
        return before
    memo = f"{by} wrote off {before.owed} of {before.number}: {why}"
    await post(work, before, once, memo, [Posting(WRITE_OFFS, before.account, before.owed)])
    after = replace(before, written_off_minor=before.written_off_minor + before.owed.minor)
    return await less(work, after)


async def pause(work: Work, invoice: InvoiceId, why: str | None) -> None:
    """Ask for this no more while there is a reason; without one, ask again."""
    before = await debt(work, invoice)
    why = " ".join((why or "").split())[:200] or None
    await store_debts.save(work, replace(before, paused_why=why))


async def post(
    work: Work, debt: Debt, once: OnceKey, memo: str, postings: Sequence[Posting]
) -> None:
    await ledger.post(
        work,
        Entry(
            party=debt.party,
            once=OnceKey(f"debt:{once}"),
            at=work.now,
            memo=memo,
            evidence={"document": str(debt.invoice)},
            postings=tuple(postings),
        ),
    )


async def less(work: Work, after: Debt) -> Debt:
    """Keep a debt that became less; where it is paid, its cards open stations again at once."""
    closed = None if after.owed.minor else (after.closed_at or work.now)
    after = replace(after, closed_at=closed)
    await store_debts.save(work, after)
    if closed is not None:
        await _let_charge(work, after)
    work.touch(f"payments:{after.party}")
    return after


async def cards(work: Work, debt: Debt) -> list[UUID]:
    """The cards of who owes."""
    return list(await store_debts.cards_of(work, debt.customer)) if debt.customer else []


async def _let_charge(work: Work, debt: Debt) -> None:
    if debt.customer is None:
        return
    others = await store_debts.of_customer(work, debt.customer)
    if not any(each.stage is Stage.BARRED for each in others):
        await drivers.unbar(work, await store_debts.cards_of(work, debt.customer), Bar.UNPAID)


async def hears_collected(work: Work, facts: Sequence[Fact]) -> None:
    """A card paid for a debt: the collection has booked it already."""
    for fact in facts:
        if not isinstance(fact, Collected) or not fact.about.startswith(ABOUT):
            continue
        before = await store_debts.lock(work, InvoiceId(UUID(fact.about.removeprefix(ABOUT))))
        if before is None:
            continue
        amount = Money(fact.amount_minor, fact.currency)
        once = OnceKey(f"collection:{fact.collection}")
        if await store_debts.move(
            work, before, How.CARD, amount, said="", by="payments", once=once
        ):
            minor = min(amount.minor, before.owed.minor)
            await less(work, replace(before, settled_minor=before.settled_minor + minor))


async def hears_paid_after_all(work: Work, facts: Sequence[Fact]) -> None:
    """A card at a terminal paid after it could not; that is in the books already."""
    for fact in facts:
        if not isinstance(fact, PaidAfterAll):
            continue
        before = await store_debts.lock_of_payment(work, fact.payment)
        once = OnceKey(f"after_all:{fact.payment}")
        amount = Money(fact.amount_minor, fact.currency)
        if before is not None and await store_debts.move(
            work, before, How.CARD, amount, said="", by="payments", once=once
        ):
            minor = min(amount.minor, before.owed.minor)
            await less(work, replace(before, settled_minor=before.settled_minor + minor))


async def note_credits(work: Work) -> int:
    """What a credit note took off a guest's receipt is owed no more; how many became less."""
    rows = await work.all(
        """
        SELECT d.invoice_id, d.owed_minor, coalesce(a.balance_minor, 0)::bigint AS balance
          FROM debt_view d
          LEFT JOIN LATERAL (
               SELECT balance_minor FROM account_view
                WHERE party_id = d.party_id AND account = d.account AND currency = d.currency
               ) AS a ON true
         WHERE d.closed_at IS NULL AND d.payment_id IS NOT NULL
           AND coalesce(a.balance_minor, 0) < d.owed_minor
        """
    )
    for row in rows:
        before = await debt(work, InvoiceId(row["invoice_id"]))
        off = Money(before.owed.minor - max(row["balance"], 0), before.total.currency)
        once = OnceKey(f"credited:{before.invoice}:{before.settled_minor}")
        if off.minor > 0 and await store_debts.move(
            work, before, How.CREDIT, off, said="", by="billing", once=once
        ):
            await less(work, replace(before, settled_minor=before.settled_minor + off.minor))
    return len(rows)
