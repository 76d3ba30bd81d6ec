"""A receipt as a person reads it: every figure and word of it as text, in one language.

Page, mail and PDF are three layouts of this one view, so they cannot differ in what they say.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from babel import Locale

from voltway.billing import formats
from voltway.billing.documents import Line, OfPlan, Paid, Receipt, Tax
from voltway.billing.model import DocumentKind
from voltway.billing.words import Words, doubt, language, words
from voltway.billing.words_signed import signed_words
from voltway.kernel.money import Currency, Money


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the bill: what, how it came to be, how much."""

    what: str
    how: str
    amount: str


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to know, with its name."""

    name: str
    value: str
    is_id: bool = False


#: The version of the layouts. The data of a receipt never changes; when how it is drawn does, this
#: is counted up, and each drawing says which one it is.
TEMPLATE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView:
    language: str
    title: str
    heading: str  # Receipt VLT-R2026-000118
    total: str
    energy_wh: int
    paid_word: str
    paid_line: str
    plate: str
    place: str
    evse: str
    address: str
    rows: tuple[Row, ...]
    sums: tuple[Row, ...]
    total_word: str
    notes: tuple[str, ...]
    meter_title: str
    meter: str
    visit: tuple[Told, ...]
    zone: str
    check: tuple[str, ...]
    doubtful: tuple[str, ...]
    seller: tuple[str, ...]
    about: tuple[Told, ...]
    fingerprint: str
    drawn: str
    words: dict[str, str]

    def as_data(self) -> dict[str, Any]:
        """The view as plain data, for a template in another language."""
        return asdict(self)


def view(receipt: Receipt, sha256: str, locale_asked: str) -> ReceiptView:
    locale = formats.locale_for(locale_asked)
    said = words(locale_asked)
    currency = Currency(receipt.currency)

    def money(minor: int) -> str:
        return formats.money(Money(minor, currency), locale)

    issued = formats.local(receipt.issued_at, receipt.place.zone)
    heading = said.receipt.format(number=receipt.number)
    total = money(receipt.total_minor)
    return ReceiptView(
        language=language(locale_asked),
        title=f"{heading}: {total}. {receipt.seller.name}",
        heading=heading,
        total=total,
        energy_wh=receipt.visit.energy_wh,
        paid_word=_paid_word(receipt, said),
        paid_line=_paid_line(receipt.paid, formats.day(issued, locale), said),
        plate=str(receipt.place.plate),
        place=receipt.place.location,
        evse=receipt.place.evse,
        address=_address(receipt),
        rows=tuple(_row(line, currency, locale, said) for line in receipt.lines),
        sums=tuple(_sum(tax, currency, locale, said) for tax in receipt.taxes),
        total_word=said.total,
        notes=tuple(_notes(receipt.paid, currency, locale, said)),
        meter_title=_meter_title(receipt, said, locale_asked),
        meter=" ".join(
            filter(None, (_meter(receipt, locale, said), _signed(receipt, locale, locale_asked)))
        ),
        visit=tuple(_visit(receipt, locale, said)),
        zone=_zone(receipt, said),
        check=(*_check(receipt, locale, said), *_check_signed(receipt, locale_asked)),
        doubtful=tuple(doubt(why, locale_asked) for why in receipt.visit.doubtful),
        seller=tuple(_seller(receipt, locale, said)),
        about=(
            Told(said.number, receipt.number, is_id=True),
            Told(said.date, formats.day(issued, locale)),
            Told(said.session, receipt.visit.session, is_id=True),
        ),
        fingerprint=sha256,
        drawn=said.drawn.format(version=TEMPLATE),
        words=_labels(said),
    )


def _labels(said: Words) -> dict[str, str]:
    """The words that a layout puts beside the view's figures."""
    return {
        "bill": said.bill,
        "caption": said.what_you_paid_for,
        "line": said.line,
        "amount": said.amount,
        "how": said.how,
        "visit": said.visit,
        "check": said.check,
        "seller": said.seller,
        "doubtful": said.doubtful,
        "fingerprint": said.fingerprint,
        "page": said.page,
    }


def _paid_word(receipt: Receipt, said: Words) -> str:
    if not receipt.total_minor:
        return said.nothing_paid
    return said.paid if not receipt.paid.open_minor else said.owed


def _paid_line(paid: Paid, day: str, said: Words) -> str:
    if paid.how == "account":
        return f"{day}, {said.on_account}"
    if paid.card_last4 is None:
        return day
    card = paid.wallet or paid.card_brand or ""
    return f"{day}, {said.card_ending.format(card=card, last4=paid.card_last4)}"


def _address(receipt: Receipt) -> str:
    place = receipt.place
    town = " ".join(part for part in (place.postal_code, place.city) if part)
    return ", ".join(part for part in (place.address, town) if part)


def _row(line: Line, currency: Currency, locale: Locale, said: Words) -> Row:
    what = said.lines.get(line.kind, line.kind)
    if line.name:
        what = f"{what} {line.name}"
    if line.reservation == "RESERVATION":
        what = said.reserved.format(what=what)
    elif line.reservation is not None:
        what = said.unused.format(what=what)
    amount = formats.money(Money(line.gross_minor, currency), locale)
    return Row(what, _how(line, currency, locale, said), amount)


def _how(line: Line, currency: Currency, locale: Locale, said: Words) -> str:
    """The volume times the price, and what a step made of the volume."""
    if line.of_plan is not None:
        return _of_plan(line.of_plan, currency, locale, said)
    if line.price is None:
        return ""
    each, billed = Decimal(line.price), Decimal(line.billed_volume)
    match line.kind:
        case "ENERGY":
            per = formats.price(each, currency, locale)
            how = said.per_kwh.format(volume=_kwh(billed, locale), price=per)
            used, whole = f"{_kwh(Decimal(line.volume), locale)} kWh", f"{_kwh(billed, locale)} kWh"
        case "TIME" | "PARKING_TIME":
            how = _how_long(each, billed, currency, locale, said)
            used, whole = _long(Decimal(line.volume)), _long(billed)
        case _:
            return said.per_session.format(price=formats.price(each, currency, locale))
    notes = _idle(line, currency, locale, said)
    if line.volume != line.billed_volume and used != whole:
        notes.append(said.billed_as.format(used=used, billed=whole))
    return f"{how} ({'; '.join(notes)})" if notes else how


def _of_plan(part: OfPlan, currency: Currency, locale: Locale, said: Words) -> str:
    """What a session took of a subscription's month, and what it left."""

    def told(text: str) -> str:
        value = Decimal(text)
        match part.kind:
            case "energy":
                return f"{_kwh(value, locale)}{formats.NBSP}kWh"
            case "minutes":
                return f"{formats.number(value, locale)}{formats.NBSP}min"
            case "amount":
                return formats.price(value, currency, locale)
            case "percent":
                return formats.percent(text, locale)
            case _:
                return f"{formats.number(value, locale)}\N{MULTIPLICATION SIGN}"

    if part.rest is None:
        # What percent take off is not used up: the figure says it all.
        return f"\N{MINUS SIGN}{told(part.taken)}"
    return said.allowance.format(taken=told(part.taken), rest=told(part.rest))


def _idle(line: Line, currency: Currency, locale: Locale, said: Words) -> list[str]:
    """Of an idle fee: what was free, and the most that it costs."""
    notes = []
    if line.free_s:
        minutes = formats.number(Decimal(line.free_s) / 60, locale)
        notes.append(said.free_first.format(minutes=minutes))
    if line.most is not None:
        most = formats.price(Decimal(line.most), currency, locale)
        notes.append(said.at_most.format(most=most))
    return notes


def _kwh(volume: Decimal, locale: Locale) -> str:
    return formats.kwh(int((volume * 1000).to_integral_value()), locale)


def _long(hours: Decimal) -> str:
    return formats.lasting(int((hours * 3600).to_integral_value()))


def _how_long(
    per_hour: Decimal, hours: Decimal, currency: Currency, locale: Locale, said: Words
) -> str:
    """By the minute, as prices are shown before the start, where an hour's price allows it."""
    per_minute = (per_hour / 60).quantize(Decimal("0.0001"))
    minutes = formats.number(hours * 60, locale)
    if per_minute * 60 == per_hour:
        shown = formats.price(per_minute, currency, locale)
        return said.per_minute.format(volume=minutes, price=shown)
    shown = formats.price(per_hour, currency, locale)
    return said.per_hour.format(volume=f"{minutes}{formats.NBSP}min", price=shown)


def _sum(tax: Tax, currency: Currency, locale: Locale, said: Words) -> Row:
    net = formats.money(Money(tax.net_minor, currency), locale)
    amount = formats.money(Money(tax.tax_minor, currency), locale)
    if tax.rate is None:
        return Row(said.no_tax_stated.format(net=net), "", "")
    rate = formats.percent(tax.rate, locale)
    return Row(said.of_which_tax.format(rate=rate, net=net), "", amount)


def _notes(paid: Paid, currency: Currency, locale: Locale, said: Words) -> Iterator[str]:
    def money(minor: int) -> str:
        return formats.money(Money(minor, currency), locale)

    if paid.how == "nothing":
        yield said.not_charged
    if paid.hold_minor and paid.released_minor == paid.hold_minor:
        yield said.released_all.format(hold=money(paid.hold_minor))
    elif paid.released_minor:
        yield said.released_rest.format(
            released=money(paid.released_minor), hold=money(paid.hold_minor)
        )
    if paid.open_minor and paid.hold_minor:
        why = said.still_open if paid.paid_minor else said.not_taken
        yield why.format(open=money(paid.open_minor))


def _meter(receipt: Receipt, locale: Locale, said: Words) -> str:
    visit = receipt.visit
    if visit.meter_begin_wh is None or visit.meter_end_wh is None:
        return said.no_meter
    return said.meter_sentence.format(
        begin=formats.kwh(visit.meter_begin_wh, locale),
        end=formats.kwh(visit.meter_end_wh, locale),
        energy=formats.kwh(visit.energy_wh, locale),
    )


def _meter_title(receipt: Receipt, said: Words, asked: str) -> str:
    is_proved = receipt.signed is not None and receipt.signed.verdict == "valid"
    return signed_words(language(asked)).title if is_proved else said.meter


def _signed(receipt: Receipt, locale: Locale, asked: str) -> str:
    """What became of the meter's signature, in a sentence."""
    signed = receipt.signed
    if signed is None:
        return ""
    words = signed_words(language(asked))
    energy = formats.exact_kwh(Decimal(signed.energy_wh or 0), locale)
    sentence: str = getattr(words, signed.verdict, words.invalid)
    return sentence.format(energy=energy, format=signed.format)


def _check_signed(receipt: Receipt, asked: str) -> Iterator[str]:
    if receipt.signed is not None:
        yield signed_words(language(asked)).check.format(sha256=receipt.signed.sha256)


def _visit(receipt: Receipt, locale: Locale, said: Words) -> Iterator[Told]:
    visit, place = receipt.visit, receipt.place
    begins = formats.local(visit.begins, place.zone)
    ends = formats.local(visit.ends, place.zone)
    bay = [said.bay.format(number=place.plate)] if place.plate else []
    yield Told(said.place, ", ".join([place.location, *bay, _address(receipt)]))
    if place.evse:
        yield Told(said.evse, place.evse, is_id=True)
    yield Told(said.began, f"{formats.day(begins, locale)}, {formats.clock(begins, locale)}")
    same_day = begins.date() == ends.date()
    ended = formats.clock(ends, locale)
    yield Told(said.ended, ended if same_day else f"{formats.day(ends, locale)}, {ended}")
    yield Told(said.duration, formats.lasting(visit.duration_s))
    if visit.idle_s:
        yield Told(said.charging, formats.lasting(visit.charging_s))
        yield Told(said.idle, formats.lasting(visit.idle_s))
    yield Told(said.energy, f"{formats.kwh(visit.energy_wh, locale)}{formats.NBSP}kWh")
    if visit.token:
        yield Told(said.token, f"\N{HORIZONTAL ELLIPSIS}{visit.token}", is_id=True)
    reason = said.reasons.get((visit.ended_because or "").replace("_", "").lower())
    if reason:
        yield Told(said.ended_because, reason)


def _zone(receipt: Receipt, said: Words) -> str:
    """The zone, with both offsets where the clocks were changed in between."""
    zone = receipt.place.zone
    told = [
        formats.offset(formats.local(at, zone)) for at in (receipt.visit.begins, receipt.visit.ends)
    ]
    return said.zone.format(zone=zone, offset=", ".join(dict.fromkeys(told)))


def _check(receipt: Receipt, locale: Locale, said: Words) -> Iterator[str]:
    visit = receipt.visit
    begin, end = visit.meter_begin_wh, visit.meter_end_wh
    if begin is not None and end is not None and end - begin == visit.energy_wh:
        yield said.check_energy.format(
            begin=formats.kwh(begin, locale),
            end=formats.kwh(end, locale),
            energy=formats.kwh(visit.energy_wh, locale),
        )
    if receipt.lines:
        yield said.check_prices
    if any(tax.rate for tax in receipt.taxes):
        yield said.check_tax
    if receipt.kind == DocumentKind.SIMPLIFIED:
        yield said.simplified
    yield said.check_print


def _seller(receipt: Receipt, locale: Locale, said: Words) -> Iterator[str]:
    seller = receipt.seller
    yield seller.legal_name
    yield from seller.address
    yield locale.territories.get(seller.country, seller.country)
    if seller.vat_id:
        yield said.vat_id.format(vat=seller.vat_id)
