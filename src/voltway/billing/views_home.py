"""A driver's month of home charging as they read it: in the view that statements have."""

from collections.abc import Iterator

from babel import Locale
from babel.dates import format_date

from voltway.billing import formats
from voltway.billing.documents_home import HomeLine, HomeStatement
from voltway.billing.model_homes import CreditKind
from voltway.billing.views_statement import (
    TEMPLATE,
    Group,
    ItemRow,
    StatementView,
    Tongue,
    month_words,
)
from voltway.billing.words import Words, language, words
from voltway.kernel.money import Currency


def home_view(made: HomeStatement, sha256: str, locale_asked: str) -> StatementView:
    locale, said = formats.locale_for(locale_asked), words(locale_asked)
    tongue = Tongue(said, locale, Currency(made.currency))
    heading, total = said.home_statement.format(number=made.number), tongue.money(made.total_minor)
    month = month_words(made.month, locale)
    return StatementView(
        language=language(locale_asked),
        title=f"{heading}: {total}. {made.operator.name}",
        heading=heading,
        month=month,
        total=total,
        total_word=said.home_paid_back,
        lead=said.home_lead.format(company=made.company.name, energy=tongue.kwh(made.energy_wh))
        if made.total_minor >= 0
        else said.home_carried,
        is_owed=False,
        recipient_title=said.home_driver,
        recipient=(made.driver, made.fleet),
        seller_title=said.home_by,
        seller=tuple(_operator(made, locale)),
        brand=made.operator.name,
        about=(
            (said.number, made.number),
            (said.date, formats.day(formats.local(made.issued_at, made.zone), locale)),
            (said.period, month),
            (said.home_company, made.company.name),
        ),
        group_title=said.place,
        groups=tuple(_groups(made, tongue)),
        sums=(),
        check_title=said.check,
        check=(said.check_registers, said.check_sum, said.check_passed_on, said.check_print),
        fingerprint=sha256,
        drawn=said.drawn.format(version=TEMPLATE),
        words=_heads(said),
    )


def _heads(said: Words) -> dict[str, str]:
    return {
        "charges": said.home_yours,
        "date": said.date,
        "place": said.place,
        "receipt": said.home_registers,
        "energy": said.energy,
        "net": said.home_rate,
        "amount": said.amount,
        "total": said.total,
        "fingerprint": said.fingerprint,
        "page": said.page,
    }


def _operator(made: HomeStatement, locale: Locale) -> Iterator[str]:
    yield made.operator.legal_name
    yield from made.operator.address
    yield locale.territories.get(made.operator.country, made.operator.country)


def _groups(made: HomeStatement, tongue: Tongue) -> Iterator[Group]:
    """The lines by the place that was home."""
    for place in sorted({line.place for line in made.lines}, key=str.casefold):
        lines = [line for line in made.lines if line.place == place]
        yield Group(
            name=place,
            count=tongue.said.sessions.format(count=len({line.session for line in lines})),
            rows=tuple(_row(line, tongue) for line in sorted(lines, key=lambda line: line.begins)),
            energy=tongue.kwh(sum(line.energy_wh for line in lines)),
            net="",
            amount=tongue.money(sum(line.amount_minor for line in lines)),
        )


def _row(line: HomeLine, tongue: Tongue) -> ItemRow:
    at = formats.local(line.begins, line.zone)
    day = format_date(at, "short", locale=tongue.locale)
    is_correction = line.kind == CreditKind.CORRECTION
    return ItemRow(
        when=f"{day} {formats.clock(at, tongue.locale)}",
        where="",
        evse=line.station,
        number=_registers(line, tongue),
        energy=tongue.kwh(line.energy_wh),
        net=tongue.price(line.per_kwh),
        amount=tongue.money(line.amount_minor),
        note=tongue.said.adjustment if is_correction else "",
    )


def _registers(line: HomeLine, tongue: Tongue) -> str:
    """From where to where the meter went; nothing where it told none."""
    if line.meter_begin_wh is None or line.meter_end_wh is None:
        return ""
    begin, end = (
        formats.kwh(each, tongue.locale) for each in (line.meter_begin_wh, line.meter_end_wh)
    )
    return f"{begin} \N{EN DASH} {end}"
