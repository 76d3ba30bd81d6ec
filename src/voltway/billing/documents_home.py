"""A driver's month of home charging as it is frozen: plain data that never changes.

As in ``documents``, amounts are whole minor units and exact numbers decimal texts. What does not
add up cannot be made, nor be read.
"""

from typing import Final

import msgspec

from voltway.billing.documents import Seller, _Document
from voltway.billing.documents_statement import Recipient

REIMBURSEMENT: Final = "reimbursement"


class HomeLine(_Document, frozen=True, kw_only=True):
    """A session at home as its meter told it, or what is corrected of one, with its sign."""

    credit: str
    kind: str  # session | correction
    session: str
    cdr: str
    begins: str
    ends: str
    zone: str
    place: str
    station: str
    energy_wh: int
    meter_begin_wh: int | None
    meter_end_wh: int | None
    per_kwh: str
    rate: str  # "2 of 2026-03-01"
    amount_minor: int


class HomeStatement(_Document, frozen=True, kw_only=True):
    """What a company pays a driver back for a month."""

    version: int = 1
    kind: str = REIMBURSEMENT
    number: str
    issued_at: str
    zone: str  # whose days and months its dates are
    month: str  # 2026-11
    currency: str
    operator: Seller  # who measured it, and pays it on the company's behalf
    company: Recipient
    driver: str
    fleet: str
    lines: tuple[HomeLine, ...]
    energy_wh: int
    total_minor: int

    def __post_init__(self) -> None:
        assert self.lines, "a month has a line"
        assert sum(line.energy_wh for line in self.lines) == self.energy_wh
        assert sum(line.amount_minor for line in self.lines) == self.total_minor


def home_statement(raw: bytes | str) -> HomeStatement:
    """The month that these bytes are."""
    return msgspec.json.decode(raw, type=HomeStatement)
