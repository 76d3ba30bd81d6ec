"""What both syntaxes of EN 16931 say alike: texts, amounts, days, codes; and how XML is written."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from voltway.billing.documents_invoice import Buyer, InvoiceDocument, InvoiceSeller, Item
from voltway.billing.rules_invoice import ONCE
from voltway.kernel.money import Currency, Money

#: UNTDID 1001.
TYPES: Final[Mapping[str, str]] = {
    "invoice": "380",
    "credit_note": "381",
    "self_billed_invoice": "389",
}
#: UNTDID 4461: a transfer within SEPA, an online payment service, and what is not defined.
SEPA: Final = "58"
ONLINE: Final = "68"
UNDEFINED: Final = "1"
#: The list EAS: an e-mail address, and VAT ids by the country that gave them.
EMAIL: Final = "EM"
EAS_VAT: Final[Mapping[str, str]] = {
    "AT": "9914", "BE": "9925", "BG": "9926", "CH": "9927", "CY": "9928", "CZ": "9929",
    "DE": "9930", "EE": "9931", "ES": "9920", "FI": "0213", "FR": "9957", "GB": "9932",
    "GR": "9933", "HR": "9934", "HU": "9910", "IE": "9935", "IT": "0211", "LT": "9937",
    "LU": "9938", "LV": "9939", "MT": "9943", "NL": "9944", "PL": "9945", "PT": "9946",
    "RO": "9947", "SE": "9955", "SI": "9949", "SK": "9950",
}  # fmt: skip
#: Digits of a quantity and of a unit price in XML: what is finer changes no cent of a line.
FINE: Final = Decimal("0.00000001")
#: A line is a part of a total that was rounded once, so it may be a cent beside volume times price.
NEAR: Final = Decimal("0.02")


_UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
_CII: Final = "urn:un:unece:uncefact:data:standard:"
NAMES: Final = {
    "ubl": f"{_UBL}Invoice-2",
    "cn": f"{_UBL}CreditNote-2",
    "cac": f"{_UBL}CommonAggregateComponents-2",
    "cbc": f"{_UBL}CommonBasicComponents-2",
    "rsm": f"{_CII}CrossIndustryInvoice:100",
    "ram": f"{_CII}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_CII}UnqualifiedDataType:100",
    "qdt": f"{_CII}QualifiedDataType:100",
}
for _prefix, _uri in NAMES.items():
    ET.register_namespace(_prefix, _uri)


class Xml:
    """An element under way. Adding what has no text adds nothing, so that no element is empty."""

    def __init__(self, element: ET.Element) -> None:
        self.element = element

    def _tag(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        return f"{{{NAMES[prefix]}}}{local}"

    def add(self, name: str, text: str | None, **attributes: str) -> None:
        """An element with this text, if there is any."""
        if text is not None and (told := clean(text)):
            ET.SubElement(self.element, self._tag(name), attributes).text = told

    def within(self, *names: str) -> "Xml":
        """An element in an element in this one."""
        inner = self.element
        for name in names:
            inner = ET.SubElement(inner, self._tag(name))
        return Xml(inner)


def document(root: str, write: Callable[[Xml], None]) -> bytes:
    """A whole document, the same bytes for the same content."""
    prefix, _, name = root.partition(":")
    top = Xml(ET.Element(f"{{{NAMES[prefix]}}}{name}"))
    write(top)
    ET.indent(top.element)
    raw: bytes = ET.tostring(top.element, encoding="UTF-8", xml_declaration=True)
    return raw


def clean(text: str) -> str:
    """Without the signs that XML 1.0 forbids (§2.2), and in one line."""
    return " ".join("".join(sign if _may_be(sign) else " " for sign in text).split())


def _may_be(sign: str) -> bool:
    point = ord(sign)
    return (
        0x20 <= point <= 0xD7FF or 0xE000 <= point <= 0xFFFD or 0x10000 <= point <= 0x10FFFF
    ) and not 0x7F <= point <= 0x9F


class Figures:
    """The amounts of a document as both syntaxes write them."""

    def __init__(self, made: InvoiceDocument) -> None:
        self._made = made
        self.lines = self.amount(sum(line.net_minor for line in made.lines))  # BT-106
        off = sum(each.net_minor for each in made.allowances)
        self.allowances = self.amount(off) if made.allowances else None  # BT-107
        self.net = self.amount(made.net_minor)  # BT-109
        self.tax = self.amount(made.tax_minor)  # BT-110
        self.gross = self.amount(made.net_minor + made.tax_minor)  # BT-112
        self.paid = self.amount(made.paid_minor) if made.paid_minor else None  # BT-113
        rounding = made.rounding_minor
        self.rounding = self.amount(rounding) if rounding else None  # BT-114
        self.due = self.amount(made.open_minor)  # BT-115

    def amount(self, minor: int) -> str:
        return f"{Money(minor, Currency(self._made.currency)).decimal:f}"


def fine(number: str) -> str:
    """A quantity or a unit price with the digits that count."""
    told = Decimal(number).quantize(FINE).normalize()
    return f"{told:f}"


@dataclass(frozen=True, slots=True)
class Counted:
    """How much of what at which price: of a line, for machines."""

    quantity: str
    unit: str
    price: str


def counted(line: Item, currency: str) -> Counted:
    """A line as machines count it: its volume at its price. Where that is not what it came to, as
    of a capped fee, it is one thing at that (PEPPOL-EN16931-R120, a rule of XRechnung 3.0)."""
    net = Money(line.net_minor, Currency(currency)).decimal
    told = Counted(fine(line.quantity), line.unit, fine(line.price))
    if abs(Decimal(told.quantity) * Decimal(told.price) - net) <= NEAR:
        return told
    return Counted("-1" if net < 0 else "1", ONCE, f"{abs(net):f}")


def day(at: str, zone: str) -> date:
    return datetime.fromisoformat(at).astimezone(ZoneInfo(zone)).date()


def issued_on(made: InvoiceDocument) -> date:
    return day(made.issued_at, made.zone)


def supplied(made: InvoiceDocument) -> tuple[date, date]:
    return day(made.supplied_from, made.zone), day(made.supplied_to, made.zone)


def means(made: InvoiceDocument) -> str:
    """How it is paid (BT-81)."""
    if made.paid_how == "card":
        return ONLINE
    return SEPA if made.seller.iban and made.kind != "credit_note" else UNDEFINED


def terms(made: InvoiceDocument) -> str | None:
    """When it is to be paid (BT-20), where something is and no day is named (BR-CO-25)."""
    if made.open_minor <= 0 or made.due_on is not None:
        return None
    return "Taken off the account." if made.kind == "credit_note" else "Due on receipt."


def endpoint(party: InvoiceSeller | Buyer) -> tuple[str, str] | None:
    """Where it is reached electronically (BT-34, BT-49), and the list that this is of."""
    if party.email:
        return EMAIL, party.email
    if party.vat_id and party.country in EAS_VAT:
        return EAS_VAT[party.country], party.vat_id
    return None


def notes(made: InvoiceDocument) -> Iterable[str]:
    """What a person reads on it beside its figures (BT-22)."""
    if made.reason:
        yield made.reason
    if made.rounding_minor:
        yield "The total is the price that was shown with VAT; VAT is that on the net of each rate."
    if made.refers is not None and made.refers.relation == "replaces":
        yield f"Takes the place of receipt {made.refers.number}; it is the same supply."


def name_of(line: Item) -> str:
    """What was supplied (BT-153)."""
    if line.reservation is None:
        return line.name
    return f"{line.name}, reservation"
