"""What drivers report: the open ones first, each with what had happened, and its answer."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.helpdesk import actions as helpdesk
from voltway.helpdesk.model import ReportKind
from voltway.kernel.errors import Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.moments import in_words
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/reports"
SHOWN: Final = 200


@get("/reports", include_in_schema=False)
async def list_reports(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            "SELECT * FROM driver_report_view"
            " ORDER BY answered_at IS NOT NULL, created_at DESC LIMIT $1",
            SHOWN,
        )
    return await console_page(
        request,
        house,
        actor,
        "console/reports.html",
        place="stations",
        reports=rows,
        words={kind.value: kind.words for kind in ReportKind},
    )


@get("/reports/{report:uuid}", include_in_schema=False)
async def driver_report(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    report: FromPath[UUID],
) -> Response[str]:
    """One report; who may answer it and opens it first has seen it."""
    return await _page(request, house, actor, report)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    id: UUID,
    *,
    trouble: str = "",
    given: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        found = await helpdesk.by_id(work, id)
        if actor.may(Permission.ORDER_STATION):
            found = await helpdesk.see(work, id, actor.name)
        row = await work.one("SELECT * FROM driver_report_view WHERE id = $1", id)
    return await console_page(
        request,
        house,
        actor,
        "console/report.html",
        in_words=in_words,
        status=status,
        place="stations",
        report=found,
        at=row,
        may_answer=actor.may(Permission.ORDER_STATION),
        sees_money=actor.may(Permission.SEE_MONEY),
        trouble=trouble,
        given=given,
    )


@post("/reports/{report:uuid}/answer", include_in_schema=False)
async def answer_report(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    report: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Answer it: the driver reads it on the report's page, and by mail if they gave an address."""
    actor.must(Permission.ORDER_STATION)
    try:
        async with house.begin(actor.party) as work:
            await helpdesk.answer(work, report, data.get("answer", ""), actor.name)
            await parties.audit(work, actor, "answered a driver", f"report:{report}")
    except Refusal as no:
        return await _page(
            request,
            house,
            actor,
            report,
            trouble=str(no),
            given=data.get("answer", ""),
            status=STATUS[no.kind],
        )
    return see_other(_HERE)
