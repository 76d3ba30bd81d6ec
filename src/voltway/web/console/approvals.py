"""Refunds and write-offs that wait for a second person, and from which sum on one is needed."""

from decimal import Decimal
from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import approving, write_offs
from voltway.billing.second_person import NoSuchRequest
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import PartyId
from voltway.kernel.money import Currency, minor_digits
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web.appearance import Form
from voltway.web.console.credit_writing import NotAnAmount
from voltway.web.console.door import console_page
from voltway.web.console.form_fields import number_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

HERE: Final = "/console/approvals"
SHOWN: Final = 100


@get("/approvals", include_in_schema=False)
async def list_approvals(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await page(request, house, actor)


async def page(
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
            """
            SELECT * FROM refund_request_view
             ORDER BY state NOT IN ('open', 'approved'), asked_at DESC LIMIT $1
            """,
            SHOWN,
        )
        above = await approving.rule(work, PartyId(actor.party))
        offs = await work.all(
            """
            SELECT * FROM write_off_request_view ORDER BY state <> 'open', asked_at DESC LIMIT $1
            """,
            SHOWN,
        )
        off_above = await write_offs.rule(work, PartyId(actor.party))
    return await console_page(
        request,
        house,
        actor,
        "console/approvals.html",
        status=status,
        place="money",
        requests=rows,
        above=above,
        offs=offs,
        off_above=off_above,
        may_move=actor.may(Permission.MOVE_MONEY),
        may_rule=actor.may(Permission.MANAGE_PEOPLE),
        trouble=trouble,
    )


@post("/approvals/rule", include_in_schema=False)
async def set_rule(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """From which sum on a second person is needed. Only who manages people says so."""
    actor.must(Permission.MANAGE_PEOPLE)
    try:
        async with house.begin(actor.party) as work:
            party = await parties.party(work, PartyId(actor.party))
            text = data.get("above", "").strip()
            minor = minor_of_rule(text, party.currency) if text else None
            await approving.set_rule(work, party.id, minor, by=actor.name)
            did = "set from which sum on a refund needs a second person"
            await parties.audit(work, actor, did, "refunds", {"above": text or "never"})
    except Refusal as no:
        return await page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(HERE)


def minor_of_rule(text: str, currency: Currency) -> int:
    minor = (number_of(text) or Decimal(-1)).scaleb(minor_digits(currency))
    if minor < 0 or minor != int(minor):
        raise NotAnAmount
    return int(minor)


@post("/approvals/{id:uuid}/{deed:str}", include_in_schema=False)
async def decide(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    id: FromPath[UUID],
    deed: FromPath[str],
    data: Form,
) -> Response[str] | Redirect:
    """Approve or decline what somebody else asked for; or take back what one asked for oneself."""
    actor.must(Permission.MOVE_MONEY)
    try:
        if deed == "approve":
            await approving.approve(house.begin, house.provider, id, actor=actor)
        async with house.begin(actor.party) as work:
            if deed == "decline":
                why = " ".join(data.get("why", "").split())
                await approving.decline(work, id, actor=actor, why=why)
            elif deed == "withdraw":
                await approving.withdraw(work, id, actor=actor)
            elif deed != "approve":
                raise NoSuchRequest
            await parties.audit(work, actor, f"{deed} of a refund", f"refund_request:{id}")
    except Refusal as no:
        return await page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(HERE)
