"""Statements and settlements: those of a month, writing them, and a zip of all that was issued."""

import asyncio
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response, ServerSentEvent, Stream
from markupsafe import Markup

from voltway.billing import actions as billing
from voltway.billing import monthly, paying_hosts, runs
from voltway.billing.model_runs import RunKind
from voltway.billing.rules_statements import Month, month, month_of
from voltway.billing.words import language
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import InvoiceId, PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Row, Work
from voltway.web.appearance import Form
from voltway.web.console import mail_views
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, draw, reader, see_other
from voltway.web.problems import STATUS
from voltway.web.words import PAPERS

_HERE: Final = "/console/statements"
SHOWN: Final = 200
RUNS_SHOWN: Final = 10

KINDS: Final = {
    RunKind.STATEMENTS: "Statements of customers",
    RunKind.SETTLEMENTS: "Settlements with hosts",
    RunKind.ARCHIVE: "Zip of all documents",
}


class NotOfThisKind(Refusal):
    """Choose what is to be written: statements, settlements, or a zip."""

    kind = Kind.INVALID


@get("/statements", include_in_schema=False)
async def list_statements(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    of: FromQuery[str] = "",
) -> Response[str]:
    return await _statements(request, house, actor, of)


async def _statements(
    request: HttpRequest,
    house: House,
    actor: Actor,
    of: str,
    *,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, PartyId(actor.party))
        zone = party.time_zone
        last = month_of(work.now, zone).before
        asked = _month(of, zone) or last
        rows = await work.all(
            "SELECT * FROM statement_view WHERE month = $1 ORDER BY number LIMIT $2",
            asked.first,
            SHOWN,
        )
        asked_runs = await work.all(
            "SELECT * FROM bulk_run_view ORDER BY asked_at DESC, id DESC LIMIT $1", RUNS_SHOWN
        )
        scheduled = await monthly.schedules(work, party)
    return await console_page(
        request,
        house,
        actor,
        "console/statements.html",
        status=status,
        place="money",
        statements=rows,
        shown_max=SHOWN,
        runs=asked_runs,
        kinds=KINDS,
        of=str(asked),
        before=str(asked.before),
        after=str(asked.next),
        papers=PAPERS,
        may_write=actor.may(Permission.MOVE_MONEY),
        scheduled=[(each, monthly.due_at(each, zone)) for each in scheduled],
        day_max=monthly.DAY_MAX,
        trouble=trouble,
    )


def _month(text: str, zone: str) -> Month | None:
    try:
        return month(text, zone)
    except Refusal:
        return None


@post("/statements/runs", include_in_schema=False)
async def ask(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """Write the documents of a month, or make a zip of them."""
    try:
        kind = RunKind(data.get("kind", ""))
        actor.must(Permission.SEE_MONEY if kind is RunKind.ARCHIVE else Permission.MOVE_MONEY)
        locale = data.get("locale", "")
        async with house.begin(actor.party) as work:
            party = await parties.party(work, PartyId(actor.party))
            run = await runs.ask(
                work,
                party,
                kind,
                month(data.get("month", ""), party.time_zone),
                locale=locale if locale in PAPERS else language(party.locale),
                by=actor.name,
            )
            await parties.audit(work, actor, f"asked for {kind}", f"bulk_run:{run.id}")
    except ValueError as error:
        raise NotOfThisKind from error
    except Refusal as no:
        if no.kind is Kind.FORBIDDEN:
            raise
        return await _statements(
            request,
            house,
            actor,
            data.get("month", ""),
            trouble=str(no),
            status=STATUS[no.kind],
        )
    return see_other(f"{_HERE}/runs/{run.id}")


@post("/statements/schedule", include_in_schema=False)
async def schedule(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """When months write themselves, or that they do not."""
    actor.must(Permission.MOVE_MONEY)
    try:
        async with house.begin(actor.party) as work:
            party = await parties.party(work, PartyId(actor.party))
            made = await monthly.change(work, party, data, by=actor.name)
            detail = {
                "is_on": str(made.is_on).lower(),
                "day": str(made.day),
                "next": f"{made.next:%Y-%m}",
            }
            did = f"changed when {made.kind} are written"
            await parties.audit(work, actor, did, f"party:{party.id}", detail)
    except Refusal as no:
        return await _statements(request, house, actor, "", trouble=str(no), status=STATUS[no.kind])
    return see_other(_HERE)


@get("/statements/runs/{run:uuid}", include_in_schema=False)
async def run(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    run: FromPath[UUID],
) -> Response[str]:
    """How far it is, as it moves."""
    knows, _ = await _run(house, actor, run)
    return await console_page(request, house, actor, "console/run.html", place="money", **knows)


@get("/statements/runs/{run:uuid}/live", include_in_schema=False)
async def run_live(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    run: FromPath[UUID],
) -> ServerSentEvent:
    async def view() -> str:
        knows, zone = await _run(house, actor, run)
        return draw(request, house, "console/run_view.html", zone=zone, **knows)

    return house.streams.live(house.touches, (f"bulk_run:{run}",), view)


async def _run(house: House, actor: Actor, id: UUID) -> tuple[dict[str, Any], str]:
    """What its page knows, and the zone of its times."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        row: Row | None = await work.one("SELECT * FROM bulk_run_view WHERE id = $1", id)
        zone = (await parties.party(work, PartyId(actor.party))).time_zone
    if row is None:
        raise billing.NoSuchRun(id)
    return {"run": row, "kind": KINDS[RunKind(row["kind"])]}, zone


@get("/statements/runs/{run:uuid}/documents.zip", include_in_schema=False)
async def download(
    house: NamedDependency[House], actor: NamedDependency[Actor], run: FromPath[UUID]
) -> Stream:
    """All documents of the month, drawn while they are sent."""
    actor.must(Permission.SEE_MONEY)
    chunks = await runs.download(house.begin, PartyId(actor.party), run)
    return Stream(
        chunks,
        media_type="application/zip",
        headers={
            "Content-Disposition": 'attachment; filename="documents.zip"',
            "Cache-Control": "no-store",
        },
    )


@get("/statements/{statement:uuid}", include_in_schema=False)
async def statement(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    statement: FromPath[UUID],
) -> Response[str]:
    """One statement or settlement, as its PDF says it."""
    return await _statement(request, house, actor, statement)


async def _statement(
    request: HttpRequest,
    house: House,
    actor: Actor,
    id: UUID,
    *,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        row = await _found(work, id)
        found = await billing.invoice(work, InvoiceId(id))
        mails = await mail_views.mails_of(work, found.id)
        sent = await work.all("SELECT * FROM transfer_view WHERE about = $1 ORDER BY id DESC", id)
        host = await work.one("SELECT * FROM host_view WHERE id = $1", row["host_id"])
    asked = reader(request).papers
    open_ = any(each["state"] != "declined" for each in sent)
    return await console_page(
        request,
        house,
        actor,
        "console/statement.html",
        status=status,
        place="money",
        trouble=trouble,
        sent=sent,
        host=host,
        may_pay=actor.may(Permission.MOVE_MONEY) and not open_ and row["total_minor"] > 0,
        row=row,
        of=f"{row['month']:%Y-%m}",
        spoken=language(asked),
        papers=PAPERS,
        bill=Markup(billing.statement_html(found.document, asked)),
        mails=mails,
        may_send=actor.may(Permission.MOVE_MONEY),
        for_machines=billing.is_for_machines(found),
    )


@post("/statements/{statement:uuid}/transfer", include_in_schema=False)
async def pay_host(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    statement: FromPath[UUID],
) -> Response[str] | Redirect:
    """Send what a settlement says to the host's account, now."""
    actor.must(Permission.MOVE_MONEY)
    party = PartyId(actor.party)
    try:
        await paying_hosts.pay(house.begin, house.provider, party, statement, by=actor.name)
        async with house.begin(actor.party) as work:
            await parties.audit(work, actor, "paid a host", f"statement:{statement}")
    except paying_hosts.NoSuchSettlementOfHost:
        raise
    except Refusal as no:
        return await _statement(
            request, house, actor, statement, trouble=str(no), status=STATUS[no.kind]
        )
    return see_other(f"{_HERE}/{statement}")


@get("/statements/{statement:uuid}/statement.pdf", include_in_schema=False)
async def statement_pdf(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    statement: FromPath[UUID],
) -> Response[bytes]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        await _found(work, statement)
        found = await billing.invoice(work, InvoiceId(statement))
    made = await asyncio.to_thread(billing.statement_pdf, found.document, reader(request).papers)
    return Response(
        made,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{found.number}.pdf"',
            "Cache-Control": "no-store",
        },
    )


async def _found(work: Work, id: UUID) -> Row:
    row = await work.one("SELECT * FROM statement_view WHERE id = $1", id)
    if row is None:
        raise billing.NoSuchInvoice(InvoiceId(id))
    return row
