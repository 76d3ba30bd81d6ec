"""What drivers' banks want back: until when they wait, and our evidence, made of the bill."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import write_offs
from voltway.kernel.errors import Outage, Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments import disputes, disputing
from voltway.runtime.work import Row, Work
from voltway.web.appearance import Form
from voltway.web.console.dispute_evidence import evidence
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, public_url, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/disputes"
SHOWN: Final = 200
_SELECT: Final = """
    SELECT d.*, coalesce(i.id, b.invoice_id) AS invoice_id, coalesce(i.number, b.number) AS number,
           s.location_name, s.public_id, s.energy_wh, b.customer_name, h.name AS driver_name,
           h.email AS driver_email
      FROM dispute_view d
      LEFT JOIN payment_view p ON p.id = d.payment_id
      LEFT JOIN session_view s ON s.id = p.session_id
      LEFT JOIN document_view i
        ON i.payment_id = p.id AND i.kind IN ('receipt', 'simplified_invoice')
      LEFT JOIN debt_view b ON d.purpose = 'debt' AND d.about = 'invoice:' || b.invoice_id
      LEFT JOIN prepaid_view h ON d.purpose = 'top_up' AND h.holder = d.holder
"""


@get("/disputes", include_in_schema=False)
async def list_disputes(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            f"{_SELECT} ORDER BY d.state <> 'asks', d.answer_by NULLS LAST, d.opened_at DESC"
            " LIMIT $1",
            SHOWN,
        )
    return await console_page(
        request, house, actor, "console/disputes.html", place="money", disputes=rows
    )


@get("/disputes/{dispute:uuid}", include_in_schema=False)
async def dispute(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    dispute: FromPath[UUID],
) -> Response[str]:
    return await _page(request, house, actor, dispute)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    id: UUID,
    *,
    trouble: str = "",
    given: Form | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        row = await work.one(f"{_SELECT} WHERE d.id = $1", id)
        if row is None:
            raise disputing.NoSuchKeptDispute
        product, proof = await evidence(work, row, public_url(request, house))
    typed = given or {}
    return await console_page(
        request,
        house,
        actor,
        "console/dispute.html",
        status=status,
        place="money",
        d=row,
        product=typed.get("product", product),
        proof=typed.get("proof", proof),
        proof_max=disputing.PROOF_MAX,
        may_forgive=actor.may(Permission.MANAGE_PEOPLE) and row["owed_minor"] > 0,
        may_send=_may_send(house, actor, row),
        trouble=trouble,
    )


def _may_send(house: House, actor: Actor, row: Row) -> bool:
    waits = row["state"] == "asks" and not row["sent_at"]
    can = disputes.can_contest(house.provider, row["provider"])
    return actor.may(Permission.MOVE_MONEY) and waits and can


@post("/disputes/{dispute:uuid}/evidence", include_in_schema=False)
async def contest(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    dispute: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Send it: the bank reads it once."""
    actor.must(Permission.MOVE_MONEY)
    async with house.begin(actor.party) as work:
        await _must_be_own(work, dispute)
    try:
        await disputing.contest(
            house.begin,
            house.provider,
            dispute,
            product=data.get("product", ""),
            proof=data.get("proof", ""),
            by=actor.name,
        )
        async with house.begin(actor.party) as work:
            await parties.audit(work, actor, "contested a dispute", f"dispute:{dispute}")
    except (Refusal, Outage) as no:
        status = STATUS[no.kind] if isinstance(no, Refusal) else HTTPStatus.SERVICE_UNAVAILABLE
        return await _page(
            request, house, actor, dispute, trouble=str(no), given=data, status=status
        )
    return see_other(f"{_HERE}/{dispute}")


async def _must_be_own(work: Work, dispute: UUID) -> None:
    if await work.one("SELECT id FROM dispute_view WHERE id = $1", dispute) is None:
        raise disputing.NoSuchKeptDispute


@post("/disputes/{dispute:uuid}/forgive", include_in_schema=False)
async def forgive(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    dispute: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Write off what a driver owes for a disputed top-up; above a sum a second person agrees."""
    actor.must(Permission.MANAGE_PEOPLE)
    why, on = data.get("why", ""), f"dispute:{dispute}"
    try:
        async with house.begin(actor.party) as work:
            await _must_be_own(work, dispute)
            try:
                owed = await write_offs.forgive(work, dispute, why=why, actor=actor)
            except write_offs.WriteOffNeedsSecondPerson:
                id = await write_offs.ask_to_forgive(work, dispute, why=why, actor=actor)
                await parties.audit(
                    work, actor, "asked to write off", f"write_off_request:{id}", {"dispute": on}
                )
                return see_other("/console/approvals")
            await parties.audit(
                work, actor, "wrote off a disputed top-up", on, {"owed": str(owed), "why": why}
            )
    except Refusal as no:
        return await _page(request, house, actor, dispute, trouble=str(no), status=STATUS[no.kind])
    return see_other(f"{_HERE}/{dispute}")
