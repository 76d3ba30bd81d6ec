"""Home charging paid back: where drivers are at home, at what rate, and what they are paid."""

import asyncio
from datetime import date
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import homes, homes_bank, homes_paying
from voltway.drivers import homes as places
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import DriverId, FleetId, PartyId
from voltway.kernel.money import Currency, Money
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web.appearance import Form
from voltway.web.console import fleets
from voltway.web.console.door import console_page, uuid_of
from voltway.web.console.form_fields import number_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/tariffs/homes"
SHOWN: Final = 500
LEFT_SHOWN: Final = 100


class NotSaid(Refusal):
    """Say a rate a kWh, such as 0.30, and the day from which it holds, such as 2026-03-01."""

    kind = Kind.INVALID


class NoDriverChosen(Refusal):
    """Choose a driver. Nothing was changed."""

    kind = Kind.INVALID


@get("/tariffs/homes", include_in_schema=False)
async def list_homes(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    """What drivers are to be paid, and their months."""
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
    party = PartyId(actor.party)
    async with house.begin(actor.party) as work:
        due = await homes_paying.due(work, party)
        rows = await work.all(
            "SELECT * FROM home_statement_view ORDER BY month DESC, number DESC LIMIT $1", SHOWN
        )
        left = await homes.left(work, party, LEFT_SHOWN)
    return await console_page(
        request,
        house,
        actor,
        "console/homes.html",
        status=status,
        place="tariffs",
        tab="fleets",
        due=due,
        statements=rows,
        left=left,
        may_pay=actor.may(Permission.MOVE_MONEY),
        trouble=trouble,
    )


@get("/tariffs/homes/payouts.csv", include_in_schema=False)
async def payouts(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[bytes]:
    """What the bank is to pay."""
    actor.must(Permission.MOVE_MONEY)
    async with house.begin(actor.party) as work:
        listed = homes_paying.payout_list(await homes_paying.due(work, PartyId(actor.party)))
        await parties.audit(work, actor, "took the list of drivers' payouts", "home_payouts")
    return _file(listed.encode(), "text/csv; charset=utf-8", "payouts.csv")


@get("/tariffs/homes/payouts.xml", include_in_schema=False)
async def transfers(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """The same as the file that a bank takes."""
    actor.must(Permission.MOVE_MONEY)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, PartyId(actor.party))
        due = await homes_paying.due(work, party.id)
        today = work.now.astimezone(ZoneInfo(party.time_zone)).date()
    try:
        made = await asyncio.to_thread(homes_bank.transfers, party, due, today)
    except Refusal as no:
        return await _page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    async with house.begin(actor.party) as work:
        await parties.audit(work, actor, "took the bank's file of drivers' payouts", "home_payouts")
    return _file(made, "application/xml", "payouts.xml")


def _file(content: bytes, media_type: str, name: str) -> Response[bytes]:
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


@get("/tariffs/homes/{statement:uuid}", include_in_schema=False)
async def home_statement(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    statement: FromPath[UUID],
) -> Response[str]:
    """A driver's month, as it was frozen; to be printed or kept."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        made = await homes_paying.statement(work, PartyId(actor.party), statement)
        row = await work.one("SELECT * FROM home_statement_view WHERE id = $1", statement)
    return await console_page(
        request,
        house,
        actor,
        "console/home_statement.html",
        place="tariffs",
        tab="fleets",
        made=made,
        row=row,
        moments={
            line.credit: (homes_paying.moment(line.begins), homes_paying.moment(line.ends))
            for line in made.lines
        },
    )


@post("/tariffs/homes/paid", include_in_schema=False)
async def paid(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """The bank has paid a driver what was shown."""
    actor.must(Permission.MOVE_MONEY)
    driver, said = uuid_of(data.get("driver", "")), data.get("minor", "")
    try:
        if driver is None or not (said.isascii() and said.isdigit() and len(said) < 16):
            raise homes_paying.NothingDue
        async with house.begin(actor.party) as work:
            amount = Money(int(said), Currency(data.get("currency", "")[:3]))
            party = PartyId(actor.party)
            id = await homes_paying.paid(work, party, DriverId(driver), amount, by=actor.name)
            await parties.audit(work, actor, "noted a driver's payout", f"home_payout:{id}")
    except Refusal as no:
        return await _page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(_HERE)


@post("/tariffs/homes/payee", include_in_schema=False)
async def set_payee(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """To whose account a driver is paid."""
    actor.must(Permission.MOVE_MONEY)
    try:
        driver = _driver(data)
        async with house.begin(actor.party) as work:
            await homes.pay_to(
                work,
                PartyId(actor.party),
                driver,
                holder=data.get("holder", ""),
                iban=data.get("iban", ""),
                by=actor.name,
            )
            await parties.audit(work, actor, "said where a driver is paid", f"driver:{driver}")
    except Refusal as no:
        return await _page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(_HERE)


@post("/tariffs/fleets/{fleet:uuid}/home-rate", include_in_schema=False)
async def set_rate(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    fleet: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """What is paid back for a kWh at home from a day on."""
    actor.must(Permission.MOVE_MONEY)
    try:
        rate, day = number_of(data.get("per_kwh", "")), _day(data.get("valid_from", ""))
        if rate is None or day is None:
            raise NotSaid
        async with house.begin(actor.party) as work:
            party = PartyId(actor.party)
            await homes.set_rate(work, party, FleetId(fleet), rate, day, by=actor.name)
            await parties.audit(work, actor, "set a rate for home charging", f"fleet:{fleet}")
    except Refusal as no:
        return await fleets.show(request, house, actor, fleet, no)
    return see_other(f"{fleets.HERE}/{fleet}")


@post("/tariffs/fleets/{fleet:uuid}/home", include_in_schema=False)
async def set_home(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    fleet: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """A station that is a driver's home from now on, or one that is not any more."""
    actor.must(Permission.EDIT_NETWORK)
    party, ended = PartyId(actor.party), uuid_of(data.get("end", ""))
    try:
        async with house.begin(actor.party) as work:
            if ended is not None:
                await places.is_home_no_more(work, party, ended, by=actor.name)
            else:
                driver, station = _driver(data), data.get("station", "")
                await homes.make_home(work, party, station, driver, FleetId(fleet), by=actor.name)
            await parties.audit(work, actor, "said where a driver is at home", f"fleet:{fleet}")
    except Refusal as no:
        return await fleets.show(request, house, actor, fleet, no)
    return see_other(f"{fleets.HERE}/{fleet}")


def _driver(data: Form) -> DriverId:
    id = uuid_of(data.get("driver", ""))
    if id is None:
        raise NoDriverChosen
    return DriverId(id)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
