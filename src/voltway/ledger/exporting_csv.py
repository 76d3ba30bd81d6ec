"""The books as CSV (RFC 4180, UTF-8): a line for each posting, with all that the chain covers.

The columns are documented in docs/operating/books.md. Together with the heads that are kept
elsewhere an export proves itself: the canonical form of each entry can be made of its lines.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from voltway.kernel.ids import EntryId
from voltway.ledger.model import Placed
from voltway.ledger.rules_chain import moment

COLUMNS: Final = (
    "place",
    "link",
    "hash",
    "entry",
    "once",
    "at",
    "kept_at",
    "memo",
    "evidence",
    "posting",
    "debit",
    "credit",
    "amount",
    "currency",
)

_JSON: Final = msgspec.json.Encoder(order="sorted").encode


def head() -> str:
    return _written([COLUMNS])


def lines(entries: Iterable[Placed], links: Mapping[EntryId, tuple[int, bytes]]) -> str:
    """The lines of these entries. One that is not sealed yet has no link and no hash."""
    return _written(
        (
            each.place,
            links[each.id][0] if each.id in links else "",
            links[each.id][1].hex() if each.id in links else "",
            each.id,
            plain(each.entry.once),
            moment(each.entry.at),
            moment(each.kept_at),
            plain(each.entry.memo),
            _JSON(dict(each.entry.evidence)).decode(),
            number,
            posting.debit,
            posting.credit,
            f"{posting.amount.decimal:f}",
            posting.amount.currency,
        )
        for each in entries
        for number, posting in enumerate(each.entry.postings, start=1)
    )


def plain(text: str) -> str:
    """Text that a spreadsheet takes for text: what begins as a formula would be run by it."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def _written(rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
