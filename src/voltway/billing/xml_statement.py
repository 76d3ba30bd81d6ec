"""A statement as the collective invoice that it is to a business, for machines: UBL and CII.

Each line is a receipt, at each of its rates, once at what it came to; what corrects an earlier
month is a line that counts minus once, for a price is never negative (EN 16931, BR-27). The tax is
that on the sum of each rate, as on the statement. A settlement with a host that is taxed is an
invoice that its buyer writes: there the host sells, and we buy (VAT directive, article 224).
"""

from collections.abc import Iterator
from datetime import timedelta

from voltway.billing import documents_statement, xml_cii, xml_ubl
from voltway.billing.documents import Tax
from voltway.billing.documents_invoice import (
    NET_LEADING,
    Buyer,
    InvoiceDocument,
    InvoiceSeller,
    Item,
    TaxPart,
)
from voltway.billing.documents_statement import (
    SETTLEMENT,
    Charge,
    HostShare,
    Recipient,
    StatementDocument,
)
from voltway.billing.freezing import utc
from voltway.billing.model import DocumentKind
from voltway.billing.rules_invoice import ONCE
from voltway.billing.rules_statements import month
from voltway.billing.rules_tax import category_of
from voltway.billing.xml_ubl import LacksForXRechnung, NotForMachines
from voltway.kernel.errors import Kind
from voltway.kernel.money import Currency, Money
from voltway.kernel.units import EnergyWh, kwh


class NoInvoice(NotForMachines):
    """This is no invoice to a business, so there is none of it for machines."""

    kind = Kind.ABSENT


def statement_xrechnung(document: bytes) -> bytes:
    """The statement as XRechnung in UBL. Raises ``NoInvoice`` and ``LacksForXRechnung``."""
    return xml_ubl.xrechnung(as_invoice(documents_statement.statement(document)))


def statement_cii(document: bytes) -> bytes:
    """The statement as CII, the XML of its Factur-X. Raises as ``statement_xrechnung``."""
    return xml_cii.cii(as_invoice(documents_statement.statement(document)))


def as_invoice(made: StatementDocument) -> InvoiceDocument:
    """The statement as an invoice that covers its month."""
    is_settlement = made.kind == SETTLEMENT
    if made.rounding != NET_LEADING or (is_settlement and not made.self_billed):
        raise NoInvoice
    if made.reached is None:
        raise LacksForXRechnung("the seller's whole address and VAT id")
    if any(tax.rate is None for tax in made.taxes):
        raise LacksForXRechnung("a rate of VAT on every line")
    seller, buyer = made.reached, _buyer(made.recipient)
    if is_settlement:
        seller, buyer = _host(made), _ourselves(made.reached)
    of = month(made.month, made.zone)
    return InvoiceDocument(
        kind=DocumentKind.SELF_BILLED if is_settlement else DocumentKind.INVOICE,
        number=made.number,
        issued_at=made.issued_at,
        zone=made.zone,
        due_on=made.due_on,
        supplied_from=utc(of.begins),
        supplied_to=utc(of.ends - timedelta(seconds=1)),
        currency=made.currency,
        rounding=NET_LEADING,
        seller=seller,
        buyer=buyer,
        lines=tuple(_items(made)),
        taxes=tuple(_part(tax) for tax in made.taxes),
        net_minor=made.net_minor,
        tax_minor=made.tax_minor,
        rounding_minor=0,
        total_minor=made.total_minor,
        paid_minor=0,
        paid_how="account",
    )


def _buyer(to: Recipient) -> Buyer:
    return Buyer(
        name=to.name,
        street=to.street,
        postal_code=to.postal_code,
        city=to.city,
        country=to.country,
        vat_id=to.vat_id,
        email=to.email,
        reference=to.reference,
    )


def _host(made: StatementDocument) -> InvoiceSeller:
    """The host, who sells the use of a place."""
    to = made.recipient
    if not to.vat_id:
        raise LacksForXRechnung("the host's VAT id")
    return InvoiceSeller(
        name=to.name,
        legal_name=to.name,
        vat_id=to.vat_id,
        address=(to.street, f"{to.postal_code} {to.city}".strip()),
        country=to.country,
        street=to.street,
        postal_code=to.postal_code,
        city=to.city,
        email=to.email,
    )


def _ourselves(party: InvoiceSeller) -> Buyer:
    return Buyer(
        name=party.legal_name,
        street=party.street,
        postal_code=party.postal_code,
        city=party.city,
        country=party.country,
        vat_id=party.vat_id,
        email=party.email,
    )


def _items(made: StatementDocument) -> Iterator[Item]:
    for line in made.charges:
        for tax in line.taxes:
            yield _item(f"Charging at {line.place}", _note(line), tax.rate, tax.net_minor, made)
    for share in made.shares:
        name = f"Share of what was charged at {share.location}"
        yield _item(name, _share_note(share), share.rate, share.amount_minor, made)


def _item(name: str, note: str, rate: str | None, net_minor: int, made: StatementDocument) -> Item:
    price = Money(abs(net_minor), Currency(made.currency)).decimal
    return Item(
        kind="CHARGE",
        name=name,
        quantity="-1" if net_minor < 0 else "1",
        unit=ONCE,
        price=f"{price:f}",
        category=category_of(rate),
        rate=rate,
        net_minor=net_minor,
        note=note,
    )


def _note(line: Charge) -> str:
    """What a person looks for on a line: which receipt, when, whose, how much."""
    if line.corrects is not None:
        return f"{line.number} corrects {line.corrects}"
    energy = f"{kwh(EnergyWh(line.energy_wh)):f} kWh"
    told = (f"Receipt {line.number}", line.at[:10], line.evse, line.vehicle, energy)
    return ", ".join(filter(None, told))


def _share_note(share: HostShare) -> str:
    what = {"month": "Fixed fee of the month", "correction": "Correction"}.get(share.kind)
    told = (what or f"Receipt {share.number}", share.at[:10], f"agreement {share.agreement}")
    return ", ".join(told)


def _part(tax: Tax) -> TaxPart:
    return TaxPart(
        category=category_of(tax.rate),
        rate=tax.rate,
        net_minor=tax.net_minor,
        tax_minor=tax.tax_minor,
    )
