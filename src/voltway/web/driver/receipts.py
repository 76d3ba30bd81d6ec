"""A receipt's frozen document as the lines of a page. It computes nothing: amounts are printed."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from voltway.billing.documents import Line, Receipt, Tax
from voltway.web.formats import Formats

_WHAT: Final = {
    "ENERGY": "Energy",
    "TIME": "Charging time",
    "PARKING_TIME": "Idle fee",
    "FLAT": "Start fee",
    "MIN_PRICE": "To the least price",
    "MAX_PRICE": "Down to the highest price",
}


@dataclass(frozen=True, slots=True)
class BillLine:
    what: str
    detail: str
    amount: str


@dataclass(frozen=True, slots=True)
class TaxLine:
    words: str
    amount: str


@dataclass(frozen=True, slots=True)
class Bill:
    """What the receipt's page shows."""

    day: str
    clocks: str
    lines: tuple[BillLine, ...]
    taxes: tuple[TaxLine, ...]


def shown(document: Receipt, formats: Formats) -> Bill:
    zone = document.place.zone
    begins = datetime.fromisoformat(document.visit.begins)
    ends = datetime.fromisoformat(document.visit.ends)
    return Bill(
        day=formats.day(datetime.fromisoformat(document.issued_at), zone),
        clocks=formats.clocks(begins, ends, zone),
        lines=tuple(_line(line, document.currency, formats) for line in document.lines),
        taxes=tuple(_tax(tax, document.currency, formats) for tax in document.taxes),
    )


def _line(line: Line, currency: str, formats: Formats) -> BillLine:
    what = _WHAT.get(line.kind, line.kind.capitalize())
    if line.reservation:
        what = f"Reservation, {what.lower()}"
    return BillLine(
        what, _detail(line, currency, formats), formats.amount(line.gross_minor, currency)
    )


def _detail(line: Line, currency: str, formats: Formats) -> str:
    """``49.12 kWh × €0.49``: what a person needs to check the line."""
    if line.price is None:
        return line.why
    price = Decimal(line.price)
    volume = Decimal(line.billed_volume)
    if line.kind == "ENERGY":
        return f"{formats.number(volume, 3)} kWh \u00d7 {formats.price(price, currency)}"
    if line.kind in ("TIME", "PARKING_TIME"):
        minutes = formats.number(volume * 60, 1)
        return f"{minutes} min \u00d7 {formats.price(price / 60, currency)}"
    return "once"


def _tax(tax: Tax, currency: str, formats: Formats) -> TaxLine:
    net = formats.amount(tax.net_minor, currency)
    if tax.rate is None:
        return TaxLine(f"no tax stated on {net}", formats.amount(tax.tax_minor, currency))
    rate = formats.tax_rate(Decimal(tax.rate))
    return TaxLine(f"of which VAT {rate} on {net}", formats.amount(tax.tax_minor, currency))
