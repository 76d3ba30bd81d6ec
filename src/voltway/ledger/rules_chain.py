"""The chain: each link's hash covers an entry, its postings, its evidence, and the link before.

Note [The canonical form]
~~~~~~~~~~~~~~~~~~~~~~~~~
What is hashed is JSON (RFC 8259) in UTF-8, members sorted by their names, without blanks, exactly:

    {"at": …, "before": …, "evidence": {…}, "id": …, "kept_at": …, "memo": …, "number": …,
     "once": …, "party": …, "place": …, "postings": [[debit, credit, amount, currency], …],
     "version": 1}

``before`` is the hash of the link before in hexadecimal, for the first link 64 zeros; ``number`` is
the link's own, from 1; moments are UTC with six digits, ``2026-03-02T12:00:00.000000Z``; ids are as
RFC 9562 writes them, in small letters; amounts are whole minor units; postings stand in their
order. The hash is SHA-256. So any program can check an export of the books without a key.
"""

import hashlib
from datetime import UTC, datetime
from typing import Final

import msgspec

from voltway.ledger.model import Placed

VERSION: Final = 1

#: What stands before the first link.
NOTHING: Final = bytes(32)

_ENCODE: Final = msgspec.json.Encoder(order="sorted").encode


def canonical(placed: Placed, *, number: int, before: bytes) -> bytes:
    """The bytes that a link's hash is of. See Note [The canonical form]."""
    entry = placed.entry
    return _ENCODE(
        {
            "version": VERSION,
            "before": before.hex(),
            "number": number,
            "id": str(placed.id),
            "place": placed.place,
            "party": str(entry.party),
            "once": entry.once,
            "at": moment(entry.at),
            "kept_at": moment(placed.kept_at),
            "memo": entry.memo,
            "evidence": dict(entry.evidence),
            "postings": [
                (each.debit, each.credit, each.amount.minor, each.amount.currency)
                for each in entry.postings
            ],
        }
    )


def link(placed: Placed, *, number: int, before: bytes) -> bytes:
    """The hash of the link of an entry."""
    return hashlib.sha256(canonical(placed, number=number, before=before)).digest()


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
