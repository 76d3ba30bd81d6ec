"""An invoice or a credit note as CII, the XML in a Factur-X: UN/CEFACT's Cross Industry Invoice.

The profile is EN 16931. Made of the frozen document and of nothing else; business terms (BT) and
groups (BG) are those of EN 16931-1, the order of the elements is that of the Factur-X schema.
"""

from datetime import date
from typing import Final

from voltway.billing import xml_parts as parts
from voltway.billing.documents_invoice import (
    Allowance,
    Buyer,
    InvoiceDocument,
    InvoiceSeller,
    Item,
    TaxPart,
)
from voltway.billing.xml_parts import Figures, Xml
from voltway.billing.xml_ubl import NotForMachines

EN16931: Final = "urn:cen.eu:en16931:2017"


def cii(made: InvoiceDocument) -> bytes:
    """The document as CII in the profile EN 16931."""
    if made.buyer is None:
        raise NotForMachines
    return parts.document("rsm:CrossIndustryInvoice", _Cii(made).write)


class _Cii:
    """Writes one document, part by part in the order of the schema."""

    def __init__(self, made: InvoiceDocument) -> None:
        self._made = made
        self._figures = Figures(made)

    def write(self, top: Xml) -> None:
        made = self._made
        guideline = "ram:GuidelineSpecifiedDocumentContextParameter"
        top.within("rsm:ExchangedDocumentContext", guideline).add("ram:ID", EN16931)
        head = top.within("rsm:ExchangedDocument")
        head.add("ram:ID", made.number)
        head.add("ram:TypeCode", parts.TYPES[made.kind])
        self._date(head, "ram:IssueDateTime", parts.issued_on(made))
        for note in parts.notes(made):
            head.within("ram:IncludedNote").add("ram:Content", note)
        trade = top.within("rsm:SupplyChainTradeTransaction")
        for nth, line in enumerate(made.lines, 1):
            self._line(trade.within("ram:IncludedSupplyChainTradeLineItem"), nth, line)
        self._agreement(trade.within("ram:ApplicableHeaderTradeAgreement"))
        delivery = trade.within("ram:ApplicableHeaderTradeDelivery")
        _, ends = parts.supplied(made)
        event = delivery.within("ram:ActualDeliverySupplyChainEvent")
        self._date(event, "ram:OccurrenceDateTime", ends)
        self._settlement(trade.within("ram:ApplicableHeaderTradeSettlement"))

    def _line(self, xml: Xml, nth: int, line: Item) -> None:
        about = xml.within("ram:AssociatedDocumentLineDocument")
        about.add("ram:LineID", str(nth))
        if line.note:
            about.within("ram:IncludedNote").add("ram:Content", line.note)
        xml.within("ram:SpecifiedTradeProduct").add("ram:Name", parts.name_of(line))
        agreement = xml.within("ram:SpecifiedLineTradeAgreement", "ram:NetPriceProductTradePrice")
        counted = parts.counted(line, self._made.currency)
        agreement.add("ram:ChargeAmount", counted.price)
        delivery = xml.within("ram:SpecifiedLineTradeDelivery")
        delivery.add("ram:BilledQuantity", counted.quantity, unitCode=counted.unit)
        settlement = xml.within("ram:SpecifiedLineTradeSettlement")
        self._category(settlement.within("ram:ApplicableTradeTax"), line.category, line.rate)
        if line.begins is not None and line.ends is not None:
            begins, ends = (parts.day(at, self._made.zone) for at in (line.begins, line.ends))
            self._period(settlement, begins, ends)
        summed = settlement.within("ram:SpecifiedTradeSettlementLineMonetarySummation")
        summed.add("ram:LineTotalAmount", self._figures.amount(line.net_minor))

    def _agreement(self, xml: Xml) -> None:
        made = self._made
        assert made.buyer is not None
        xml.add("ram:BuyerReference", made.buyer.reference)
        self._seller(xml.within("ram:SellerTradeParty"), made.seller)
        self._buyer(xml.within("ram:BuyerTradeParty"), made.buyer)

    def _seller(self, party: Xml, seller: InvoiceSeller) -> None:
        party.add("ram:Name", seller.legal_name)
        if seller.name != seller.legal_name:
            legal = party.within("ram:SpecifiedLegalOrganization")
            legal.add("ram:TradingBusinessName", seller.name)
        if seller.phone or seller.email:
            contact = party.within("ram:DefinedTradeContact")
            contact.add("ram:PersonName", seller.contact or seller.legal_name)
            if seller.phone:
                phone = contact.within("ram:TelephoneUniversalCommunication")
                phone.add("ram:CompleteNumber", seller.phone)
            if seller.email:
                mail = contact.within("ram:EmailURIUniversalCommunication")
                mail.add("ram:URIID", seller.email)
        self._address(party, seller)

    def _buyer(self, party: Xml, buyer: Buyer) -> None:
        party.add("ram:Name", buyer.name)
        self._address(party, buyer)

    def _address(self, party: Xml, told: InvoiceSeller | Buyer) -> None:
        address = party.within("ram:PostalTradeAddress")
        address.add("ram:PostcodeCode", told.postal_code)
        address.add("ram:LineOne", told.street)
        address.add("ram:CityName", told.city)
        address.add("ram:CountryID", told.country)
        found = parts.endpoint(told)
        if found is not None:
            at = party.within("ram:URIUniversalCommunication")
            at.add("ram:URIID", found[1], schemeID=found[0])
        if told.vat_id:
            party.within("ram:SpecifiedTaxRegistration").add("ram:ID", told.vat_id, schemeID="VA")

    def _settlement(self, xml: Xml) -> None:
        made = self._made
        code = parts.means(made)
        if code == parts.SEPA:
            xml.add("ram:PaymentReference", made.number)
        xml.add("ram:InvoiceCurrencyCode", made.currency)
        means = xml.within("ram:SpecifiedTradeSettlementPaymentMeans")
        means.add("ram:TypeCode", code)
        if code == parts.SEPA:
            account = means.within("ram:PayeePartyCreditorFinancialAccount")
            account.add("ram:IBANID", made.seller.iban)
        for part in made.taxes:
            self._tax(xml.within("ram:ApplicableTradeTax"), part)
        begins, ends = parts.supplied(made)
        if begins != ends:
            self._period(xml, begins, ends)
        for off in made.allowances:
            self._allowance(xml.within("ram:SpecifiedTradeAllowanceCharge"), off)
        self._terms(xml)
        self._totals(xml.within("ram:SpecifiedTradeSettlementHeaderMonetarySummation"))
        if made.refers is not None:
            before = xml.within("ram:InvoiceReferencedDocument")
            before.add("ram:IssuerAssignedID", made.refers.number)
            at = parts.day(made.refers.issued_at, made.zone)
            before.within("ram:FormattedIssueDateTime").add(
                "qdt:DateTimeString", f"{at:%Y%m%d}", format="102"
            )

    def _tax(self, xml: Xml, part: TaxPart) -> None:
        xml.add("ram:CalculatedAmount", self._figures.amount(part.tax_minor))
        xml.add("ram:TypeCode", "VAT")
        if part.exempt is not None:
            xml.add("ram:ExemptionReason", "Reverse charge")
        xml.add("ram:BasisAmount", self._figures.amount(part.net_minor))
        xml.add("ram:CategoryCode", part.category)
        xml.add("ram:ExemptionReasonCode", part.exempt)
        xml.add("ram:RateApplicablePercent", part.rate)

    def _category(self, xml: Xml, category: str, rate: str | None) -> None:
        xml.add("ram:TypeCode", "VAT")
        xml.add("ram:CategoryCode", category)
        xml.add("ram:RateApplicablePercent", rate)

    def _allowance(self, xml: Xml, off: Allowance) -> None:
        xml.within("ram:ChargeIndicator").add("udt:Indicator", "false")
        xml.add("ram:ActualAmount", self._figures.amount(off.net_minor))
        xml.add("ram:Reason", off.reason)
        self._category(xml.within("ram:CategoryTradeTax"), off.category, off.rate)

    def _terms(self, xml: Xml) -> None:
        made = self._made
        told = parts.terms(made)
        if told is None and made.due_on is None:
            return
        terms = xml.within("ram:SpecifiedTradePaymentTerms")
        terms.add("ram:Description", told)
        if made.due_on is not None:
            self._date(terms, "ram:DueDateDateTime", date.fromisoformat(made.due_on))

    def _totals(self, total: Xml) -> None:
        figures = self._figures
        total.add("ram:LineTotalAmount", figures.lines)
        total.add("ram:AllowanceTotalAmount", figures.allowances)
        total.add("ram:TaxBasisTotalAmount", figures.net)
        total.add("ram:TaxTotalAmount", figures.tax, currencyID=self._made.currency)
        total.add("ram:RoundingAmount", figures.rounding)
        total.add("ram:GrandTotalAmount", figures.gross)
        total.add("ram:TotalPrepaidAmount", figures.paid)
        total.add("ram:DuePayableAmount", figures.due)

    def _period(self, xml: Xml, begins: date, ends: date) -> None:
        period = xml.within("ram:BillingSpecifiedPeriod")
        self._date(period, "ram:StartDateTime", begins)
        self._date(period, "ram:EndDateTime", ends)

    def _date(self, xml: Xml, name: str, at: date) -> None:
        xml.within(name).add("udt:DateTimeString", f"{at:%Y%m%d}", format="102")
