"""Customers, who charge on account, and what stands on a statement."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import InvoiceId, PartyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A fleet or a driver that gets a statement each month."""

    id: UUID
    party: PartyId
    name: str
    street: str
    postal_code: str
    city: str
    country: str  # ISO 3166-1, two letters
    vat_id: str | None
    email: str | None
    reference: str | None
    locale: str
    is_business: bool  # net leads on its statements
    due_days: int
    created_at: datetime
    wants_xrechnung: bool = False  # beside the PDF of a statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstated:
    """A receipt on account, or what credits one, that stands on no statement yet."""

    id: InvoiceId
    kind: str
    number: str
    document: bytes
    sha256: str
    customer: UUID
    account: str  # whose account in the books it is
    label: str  # what the card is called, or the end of its number
    ended_at: datetime  # when the session did
    corrects: str | None
    stated_on: str | None  # the number of the statement that has what it corrects
