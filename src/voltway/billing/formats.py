"""Numbers, money and times as a reader of a receipt is used to them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

from voltway.billing.words import language
from voltway.kernel.money import Currency, Money, minor_digits

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


#: Where a language alone is asked for: English of Europe writes 23 November, not November 23.
PLAIN = {"en": "en_GB"}


@lru_cache(maxsize=64)
def locale_for(asked: str) -> Locale:
    """The locale whose words we have: figures and words of one receipt speak one language."""
    spoken = language(asked)
    if asked.lower() in PLAIN:
        return Locale.parse(PLAIN[asked.lower()])
    if asked.replace("-", "_").partition("_")[0].lower() == spoken:
        try:
            return Locale.parse(asked.replace("-", "_"))
        except (ValueError, UnknownLocaleError):
            return locale_for(spoken)
    return locale_for(spoken)


def money(amount: Money, locale: Locale) -> str:
    return _signed(format_currency(amount.decimal, amount.currency, locale=locale))


def price(per_unit: Decimal, currency: Currency, locale: Locale) -> str:
    """A price with all its digits, at least those of the currency."""
    digits = minor_digits(currency)
    short = per_unit.normalize()
    exponent = short.as_tuple().exponent
    assert isinstance(exponent, int), "a price is a number"
    if -exponent < digits:
        short = short.quantize(Decimal(1).scaleb(-digits))
    return _signed(format_currency(short, currency, locale=locale, decimal_quantization=False))


def kwh(energy_wh: int, locale: Locale) -> str:
    """Watt-hours as kWh with the two decimals of a bill, or three where they count."""
    pattern = "#,##0.00" if energy_wh % 10 == 0 else "#,##0.000"
    return format_decimal(Decimal(energy_wh) / 1000, pattern, locale=locale)


def power(watts: int, locale: Locale) -> str:
    """Watts as ``11 kW``, with one decimal below a hundred where it counts."""
    return f"{format_decimal(round(Decimal(watts) / 1000, 1), '#,##0.#', locale=locale)}{NBSP}kW"


def exact_kwh(energy_wh: Decimal, locale: Locale) -> str:
    """Watt-hours as kWh with all the digits that a meter wrote."""
    return format_decimal(energy_wh / 1000, "#,##0.00###########", locale=locale)


def number(value: Decimal, locale: Locale) -> str:
    """A number with as many digits as it has, three at most."""
    return _signed(format_decimal(value, "#,##0.###", locale=locale))


def percent(rate: str, locale: Locale) -> str:
    return f"{format_decimal(Decimal(rate), '#,##0.##', locale=locale)}{NBSP}%"


def lasting(seconds: int) -> str:
    """A duration in words that need no translation: ``28 min``, ``2 h 05 min``, ``1 min 34 s``.

    It is exact, for what is billed by time is checked with it.
    """
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = []
    if hours:
        parts.append(f"{hours}{NBSP}h{NBSP}{minutes:02d}{NBSP}min")
    elif minutes:
        parts.append(f"{minutes}{NBSP}min")
    if rest or not parts:
        parts.append(f"{rest}{NBSP}s")
    return NBSP.join(parts)


def local(at: str, zone: str) -> datetime:
    return datetime.fromisoformat(at).astimezone(ZoneInfo(zone))


def day(at: date, locale: Locale) -> str:
    return format_date(at, "long", locale=locale)


def clock(at: datetime, locale: Locale) -> str:
    return format_time(at, "HH:mm", locale=locale, tzinfo=at.tzinfo)


def offset(at: datetime) -> str:
    """How far the zone was from UTC at that moment: ``UTC+2``, ``UTC+5:30``."""
    shift = at.utcoffset() or timedelta()
    minutes = int(shift.total_seconds()) // 60
    sign = "+" if minutes >= 0 else MINUS
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
