"""Statements and settlements as they are frozen: plain data that never changes.

A *statement* gathers what somebody charged on account in a month; each of its lines is a receipt or
the correction of one. A *settlement* gathers what a host has earned; each of its lines is a share.
As in ``documents``, amounts are whole minor units and exact numbers decimal texts. What does not
add up cannot be made, nor be read.
"""

from typing import Final

import msgspec

from voltway.billing.documents import Seller, Tax, _Document
from voltway.billing.documents_invoice import InvoiceSeller

STATEMENT: Final = "statement"
SETTLEMENT: Final = "settlement"
HOME: Final = "home"


class Recipient(_Document, frozen=True, kw_only=True):
    """Whom it is for."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str
    vat_id: str | None = None
    reference: str | None = None
    email: str | None = None


class Charge(_Document, frozen=True, kw_only=True):
    """A receipt, or the correction of one: with a minus, and the number that it corrects."""

    number: str
    sha256: str
    session: str | None
    at: str  # when the session ended
    zone: str  # of its place
    place: str
    evse: str
    vehicle: str  # what the driver's card is called, or the end of its number
    energy_wh: int
    taxes: tuple[Tax, ...]
    net_minor: int
    gross_minor: int
    corrects: str | None = None
    stated_on: str | None = None  # the earlier statement that has what it corrects


class HostShare(_Document, frozen=True, kw_only=True):
    """A host's part of a session, of its correction, or of a month."""

    share: str
    kind: str  # session | correction | month
    session: str | None
    number: str | None  # of the receipt, or of what corrects it
    at: str
    zone: str
    location: str
    evse: str
    energy_wh: int
    revenue_minor: int
    percent: str
    per_session: str
    per_kwh: str
    per_month: str
    percent_minor: int
    session_minor: int
    energy_minor: int
    month_minor: int
    amount_minor: int
    agreement: str  # "3 of 2026-01-01"
    rate: str | None
    settled_on: str | None = None  # the earlier settlement that has what it corrects


class StatementDocument(_Document, frozen=True, kw_only=True):
    """A statement or a settlement as it was issued."""

    version: int = 1
    kind: str
    number: str
    issued_at: str
    zone: str  # whose days and months its dates are
    month: str  # 2026-11
    due_on: str
    currency: str
    rounding: str
    about: str | None = None  # a claim says that it is of charging at home
    self_billed: bool = False  # an invoice that the buyer writes (VAT directive, article 224)
    seller: Seller  # who writes it
    recipient: Recipient
    reached: InvoiceSeller | None = None  # the seller as an invoice names it, where it is complete
    charges: tuple[Charge, ...] = ()
    shares: tuple[HostShare, ...] = ()
    taxes: tuple[Tax, ...]
    net_minor: int
    tax_minor: int
    total_minor: int

    def __post_init__(self) -> None:
        assert self.kind in (STATEMENT, SETTLEMENT)
        assert bool(self.charges) != bool(self.shares), "lines of one kind"
        assert self.net_minor + self.tax_minor == self.total_minor, "net and tax make the total"
        for part, whole in (
            ((tax.net_minor for tax in self.taxes), self.net_minor),
            ((tax.tax_minor for tax in self.taxes), self.tax_minor),
            ((tax.gross_minor for tax in self.taxes), self.total_minor),
            (map(self._net_of, self.lines), self.net_minor),
        ):
            assert sum(part) == whole, "the lines make the total"

    @property
    def lines(self) -> "tuple[Charge | HostShare, ...]":
        return self.charges or self.shares

    @staticmethod
    def _net_of(line: Charge | HostShare) -> int:
        return line.net_minor if isinstance(line, Charge) else line.amount_minor


def statement(raw: bytes | str) -> StatementDocument:
    """The statement or settlement that these bytes are."""
    return msgspec.json.decode(raw, type=StatementDocument)
