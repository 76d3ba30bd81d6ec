"""What the fields of a form say: moments of the party's own clock, decimals, names."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.money import Currency, minor_digits


@dataclass(eq=False)
class NoMoment(Refusal):
    """{text} is no date and time, such as 2026-03-02 06:30."""

    kind = Kind.INVALID

    text: str


@dataclass(eq=False)
class NoNumber(Refusal):
    """{text} is no number, such as 0.49."""

    kind = Kind.INVALID

    text: str


@dataclass(eq=False)
class NoWholeNumber(Refusal):
    """{text} is no whole number, such as 3."""

    kind = Kind.INVALID

    text: str


def moment_of(text: str, zone: str) -> datetime | None:
    """The moment that a field names by the clock of a zone; none where it is empty.

    Of the autumn's doubled hour it is the first.
    """
    said = text.strip()
    if not said:
        return None
    try:
        read = datetime.fromisoformat(said)
        if read.tzinfo is None:
            read = read.replace(tzinfo=ZoneInfo(zone))
        utc = read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NoMoment(said[:40]) from error
    if not 1970 <= utc.year <= 9998:
        raise NoMoment(said[:40])
    return utc


def as_field(at: datetime | None, zone: str) -> str:
    """A moment as a field of date and time takes it."""
    return "" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def minor_of(text: str, currency: Currency) -> int | None:
    """The amount that a field holds, in the smallest unit; none where it is empty. Raises
    ``NoNumber`` for a part of a cent."""
    number = number_of(text)
    if number is None:
        return None
    minor = number.scaleb(minor_digits(currency))
    if minor != int(minor):
        raise NoNumber(text.strip()[:40])
    return int(minor)


def number_of(text: str) -> Decimal | None:
    """The number that a field holds, with a point or a comma; none where it is empty."""
    said = text.strip().replace("\N{MINUS SIGN}", "-")
    if not said:
        return None
    if "," in said and "." not in said:
        said = said.replace(",", ".")
    try:
        read = Decimal(said)
    except InvalidOperation as error:
        raise NoNumber(said[:40]) from error
    places = read.as_tuple().exponent
    if not isinstance(places, int) or abs(places) > 15 or abs(read) > 10**9:
        raise NoNumber(said[:40])
    return read


def count_of(text: str) -> int | None:
    """The whole number that a field holds; none where it is empty."""
    number = number_of(text)
    if number is None:
        return None
    if number != int(number):
        raise NoWholeNumber(text.strip()[:40])
    return int(number)
