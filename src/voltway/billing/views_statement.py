"""A statement or a settlement as a person reads it: every figure and word as text, in one language.

Page, mail and PDF are three layouts of this one view, so they cannot differ in what they say.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from babel import Locale
from babel.dates import format_date

from voltway.billing import formats
from voltway.billing.documents import Tax
from voltway.billing.documents_invoice import NET_LEADING
from voltway.billing.documents_statement import (
    HOME,
    SETTLEMENT,
    Charge,
    HostShare,
    Recipient,
    StatementDocument,
)
from voltway.billing.views import Row
from voltway.billing.words import Words, language, words
from voltway.kernel.money import Currency, Money

#: The version of the layouts, as ``views.TEMPLATE`` is that of receipts.
TEMPLATE: Final = 2


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A line: a receipt, a share, or the correction of one."""

    when: str
    where: str
    evse: str
    number: str
    energy: str
    net: str
    amount: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one vehicle or place, and what they come to."""

    name: str
    count: str
    rows: tuple[ItemRow, ...]
    energy: str
    net: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementView:
    language: str
    title: str
    heading: str
    month: str
    total: str
    total_word: str
    lead: str  # what is to be done, by when
    is_owed: bool
    recipient_title: str
    recipient: tuple[str, ...]
    seller_title: str
    seller: tuple[str, ...]
    brand: str
    about: tuple[tuple[str, str], ...]
    group_title: str
    groups: tuple[Group, ...]
    sums: tuple[Row, ...]
    check_title: str
    check: tuple[str, ...]
    fingerprint: str
    drawn: str
    words: dict[str, str]

    def as_data(self) -> dict[str, Any]:
        """The view as plain data, for a template in another language."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Tongue:
    """What turns figures into text, for one reader."""

    said: Words
    locale: Locale
    currency: Currency

    def money(self, minor: int) -> str:
        return formats.money(Money(minor, self.currency), self.locale)

    def price(self, text: str) -> str:
        return formats.price(Decimal(text), self.currency, self.locale)

    def kwh(self, wh: int) -> str:
        return f"{formats.kwh(wh, self.locale)}{formats.NBSP}kWh"


def month_words(month: str, locale: Locale) -> str:
    """``November 2026``, as the language writes a month by itself."""
    first = date.fromisoformat(f"{month}-01")
    return format_date(first, "LLLL y", locale=locale)


def view(made: StatementDocument, sha256: str, locale_asked: str) -> StatementView:
    locale, said = formats.locale_for(locale_asked), words(locale_asked)
    tongue = Tongue(said, locale, Currency(made.currency))
    is_settlement = made.kind == SETTLEMENT
    heading = _heading(made, said)
    month = month_words(made.month, locale)
    issued = formats.local(made.issued_at, made.zone)
    by = said.payout if is_settlement else said.due
    due = format_date(date.fromisoformat(made.due_on), "long", locale=locale)
    return StatementView(
        language=language(locale_asked),
        title=f"{heading}: {tongue.money(made.total_minor)}. {made.seller.name}",
        heading=heading,
        month=month,
        total=tongue.money(made.total_minor),
        total_word=said.total_payout if is_settlement else said.total_due,
        lead=_lead(made, due, tongue),
        is_owed=made.total_minor > 0 and not is_settlement,
        recipient_title=said.host if is_settlement else said.customer,
        recipient=tuple(_recipient(made.recipient, locale, said)),
        seller_title=said.buyer if made.self_billed else said.seller,
        seller=tuple(_seller(made, locale, said)),
        brand=made.seller.name,
        about=(
            (said.number, made.number),
            (said.date, formats.day(issued, locale)),
            (said.period, month),
            (by, due),
            *([(said.reference, made.recipient.reference)] if made.recipient.reference else []),
        ),
        group_title=said.place if is_settlement else said.vehicle,
        groups=tuple(_groups(made, tongue)),
        sums=tuple(_sums(made, tongue)),
        check_title=said.check,
        check=tuple(_check(made, said)),
        fingerprint=sha256,
        drawn=said.drawn.format(version=TEMPLATE),
        words={
            "charges": said.charges_home if made.about == HOME else said.charges,
            "date": said.date,
            "place": said.place,
            "receipt": said.receipt_word,
            "energy": said.energy,
            "net": said.revenue if is_settlement else said.net,
            "amount": said.your_share if is_settlement else said.with_vat,
            "total": said.total,
            "fingerprint": said.fingerprint,
            "page": said.page,
        },
    )


def _heading(made: StatementDocument, said: Words) -> str:
    if made.kind != SETTLEMENT:
        return said.statement.format(number=made.number)
    word = said.self_billed if made.self_billed else said.settlement
    return word.format(number=made.number)


def _lead(made: StatementDocument, due: str, tongue: Tongue) -> str:
    """What is to be done, by whom and when."""
    said, total = tongue.said, tongue.money(abs(made.total_minor))
    if made.kind == SETTLEMENT:
        way = said.payout_by if made.total_minor >= 0 else said.carried
        return way.format(total=total, date=due)
    if made.total_minor > 0:
        return said.pay_by.format(total=total, date=due, number=made.number)
    return f"{total}, {said.credited}" if made.total_minor else said.nothing_paid


def _recipient(to: Recipient, locale: Locale, said: Words) -> Iterator[str]:
    yield to.name
    yield to.street
    yield f"{to.postal_code} {to.city}".strip()
    yield locale.territories.get(to.country, to.country)
    if to.vat_id:
        yield said.vat_id.format(vat=to.vat_id)


def _seller(made: StatementDocument, locale: Locale, said: Words) -> Iterator[str]:
    seller = made.seller
    yield seller.legal_name
    yield from seller.address
    yield locale.territories.get(seller.country, seller.country)
    if seller.vat_id:
        yield said.vat_id.format(vat=seller.vat_id)


def _groups(made: StatementDocument, tongue: Tongue) -> Iterator[Group]:
    """Lines of the month by vehicle or place; those of earlier months stand by themselves."""
    own: dict[str, list[Charge | HostShare]] = {}
    earlier: list[Charge | HostShare] = []
    for line in made.lines:
        if _is_earlier(line, made):
            earlier.append(line)
        else:
            own.setdefault(_group_of(line, tongue.said), []).append(line)
    for name in sorted(own, key=str.casefold):
        yield _group(name, own[name], tongue)
    if earlier:
        yield _group(tongue.said.earlier, earlier, tongue, named=True)


def _is_earlier(line: Charge | HostShare, made: StatementDocument) -> bool:
    return f"{formats.local(line.at, made.zone):%Y-%m}" < made.month


def _group_of(line: Charge | HostShare, said: Words) -> str:
    if isinstance(line, HostShare):
        return line.location
    return line.vehicle or said.without_card


def _group(
    name: str, lines: Sequence[Charge | HostShare], tongue: Tongue, *, named: bool = False
) -> Group:
    def summed(of: Callable[[Charge | HostShare], int]) -> int:
        return sum(map(of, lines))

    return Group(
        name=name,
        count=tongue.said.sessions.format(count=len({line.session for line in lines} - {None})),
        rows=tuple(
            _row(line, tongue, named=named) for line in sorted(lines, key=lambda line: line.at)
        ),
        energy=tongue.kwh(summed(_energy)),
        net=tongue.money(summed(_net)),
        amount=tongue.money(summed(_amount)),
    )


def _energy(line: Charge | HostShare) -> int:
    corrects = line.corrects if isinstance(line, Charge) else line.kind == "correction"
    return 0 if corrects else line.energy_wh


def _net(line: Charge | HostShare) -> int:
    return line.net_minor if isinstance(line, Charge) else line.revenue_minor


def _amount(line: Charge | HostShare) -> int:
    return line.gross_minor if isinstance(line, Charge) else line.amount_minor


def _row(line: Charge | HostShare, tongue: Tongue, *, named: bool) -> ItemRow:
    """``named`` has the place on a settlement's line, which else stands under its place."""
    at = formats.local(line.at, line.zone)
    day = format_date(at, "short", locale=tongue.locale)
    is_month = isinstance(line, HostShare) and line.kind == "month"
    return ItemRow(
        when=day if is_month else f"{day} {formats.clock(at, tongue.locale)}",
        where=line.place if isinstance(line, Charge) else line.location if named else "",
        evse=line.evse,
        number=line.number or "",
        energy=tongue.kwh(line.energy_wh) if _energy(line) else "",
        net="" if is_month else tongue.money(_net(line)),
        amount=tongue.money(_amount(line)),
        note=_charge_note(line, tongue) if isinstance(line, Charge) else _how(line, tongue),
    )


def _charge_note(line: Charge, tongue: Tongue) -> str:
    if line.corrects is None:
        return ""
    what = tongue.said.corrects_short.format(number=line.corrects)
    return ", ".join(filter(None, (tongue.said.adjustment, what, line.stated_on)))


def _how(line: HostShare, tongue: Tongue) -> str:
    """How the share came to be, term by term, and by which version of the agreement."""
    said = tongue.said
    version, _, day = line.agreement.partition(" ")
    dated = format_date(date.fromisoformat(day), "short", locale=tongue.locale)
    parts = []
    if Decimal(line.percent) and line.kind != "month":
        percent = formats.percent(line.percent, tongue.locale)
        revenue = tongue.money(line.revenue_minor)
        parts.append(said.share_percent.format(percent=percent, net=revenue))
    if line.session_minor:
        parts.append(said.share_session.format(price=tongue.price(line.per_session)))
    if line.energy_minor:
        volume = formats.kwh(line.energy_wh, tongue.locale)
        parts.append(said.share_kwh.format(volume=volume, price=tongue.price(line.per_kwh)))
    if line.kind == "month":
        month = f"{formats.local(line.at, line.zone):%Y-%m}"
        parts.append(said.share_month.format(month=month_words(month, tongue.locale)))
    if line.kind == "correction":
        parts = [said.adjustment, *parts, *([line.settled_on] if line.settled_on else [])]
    return "; ".join((*parts, said.agreement.format(version=version, date=dated)))


def _sums(made: StatementDocument, tongue: Tongue) -> Iterator[Row]:
    for tax in made.taxes:
        yield _sum(tax, made, tongue)


def _sum(tax: Tax, made: StatementDocument, tongue: Tongue) -> Row:
    said, net = tongue.said, tongue.money(tax.net_minor)
    if tax.rate is None:
        untaxed = said.no_vat_on if made.kind == SETTLEMENT else said.no_tax_stated
        return Row(untaxed.format(net=net), "", "")
    rate = formats.percent(tax.rate, tongue.locale)
    leads = said.vat_on if made.rounding == NET_LEADING else said.of_which_tax
    return Row(leads.format(rate=rate, net=net), "", tongue.money(tax.tax_minor))


def _check(made: StatementDocument, said: Words) -> Iterator[str]:
    yield said.check_sum
    if made.kind == SETTLEMENT:
        yield said.check_share
    elif made.about == HOME:
        yield said.check_home
    elif made.rounding == NET_LEADING:
        yield said.check_statement
    yield said.check_print
