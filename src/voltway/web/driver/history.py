"""What somebody charged, spent and caused: by month and place, as a table, and for programs."""

import csv
import io
from decimal import Decimal
from typing import Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Response

from voltway.kernel.money import Currency, minor_digits
from voltway.ledger.exporting_csv import plain
from voltway.vehicles.grid import ATTRIBUTION
from voltway.web.driver import account, history_views, own_data, views
from voltway.web.driver.history_views import SHOWN_MAX, Charged, Summed, of_year, summed
from voltway.web.formats import Formats
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, page, see_other

_WAY_IN: Final = "/me?back=/me/charges"
YEARS: Final = range(2000, 9999)
COLUMNS: Final = (
    "begins",
    "ends",
    "place",
    "city",
    "evse",
    "energy_kwh",
    "amount",
    "currency",
    "paid_by",
    "receipt",
    "co2e_g",
    "session",
)


@get("/me/charges", include_in_schema=False)
async def charged(
    request: HttpRequest, house: NamedDependency[House], year: FromQuery[str] = ""
) -> Response[str] | Redirect:
    """A year of charges, by month and by place."""
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is None:
            return see_other(_WAY_IN)
        ever = await history_views.charges(work, email)
        years = sorted({each.day.year for each in ever}, reverse=True)
        chosen = _year(year, years or [work.now.year])
        help_ = await views.help_of(work, None, about="")
    found = of_year(ever, chosen)
    formats = formats_of(request, house)
    by_month = summed(found, lambda each: f"{each.day:%Y-%m}")
    most_wh = max((each.energy_wh for each in by_month), default=0)
    return page(
        request,
        house,
        "driver/history.html",
        year=chosen,
        years=years,
        charges=found[:SHOWN_MAX],
        is_cut=len(found) > SHOWN_MAX,
        all=next(iter(summed(found, lambda _: "")), None),
        months=[(each, 100 * each.energy_wh / most_wh if most_wh else 0) for each in by_month],
        places=sorted(summed(found, lambda each: each.place), key=lambda one: -one.energy_wh)[:10],
        sums=lambda one: _sums(one, formats),
        amount=lambda one: _amount(one, formats),
        month=lambda one: formats.month(one.of),
        help=help_,
        attribution=ATTRIBUTION,
    )


def _year(asked: str, years: list[int]) -> int:
    typed = _typed_year(asked)
    return years[0] if typed is None else typed


def _typed_year(asked: str) -> int | None:
    return int(asked) if asked.isdecimal() and int(asked) in YEARS else None


def _sums(one: Summed, formats: Formats) -> str:
    """What some charges cost together; each currency for itself."""
    return ", ".join(formats.amount(minor, currency) for currency, minor in one.minor.items())


def _amount(one: Charged, formats: Formats) -> str:
    return "" if one.minor is None else formats.amount(one.minor, one.currency)


@get("/me/charges.csv", include_in_schema=False)
async def charged_csv(
    request: HttpRequest, house: NamedDependency[House], year: FromQuery[str] = ""
) -> Response[bytes] | Redirect:
    """The same for a spreadsheet: all of a year, or all there is."""
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is None:
            return see_other(_WAY_IN)
        found = await history_views.charges(work, email)
    only = _typed_year(year)
    if only is not None:
        found = of_year(found, only)
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    rows.writerows(_row(each) for each in found)
    name = f"charges-{only}.csv" if only else "charges.csv"
    return Response(
        out.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _row(one: Charged) -> list[str]:
    return [
        one.started_at.isoformat(timespec="seconds"),
        one.ended_at.isoformat(timespec="seconds"),
        plain(one.place),
        plain(one.city),
        plain(one.public_id),
        f"{Decimal(one.energy_wh) / 1000:.3f}",
        "" if one.minor is None else _major(one.minor, one.currency),
        one.currency if one.minor is not None else "",
        plain("company" if one.company_pays else one.by),
        plain(one.number),
        "" if one.grams is None else str(one.grams),
        str(one.id),
    ]


def _major(minor: int, currency: str) -> str:
    return str(Decimal(minor).scaleb(-minor_digits(Currency(currency))))


@get("/me/export", include_in_schema=False)
async def export(request: HttpRequest, house: NamedDependency[House]) -> Response[bytes] | Redirect:
    """All that is kept of a person, for a program (GDPR art. 15 and 20)."""
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is None:
            return see_other("/me?back=/me/export")
        told = await own_data.all_of(work, email)
    return Response(
        msgspec.json.format(msgspec.json.encode(told)),
        media_type="application/json",
        headers={
            "Content-Disposition": 'attachment; filename="my-data.json"',
            "Cache-Control": "no-store",
        },
    )
