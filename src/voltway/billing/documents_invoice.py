"""Full invoices and credit notes as they are frozen: plain data that never changes.

The fields are those of article 226 of the VAT directive (2006/112/EC) and of the core invoice of
EN 16931, whose business terms (BT) and groups (BG) stand beside them. As in ``documents``, amounts
are whole minor units, exact numbers are decimal texts, and times are UTC. A document that does not
add up cannot be made, nor be read.
"""

from decimal import Decimal
from typing import Final

import msgspec

from voltway.billing.documents import Place, Seller, Visit, _Document
from voltway.kernel.money import Currency, Money, payable

#: The two rounding modes. One document has one, and says which.
GROSS_LEADING: Final = "gross-leading"  # the buyer pays exactly the gross that was shown
NET_LEADING: Final = "net-leading"  # tax on the total of each category: EN 16931 BR-CO-17


class InvoiceSeller(Seller, frozen=True, kw_only=True):
    """The seller (BG-4), with what a machine reads of the address, and whom to ask (BG-6)."""

    street: str
    postal_code: str
    city: str
    contact: str | None = None
    phone: str | None = None
    email: str | None = None
    iban: str | None = None


class Buyer(_Document, frozen=True, kw_only=True):
    """The buyer (BG-7): a company, with its VAT id as far as we know it."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str  # ISO 3166-1, two letters
    vat_id: str | None = None
    vat_checked_at: str | None = None  # when the register of the union (VIES) said that it is valid
    email: str | None = None
    reference: str | None = None  # BT-10: what the buyer wants to read on it
    resells: bool = False  # a taxable dealer: it buys electricity to sell it (art. 38)
    xrechnung: bool = False  # wants the invoice as XRechnung beside the PDF


class Item(_Document, frozen=True, kw_only=True):
    """A line (BG-25): what was supplied, how much of it, at which price."""

    kind: str  # ENERGY, TIME, PARKING_TIME, FLAT, MIN_PRICE; other words for other lines
    name: str  # what it is, in English, where the kind does not say it
    quantity: str  # BT-129; negative only where a statement's line takes back
    unit: str  # BT-130: KWH, HUR or C62 (UN/ECE recommendation 20)
    price: str  # BT-146: net, for one unit
    category: str  # BT-151: S, Z, E, AE, O (UNTDID 5305)
    rate: str | None  # BT-152: "0" where no tax is due, none where the tariff stated none
    net_minor: int  # BT-131
    gross_price: str | None = None  # as it was shown, where gross leads
    gross_minor: int | None = None
    begins: str | None = None  # BG-26
    ends: str | None = None
    note: str | None = None  # BT-127
    session: str | None = None
    reservation: str | None = None


class Allowance(_Document, frozen=True, kw_only=True):
    """What is taken off the whole (BG-20), in one category."""

    kind: str  # MAX_PRICE, or another word
    reason: str  # BT-97, in English
    category: str
    rate: str | None
    net_minor: int  # BT-92: what is taken off, so never negative
    gross_minor: int | None = None


class TaxPart(_Document, frozen=True, kw_only=True):
    """What is taxed at one rate (BG-23)."""

    category: str
    rate: str | None
    net_minor: int  # BT-116
    tax_minor: int  # BT-117
    exempt: str | None = None  # BT-121: why no tax is due, a code of the VATEX list


class Refers(_Document, frozen=True, kw_only=True):
    """The document that this one is about (BG-3)."""

    relation: str  # replaces | credits
    number: str  # BT-25
    issued_at: str  # BT-26
    sha256: str


class InvoiceDocument(_Document, frozen=True, kw_only=True):
    """An invoice or a credit note as it was issued."""

    version: int = 1
    kind: str  # invoice | credit_note | self_billed_invoice
    number: str  # BT-1
    issued_at: str  # BT-2
    zone: str  # whose days its dates are
    due_on: str | None = None  # BT-9, a date
    supplied_from: str  # BT-73
    supplied_to: str  # BT-74, and the day of supply of art. 226 (7)
    currency: str  # BT-5
    rounding: str
    seller: InvoiceSeller
    buyer: Buyer | None  # nobody is named on the credit note of a receipt
    lines: tuple[Item, ...]
    allowances: tuple[Allowance, ...] = ()
    taxes: tuple[TaxPart, ...]
    net_minor: int  # BT-109
    tax_minor: int  # BT-110
    rounding_minor: int  # BT-114: what net and tax lack to the gross that was shown
    total_minor: int  # what the document comes to
    paid_minor: int  # BT-113
    paid_how: str = ""  # card, account, transfer; nothing on a credit note that nobody paid yet
    refers: Refers | None = None
    reason: str = ""
    place: Place | None = None
    visit: Visit | None = None
    evidence: tuple[tuple[str, str], ...] = ()  # what it was made of, and its SHA-256

    def __post_init__(self) -> None:
        assert self.rounding in (GROSS_LEADING, NET_LEADING), "one of two ways to round"
        assert self.net_minor + self.tax_minor + self.rounding_minor == self.total_minor
        assert sum(each.net_minor for each in self.taxes) == self.net_minor
        assert sum(each.tax_minor for each in self.taxes) == self.tax_minor
        for part in self.taxes:
            self._check_part(part)
        if self.rounding == NET_LEADING:
            assert not self.rounding_minor, "where net leads, there is no cent to round away"
            assert all(line.gross_minor is None for line in self.lines)
            assert all(off.gross_minor is None for off in self.allowances)
        else:
            on = sum(line.gross_minor or 0 for line in self.lines)
            off = sum(each.gross_minor or 0 for each in self.allowances)
            assert on - off == self.total_minor
            assert abs(self.rounding_minor) <= len(self.taxes), "a cent for each rate, at most"
        assert (self.refers is not None) or self.kind != "credit_note", "it credits something"

    def _check_part(self, part: TaxPart) -> None:
        """The lines of a category are its base (BR-S-08), and its tax is the base times the rate
        where a machine reads it (BR-CO-17)."""
        key = (part.category, part.rate)
        of = [each.net_minor for each in self.lines if (each.category, each.rate) == key]
        off = [each.net_minor for each in self.allowances if (each.category, each.rate) == key]
        assert sum(of) - sum(off) == part.net_minor, f"the lines at {key} are its base"
        if self.buyer is not None:
            assert part.rate is not None, "a company's invoice states its tax"
            assert part.tax_minor == tax_of(part.net_minor, part.rate, Currency(self.currency))

    @property
    def open_minor(self) -> int:
        """What is still to be paid (BT-115)."""
        return self.total_minor - self.paid_minor


def tax_of(net_minor: int, rate: str | None, currency: Currency) -> int:
    """The tax on a net amount, rounded half-up, once for each category (EN 16931 BR-CO-17)."""
    if rate is None:
        return 0
    net = Money(net_minor, currency).decimal
    return payable(net * Decimal(rate) / 100, currency).minor


def invoice(raw: bytes | str) -> InvoiceDocument:
    """The invoice or credit note that these bytes are."""
    return msgspec.json.decode(raw, type=InvoiceDocument)
