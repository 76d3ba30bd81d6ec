"""The SQL of debts."""

from collections.abc import Sequence
from uuid import UUID

from voltway.billing.model_debts import Debt, DunningRule, How, Stage
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId, PaymentId, TokenId, new_id
from voltway.kernel.money import Currency, Money
from voltway.ledger.model import Account
from voltway.runtime.work import Row, Work


async def rule(work: Work, party: PartyId) -> DunningRule | None:
    row = await work.one("SELECT * FROM dunning_rule WHERE party_id = $1", party)
    if row is None:
        return None
    return DunningRule(
        reminder=row["reminder_days"],
        notice=row["notice_days"],
        last=row["last_days"],
        bar=row["bar_days"],
    )


async def set_rule(work: Work, party: PartyId, rule: DunningRule | None, by: str) -> None:
    if rule is None:
        await work.run("DELETE FROM dunning_rule WHERE party_id = $1", party)
        return
    await work.run(
        """
        INSERT INTO dunning_rule (party_id, reminder_days, notice_days, last_days, bar_days,
                                  set_by, set_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (party_id) DO UPDATE
           SET reminder_days = $2, notice_days = $3, last_days = $4, bar_days = $5, set_by = $6,
               set_at = $7
        """,
        party,
        rule.reminder,
        rule.notice,
        rule.last,
        rule.bar,
        by,
        work.now,
    )


async def statements_to_open(work: Work) -> Sequence[Row]:
    """Statements of customers that are no debts yet, and are to be paid."""
    return await work.all(
        """
        SELECT i.id, i.party_id, i.number, i.total_minor, i.currency, s.due_on, s.customer_id,
               c.email, c.locale
          FROM statement s
          JOIN invoice i ON i.id = s.invoice_id
          JOIN customer c ON c.id = s.customer_id
         WHERE i.total_minor > 0 AND NOT EXISTS (SELECT FROM debt WHERE invoice_id = i.id)
         ORDER BY i.issued_at LIMIT 500
        """
    )


async def receipts_to_open(work: Work) -> Sequence[Row]:
    """Receipts whose card paid less than they are of, and of whose rest nobody asks yet."""
    return await work.all(
        """
        SELECT i.id, i.party_id, i.number, i.currency, i.issued_at, i.payment_id, a.balance_minor
          FROM invoice i
          JOIN payment_view p ON p.id = i.payment_id
         CROSS JOIN LATERAL (  -- of this account alone, and not of all that there are
               SELECT balance_minor FROM account_view
                WHERE party_id = i.party_id AND currency = i.currency
                  AND account = 'driver:' || i.payment_id || ':receivable') AS a
         WHERE i.kind IN ('receipt', 'simplified_invoice') AND i.total_minor > p.captured_minor
           AND a.balance_minor > 0 AND i.issued_at > $1::timestamptz - interval '30 days'
           AND NOT EXISTS (SELECT FROM debt WHERE invoice_id = i.id)
         ORDER BY i.issued_at LIMIT 100
        """,
        work.now,
    )


async def add(work: Work, debt: Debt) -> bool:
    """Whether it was none before."""
    return bool(
        await work.run(
            """
            INSERT INTO debt (invoice_id, party_id, customer_id, payment_id, account, number,
                              total_minor, currency, due_on, email, locale, pay_key, opened_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                ON CONFLICT DO NOTHING
            """,
            debt.invoice,
            debt.party,
            debt.customer,
            debt.payment,
            debt.account,
            debt.number,
            debt.total.minor,
            debt.total.currency,
            debt.due_on,
            debt.email,
            debt.locale,
            debt.pay_key,
            debt.opened_at,
        )
    )


async def lock(work: Work, invoice: InvoiceId) -> Debt | None:
    row = await work.one("SELECT * FROM debt WHERE invoice_id = $1 FOR UPDATE", invoice)
    return None if row is None else _debt(row)


async def lock_of_payment(work: Work, payment: PaymentId) -> Debt | None:
    row = await work.one("SELECT * FROM debt WHERE payment_id = $1 FOR UPDATE", payment)
    return None if row is None else _debt(row)


async def by_key(work: Work, key: str) -> Debt | None:
    row = await work.one("SELECT * FROM debt WHERE pay_key = $1", key)
    return None if row is None else _debt(row)


async def open_debts(work: Work) -> list[Debt]:
    rows = await work.all("SELECT * FROM debt WHERE closed_at IS NULL ORDER BY due_on")
    return [_debt(row) for row in rows]


async def of_customer(work: Work, customer: UUID) -> list[Debt]:
    """Those that are not paid."""
    rows = await work.all(
        "SELECT * FROM debt WHERE customer_id = $1 AND closed_at IS NULL", customer
    )
    return [_debt(row) for row in rows]


async def save(work: Work, debt: Debt) -> None:
    await work.run(
        """
        UPDATE debt
           SET settled_minor = $2, written_off_minor = $3, stage = $4, stage_at = $5,
               paused_why = $6, charged = $7, charged_at = $8, closed_at = $9
         WHERE invoice_id = $1
        """,
        debt.invoice,
        debt.settled_minor,
        debt.written_off_minor,
        int(debt.stage),
        debt.stage_at,
        debt.paused_why,
        debt.charged,
        debt.charged_at,
        debt.closed_at,
    )


async def move(
    work: Work, debt: Debt, how: How, amount: Money, *, said: str, by: str, once: OnceKey
) -> bool:
    """Whether this is new."""
    return bool(
        await work.run(
            """
            INSERT INTO debt_move (id, party_id, invoice_id, kind, amount_minor, said, by, once, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (party_id, once) DO NOTHING
            """,
            new_id(work.now),
            debt.party,
            debt.invoice,
            how.value,
            amount.minor,
            said,
            by,
            once,
            work.now,
        )
    )


async def moves(work: Work, invoice: InvoiceId) -> Sequence[Row]:
    return await work.all("SELECT * FROM debt_move WHERE invoice_id = $1 ORDER BY at", invoice)


async def cards_of(work: Work, customer: UUID) -> list[TokenId]:
    rows = await work.all("SELECT token_id FROM customer_token WHERE customer_id = $1", customer)
    return [TokenId(row["token_id"]) for row in rows]


async def pays_by_card(work: Work, customer: UUID, *, by_card: bool, by: str) -> None:
    await work.run(
        """
        UPDATE customer SET pays_by_card = $2, way_by = $3, way_at = $4
         WHERE id = $1 AND (pays_by_card <> $2 OR way_at IS NULL)
        """,
        customer,
        by_card,
        by,
        work.now,
    )


async def who_pay_by_card(work: Work) -> set[UUID]:
    rows = await work.all("SELECT id FROM customer WHERE pays_by_card")
    return {UUID(str(row["id"])) for row in rows}


def _debt(row: Row) -> Debt:
    return Debt(
        invoice=InvoiceId(row["invoice_id"]),
        party=PartyId(row["party_id"]),
        customer=row["customer_id"],
        payment=PaymentId(row["payment_id"]) if row["payment_id"] else None,
        account=Account(row["account"]),
        number=row["number"],
        total=Money(row["total_minor"], Currency(row["currency"])),
        due_on=row["due_on"],
        email=row["email"],
        locale=row["locale"],
        pay_key=row["pay_key"],
        settled_minor=row["settled_minor"],
        written_off_minor=row["written_off_minor"],
        stage=Stage(row["stage"]),
        stage_at=row["stage_at"],
        paused_why=row["paused_why"],
        charged=row["charged"],
        charged_at=row["charged_at"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
    )
