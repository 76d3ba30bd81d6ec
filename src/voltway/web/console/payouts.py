"""Payouts: a provider's report taken in, what it left unexplained, and what came to the bank."""

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Outage, Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments import payouts as actions
from voltway.payments import payouts_csv, payouts_read
from voltway.payments.model_payouts import Taken
from voltway.web.appearance import Form
from voltway.web.console import payout_views
from voltway.web.console.door import console_page
from voltway.web.console.tariff_exchange import Files, text_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/payouts"


@get("/payouts", include_in_schema=False)
async def list_payouts(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _page(request, house, actor)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    told: Taken | None = None,
    given: dict[str, Any] | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        own = await payouts_read.own(work, house.provider, actor.party)
        able = [each.name for each in own if each.can.balance]
        first = own[0].name if own else ""
        desk = await payout_views.desk(work, formats_of(request, house), provider=first)
    return await console_page(
        request,
        house,
        actor,
        "console/payouts.html",
        status=status,
        place="money",
        desk=desk,
        trouble=trouble,
        told=told,
        given=given or {},
        may_move=actor.may(Permission.MOVE_MONEY),
        can_ask=bool(able),
        own=first,
        asks=", ".join(able),
        why_max=actions.WHY_MAX,
    )


@post("/payouts/reports", include_in_schema=False)
async def take_report(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    data: Files,
) -> Response[str]:
    """A report as a file: taken whole, or refused with what is wrong with it."""
    actor.must(Permission.MOVE_MONEY)
    text = await text_of(data)
    provider = str(data.get("provider") or "").strip()
    try:
        report = payouts_csv.read(provider, text)
        async with house.begin(actor.party) as work:
            told = await actions.take(work, actor.party, report, by=actor.name)
            await parties.audit(
                work,
                actor,
                "took a payout report",
                f"provider:{provider}",
                {"lines": str(told.lines), "new": str(told.fresh)},
            )
    except Refusal as no:
        given = {"provider": provider, "text": text}
        status = STATUS[no.kind]
        return await _page(request, house, actor, trouble=str(no), given=given, status=status)
    return await _page(request, house, actor, told=told)


@post("/payouts/ask", include_in_schema=False)
async def ask_provider(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    """Ask the provider itself for the payouts that are not in the books."""
    actor.must(Permission.MOVE_MONEY)
    try:
        told = await payouts_read.fetch(house.begin, house.provider, actor.party, by=actor.name)
    except Refusal as no:
        return await _page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    except Outage as silent:
        trouble = f"{silent} Nothing was taken; ask again later."
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return await _page(request, house, actor, trouble=trouble, status=status)
    return await _page(request, house, actor, told=told)


@post("/payouts/lines/{line:uuid}/aside", include_in_schema=False)
async def put_aside(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    line: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Take a line that nothing explains as it is, with a reason."""
    actor.must(Permission.MOVE_MONEY)
    try:
        async with house.begin(actor.party) as work:
            why = data.get("why", "")
            kept = await actions.put_aside(work, line, by=actor.name, why=why)
            on = f"payout_line:{kept.id}"
            await parties.audit(work, actor, "put a payout line aside", on, {"why": why[:200]})
    except Refusal as no:
        return await _page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(_HERE)
