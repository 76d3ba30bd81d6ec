"""How figures, moments and durations are written for people (the look, §4).

Figure first, unit small; ranges with an en dash; a space that does not break before a percent.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from gettext import NullTranslations
from math import ceil
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, get_timezone_name
from babel.numbers import format_currency, format_decimal

from voltway.kernel.errors import Trouble
from voltway.kernel.money import Currency, Money

NO_BREAK = "\u00a0"
ELLIPSIS = "\u2026"
EN_DASH = "\u2013"
MINUS = "\u2212"

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def zone_of(name: str) -> ZoneInfo:
    """The zone by its IANA name; UTC where a name means nothing here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats and the words of one page: one language, one moment."""

    locale: Locale
    now: datetime
    sentences: NullTranslations = field(default_factory=NullTranslations)

    @property
    def direction(self) -> str:
        """``ltr``, or ``rtl`` where the language is written from right to left."""
        return str(self.locale.text_direction)

    def say(self, sentence: str, **given: object) -> str:
        """A sentence in the language of the page; ``%(name)s`` in it is what is given."""
        said = self.sentences.gettext(sentence) if sentence else sentence
        return said % given if given else said

    def told(self, trouble: Trouble) -> str:
        """What went wrong, in the language of the page, with all that its sentence names."""
        given = {name: self._named(value) for name, value in vars(trouble).items()}
        return self.sentences.gettext(trouble.sentence()).format(**given)

    def _named(self, value: object) -> object:
        """A field of a trouble as its reader writes it; words of ours are in the catalogue."""
        match value:
            case Money():
                return self.money(value)
            case datetime():
                return value
            case date():
                return self.date(value)
            case str() if value:
                return self.sentences.gettext(value)
            case _:
                return value

    def money(self, money: Money) -> str:
        """An amount with all its minor digits: ``€15.40``."""
        return _minus(format_currency(money.decimal, money.currency, locale=self.locale))

    def amount(self, minor: int, currency: str) -> str:
        return self.money(Money(minor, Currency(currency)))

    def hold(self, minor: int, currency: str) -> str:
        """A round amount without minor digits: ``€50``."""
        money = Money(minor, Currency(currency))
        if money.decimal != money.decimal.to_integral_value():
            return self.money(money)
        return format_currency(
            money.decimal,
            currency,
            format=_no_digits(self.locale),
            locale=self.locale,
            currency_digits=False,
        )

    def price(self, price: Decimal, currency: str) -> str:
        """A price per unit with the digits it has, two to four of them: ``€0.49``, ``€0.4925``."""
        shown = price.quantize(Decimal("0.0001"), ROUND_HALF_UP)
        digits = max(2, -int(shown.normalize().as_tuple().exponent))
        pattern = self.locale.currency_formats["standard"].pattern.replace(
            "0.00", "0." + "0" * digits
        )
        return format_currency(
            shown, currency, format=pattern, locale=self.locale, currency_digits=False
        )

    def plain_amount(self, minor: int, currency: str) -> str:
        """An amount without its currency, for columns whose head names it: ``24.67``."""
        money = Money(minor, Currency(currency))
        exponent = -int(money.decimal.as_tuple().exponent)
        pattern = "#,##0" + ("." + "0" * exponent if exponent else "")
        return _minus(format_decimal(money.decimal, format=pattern, locale=self.locale))

    def energy(self, wh: int, digits: int = 2) -> str:
        """Kilowatt-hours without the unit: ``31.42``."""
        return self.number(Decimal(wh) / 1000, digits)

    def power(self, watts: int) -> str:
        """Kilowatts without the unit: ``118``, and ``7.4`` below ten."""
        kilowatts = Decimal(watts) / 1000
        digits = 1 if 0 < kilowatts < 10 and watts % 1000 else 0
        return self.number(kilowatts, digits)

    def number(self, value: Decimal | int, digits: int = 0) -> str:
        shown = Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return _minus(format_decimal(shown, format=pattern, locale=self.locale))

    def percent(self, value: Decimal | int, digits: int = 0) -> str:
        return f"{self.number(value, digits)}{NO_BREAK}%"

    def tax_rate(self, rate: Decimal) -> str:
        return self.percent(rate, max(0, -int(rate.normalize().as_tuple().exponent)))

    def age_s(self, at: datetime) -> int:
        return max(0, int((self.now - at).total_seconds()))

    def age(self, at: datetime) -> str:
        """``8 s ago`` to 60 s, then minutes, hours, days."""
        return self.say("%(span)s ago", span=self.since(at))

    def since(self, at: datetime) -> str:
        return self.span(self.age_s(at), seconds_to=60)

    def span(self, seconds: int, *, seconds_to: int = 120) -> str:
        """A duration as people say it: ``40 s``, ``28 min``, ``1 h 05``, ``3 d``."""
        if seconds < seconds_to:
            return f"{seconds}{NO_BREAK}s"
        minutes = seconds // 60
        if minutes < 60:
            return f"{minutes}{NO_BREAK}min"
        hours, minutes = divmod(minutes, 60)
        if hours < 24:
            return f"{hours}{NO_BREAK}h{NO_BREAK}{minutes:02}"
        return f"{hours // 24}{NO_BREAK}d"

    def left(self, until: datetime) -> str:
        """How long until then, to the second: ``12 s``, ``9 min 12 s``, ``1 h 05``; as
        ``countdown.js`` goes on from there."""
        seconds = max(0, ceil((until - self.now).total_seconds()))
        if seconds < 60:
            return f"{seconds}{NO_BREAK}s"
        minutes, seconds = divmod(seconds, 60)
        if minutes < 60:
            return f"{minutes}{NO_BREAK}min{NO_BREAK}{seconds:02}{NO_BREAK}s"
        return f"{minutes // 60}{NO_BREAK}h{NO_BREAK}{minutes % 60:02}"

    def month(self, month: str) -> str:
        """``March`` of ``2026-03``."""
        return format_date(date.fromisoformat(f"{month}-01"), "LLLL", locale=self.locale)

    def month_year(self, day: date) -> str:
        """``March 2026``, of a day in it."""
        return str(format_skeleton("yMMMM", day, locale=self.locale))

    def clock(self, at: datetime, zone: str) -> str:
        return f"{at.astimezone(zone_of(zone)):%H:%M}"

    def clock_s(self, at: datetime, zone: str) -> str:
        return f"{at.astimezone(zone_of(zone)):%H:%M:%S}"

    def zone_name(self, zone: str) -> str:
        """The short name of the zone now: ``CET``."""
        return get_timezone_name(
            self.now.astimezone(zone_of(zone)), width="short", locale=Locale("en", "GB")
        )

    def clocks(self, begins: datetime, ends: datetime, zone: str) -> str:
        """From one clock time to another, with an en dash."""
        return f"{self.clock(begins, zone)}{EN_DASH}{self.clock(ends, zone)}"

    def day_name(self, day: int) -> str:
        """``Mon``, of a day of the week from 1 on (ISO 8601)."""
        return str(self.locale.days["format"]["abbreviated"][day - 1])

    def date(self, day: date) -> str:
        """``23 November 2026``, of a day that has no clock."""
        return format_date(day, format="long", locale=self.locale)

    def day(self, at: datetime, zone: str) -> str:
        """``23 November 2026``."""
        return format_date(at.astimezone(zone_of(zone)), format="long", locale=self.locale)

    def weekday(self, at: datetime, zone: str) -> str:
        """``Mon 23 November``."""
        return format_datetime(
            at.astimezone(zone_of(zone)), "EEE d MMMM", tzinfo=zone_of(zone), locale=self.locale
        )

    def moment(self, at: datetime, zone: str) -> str:
        """The clock today, the day before that: ``17:41``, ``22 Nov 17:41``."""
        local, now = at.astimezone(zone_of(zone)), self.now.astimezone(zone_of(zone))
        if local.date() == now.date():
            return f"{local:%H:%M}"
        return format_datetime(local, "d MMM HH:mm", tzinfo=zone_of(zone), locale=self.locale)

    def size(self, count: int) -> str:
        """Bytes: ``412 B``, ``1.3 kB``."""
        if count < 1000:
            return f"{count}{NO_BREAK}B"
        return f"{self.number(Decimal(count) / 1000, 1)}{NO_BREAK}kB"

    def account(self, path: str) -> str:
        """A path in the books with its long ids cut: ``driver:…6422db6a:receivable``."""
        return _ID.sub(lambda found: f"{ELLIPSIS}{found[0][-8:]}", path)

    def account_words(self, path: str) -> str:
        """A path in the books as people say it: ``Revenue, energy``, ``VAT 25.5 %``."""
        match path.split(":"):
            case ["tax", "vat", rate] if rate.replace(".", "", 1).isdecimal():
                return f"VAT {self.tax_rate(Decimal(rate))}"
            case ["provider", name, "due"]:
                return f"Due from {name}"
            case ["driver", who, "receivable"]:
                return f"Driver {self.account(who)}"
            case _:
                words = self.account(path).replace(":", ", ")
                return f"{words[:1].upper()}{words[1:]}"


def _minus(text: str) -> str:
    return text.replace("-", MINUS)


def _no_digits(locale: Locale) -> str:
    pattern: str = locale.currency_formats["standard"].pattern
    return pattern.replace("0.00", "0")
