"""Vouchers: codes of a value that a driver puts on a prepaid balance, each once.

A voucher is money, not a discount: what a price is less by, is a promotion (``tariffs``). Nobody
knows yet for which supply it will be used, so no tax is due before it is (directive 2006/112/EC
art. 30b(2)). A code has 80 bits and is kept as a hash: who reads the database can redeem nothing.

    sold        bank              to    vouchers                 (what somebody paid for a series)
    redeemed    vouchers          to    driver:<who>:prepaid
    or a gift   cost:vouchers     to    driver:<who>:prepaid
    lapsed      vouchers          to    income:vouchers        (sold, and nobody came in time)
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OnceKey, PartyId, new_id
from voltway.kernel.money import Currency, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Entry, Posting, account
from voltway.payments import prepaid
from voltway.runtime.work import BeginWork, Row, Work

OWED: Final = account("vouchers")
GIVEN: Final = account("cost", "vouchers")
BANK: Final = account("bank")
LAPSED: Final = account("income", "vouchers")

#: Without letters and digits that look alike.
ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
SIGNS: Final = 16
COUNT_MAX: Final = 10_000
#: So many codes that there are not may be typed within the time; then nothing is redeemed.
WRONG_MAX: Final = 10
WRONG_WITHIN: Final = timedelta(hours=1)
#: Longer than any work lasts: what was redeemed before its end is on the balance by then.
CLOSED_AFTER: Final = timedelta(hours=1)


@dataclass(eq=False)
class SeriesWrong(Refusal):
    """
    A series has a name, a value above nothing, 1 to 10,000 codes, and a last day that is to come.
    """

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NoSuchVoucher(Refusal):
    """There is no such voucher. Look at the code again: it has no 0, 1, I or O."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class Redeemed(Refusal):
    """This voucher is used already."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class VoucherOver(Refusal):
    """This voucher was good until {day}."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    day: date


@dataclass(eq=False)
class TooManyWrong(Refusal):
    """Too many codes that there are not. Please try again in an hour."""

    kind: ClassVar[Kind] = Kind.LIMIT


def spelled(text: str) -> str:
    """A code as it is kept, however somebody wrote it."""
    return "".join(sign for sign in text.upper() if sign in ALPHABET)


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _new_code() -> str:
    signs = "".join(secrets.choice(ALPHABET) for _ in range(SIGNS))
    return "-".join(signs[at : at + 4] for at in range(0, SIGNS, 4))


async def make_series(
    work: Work,
    party: PartyId,
    *,
    name: str,
    value: Money,
    count: int,
    valid_until: datetime,
    is_sold: bool,
    by: str,
) -> tuple[UUID, list[str]]:
    """Make codes, which are told here and never again. ``is_sold``: somebody paid for all of them
    to our bank. Raises ``SeriesWrong``."""
    name = " ".join(name.split())[:80]
    if not name or value.minor <= 0 or not 1 <= count <= COUNT_MAX or valid_until <= work.now:
        raise SeriesWrong
    series = new_id(work.now)
    codes = [_new_code() for _ in range(count)]
    await work.run(
        """
        INSERT INTO voucher_series (id, party_id, name, amount_minor, currency, count, is_sold,
                                    valid_until, made_by, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        series,
        party,
        name,
        value.minor,
        value.currency,
        count,
        is_sold,
        valid_until,
        by,
        work.now,
    )
    await work.run(
        """
        INSERT INTO voucher (id, party_id, series_id, code_hash)
        SELECT id, $2, $3, code FROM unnest($1::uuid[], $4::bytea[]) AS made (id, code)
        """,
        [new_id(work.now) for _ in codes],
        party,
        series,
        [_hash(spelled(code)) for code in codes],
    )
    if is_sold:
        total = Money(value.minor * count, value.currency)
        await ledger.post(
            work,
            Entry(
                party=party,
                once=OnceKey(f"vouchers:{series}"),
                at=work.now,
                memo=f"{count} vouchers of {value} were sold: {name}.",
                evidence={"voucher_series": str(series)},
                postings=(Posting(BANK, OWED, total),),
            ),
        )
    return series, codes


async def withdraw(work: Work, series: UUID) -> None:
    """What is not redeemed of a series is worth nothing from now on."""
    await work.run(
        "UPDATE voucher_series SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL",
        series,
        work.now,
    )


async def redeem(work: Work, party: PartyId, holder: UUID, text: str) -> Money | Refusal:
    """Put a voucher on a driver's balance, once: its value, or why not. A wrong code is counted, so
    a refusal is given back and not raised: what was counted has to be kept."""
    before = await prepaid.lock(work, party, holder)
    wrong, since = await _wrong_lately(work, party, holder)
    if wrong >= WRONG_MAX:
        return TooManyWrong()
    voucher = await work.one(
        """
        SELECT v.id, v.redeemed_at, s.amount_minor, s.currency, s.is_sold, s.valid_until,
               s.withdrawn_at, s.name
          FROM voucher v JOIN voucher_series s ON s.id = v.series_id
         WHERE v.party_id = $1 AND v.code_hash = $2 FOR UPDATE OF v
        """,
        party,
        _hash(spelled(text)),
    )
    if voucher is None or voucher["currency"] != before.currency:
        await work.run(
            """
            UPDATE prepaid SET wrong_codes = $3, wrong_since = $4
             WHERE party_id = $1 AND holder = $2
            """,
            party,
            holder,
            wrong + 1,
            since,
        )
        return NoSuchVoucher()
    return await _credit(work, party, holder, voucher)


async def _wrong_lately(work: Work, party: PartyId, holder: UUID) -> tuple[int, datetime]:
    """How many wrong codes a holder typed within the time, and since when that counts."""
    row = await work.one(
        "SELECT wrong_codes, wrong_since FROM prepaid WHERE party_id = $1 AND holder = $2",
        party,
        holder,
    )
    assert row is not None, "it was just locked"
    since: datetime | None = row["wrong_since"]
    if since is None or work.now - since >= WRONG_WITHIN:
        return 0, work.now
    return int(row["wrong_codes"]), since


async def _credit(work: Work, party: PartyId, holder: UUID, voucher: Row) -> Money | Refusal:
    if voucher["redeemed_at"] is not None:
        return Redeemed()
    ends = min(filter(None, (voucher["valid_until"], voucher["withdrawn_at"])))
    if ends <= work.now:
        return VoucherOver(ends.date())
    value = Money(voucher["amount_minor"], Currency(voucher["currency"]))
    await work.run(
        "UPDATE voucher SET redeemed_by = $2, redeemed_at = $3 WHERE id = $1",
        voucher["id"],
        holder,
        work.now,
    )
    entry = Entry(
        party=party,
        once=OnceKey(f"voucher:{voucher['id']}"),
        at=work.now,
        memo=f"A voucher of {value} was redeemed: {voucher['name']}.",
        evidence={"voucher": str(voucher["id"])},
        postings=(
            Posting(OWED if voucher["is_sold"] else GIVEN, prepaid.account_of(holder), value),
        ),
    )
    await prepaid.credit(
        work,
        holder,
        prepaid.MoveKind.VOUCHER,
        value,
        entry,
        about=f"voucher:{voucher['id']}",
        said=voucher["name"],
    )
    return value


async def close_ended(begin: BeginWork) -> int:
    """The round: what nobody redeemed of sold series in time is owed no more, and so income; no
    tax is due on it, for nothing was supplied. How many series were closed."""
    async with begin() as work:
        rows = await work.all(
            """
            SELECT id, party_id FROM voucher_series
             WHERE closed_at IS NULL AND least(valid_until, withdrawn_at) <= $1
             ORDER BY valid_until LIMIT 100
            """,
            work.now - CLOSED_AFTER,
        )
    for row in rows:
        async with begin(PartyId(row["party_id"])) as work:
            await _close(work, row["id"])
    return len(rows)


async def _close(work: Work, series: UUID) -> None:
    row = await work.one(
        "SELECT * FROM voucher_series WHERE id = $1 AND closed_at IS NULL FOR UPDATE", series
    )
    if row is None:
        return  # somebody else has just closed it
    left = await work.one(
        "SELECT count(*)::int AS n FROM voucher WHERE series_id = $1 AND redeemed_at IS NULL",
        series,
    )
    assert left is not None, "a count always has a row"
    if row["is_sold"] and left["n"]:
        value = Money(row["amount_minor"], Currency(row["currency"]))
        total = Money(value.minor * left["n"], value.currency)
        await ledger.post(
            work,
            Entry(
                party=PartyId(row["party_id"]),
                once=OnceKey(f"vouchers:{series}:lapsed"),
                at=work.now,
                memo=f"{left['n']} vouchers of {value} were not redeemed in time: {row['name']}.",
                evidence={"voucher_series": str(series)},
                postings=(Posting(OWED, LAPSED, total),),
            ),
        )
    await work.run("UPDATE voucher_series SET closed_at = $2 WHERE id = $1", series, work.now)
