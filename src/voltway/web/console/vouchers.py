"""Vouchers: series of codes, made once and told once."""

import csv
import io
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import PartyId
from voltway.kernel.money import Money
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments import vouchers
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.console.form_fields import minor_of, number_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/vouchers"
SHOWN: Final = 100


@get("/vouchers", include_in_schema=False)
async def list_vouchers(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _page(request, house, actor)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            "SELECT * FROM voucher_series_view ORDER BY made_at DESC LIMIT $1", SHOWN
        )
    return await console_page(
        request,
        house,
        actor,
        "console/vouchers.html",
        status=status,
        place="money",
        series=rows,
        may_move=actor.may(Permission.MOVE_MONEY),
        trouble=trouble,
    )


@post("/vouchers", include_in_schema=False)
async def make_vouchers(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Response[bytes]:
    """Make a series. The answer is the file of its codes, and nobody can have them again."""
    actor.must(Permission.MOVE_MONEY)
    try:
        async with house.begin(actor.party) as work:
            party = await parties.party(work, PartyId(actor.party))
            value = Money(minor_of(data.get("value", ""), party.currency) or 0, party.currency)
            count = number_of(data.get("count", "")) or 0
            series, codes = await vouchers.make_series(
                work,
                party.id,
                name=data.get("name", ""),
                value=value,
                count=int(count) if count == int(count) else 0,
                valid_until=_end_of(data.get("until", ""), party.time_zone),
                is_sold=data.get("is_sold") == "yes",
                by=actor.name,
            )
            said = {"count": str(len(codes)), "value": str(value)}
            await parties.audit(work, actor, "made vouchers", f"voucher_series:{series}", said)
    except Refusal as no:
        return await _page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return Response(
        _file(codes, value, data.get("until", "")),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="vouchers-{series}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _file(codes: list[str], value: Money, until: str) -> bytes:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["code", "value", "valid_until"])
    rows.writerows([code, str(value), until] for code in codes)
    return out.getvalue().encode()


def _end_of(text: str, zone: str) -> datetime:
    """The end of a day that a form names, where the party is."""
    try:
        day = date.fromisoformat(text) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise vouchers.SeriesWrong from error
    return datetime.combine(day, time(), ZoneInfo(zone))


@post("/vouchers/{series:uuid}/withdraw", include_in_schema=False)
async def withdraw_vouchers(
    house: NamedDependency[House], actor: NamedDependency[Actor], series: FromPath[UUID]
) -> Redirect:
    """What is not redeemed of a series is worth nothing from now on."""
    actor.must(Permission.MOVE_MONEY)
    async with house.begin(actor.party) as work:
        await vouchers.withdraw(work, series)
        await parties.audit(work, actor, "withdrew vouchers", f"voucher_series:{series}")
    return see_other(_HERE)
