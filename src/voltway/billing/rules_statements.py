"""From the lines of a month to the figures of its statement, in one of the two rounding modes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo

from voltway.billing.documents import Tax
from voltway.billing.documents_invoice import GROSS_LEADING, NET_LEADING, tax_of
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.money import Currency


@dataclass(eq=False)
class NotAMonth(Refusal):
    """{text} is no month; write it as 2026-11."""

    kind: ClassVar[Kind] = Kind.INVALID

    text: str


@dataclass(eq=False)
class MonthNotOver(Refusal):
    """{month} is not over yet in {zone}. Its statements can be written from {day}."""

    month: str
    zone: str
    day: date


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of a time zone, and the moments at which it begins and ends."""

    first: date
    zone: str

    @property
    def last(self) -> date:
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> "Month":
        year, month = self.first.year, self.first.month
        return Month(date(year + month // 12, month % 12 + 1, 1), self.zone)

    @property
    def before(self) -> "Month":
        return Month((self.first - timedelta(days=1)).replace(day=1), self.zone)

    @property
    def begins(self) -> datetime:
        """In UTC."""
        return datetime.combine(self.first, time(), ZoneInfo(self.zone)).astimezone(UTC)

    @property
    def ends(self) -> datetime:
        return self.next.begins

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


def month(text: str, zone: str) -> Month:
    """The month that this text names: ``2026-11``."""
    try:
        return Month(datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date(), zone)
    except ValueError:
        raise NotAMonth(text[:20]) from None


def month_of(at: datetime, zone: str) -> Month:
    """The month in which this moment is, in this zone."""
    return Month(at.astimezone(ZoneInfo(zone)).date().replace(day=1), zone)


def must_be_over(asked: Month, now: datetime) -> None:
    if now < asked.ends:
        raise MonthNotOver(str(asked), asked.zone, asked.next.first)


def rounding(*, is_business: bool) -> str:
    """Who has VAT taken off reads net first; a person pays the gross that was shown."""
    return NET_LEADING if is_business else GROSS_LEADING


def taxes(lines: Iterable[Sequence[Tax]], mode: str, currency: Currency) -> tuple[Tax, ...]:
    """What is taxed at each rate. Where net leads, the tax is worked out once on the sum of the
    rate; where gross leads, it is the sum of what the receipts had."""
    net: dict[str | None, int] = {}
    tax: dict[str | None, int] = {}
    for line in lines:
        for part in line:
            net[part.rate] = net.get(part.rate, 0) + part.net_minor
            tax[part.rate] = tax.get(part.rate, 0) + part.tax_minor
    if mode == NET_LEADING:
        tax = {rate: 0 if rate is None else tax_of(net[rate], rate, currency) for rate in net}
    rates = sorted(net, key=lambda rate: Decimal(-1) if rate is None else Decimal(rate))
    return tuple(
        Tax(
            rate=rate,
            gross_minor=net[rate] + tax[rate],
            net_minor=net[rate],
            tax_minor=tax[rate],
        )
        for rate in reversed(rates)
    )
