"""Prepaid balances: what a driver paid before charging, and what is left of it.

A balance is credit for charging, not a sale: the tax is due when it is used, for only then it is
known for what (a multi-purpose voucher, directive 2006/112/EC art. 30b(2)). Each move stands in the
books under ``driver:<who>:prepaid`` in the work that moves it, so the balance is always what the
books say; the database refuses one below nothing, or below what is reserved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from voltway.drivers import actions as drivers
from voltway.drivers.model import Bar, Token
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import DriverId, EntryId, OnceKey, PartyId, TokenId, new_id
from voltway.kernel.money import Currency, Money, minor_digits
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account, Entry, Posting, account
from voltway.parties import actions as parties
from voltway.payments import store_disputes, store_methods
from voltway.payments.model_methods import Method, MethodId, MethodsChanged
from voltway.payments.provider import SavedMethod
from voltway.payments.rules_disputes import owed_by
from voltway.runtime.work import Row, Work

#: The provider that pays from balances, by its name in our books.
NAME: Final = "balance"
CORRECTIONS: Final = account("cost", "prepaid_corrections")


class MoveKind(StrEnum):
    TOP_UP = "top_up"
    VOUCHER = "voucher"
    CHARGE = "charge"
    REFUND = "refund"
    CORRECTION = "correction"
    PAID_BACK = "paid_back"  # to the card that topped it up
    DISPUTED = "disputed"  # a bank took back a top-up
    WON_BACK = "won_back"  # … and gave it back
    OWED = "owed"  # it paid for a top-up that was taken back after it was spent


@dataclass(eq=False)
class BalanceTooSmall(Refusal):
    """There is {available} on this balance that is not reserved for a charge."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    available: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What a driver has with a party, and what of it is reserved for charges under way."""

    party: PartyId
    holder: UUID
    currency: Currency
    balance_minor: int = 0
    reserved_minor: int = 0
    auto_below_minor: int | None = None
    auto_amount_minor: int | None = None
    auto_method: MethodId | None = None

    @property
    def money(self) -> Money:
        return Money(self.balance_minor, self.currency)

    @property
    def available(self) -> Money:
        return Money(self.balance_minor - self.reserved_minor, self.currency)

    @property
    def is_used_up(self) -> bool:
        """Less than one whole unit of the currency is left: no charge is worth beginning."""
        return self.available.minor < Decimal(10) ** minor_digits(self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    kind: MoveKind
    amount: Money
    balance: Money
    about: str
    said: str
    at: datetime


def account_of(holder: UUID) -> Account:
    """The driver's prepaid account in the books."""
    return account("driver", str(holder), "prepaid")


async def balance(work: Work, party: PartyId, holder: UUID) -> Balance | None:
    row = await work.one("SELECT * FROM prepaid WHERE party_id = $1 AND holder = $2", party, holder)
    return None if row is None else _balance(row)


async def lock(work: Work, party: PartyId, holder: UUID) -> Balance:
    """The balance, made where there is none, and moved by nobody else while this work lasts."""
    row = await work.one(
        "SELECT * FROM prepaid WHERE party_id = $1 AND holder = $2 FOR UPDATE", party, holder
    )
    if row is None:
        currency = (await parties.party(work, party)).currency
        await work.run(
            """
            INSERT INTO prepaid (party_id, holder, currency) VALUES ($1, $2, $3)
                ON CONFLICT DO NOTHING
            """,
            party,
            holder,
            currency,
        )
        return await lock(work, party, holder)
    return _balance(row)


async def credit(
    work: Work,
    holder: UUID,
    kind: MoveKind,
    amount: Money,
    entry: Entry,
    *,
    about: str,
    said: str = "",
) -> EntryId:
    """Put money on a balance, in the books and once; the driver can pay with it from now on."""
    before = await lock(work, entry.party, holder)
    assert amount.currency == before.currency, "a balance has the currency of its party"
    kept = await ledger.post(work, entry)
    if await _moved(work, before, kind, amount.minor, entry.once, kept, about=about, said=said):
        await _use(work, entry.party, holder)
        await judge(work, entry.party, holder)
        work.touch(f"holder:{holder}")
    return kept


async def correct(
    work: Work, party: PartyId, holder: UUID, amount: Money, *, reason: str, by: str, once: OnceKey
) -> None:
    """Give something to a balance, or take it (a minus), with a reason: a cost of ours or the
    contrary. Raises ``BalanceTooSmall``."""
    before = await lock(work, party, holder)
    if amount.currency != before.currency or before.available.minor + amount.minor < 0:
        raise BalanceTooSmall(before.available)
    own, cost = account_of(holder), CORRECTIONS
    debit, credit_ = (cost, own) if amount.minor > 0 else (own, cost)
    entry = Entry(
        party=party,
        once=once,
        at=work.now,
        memo=f"{by} corrected a balance: {reason}",
        evidence={"driver": str(holder)},
        postings=(Posting(debit, credit_, Money(abs(amount.minor), amount.currency)),),
    )
    kept = await ledger.post(work, entry)
    about = f"driver:{holder}"
    if await _moved(
        work, before, MoveKind.CORRECTION, amount.minor, once, kept, about=about, said=reason
    ):
        await judge(work, party, holder)


async def taken(
    work: Work, before: Balance, amount: Money, entry: Entry, *, kind: MoveKind, about: str
) -> EntryId:
    """Note what a charge took (a minus), or what of it was given back, on a locked balance."""
    kept = await ledger.post(work, entry)
    await _moved(work, before, kind, amount.minor, entry.once, kept, about=about, said="")
    return kept


async def _moved(
    work: Work,
    before: Balance,
    kind: MoveKind,
    minor: int,
    once: OnceKey,
    entry: EntryId,
    *,
    about: str,
    said: str,
) -> bool:
    """Whether the move is new; then the balance has it."""
    fresh = await work.run(
        """
        INSERT INTO prepaid_move (id, party_id, holder, kind, amount_minor, balance_minor, about,
                                  said, once, entry_id, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (party_id, once) DO NOTHING
        """,
        new_id(work.now),
        before.party,
        before.holder,
        kind.value,
        minor,
        before.balance_minor + minor,
        about,
        said,
        once,
        entry,
        work.now,
    )
    if fresh:
        await work.run(
            """
            UPDATE prepaid SET balance_minor = balance_minor + $3
             WHERE party_id = $1 AND holder = $2
            """,
            before.party,
            before.holder,
            minor,
        )
    return bool(fresh)


async def reserve(work: Work, before: Balance, minor: int) -> None:
    """Reserve more for charges (or less, a minus) on a locked balance."""
    await work.run(
        """
        UPDATE prepaid SET reserved_minor = reserved_minor + $3
         WHERE party_id = $1 AND holder = $2
        """,
        before.party,
        before.holder,
        minor,
    )
    work.touch(f"holder:{before.holder}")


async def judge(work: Work, party: PartyId, holder: UUID) -> None:
    """Bar the tokens that a balance pays for where it is used up, and lift that of all others. What
    is free on it pays first what is owed for top-ups that a bank took back."""
    now = await _pay_owed(work, await lock(work, party, holder))
    tokens = set(await paid_by_balance(work, party, holder)) if now.is_used_up else set[TokenId]()
    every = {token.id for token in await drivers.tokens_of_driver(work, party, DriverId(holder))}
    await drivers.bar(work, sorted(tokens), Bar.NO_CREDIT)
    await drivers.unbar(work, sorted(every - tokens), Bar.NO_CREDIT)


async def _pay_owed(work: Work, before: Balance) -> Balance:
    now = before
    for row in await store_disputes.owed(work, now.party, now.holder):
        amount = Money(min(row["owed_minor"], now.available.minor), now.currency)
        if amount.minor <= 0:
            break
        entry = Entry(
            party=now.party,
            once=OnceKey(f"owed:{row['id']}:{row['owed_minor']}"),
            at=work.now,
            memo=f"{amount} of a balance paid for a top-up that a bank took back.",
            evidence={"dispute": str(row["id"]), "driver": str(now.holder)},
            postings=(Posting(account_of(now.holder), owed_by(now.holder), amount),),
        )
        about = f"dispute:{row['id']}"
        await taken(work, now, -amount, entry, kind=MoveKind.OWED, about=about)
        await store_disputes.paid_off(work, row["id"], amount.minor)
        now = await lock(work, now.party, now.holder)
    return now


async def owed(work: Work, party: PartyId, holder: UUID) -> int:
    """What is owed for top-ups that a bank took back after they were spent."""
    return sum(row["owed_minor"] for row in await store_disputes.owed(work, party, holder))


async def paid_by_balance(work: Work, party: PartyId, holder: UUID) -> list[TokenId]:
    tokens = await drivers.tokens_of_driver(work, party, DriverId(holder))
    own = {token.id: holder for token in tokens if token.fleet is None and not token.on_account}
    paying = await store_methods.paying_for(work, own)
    return [token for token, method in paying.items() if method.provider == NAME]


async def left_of(work: Work, tokens: Sequence[Token]) -> dict[TokenId, Money]:
    """What can be spent now with each of these tokens that a balance pays for."""
    own = {
        token.id: token.driver
        for token in tokens
        if token.driver is not None and token.fleet is None and not token.on_account
    }
    paying = await store_methods.paying_for(work, dict(own))
    found: dict[TokenId, Money] = {}
    for token in tokens:
        method = paying.get(token.id)
        if method is not None and method.provider == NAME:
            now = await balance(work, token.party, method.holder)
            if now is not None:
                found[token.id] = Money(max(now.available.minor, 0), now.currency)
    return found


async def _use(work: Work, party: PartyId, holder: UUID) -> None:
    """The balance is a way to pay like others; the default where there is no other."""
    known = await store_methods.of_holder(work, party, holder)
    id = await store_methods.add_method(
        work,
        Method(
            id=MethodId(new_id(work.now)),
            party=party,
            holder=holder,
            provider=NAME,
            saved=SavedMethod(str(party), str(holder)),
            card=None,
            is_default=not known,
            saved_at=work.now,
        ),
    )
    await store_methods.remember(work, id)
    await store_methods.refused(work, id, None)
    if not known:
        await store_methods.make_default(work, party, holder, id)
    await work.announce([MethodsChanged(party=party, at=work.now, holder=holder)])


async def moves(work: Work, party: PartyId, holder: UUID, *, limit: int = 50) -> Sequence[Move]:
    """What moved on a balance, the newest first."""
    rows = await work.all(
        """
        SELECT m.*, p.currency FROM prepaid_move m
          JOIN prepaid p ON p.party_id = m.party_id AND p.holder = m.holder
         WHERE m.party_id = $1 AND m.holder = $2 ORDER BY m.at DESC, m.id DESC LIMIT $3
        """,
        party,
        holder,
        limit,
    )
    return [
        Move(
            kind=MoveKind(row["kind"]),
            amount=Money(row["amount_minor"], Currency(row["currency"])),
            balance=Money(row["balance_minor"], Currency(row["currency"])),
            about=row["about"],
            said=row["said"],
            at=row["at"],
        )
        for row in rows
    ]


def _balance(row: Row) -> Balance:
    return Balance(
        party=PartyId(row["party_id"]),
        holder=row["holder"],
        currency=Currency(row["currency"]),
        balance_minor=row["balance_minor"],
        reserved_minor=row["reserved_minor"],
        auto_below_minor=row["auto_below_minor"],
        auto_amount_minor=row["auto_amount_minor"],
        auto_method=MethodId(row["auto_method_id"]) if row["auto_method_id"] else None,
    )
