"""An invoice or a credit note as XRechnung in UBL 2.1: EN 16931 with the rules of Germany.

Made of the frozen document and of nothing else. Business terms (BT) and groups (BG) are those of
EN 16931-1; the order of the elements is that of the UBL schemas.
"""

from dataclasses import dataclass
from typing import Final

from voltway.billing import xml_parts as parts
from voltway.billing.documents_invoice import Allowance, Buyer, InvoiceDocument, InvoiceSeller, Item
from voltway.billing.xml_parts import Figures, Xml
from voltway.kernel.errors import Kind, Refusal

#: BT-24 and BT-23.
XRECHNUNG: Final = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
PROCESS: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


class NotForMachines(Refusal):
    """This document names no buyer, so there is none of it for machines."""

    kind = Kind.ABSENT


#: What an XRechnung cannot be without, beside what every invoice has.
NEEDED: Final = (
    "the seller's telephone number",
    "the seller's e-mail address",
    "the seller's postal code",
    "the buyer's postal code",
    "an e-mail address or a VAT id of the buyer",
)


@dataclass(eq=False)
class LacksForXRechnung(Refusal):
    """XRechnung needs {what}, and this document has none."""

    kind = Kind.CONFLICT

    what: str


def xrechnung(made: InvoiceDocument) -> bytes:
    """The document as XRechnung 3.0.

    Raises ``LacksForXRechnung`` where it has not what Germany wants beyond EN 16931: the seller's
    telephone and e-mail address, postal codes, and an electronic address of the buyer.
    """
    if made.buyer is None:
        raise NotForMachines
    _check(made.seller, made.buyer)
    if made.kind == "credit_note":
        return parts.document("cn:CreditNote", _Ubl(made, "CreditNote").write)
    return parts.document("ubl:Invoice", _Ubl(made, "Invoice").write)


def _check(seller: InvoiceSeller, buyer: Buyer) -> None:
    has = seller.phone, seller.email, seller.postal_code, buyer.postal_code, parts.endpoint(buyer)
    for what, told in zip(NEEDED, has, strict=True):
        if not told:
            raise LacksForXRechnung(what)


class _Ubl:
    """Writes one document, part by part in the order of the schema."""

    def __init__(self, made: InvoiceDocument, kind: str) -> None:
        self._made = made
        self._kind = kind
        self._figures = Figures(made)

    def write(self, top: Xml) -> None:
        assert self._made.buyer is not None
        self._head(top)
        self._seller(top.within("cac:AccountingSupplierParty", "cac:Party"), self._made.seller)
        self._buyer(top.within("cac:AccountingCustomerParty", "cac:Party"), self._made.buyer)
        self._delivery(top)
        self._payment(top)
        for off in self._made.allowances:
            self._allowance(top.within("cac:AllowanceCharge"), off)
        self._taxes(top.within("cac:TaxTotal"))
        self._totals(top.within("cac:LegalMonetaryTotal"))
        for nth, line in enumerate(self._made.lines, 1):
            self._line(top.within(f"cac:{self._kind}Line"), nth, line)

    def _head(self, top: Xml) -> None:
        made = self._made
        assert made.buyer is not None
        top.add("cbc:CustomizationID", XRECHNUNG)
        top.add("cbc:ProfileID", PROCESS)
        top.add("cbc:ID", made.number)
        top.add("cbc:IssueDate", parts.issued_on(made).isoformat())
        if self._kind == "Invoice":
            top.add("cbc:DueDate", made.due_on)
        top.add(f"cbc:{self._kind}TypeCode", parts.TYPES[made.kind])
        note = " ".join(parts.notes(made))
        top.add("cbc:Note", note)
        top.add("cbc:DocumentCurrencyCode", made.currency)
        # BT-10 may not be missing (BR-DE-15); who gave none is known by the name.
        top.add("cbc:BuyerReference", made.buyer.reference or made.buyer.name)
        begins, ends = parts.supplied(made)
        if begins != ends:
            period = top.within("cac:InvoicePeriod")
            period.add("cbc:StartDate", begins.isoformat())
            period.add("cbc:EndDate", ends.isoformat())
        if made.refers is not None:
            before = top.within("cac:BillingReference", "cac:InvoiceDocumentReference")
            before.add("cbc:ID", made.refers.number)
            before.add("cbc:IssueDate", parts.day(made.refers.issued_at, made.zone).isoformat())

    def _seller(self, party: Xml, seller: InvoiceSeller) -> None:
        self._endpoint(party, seller)
        party.within("cac:PartyName").add("cbc:Name", seller.name)
        self._address(party, seller)
        self._registered(party, seller.vat_id)
        party.within("cac:PartyLegalEntity").add("cbc:RegistrationName", seller.legal_name)
        contact = party.within("cac:Contact")
        contact.add("cbc:Name", seller.contact or seller.legal_name)
        contact.add("cbc:Telephone", seller.phone)
        contact.add("cbc:ElectronicMail", seller.email)

    def _buyer(self, party: Xml, buyer: Buyer) -> None:
        self._endpoint(party, buyer)
        self._address(party, buyer)
        self._registered(party, buyer.vat_id)
        party.within("cac:PartyLegalEntity").add("cbc:RegistrationName", buyer.name)

    def _endpoint(self, party: Xml, told: InvoiceSeller | Buyer) -> None:
        found = parts.endpoint(told)
        if found is not None:
            party.add("cbc:EndpointID", found[1], schemeID=found[0])

    def _address(self, party: Xml, told: InvoiceSeller | Buyer) -> None:
        address = party.within("cac:PostalAddress")
        address.add("cbc:StreetName", told.street)
        address.add("cbc:CityName", told.city)
        address.add("cbc:PostalZone", told.postal_code)
        address.within("cac:Country").add("cbc:IdentificationCode", told.country)

    def _registered(self, party: Xml, vat_id: str | None) -> None:
        if vat_id:
            scheme = party.within("cac:PartyTaxScheme")
            scheme.add("cbc:CompanyID", vat_id)
            scheme.within("cac:TaxScheme").add("cbc:ID", "VAT")

    def _delivery(self, top: Xml) -> None:
        _, ends = parts.supplied(self._made)
        top.within("cac:Delivery").add("cbc:ActualDeliveryDate", ends.isoformat())

    def _payment(self, top: Xml) -> None:
        made = self._made
        means = top.within("cac:PaymentMeans")
        code = parts.means(made)
        means.add("cbc:PaymentMeansCode", code)
        if self._kind == "CreditNote":
            means.add("cbc:PaymentDueDate", made.due_on)
        if code == parts.SEPA:
            means.add("cbc:PaymentID", made.number)
            means.within("cac:PayeeFinancialAccount").add("cbc:ID", made.seller.iban)
        terms = parts.terms(made)
        if terms is not None:
            top.within("cac:PaymentTerms").add("cbc:Note", terms)

    def _allowance(self, xml: Xml, off: Allowance) -> None:
        xml.add("cbc:ChargeIndicator", "false")
        xml.add("cbc:AllowanceChargeReason", off.reason)
        self._amount(xml, "cbc:Amount", self._figures.amount(off.net_minor))
        self._category(xml.within("cac:TaxCategory"), off.category, off.rate)

    def _taxes(self, total: Xml) -> None:
        self._amount(total, "cbc:TaxAmount", self._figures.tax)
        for part in self._made.taxes:
            sub = total.within("cac:TaxSubtotal")
            self._amount(sub, "cbc:TaxableAmount", self._figures.amount(part.net_minor))
            self._amount(sub, "cbc:TaxAmount", self._figures.amount(part.tax_minor))
            category = sub.within("cac:TaxCategory")
            self._category(category, part.category, part.rate, part.exempt)

    def _category(
        self, xml: Xml, category: str, rate: str | None, exempt: str | None = None
    ) -> None:
        xml.add("cbc:ID", category)
        xml.add("cbc:Percent", rate)
        if exempt is not None:
            xml.add("cbc:TaxExemptionReasonCode", exempt)
            xml.add("cbc:TaxExemptionReason", "Reverse charge")
        xml.within("cac:TaxScheme").add("cbc:ID", "VAT")

    def _totals(self, total: Xml) -> None:
        figures = self._figures
        for name, amount in (
            ("LineExtensionAmount", figures.lines),
            ("TaxExclusiveAmount", figures.net),
            ("TaxInclusiveAmount", figures.gross),
            ("AllowanceTotalAmount", figures.allowances),
            ("PrepaidAmount", figures.paid),
            ("PayableRoundingAmount", figures.rounding),
            ("PayableAmount", figures.due),
        ):
            self._amount(total, f"cbc:{name}", amount)

    def _line(self, xml: Xml, nth: int, line: Item) -> None:
        quantity = "CreditedQuantity" if self._kind == "CreditNote" else "InvoicedQuantity"
        xml.add("cbc:ID", str(nth))
        xml.add("cbc:Note", line.note)
        counted = parts.counted(line, self._made.currency)
        xml.add(f"cbc:{quantity}", counted.quantity, unitCode=counted.unit)
        self._amount(xml, "cbc:LineExtensionAmount", self._figures.amount(line.net_minor))
        if line.begins is not None and line.ends is not None:
            period = xml.within("cac:InvoicePeriod")
            period.add("cbc:StartDate", parts.day(line.begins, self._made.zone).isoformat())
            period.add("cbc:EndDate", parts.day(line.ends, self._made.zone).isoformat())
        item = xml.within("cac:Item")
        item.add("cbc:Name", parts.name_of(line))
        self._category(item.within("cac:ClassifiedTaxCategory"), line.category, line.rate)
        self._amount(xml.within("cac:Price"), "cbc:PriceAmount", counted.price)

    def _amount(self, xml: Xml, name: str, amount: str | None) -> None:
        xml.add(name, amount, currencyID=self._made.currency)
