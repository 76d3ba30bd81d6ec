"""Refunds that banks sent back: what is owed to drivers, since when, and paying it again."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import refunds_returned
from voltway.billing.approving import NeedsSecondPerson
from voltway.kernel.errors import Outage, Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments.paying_again import NoSuchReturn
from voltway.payments.provider import Declined
from voltway.runtime.work import Row, Work
from voltway.web.appearance import Form
from voltway.web.console.credit_writing import NotGivenBack
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/returned"
SHOWN: Final = 200
_SELECT: Final = """
    SELECT r.*, p.session_id, s.location_name, s.public_id, i.id AS invoice_id, i.number
      FROM returned_refund_view r
      JOIN payment_view p ON p.id = r.payment_id
      LEFT JOIN session_view s ON s.id = p.session_id
      LEFT JOIN document_view i
        ON i.payment_id = p.id AND i.kind IN ('receipt', 'simplified_invoice')
"""


@get("/returned", include_in_schema=False)
async def list_returned(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            f"""
            {_SELECT} ORDER BY r.ended_at IS NOT NULL, r.ended_at DESC, r.returned_at, r.id
            LIMIT $1
            """,
            SHOWN,
        )
        returned = [{**row, "days": (work.now - row["returned_at"]).days} for row in rows]
    return await console_page(
        request,
        house,
        actor,
        "console/returned.html",
        place="money",
        returned=returned,
        owed=sum(row["ended_at"] is None for row in rows),
    )


@get("/returned/{returned:uuid}", include_in_schema=False)
async def returned_one(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    returned: FromPath[UUID],
) -> Response[str]:
    return await _page(request, house, actor, returned)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    id: UUID,
    *,
    no: Refusal | Outage | None = None,
    how: str = "",
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        row = await _own(work, id)
    return await console_page(
        request,
        house,
        actor,
        "console/returned_one.html",
        status=_status(no),
        place="money",
        r=row,
        may_end=actor.may(Permission.MOVE_MONEY) and row["state"] == "owed",
        how=how[:200],
        trouble="" if no is None else str(no),
    )


def _status(no: Refusal | Outage | None) -> int:
    if no is None:
        return HTTPStatus.OK
    return STATUS[no.kind] if isinstance(no, Refusal) else HTTPStatus.SERVICE_UNAVAILABLE


async def _own(work: Work, id: UUID) -> Row:
    row = await work.one(f"{_SELECT} WHERE r.id = $1", id)
    if row is None:
        raise NoSuchReturn
    return row


@post("/returned/{returned:uuid}/again", include_in_schema=False)
async def refund_again(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    returned: FromPath[UUID],
) -> Response[str] | Redirect:
    """Give it back once more, to the card that paid; above a sum a second person agrees."""
    actor.must(Permission.MOVE_MONEY)
    try:
        async with house.begin(actor.party) as work:
            await _own(work, returned)
            if await _asks_second(work, actor, returned, how="", otherwise=False):
                return see_other("/console/approvals")
            did = "asked to refund again what came back"
            await parties.audit(work, actor, did, f"returned_refund:{returned}")
        given = await refunds_returned.refund_again(
            house.begin, house.provider, returned, actor=actor
        )
        if isinstance(given, Declined):
            raise NotGivenBack(given.reason)
    except (Refusal, Outage) as no:
        return await _page(request, house, actor, returned, no=no)
    return see_other(f"{_HERE}/{returned}")


@post("/returned/{returned:uuid}/paid", include_in_schema=False)
async def pay_otherwise(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    returned: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Note that it was paid from the bank; above a sum a second person agrees."""
    actor.must(Permission.MOVE_MONEY)
    how = data.get("how", "")
    try:
        async with house.begin(actor.party) as work:
            await _own(work, returned)
            if await _asks_second(work, actor, returned, how=how, otherwise=True):
                return see_other("/console/approvals")
            await refunds_returned.pay_otherwise(work, returned, how=how, actor=actor)
            did, on = "paid otherwise what came back", f"returned_refund:{returned}"
            await parties.audit(work, actor, did, on, {"how": how[:200]})
    except Refusal as no:
        return await _page(request, house, actor, returned, no=no, how=how)
    return see_other(f"{_HERE}/{returned}")


async def _asks_second(work: Work, actor: Actor, id: UUID, *, how: str, otherwise: bool) -> bool:
    """Ask for a second person, where this is too much for one."""
    try:
        await refunds_returned.must_be_one_persons(work, id, actor)
    except NeedsSecondPerson:
        asked = await refunds_returned.ask(work, id, how=how, otherwise=otherwise, actor=actor)
        did, on = "asked for a second person", f"refund_request:{asked.id}"
        await parties.audit(work, actor, did, on, {"amount": str(asked.amount)})
        return True
    return False
