"""The books: entries with their postings, what each account holds, and whether it all balances."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from voltway.kernel.errors import Kind, Refusal
from voltway.ledger import actions
from voltway.parties.model import Permission
from voltway.runtime.work import Row
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import reads
from voltway.web.api.shapes import Amount, Moment, Page, Shown, shown, utc

#: One row an entry: the view has one for each posting, and every entry has a first.
ENTRIES = Source("(SELECT * FROM entry_view WHERE number = 1) AS entry")

ACCOUNTS = Source("account_view", key="account || ' ' || currency", type="text", newest_first=False)

AccountPath = r"^[A-Za-z0-9._:-]{1,200}$"


@dataclass(eq=False)
class NoSuchEntry(Refusal):
    """There is no entry {entry} in the books."""

    kind = Kind.ABSENT

    entry: UUID


class Posting(Shown):
    """One amount moved from an account (credit) to another (debit)."""

    debit: Annotated[str, Meta(examples=["driver:0190:receivable"])]
    credit: Annotated[str, Meta(examples=["revenue:energy"])]
    amount: Amount


class Entry(Shown):
    """Postings that stand together. Never changed: a mistake is undone by another entry."""

    id: UUID
    place: Annotated[int, Meta(description="The order in which entries were written.")]
    once: Annotated[str, Meta(description="What it is for: posted once.")]
    at: Moment
    memo: str
    evidence: Annotated[dict[str, str], Meta(description="What shows it, by kind.")]
    postings: list[Posting]


class Account(Shown):
    """What an account holds in one currency."""

    account: Annotated[str, Meta(examples=["revenue:energy"])]
    debit: Amount
    credit: Amount
    balance: Annotated[Amount, Meta(description="Debits less credits.")]


class CurrencySum(Shown):
    """All accounts of a currency, added up: zero, or the books are wrong."""

    currency: str
    sum: Amount


class TrialBalance(Shown):
    """Whether the books balance."""

    balances: bool
    accounts: Annotated[int, Meta(description="How many accounts and currencies there are.")]
    sums: list[CurrencySum]


@reads("/ledger/entries", "List the entries of the books", Permission.SEE_MONEY)
async def list_entries(
    caller: Calling,
    window: Paging,
    account: Annotated[
        str | None,
        QueryParameter(pattern=AccountPath, description="Those that touch this account."),
    ] = None,
    session: Annotated[UUID | None, QueryParameter(description="Those about this session.")] = None,
    payment: Annotated[UUID | None, QueryParameter(description="Those about this payment.")] = None,
    since: Annotated[
        datetime | None, QueryParameter(name="from", description="Dated at or after this.")
    ] = None,
    until: Annotated[datetime | None, QueryParameter(description="Dated before this.")] = None,
) -> Page[Entry]:
    touches = "id IN (SELECT id FROM entry_view WHERE {0} IN (debit, credit))"
    async with caller.begin() as work:
        page = await listed(
            work,
            ENTRIES,
            window,
            lambda row: row,
            [
                (touches, account),
                ("evidence ->> 'session' = {}", session and str(session)),
                ("evidence ->> 'payment' = {}", payment and str(payment)),
                ("at >= {}", since and utc(since)),
                ("at < {}", until and utc(until)),
            ],
        )
        postings = await work.all(
            "SELECT * FROM entry_view WHERE id = ANY($1::uuid[]) ORDER BY id, number",
            [row["id"] for row in page.items],
        )
    return Page([_entry(row, postings) for row in page.items], page.next_cursor)


@reads("/ledger/entries/{entry_id:uuid}", "Read an entry", Permission.SEE_MONEY)
async def read_entry(caller: Calling, entry_id: FromPath[UUID]) -> Entry:
    async with caller.begin() as work:
        rows = await work.all("SELECT * FROM entry_view WHERE id = $1 ORDER BY number", entry_id)
    if not rows:
        raise NoSuchEntry(entry_id)
    return _entry(rows[0], rows)


@reads("/ledger/accounts", "List what the accounts hold", Permission.SEE_MONEY)
async def list_accounts(
    caller: Calling,
    window: Paging,
    under: Annotated[
        str | None,
        QueryParameter(pattern=AccountPath, description="This account and those under its path."),
    ] = None,
) -> Page[Account]:
    """In the order of their names."""
    beneath = "(account = {0} OR starts_with(account, {0} || ':'))"
    async with caller.begin() as work:
        return await listed(work, ACCOUNTS, window, _account, [(beneath, under)])


@reads("/ledger/trial-balance", "Read whether the books balance", Permission.SEE_MONEY)
async def read_trial_balance(caller: Calling) -> TrialBalance:
    async with caller.begin() as work:
        found = await actions.trial_balance(work)
    return TrialBalance(
        balances=found.balances,
        accounts=len(found.lines),
        sums=[
            CurrencySum(currency=currency, sum=Amount.of(minor, currency))
            for currency, minor in sorted(found.sums.items())
        ],
    )


def _entry(row: Row, postings: Sequence[Row]) -> Entry:
    own = [
        Posting(
            debit=each["debit"],
            credit=each["credit"],
            amount=Amount.of(each["amount_minor"], each["currency"]),
        )
        for each in postings
        if each["id"] == row["id"]
    ]
    return shown(Entry, row, postings=own)


def _account(row: Row) -> Account:
    currency = row["currency"]
    return Account(
        account=row["account"],
        debit=Amount.of(row["debit_minor"], currency),
        credit=Amount.of(row["credit_minor"], currency),
        balance=Amount.of(row["balance_minor"], currency),
    )


ROUTER = Router(
    "/",
    tags=["ledger"],
    route_handlers=[list_entries, read_entry, list_accounts, read_trial_balance],
)
