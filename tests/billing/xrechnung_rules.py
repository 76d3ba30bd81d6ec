"""The rules of XRechnung 3.0 that EN 16931 does not have, as we read them: by their names.

XRechnung's own Schematron (KoSIT) is not shipped with any package that we have, so each rule that
can be said of one UBL document stands here in XPath 1.0: where it looks, and what must hold there.
The rules of its extension and of its profile for vehicles are of other documents than ours.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from lxml import etree

from voltway.billing.xml_parts import NAMES

_UBL: Final = {name: NAMES[name] for name in ("ubl", "cn", "cac", "cbc")}
_SELLER: Final = "cac:AccountingSupplierParty"
_BUYER: Final = "cac:AccountingCustomerParty"
_LINES: Final = "(cac:InvoiceLine | cac:CreditNoteLine)"
_TYPE: Final = "normalize-space(cbc:InvoiceTypeCode | cbc:CreditNoteTypeCode)"
_TRANSFER: Final = "cac:PaymentMeans[cbc:PaymentMeansCode = '30' or cbc:PaymentMeansCode = '58']"
_CARD: Final = (
    "cac:PaymentMeans[cbc:PaymentMeansCode = '48' or cbc:PaymentMeansCode = '54'"
    " or cbc:PaymentMeansCode = '55']"
)
_DEBIT: Final = "cac:PaymentMeans[cbc:PaymentMeansCode = '59']"
_TAXED: Final = " or ".join(f". = '{code}'" for code in ("S", "Z", "E", "AE", "K", "G", "L", "M"))
#: BT-31, BT-32 and BG-11.
_REGISTERED: Final = (
    f"{_SELLER}/cac:Party/cac:PartyTaxScheme/cbc:CompanyID[normalize-space()]"
    " | cac:TaxRepresentativeParty"
)
_XRECHNUNG: Final = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"

#: Where a rule looks ("." is the document), and what must be true at each such place.
SAID: Final[dict[str, tuple[str, str]]] = {
    "BR-DE-1": (".", "cac:PaymentMeans"),
    "BR-DE-2": (_SELLER, "cac:Party/cac:Contact"),
    "BR-DE-3": (f"{_SELLER}/cac:Party/cac:PostalAddress", "cbc:CityName[normalize-space()]"),
    "BR-DE-4": (f"{_SELLER}/cac:Party/cac:PostalAddress", "cbc:PostalZone[normalize-space()]"),
    "BR-DE-5": (f"{_SELLER}/cac:Party/cac:Contact", "cbc:Name[normalize-space()]"),
    "BR-DE-6": (f"{_SELLER}/cac:Party/cac:Contact", "cbc:Telephone[normalize-space()]"),
    "BR-DE-7": (f"{_SELLER}/cac:Party/cac:Contact", "cbc:ElectronicMail[normalize-space()]"),
    "BR-DE-8": (f"{_BUYER}/cac:Party/cac:PostalAddress", "cbc:CityName[normalize-space()]"),
    "BR-DE-9": (f"{_BUYER}/cac:Party/cac:PostalAddress", "cbc:PostalZone[normalize-space()]"),
    "BR-DE-10": (
        "cac:Delivery/cac:DeliveryLocation/cac:Address",
        "cbc:CityName[normalize-space()]",
    ),
    "BR-DE-11": (
        "cac:Delivery/cac:DeliveryLocation/cac:Address",
        "cbc:PostalZone[normalize-space()]",
    ),
    "BR-DE-14": (
        "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory",
        "cbc:Percent[normalize-space()]",
    ),
    "BR-DE-15": (".", "cbc:BuyerReference[normalize-space()]"),
    "BR-DE-16": (
        ".",
        f"not({_LINES}/cac:Item/cac:ClassifiedTaxCategory/cbc:ID[{_TAXED}]"
        f" | cac:AllowanceCharge/cac:TaxCategory/cbc:ID[{_TAXED}]) or ({_REGISTERED})",
    ),
    "BR-DE-17": (
        ".",
        " or ".join(
            f"{_TYPE} = '{code}'"
            for code in ("326", "380", "381", "384", "389", "875", "876", "877")
        ),
    ),
    "BR-DE-21": (".", f"cbc:CustomizationID = '{_XRECHNUNG}'"),
    "BR-DE-22": (
        "cac:AdditionalDocumentReference/cac:Attachment/cbc:EmbeddedDocumentBinaryObject",
        "not(@filename = ../../preceding-sibling::cac:AdditionalDocumentReference"
        "/cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@filename)",
    ),
    "BR-DE-23-a": (_TRANSFER, "cac:PayeeFinancialAccount"),
    "BR-DE-23-b": (_TRANSFER, "not(cac:CardAccount | cac:PaymentMandate)"),
    "BR-DE-24-a": (_CARD, "cac:CardAccount"),
    "BR-DE-24-b": (_CARD, "not(cac:PayeeFinancialAccount | cac:PaymentMandate)"),
    "BR-DE-25-a": (_DEBIT, "cac:PaymentMandate"),
    "BR-DE-25-b": (_DEBIT, "not(cac:PayeeFinancialAccount | cac:CardAccount)"),
    "BR-DE-26": (
        ".",
        f"not({_TYPE} = '384') or cac:BillingReference/cac:InvoiceDocumentReference",
    ),
    "BR-DE-30": (
        "cac:PaymentMeans/cac:PaymentMandate",
        f"/*/{_SELLER}/cac:Party/cac:PartyIdentification/cbc:ID[@schemeID = 'SEPA']"
        " | /*/cac:PayeeParty/cac:PartyIdentification/cbc:ID[@schemeID = 'SEPA']",
    ),
    "BR-DE-31": ("cac:PaymentMeans/cac:PaymentMandate", "cac:PayerFinancialAccount/cbc:ID"),
    "BR-DE-TMP-32": (
        ".",
        "cac:Delivery/cbc:ActualDeliveryDate or cac:InvoicePeriod"
        f" or not({_LINES}[not(cac:InvoicePeriod)])",
    ),
    "PEPPOL-EN16931-R001": (".", "cbc:ProfileID"),
    "PEPPOL-EN16931-R005": (
        "cbc:TaxCurrencyCode",
        "not(normalize-space() = normalize-space(../cbc:DocumentCurrencyCode))",
    ),
    "PEPPOL-EN16931-R008": (
        "descendant-or-self::*[not(*)]",
        "normalize-space()",
    ),
    "PEPPOL-EN16931-R010": (_BUYER, "cac:Party/cbc:EndpointID"),
    "PEPPOL-EN16931-R020": (_SELLER, "cac:Party/cbc:EndpointID"),
    "PEPPOL-EN16931-R053": (".", "count(cac:TaxTotal[cac:TaxSubtotal]) = 1"),
    "PEPPOL-EN16931-R054": (
        ".",
        "count(cac:TaxTotal[not(cac:TaxSubtotal)]) = count(cbc:TaxCurrencyCode)",
    ),
    "PEPPOL-EN16931-R061": (_DEBIT, "cac:PaymentMandate/cbc:ID"),
    "PEPPOL-EN16931-R110": (
        f"{_LINES}/cac:InvoicePeriod/cbc:StartDate[/*/cac:InvoicePeriod/cbc:StartDate]",
        "number(translate(., '-', ''))"
        " >= number(translate(/*/cac:InvoicePeriod/cbc:StartDate, '-', ''))",
    ),
    "PEPPOL-EN16931-R111": (
        f"{_LINES}/cac:InvoicePeriod/cbc:EndDate[/*/cac:InvoicePeriod/cbc:EndDate]",
        "number(translate(., '-', ''))"
        " <= number(translate(/*/cac:InvoicePeriod/cbc:EndDate, '-', ''))",
    ),
}

_SKONTO: Final = re.compile(
    r"#SKONTO#TAGE=[0-9]+#PROZENT=[0-9]+\.[0-9]{2}(#BASISBETRAG=-?[0-9]+\.[0-9]{2})?#"
)
_EMAIL: Final = re.compile(r"[^@\s]+@([^@.\s]+\.)+[^@.\s]+")


def is_iban(text: str) -> bool:
    """ISO 13616: 97 divides what is left when one is taken away."""
    told = "".join(text.split()).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}", told):
        return False
    digits = "".join(str(int(sign, 36)) for sign in told[4:] + told[:4])
    return int(digits) % 97 == 1


def _skonto(root: etree._Element) -> bool:
    notes = _texts(root, "cac:PaymentTerms/cbc:Note")
    lines = [line.strip() for note in notes for line in note.splitlines()]
    return all(_SKONTO.fullmatch(line) for line in lines if line.startswith("#"))


def _payee_iban(root: etree._Element) -> bool:
    at = "cac:PaymentMeans[cbc:PaymentMeansCode = '58']/cac:PayeeFinancialAccount/cbc:ID"
    return all(is_iban(text) for text in _texts(root, at))


def _payer_iban(root: etree._Element) -> bool:
    at = f"{_DEBIT}/cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID"
    return all(is_iban(text) for text in _texts(root, at))


def _telephone(root: etree._Element) -> bool:
    told = _texts(root, f"{_SELLER}/cac:Party/cac:Contact/cbc:Telephone")
    return all(len(re.findall(r"[0-9]", text)) >= 3 for text in told)


def _email(root: etree._Element) -> bool:
    told = _texts(root, f"{_SELLER}/cac:Party/cac:Contact/cbc:ElectronicMail")
    return all(_EMAIL.fullmatch(text.strip()) for text in told)


def _absolute(root: etree._Element) -> bool:
    at = "cac:AdditionalDocumentReference/cac:Attachment/cac:ExternalReference/cbc:URI"
    return all(re.match(r"[A-Za-z][A-Za-z0-9+.-]*://\S", text) for text in _texts(root, at))


def _line_nets(root: etree._Element) -> bool:
    """The net of a line is its quantity times its price, to two cents."""
    for line in _found(root, _LINES):
        [quantity] = _texts(line, "cbc:InvoicedQuantity | cbc:CreditedQuantity")
        [price] = _texts(line, "cac:Price/cbc:PriceAmount")
        [net] = _texts(line, "cbc:LineExtensionAmount")
        if abs(Decimal(quantity) * Decimal(price) - Decimal(net)) > Decimal("0.02"):
            return False
    return True


#: The rules that XPath 1.0 has no words for.
COUNTED: Final[dict[str, Callable[[etree._Element], bool]]] = {
    "BR-DE-18": _skonto,
    "BR-DE-19": _payee_iban,
    "BR-DE-20": _payer_iban,
    "BR-DE-27": _telephone,
    "BR-DE-28": _email,
    "BR-TMP-2": _absolute,
    "PEPPOL-EN16931-R120": _line_nets,
}


def _found(at: etree._Element, path: str) -> list[etree._Element]:
    found = at.xpath(path, namespaces=_UBL)
    assert isinstance(found, list)
    return [each for each in found if isinstance(each, etree._Element)]


def _texts(at: etree._Element, path: str) -> list[str]:
    return [each.text or "" for each in _found(at, path)]


def broken(xml: bytes) -> list[str]:
    """The names of the rules that this document does not keep."""
    root = etree.fromstring(xml)
    found = [
        name
        for name, (where, must) in SAID.items()
        if not all(each.xpath(f"boolean({must})", namespaces=_UBL) for each in _found(root, where))
    ]
    return found + [name for name, holds in COUNTED.items() if not holds(root)]
