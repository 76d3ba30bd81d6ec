"""Which way a settlement goes, and when it is tried again."""

from datetime import timedelta
from typing import Final

from voltway.billing.model import (
    ACCOUNT_ROUTE,
    CARD_ROUTE,
    FREE_ROUTE,
    GIVEN_ROUTE,
    GRANTED_ROUTE,
    DocumentKind,
    Step,
)

BACK_OFF_MAX: Final = timedelta(hours=1)
#: Up to here a receipt is an invoice, too (article 238 of the VAT directive), in euros.
SIMPLIFIED_MAX_MINOR: Final = 100_00


def route(*, payable_minor: int, has_hold: bool, is_sold: bool = False) -> tuple[Step, ...]:
    """The way of a session that is priced. All ways begin with the price that decides them.

    ``is_sold`` is of one that costs nothing, for what it would have cost was granted: that stands
    in the books as any sale, and what was granted beside it.
    """
    if payable_minor:
        return CARD_ROUTE if has_hold else ACCOUNT_ROUTE
    if is_sold:
        return GRANTED_ROUTE if has_hold else ACCOUNT_ROUTE
    return FREE_ROUTE if has_hold else GIVEN_ROUTE


def is_remote(reason: str | None) -> bool:
    """Whether a station says that it stopped because we asked it to (1.6 and 2.x: ``Remote``)."""
    return (reason or "").lower() == "remote"


def back_off(tries: int) -> timedelta:
    """How long a settlement rests before its next try: seconds at first, an hour at most."""
    return min(timedelta(seconds=2 ** min(tries, 16)), BACK_OFF_MAX)


def number(ident: str, series: str, year: int, place: int) -> str:
    """An invoice's number as people read it: ``VLT-R2026-000118``."""
    return f"{ident}-{series}{year}-{place:06d}"


def kind_of_receipt(
    total_minor: int, currency: str, *, has_vat_id: bool, states_tax: bool
) -> DocumentKind:
    """A receipt of up to 100 EUR that names its seller and states its tax is a simplified invoice
    (articles 226b and 238 of the VAT directive)."""
    is_small = 0 < total_minor <= SIMPLIFIED_MAX_MINOR and currency == "EUR"
    if is_small and has_vat_id and states_tax:
        return DocumentKind.SIMPLIFIED
    return DocumentKind.RECEIPT
