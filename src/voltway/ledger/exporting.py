"""Books given out: as CSV with all that the chain covers, and as a DATEV Buchungsstapel."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EntryId, PartyId
from voltway.kernel.money import Currency
from voltway.ledger import (
    exporting_csv,
    exporting_datev,
    rules_periods,
    store_chain,
    store_mapping,
    store_periods,
)
from voltway.ledger.exporting_datev import Batch, Bookkeeper, Mapped, NoBookkeeper
from voltway.ledger.model import PATH, Placed
from voltway.runtime.work import Work

#: Entries read at once.
BATCH: Final = 2000

#: What the two charts of most German companies have for ours, for a start. The revenue accounts are
#: such as reckon no tax by themselves; the tax keys are those of 19 and 7 percent.
CHARTS: Final[Mapping[str, Mapping[str, Mapped]]] = {
    "SKR04": {
        "driver": Mapped("1200"),
        "customer": Mapped("1200"),
        "fleet": Mapped("1200"),
        "partner": Mapped("1200"),
        "host": Mapped("3300"),
        "provider": Mapped("1460"),
        "bank": Mapped("1800"),
        "revenue": Mapped("4000"),
        "tax": Mapped("3800"),
        "tax:input": Mapped("1400"),
        "tax:vat:19": Mapped("3806", "3"),
        "tax:vat:7": Mapped("3801", "2"),
        "cost": Mapped("6300"),
        "cost:fees": Mapped("6855"),
        "cost:hosts": Mapped("5900"),
        "cost:refunds": Mapped("4700"),
        "rounding": Mapped("6300"),
        "suspense": Mapped("1370"),
    },
    "SKR03": {
        "driver": Mapped("1400"),
        "customer": Mapped("1400"),
        "fleet": Mapped("1400"),
        "partner": Mapped("1400"),
        "host": Mapped("1600"),
        "provider": Mapped("1360"),
        "bank": Mapped("1200"),
        "revenue": Mapped("8000"),
        "tax": Mapped("1770"),
        "tax:input": Mapped("1570"),
        "tax:vat:19": Mapped("1776", "3"),
        "tax:vat:7": Mapped("1771", "2"),
        "cost": Mapped("4900"),
        "cost:fees": Mapped("4970"),
        "cost:hosts": Mapped("3100"),
        "cost:refunds": Mapped("8700"),
        "rounding": Mapped("4900"),
        "suspense": Mapped("1590"),
    },
}


@dataclass(eq=False)
class BadMapping(Refusal):
    """{what} cannot be mapped: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    what: str
    why: str


@dataclass(eq=False)
class BadBookkeeper(Refusal):
    """{field} is not valid: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    field: str
    why: str


async def bookkeeper(work: Work, party: PartyId) -> Bookkeeper | None:
    """How a party is called at its bookkeeper's, where that is set."""
    return await store_mapping.bookkeeper(work, party)


async def mapping(work: Work, party: PartyId) -> dict[str, Mapped]:
    """Which of the bookkeeper's accounts ours are."""
    return await store_mapping.mapping(work, party)


async def set_bookkeeper(work: Work, party: PartyId, known: Bookkeeper) -> None:
    """Set how a party is called at its bookkeeper's (DATEV: Berater, Mandant)."""
    for field, value, low, high in (
        ("consultant", known.consultant, 1001, 9_999_999),
        ("client", known.client, 1, 99_999),
        ("account_length", known.account_length, 4, 8),
        ("year_begins", known.year_begins, 1, 12),
    ):
        if not low <= value <= high:
            raise BadBookkeeper(field, f"a number from {low} to {high} is needed")
    if not re.fullmatch(r"\d{0,2}", known.chart):
        raise BadBookkeeper("chart", "two digits, such as 04, are needed")
    await store_mapping.keep_bookkeeper(work, party, known)


async def set_mapping(work: Work, party: PartyId, known: Mapping[str, Mapped]) -> None:
    """Set which of the bookkeeper's accounts ours are; what is not named is not mapped any more."""
    for path, mapped in known.items():
        if not PATH.fullmatch(path):
            raise BadMapping(path[:80], "it is no path in the books, such as revenue:energy")
        if not re.fullmatch(r"\d{4,9}", mapped.account):
            raise BadMapping(path, f"{mapped.account[:20]} is no account of four to nine digits")
        if not re.fullmatch(r"\d{0,4}", mapped.tax_key):
            raise BadMapping(path, f"{mapped.tax_key[:20]} is no tax key of up to four digits")
    await store_mapping.keep_mapping(work, party, known)


async def entries_dated(
    work: Work, party: PartyId, begins: datetime, ends: datetime
) -> AsyncIterator[list[Placed]]:
    """The entries of a party that are dated within a time, many at a time."""
    after = 0
    while some := await store_chain.entries_dated(work, party, begins, ends, after, BATCH):
        yield some
        after = some[-1].place


async def csv_lines(
    work: Work, party: PartyId, begins: datetime, ends: datetime
) -> AsyncIterator[str]:
    """The books of a party as CSV, for the entries that are dated within a time."""
    yield exporting_csv.head()
    async for some in entries_dated(work, party, begins, ends):
        links = await store_chain.links_of(work, [each.id for each in some])
        yield exporting_csv.lines(some, links)


async def datev_files(
    work: Work,
    party: PartyId,
    zone: ZoneInfo,
    currency: Currency,
    month: date,
    documents: Mapping[EntryId, str],
) -> list[bytes]:
    """A month of a party's books as DATEV Buchungsstapel: one file, or several where it is long."""
    known = await store_mapping.bookkeeper(work, party)
    if known is None:
        raise NoBookkeeper
    begins, ends = month_of(month, zone)
    closed = (await store_periods.closed(work, [party])).get(party)
    entries: list[Placed] = []
    async for some in entries_dated(work, party, begins, ends):
        entries += some
    batch = Batch(
        month=month,
        last_day=rules_periods.after(month) - timedelta(days=1),
        zone=zone,
        currency=currency,
        made_at=work.now.astimezone(zone),
        final=closed is not None and closed.month >= month,
        mapping=await store_mapping.mapping(work, party),
    )
    return exporting_datev.written(known, batch, entries, documents)


def datev_name(month: date, number: int, of: int) -> str:
    """A file's name, which DATEV knows by its beginning."""
    part = f"_{number}" if of > 1 else ""
    return f"EXTF_Buchungsstapel_{month:%Y-%m}{part}.csv"


def month_of(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a month begins and ends in a zone."""
    return (
        rules_periods.begins(month, zone),
        rules_periods.begins(rules_periods.after(month), zone),
    )
