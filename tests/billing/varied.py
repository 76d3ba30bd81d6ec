"""Fifty invoices and credit notes, each unlike the others: what the Schematron must find sound."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from tests.billing.sample import KAMPPI
from tests.billing.test_rules_invoice import BUYER, SELLER, frozen, receipt
from voltway.billing.documents_invoice import InvoiceDocument
from voltway.billing.rules_credit import credit
from voltway.billing.rules_invoice import Amounts, Sold, net_led, of_receipt, without_tax
from voltway.kernel.money import EUR

STRANGE = "Ærøskøbing & Söhne <GmbH> \"Œuvre\" 'Łódź' Ελλάς €uro ☂ ]]>"
LONG = "Kraftfahrzeughaftpflichtversicherungsgesellschaft " * 3 + "mbH"

REACHED = replace(
    SELLER,
    contact="Aino Laine",
    phone="+358 9 1234567",
    email="billing@nordvolt.example",
    iban="FI2112345600000785",
)
COMPANY = replace(BUYER, vat_id="DE136695976", reference="04011000-1234512345-06")
ON_ACCOUNT = {"paid_how": "account", "due_on": "2026-12-14"}
CARD = {"paid_how": "card"}


def varied() -> Iterator[tuple[str, InvoiceDocument]]:
    yield from _by_rate()
    yield from _with_a_cent()
    yield from _limited()
    yield from _net_led()
    yield from _reversed()
    yield from _credited()
    yield from _named()


def _made(name: str, amounts: Amounts, **more: Any) -> tuple[str, InvoiceDocument]:
    fields: dict[str, Any] = {"seller": REACHED, "buyer": COMPANY, **CARD, **more}
    if fields["paid_how"] == "card":
        fields.setdefault("paid_minor", amounts.total_minor)
    if fields.get("kind") != "credit_note":
        fields.setdefault("refers", None)
    return name, frozen(amounts, **fields)


def _by_rate() -> Iterator[tuple[str, InvoiceDocument]]:
    for rate in ("27", "25.5", "24", "21", "20", "19", "17", "13.5", "8", "5.5", "2.1", "0"):
        amounts = of_receipt(receipt([(rate, 2407), (rate, 60)]), by_machine=True)
        yield _made(f"at {rate} %", amounts)
    mixed = receipt([("25.5", 2407), ("13.5", 60), ("0", 35), ("25.5", 1)])
    yield _made("three rates", of_receipt(mixed, by_machine=True))
    timed = receipt([("25.5", 60), ("25.5", 199), ("10", 250)])
    kinds = zip(
        timed.lines,
        ("PARKING_TIME", "TIME", "FLAT"),
        ("0.1", "0.333333333333333", "1"),
        strict=True,
    )
    lines = [replace(line, kind=kind, billed_volume=long) for line, kind, long in kinds]
    yield _made("time", of_receipt(replace(timed, lines=tuple(lines)), by_machine=True))
    yield _made("as on the receipt", of_receipt(KAMPPI, by_machine=True), refers=_replaced())


def _replaced() -> Any:
    return frozen(of_receipt(KAMPPI, by_machine=True)).refers


def _with_a_cent() -> Iterator[tuple[str, InvoiceDocument]]:
    for minor in (3, 401, 99_997):
        amounts = of_receipt(receipt([("19", minor), ("25.5", minor)]), by_machine=True)
        yield _made(f"a cent of {minor}", amounts)
        yield _made(f"a cent of {minor}, owed", amounts, paid_minor=0, **ON_ACCOUNT)
    whole = of_receipt(receipt([("25.5", 401)]), by_machine=True)
    yield _made("a cent, and a part paid", whole, paid_minor=100, **ON_ACCOUNT)


def _limited() -> Iterator[tuple[str, InvoiceDocument]]:
    for limit in (-700, -1, 1, 700):
        amounts = of_receipt(receipt([("25.5", 2407), ("25.5", 60)], limit), by_machine=True)
        yield _made(f"limited by {limit}", amounts)
    two = of_receipt(receipt([("25.5", 2407), ("10", 600)], -999), by_machine=True)
    yield _made("limited at one of two rates", two)


def _sold(n: int, rate: str = "25.5") -> list[Sold]:
    return [
        Sold(
            kind="ENERGY",
            name="Energy",
            quantity=Decimal(20_000 + 137 * nth) / 1000,
            unit="KWH",
            price=Decimal("0.3904"),
            rate=rate,
            begins="2026-11-01T06:00:00+00:00",
            ends="2026-11-02T07:00:00+00:00",
            note=f"Receipt VLT-R2026-{nth:06d}",
        )
        for nth in range(1, n + 1)
    ]


def _net_led() -> Iterator[tuple[str, InvoiceDocument]]:
    for n in (1, 7, 60):
        yield _made(f"{n} net lines", net_led(_sold(n), EUR), paid_minor=0, **ON_ACCOUNT)
    both = net_led([*_sold(3), *_sold(2, "10"), *_sold(1, "0")], EUR)
    yield _made("net lines at three rates", both, paid_minor=0, paid_how="account")
    month = {
        "supplied_from": "2026-10-31T22:00:00+00:00",
        "supplied_to": "2026-11-30T21:59:59+00:00",
    }
    yield _made("a month", net_led(_sold(5), EUR), paid_minor=0, **ON_ACCOUNT, **month)
    no_account = replace(REACHED, iban=None)
    yield _made("no account", net_led(_sold(2), EUR), paid_minor=0, seller=no_account, **ON_ACCOUNT)


def _reversed() -> Iterator[tuple[str, InvoiceDocument]]:
    checked = replace(COMPANY, vat_checked_at="2026-11-23T16:20:04+00:00", resells=True)
    one = without_tax(of_receipt(receipt([("25.5", 2467)]), by_machine=True), EUR)
    yield _made("reverse charge", one, buyer=checked)
    two = receipt([("25.5", 2467), ("10", 999)], -100)
    yield _made(
        "reverse charge of two rates and a limit",
        without_tax(of_receipt(two, by_machine=True), EUR),
        buyer=checked,
    )
    owed = net_led(_sold(9), EUR, reverse=True)
    yield _made("reverse charge on account", owed, buyer=checked, paid_minor=0, **ON_ACCOUNT)


def _credited() -> Iterator[tuple[str, InvoiceDocument]]:
    before = replace(_replaced(), relation="credits", number="VLT-I2026-000007")
    back = {"kind": "credit_note", "reason": "The bay was dark", "refers": before}
    for minor in (1, 300, 401):
        whole = of_receipt(receipt([("25.5", 401)]), by_machine=True)
        part = credit(whole, [], minor, EUR, by_machine=True)
        yield _made(f"{minor} given back", part, **back)
    limited = of_receipt(receipt([("25.5", 3000), ("10", 500)], -1000), by_machine=True)
    for minor in (1000, 2500):
        part = credit(limited, [], minor, EUR, by_machine=True)
        yield _made(f"{minor} of what was limited given back", part, **back)
    net = net_led([*_sold(3), *_sold(2, "10")], EUR)
    part = credit(net, [], 1234, EUR, by_machine=True)
    yield _made("a part of what net led", part, **back)
    rest = credit(net, [part], net.net_minor - 1234, EUR, by_machine=True)
    yield _made("the rest of what net led", rest, **back)
    account = {**back, "paid_how": "account", "paid_minor": 0}
    yield _made("taken off the account", credit(net, [], 999, EUR, by_machine=True), **account)
    free = without_tax(of_receipt(receipt([("25.5", 2467)]), by_machine=True), EUR)
    yield _made("reverse charge given back", credit(free, [], 500, EUR, by_machine=True), **back)


def _named() -> Iterator[tuple[str, InvoiceDocument]]:
    amounts = of_receipt(KAMPPI, by_machine=True)
    yield _made("strange signs", amounts, buyer=replace(COMPANY, name=STRANGE, street=STRANGE))
    yield _made("long names", amounts, buyer=replace(COMPANY, name=LONG, reference=LONG))
    yield _made("no VAT id", amounts, buyer=replace(COMPANY, vat_id=None, email="a@example.org"))
    yield _made("no reference", amounts, buyer=replace(COMPANY, reference=None))
    yield _made("a Greek buyer", amounts, buyer=replace(BUYER, country="GR", vat_id="EL094259216"))
    yield _made("what XML forbids", amounts, reason="a\x00b\x0b\ufffec\u0085d")
