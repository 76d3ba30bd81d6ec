"""Card numbers that somebody types where none belongs: refused at the door, before anything of it
is kept or logged. We hold none, so PCI DSS (SAQ A) asks of us what it asks of who holds none.

A card number is what an issuer gives out (ISO/IEC 7812-1: its length by its first digits, the last
one a check digit after Luhn), alone or in the groups in which it is printed. What is a part of
something longer, such as an IBAN, a UUID or a number of more digits, is none.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import unquote_plus

from litestar import Request

from voltway.kernel.errors import Kind, Refusal

_SEP: Final = "[ \u00a0-]"
#: Alone, or in its groups with one kind of gap; not within something longer.
_NUMBER: Final = re.compile(
    rf"(?<![0-9A-Za-z-])(?<![0-9]{_SEP})"
    rf"(?:\d{{14,19}}"
    rf"|\d{{4}}({_SEP})\d{{4}}\1\d{{4}}\1\d{{4}}(?:\1\d{{3}})?"
    rf"|\d{{4}}({_SEP})\d{{6}}\2\d{{4,5}})"
    rf"(?![0-9A-Za-z-])(?!{_SEP}[0-9])"
)
#: First digits, and how many digits there are in all.
_ISSUED: Final = (
    (re.compile(r"4"), (16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"3(?:0[0-5]|[689])"), (14, 16, 19)),
    (re.compile(r"35(?:2[89]|[3-8])"), (16, 17, 18, 19)),
    (re.compile(r"6(?:011|4[4-9]|5)"), (16, 19)),
    (re.compile(r"62"), (16, 17, 18, 19)),
)


#: How files come.
_FILES: Final = frozenset({"multipart/form-data", "text/csv"})


@dataclass(eq=False)
class CardNumber(Refusal):
    """
    There is a card number in this, and we take none: a card is given on the page of the payment
    provider. Nothing was kept. Go back and take it out.
    """

    kind: ClassVar[Kind] = Kind.INVALID


def holds_card_number(text: str) -> bool:
    return any(_is_issued(re.sub(r"\D", "", found[0])) for found in _NUMBER.finditer(text))


def _is_issued(digits: str) -> bool:
    return _luhn(digits) and any(
        first.match(digits) and len(digits) in lengths for first, lengths in _ISSUED
    )


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


async def must_hold_none(request: Request[Any, Any, Any]) -> None:
    """Refuse a request with a card number in its address or its body. Raises ``CardNumber``.

    What providers send is signed, and its cards have their last digits alone; in a file that an
    operator brings, long numbers are references.
    """
    if request.url.path.startswith("/webhooks/"):
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_read = request.method in ("GET", "HEAD", "OPTIONS") or kind in _FILES
    body = b"" if is_read else await request.body()
    query: bytes = request.scope["query_string"]
    for raw in (request.url.path.encode(), query, body):
        text = raw.decode("utf-8", "replace")
        if holds_card_number(text) or holds_card_number(unquote_plus(text)):
            raise CardNumber
