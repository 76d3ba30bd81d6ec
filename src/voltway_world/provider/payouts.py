"""What reaches the merchant's bank: all that moved and was not paid out, less what we keep of it.

A provider pays out by itself, each day; this one when ``POST /_world/payout/EUR`` says so.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from voltway_world.provider.books import BalanceTransaction, Page, Payout, Refused, new_id
from voltway_world.provider.journal import Books

#: What we keep of a capture: 1.5 % and 25 of the smallest unit.
PERMILLE = 15
FIXED_MINOR = 25

_DIGITS = {"JPY": 0, "KRW": 0, "ISK": 0, "BHD": 3, "KWD": 3, "TND": 3}
_HEAD = (
    *("line", "kind", "date", "currency", "gross", "fee", "net"),
    *("payout", "hold", "reference", "source"),
)


def fee_minor(amount_minor: int) -> int:
    """What we keep of a capture."""
    return (amount_minor * PERMILLE + 500) // 1000 + FIXED_MINOR


def pay_out(books: Books, currency: str) -> Payout:
    """Send all of a balance that was not sent yet to the merchant's bank."""
    open_ = [
        move
        for move in books.transactions.values()
        if move.currency == currency and move.payout is None
    ]
    payout = Payout(
        id=new_id("po"),
        amount_minor=sum(_net(move) for move in open_),
        currency=currency,
        created_at=datetime.now(UTC),
    )
    sent = BalanceTransaction(
        id=new_id("txn"),
        type="payout",
        hold="",
        reference="",
        amount_minor=-payout.amount_minor,
        currency=currency,
        created_at=payout.created_at,
        payout=payout.id,
    )
    paid = (msgspec.structs.replace(move, payout=payout.id) for move in open_)
    books.keep(Page(payout=payout, moves=(*paid, sent)))
    return payout


def moves(books: Books, payout: str | None, *, newest_first: bool) -> list[dict[str, Any]]:
    """The movements on the balance, or those that one payout paid; else in the order of their
    making."""
    if payout is not None:
        _payout(books, payout)
    found = [
        msgspec.to_builtins(move)
        for move in books.transactions.values()
        if payout in (None, move.payout)
    ]
    return found[::-1] if newest_first else found


def payouts(books: Books, *, newest_first: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [msgspec.to_builtins(each) for each in books.payouts.values()]
    return found[::-1] if newest_first else found


def report(books: Books, payout: str) -> str:
    """The report of a payout as a file: each movement, and at the end the payout itself."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEAD)
    writer.writerows(_rows(books, _payout(books, payout)))
    return out.getvalue()


def _rows(books: Books, paid: Payout) -> Iterator[tuple[str, ...]]:
    for move in books.transactions.values():
        if move.payout != paid.id:
            continue
        amounts = (move.amount_minor, move.fee_minor, _net(move))
        source = paid.id if move.type == "payout" else move.refund or move.dispute or ""
        yield (
            *(move.id, move.type, move.created_at.isoformat(), move.currency),
            *(_major(minor, move.currency) for minor in amounts),
            *(paid.id, move.hold, move.reference, source),
        )


def _net(move: BalanceTransaction) -> int:
    return move.amount_minor - move.fee_minor


def _payout(books: Books, name: str) -> Payout:
    found = books.payouts.get(name)
    if found is None:
        raise Refused(404, "not_found", f"There is no payout {name}.")
    return found


def _major(minor: int, currency: str) -> str:
    return f"{Decimal(minor).scaleb(-_DIGITS.get(currency, 2)):f}"
