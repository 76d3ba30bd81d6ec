"""An invoice or a credit note as a person reads it: every figure and word of it as text.

As of a receipt (``views``), page and PDF are layouts of this one view.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from babel import Locale

from voltway.billing import formats
from voltway.billing.documents_invoice import (
    GROSS_LEADING,
    Allowance,
    Buyer,
    InvoiceDocument,
    InvoiceSeller,
    Item,
    TaxPart,
)
from voltway.billing.rules_tax import Category
from voltway.billing.views import TEMPLATE, Row, Told
from voltway.billing.words import Words, language, words
from voltway.kernel.money import Currency, Money

#: Digits of a net price that stands for a gross one: seldom does it end.
PRICE_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """A line: what, how it came to be, at which rate, and what it comes to."""

    what: str
    how: str
    rate: str
    net: str
    gross: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceView:
    language: str
    title: str
    heading: str  # Invoice VLT-I2026-000004
    total: str
    state: str  # paid, to be paid, credited
    brand: str
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    about: tuple[Told, ...]
    rows: tuple[InvoiceRow, ...]
    has_gross: bool
    sums: tuple[Row, ...]  # net, each tax, rounding
    total_word: str
    after: tuple[Row, ...]  # paid, still to pay
    notes: tuple[str, ...]
    visit: tuple[Told, ...]
    check: tuple[str, ...]
    fingerprint: str
    drawn: str
    words: dict[str, str]

    def as_data(self) -> dict[str, Any]:
        """The view as plain data, for a template in another language."""
        return asdict(self)


def invoice_view(made: InvoiceDocument, sha256: str, locale_asked: str) -> InvoiceView:
    return _Drawing(made, locale_asked).view(sha256)


class _Drawing:
    """One document in one language."""

    def __init__(self, made: InvoiceDocument, locale_asked: str) -> None:
        self._made = made
        self._language = language(locale_asked)
        self._locale: Locale = formats.locale_for(locale_asked)
        self._said: Words = words(locale_asked)
        self._currency = Currency(made.currency)
        self._is_credit = made.kind == "credit_note"

    def view(self, sha256: str) -> InvoiceView:
        made, said = self._made, self._said
        heading = self._heading()
        total = self._money(made.total_minor)
        return InvoiceView(
            language=self._language,
            title=f"{heading}: {total}. {made.seller.name}",
            heading=heading,
            total=total,
            state=self._state(),
            brand=made.seller.name,
            seller=tuple(self._party(made.seller.legal_name, made.seller)),
            buyer=tuple(self._party(made.buyer.name, made.buyer)) if made.buyer else (),
            about=tuple(self._about()),
            rows=(
                *(self._row(line) for line in made.lines),
                *(self._off(off) for off in made.allowances),
            ),
            has_gross=made.rounding == GROSS_LEADING,
            sums=tuple(self._sums()),
            total_word=said.total,
            after=tuple(self._after()),
            notes=tuple(self._notes()),
            visit=tuple(self._visit()),
            check=tuple(self._check()),
            fingerprint=sha256,
            drawn=said.drawn.format(version=TEMPLATE),
            words={
                "bill": said.bill,
                "caption": said.what_you_paid_for,
                "line": said.line,
                "how": said.how,
                "vat": said.vat,
                "net": said.net,
                "gross": said.with_vat,
                "amount": said.amount,
                "seller": said.seller,
                "buyer": said.buyer,
                "visit": said.visit,
                "check": said.check,
                "about": said.about,
                "fingerprint": said.fingerprint,
                "page": said.page,
            },
        )

    def _heading(self) -> str:
        said = {
            "invoice": self._said.invoice,
            "credit_note": self._said.credit_note,
            "self_billed_invoice": self._said.self_billed,
        }
        return said[self._made.kind].format(number=self._made.number)

    def _state(self) -> str:
        if self._is_credit:
            return self._said.credited
        return self._said.owed if self._made.open_minor > 0 else self._said.paid

    def _money(self, minor: int) -> str:
        return formats.money(Money(minor, self._currency), self._locale)

    def _day(self, at: str) -> str:
        return formats.day(formats.local(at, self._made.zone), self._locale)

    def _party(self, name: str, told: InvoiceSeller | Buyer) -> Iterator[str]:
        yield name
        yield told.street
        yield " ".join(part for part in (told.postal_code, told.city) if part)
        yield self._locale.territories.get(told.country, told.country)
        if told.vat_id:
            yield self._said.vat_id.format(vat=told.vat_id)

    def _about(self) -> Iterator[Told]:
        made, said = self._made, self._said
        yield Told(said.number, made.number, is_id=True)
        yield Told(said.date, self._day(made.issued_at))
        first, last = self._day(made.supplied_from), self._day(made.supplied_to)
        supplied = last if first == last else f"{first} \N{EN DASH} {last}"
        yield Told(said.supplied, supplied)
        if made.buyer is not None and made.buyer.reference:
            yield Told(said.reference, made.buyer.reference)

    def _row(self, line: Item) -> InvoiceRow:
        what = self._said.lines.get(line.kind, line.name)
        if line.reservation == "RESERVATION":
            what = self._said.reserved.format(what=what)
        elif line.reservation is not None:
            what = self._said.unused.format(what=what)
        return InvoiceRow(
            what=what,
            how=self._how(line),
            rate=self._rate(line.rate),
            net=self._money(line.net_minor),
            gross="" if line.gross_minor is None else self._money(line.gross_minor),
        )

    def _how(self, line: Item) -> str:
        """The volume times the price without tax (article 226 (8)), and the price as shown."""
        quantity, parts = Decimal(line.quantity), 1
        match line.unit:
            case "KWH":
                volume = formats.kwh(int((quantity * 1000).to_integral_value()), self._locale)
                how = self._said.per_kwh
            case "HUR":
                # By the minute, as prices are shown before the start.
                volume, parts = formats.number(quantity * 60, self._locale), 60
                how = self._said.per_minute
            case _:
                return line.note or ""
        how = how.format(volume=volume, price=self._price(Decimal(line.price) / parts))
        if line.gross_price is None or line.rate in (None, "0"):
            return how
        shown = self._price(Decimal(line.gross_price) / parts)
        return f"{how} ({self._said.price_with_vat.format(price=shown)})"

    def _price(self, exact: Decimal) -> str:
        return formats.price(round(exact, PRICE_DIGITS), self._currency, self._locale)

    def _off(self, off: Allowance) -> InvoiceRow:
        return InvoiceRow(
            what=self._said.lines.get(off.kind, off.reason),
            how="",
            rate=self._rate(off.rate),
            net=self._money(-off.net_minor),
            gross="" if off.gross_minor is None else self._money(-off.gross_minor),
        )

    def _rate(self, rate: str | None) -> str:
        if rate is None:
            return ""
        return formats.percent(rate, self._locale)

    def _sums(self) -> Iterator[Row]:
        made = self._made
        yield Row(self._said.total_net, "", self._money(made.net_minor))
        for part in made.taxes:
            yield Row(self._taxed(part), "", self._money(part.tax_minor))
        if made.rounding_minor:
            yield Row(self._said.rounding, "", self._money(made.rounding_minor))

    def _taxed(self, part: TaxPart) -> str:
        net = self._money(part.net_minor)
        if part.rate is None:
            return self._said.no_tax_stated.format(net=net)
        if part.category == Category.REVERSE_CHARGE:
            return self._said.no_vat_on.format(net=net)
        return self._said.vat_on.format(rate=formats.percent(part.rate, self._locale), net=net)

    def _after(self) -> Iterator[Row]:
        made = self._made
        if self._is_credit or not made.paid_minor:
            return
        yield Row(self._said.already_paid, "", self._money(made.paid_minor))
        yield Row(self._said.still_to_pay, "", self._money(made.open_minor))

    def _notes(self) -> Iterator[str]:
        made, said = self._made, self._said
        if made.refers is not None:
            told = said.corrects if made.refers.relation == "credits" else said.replaces
            yield told.format(number=made.refers.number, date=self._day(made.refers.issued_at))
        if made.reason:
            yield said.because.format(reason=made.reason)
        if self._is_credit and made.paid_minor:
            yield said.given_back.format(total=self._money(made.paid_minor))
        if any(part.category == Category.REVERSE_CHARGE for part in made.taxes):
            yield said.reverse_charge
        if made.buyer is not None and made.buyer.vat_checked_at is not None:
            yield said.vat_checked.format(date=self._day(made.buyer.vat_checked_at))
        if made.due_on is not None and made.open_minor > 0:
            due = self._day(f"{made.due_on}T12:00:00+00:00")
            yield said.pay_by.format(
                total=self._money(made.open_minor), date=due, number=made.number
            )

    def _visit(self) -> Iterator[Told]:
        visit, place, said = self._made.visit, self._made.place, self._said
        if visit is None or place is None:
            return
        town = " ".join(part for part in (place.postal_code, place.city) if part)
        yield Told(said.place, ", ".join(part for part in (place.location, town) if part))
        if place.evse:
            yield Told(said.evse, place.evse, is_id=True)
        begins = formats.local(visit.begins, place.zone)
        yield Told(
            said.began,
            f"{formats.day(begins, self._locale)}, {formats.clock(begins, self._locale)}",
        )
        yield Told(said.duration, formats.lasting(visit.duration_s))
        energy = formats.kwh(visit.energy_wh, self._locale)
        yield Told(said.energy, f"{energy}{formats.NBSP}kWh")

    def _check(self) -> Iterator[str]:
        made, said = self._made, self._said
        if made.rounding_minor:
            yield said.check_cent.format(cent=self._money(abs(made.rounding_minor)))
        elif made.buyer is not None:
            yield said.check_rates
        if made.buyer is not None:
            yield said.for_machines
        yield said.check_print
