"""Customers, their statements, settlements with hosts, and what is done in one go."""

import asyncio
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response, Stream
from msgspec import Meta, to_builtins

from voltway.billing import actions, runs, ways
from voltway.billing.model_runs import RunKind, RunState
from voltway.billing.rules_statements import month
from voltway.billing.ways import Way
from voltway.kernel.ids import InvoiceId, PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import GIVES, adds, asks, puts, reads
from voltway.web.api.receipts import Locale
from voltway.web.api.shapes import NO_NUL, Amount, Given, Moment, Page, Shown, Text, shown

STATEMENTS = Source("statement_view")
CUSTOMERS = Source("customer_view")
CARDS = Source("customer_token_view")
RUNS = Source("bulk_run_view")

MonthText = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", examples=["2026-10"])]
Uid = Annotated[str, Meta(min_length=1, max_length=36, pattern=NO_NUL)]


class Customer(Shown):
    """Who charges on account and gets a statement each month."""

    id: UUID
    name: str
    street: str
    postal_code: str
    city: str
    country: str
    vat_id: str | None
    email: str | None
    reference: str | None
    locale: str
    is_business: Annotated[bool, Meta(description="Net leads on their statements.")]
    due_days: int
    wants_xrechnung: Annotated[bool, Meta(description="Mailed beside the PDF of a statement.")]
    way: Annotated[Way, Meta(description="By what they pay their statements.")]
    way_by: Annotated[str | None, Meta(description="Who said so.")]
    way_at: Moment | None
    tokens: Annotated[int, Meta(description="How many cards are theirs.")]
    created_at: Moment


class NewCustomer(Given):
    """A customer to be added."""

    name: Text
    street: Text
    postal_code: Text
    city: Text
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$", examples=["FI"])]
    vat_id: Annotated[str, Meta(max_length=20, pattern=NO_NUL)] = ""
    email: Annotated[str, Meta(max_length=254, pattern=NO_NUL)] = ""
    reference: Annotated[str, Meta(max_length=120, pattern=NO_NUL)] = ""
    locale: Literal["en", "de", "fr", "es", "nl", "fi"] = "en"
    is_business: bool = True
    due_days: Annotated[int, Meta(ge=0, le=120)] = 14
    wants_xrechnung: bool = False


class Reach(Given):
    """Where a customer's documents go from now on."""

    email: Annotated[str, Meta(max_length=254, pattern=NO_NUL)] = ""
    locale: Literal["en", "de", "fr", "es", "nl", "fi"] = "en"
    wants_xrechnung: bool = False


class NewWay(Given):
    """By what a customer pays from now on."""

    way: Way


class Card(Shown):
    """A token that is a customer's."""

    id: Annotated[UUID, Meta(description="Of the token.")]
    uid: str
    label: str
    since: Moment


class NewCards(Given):
    """Cards that are a customer's from now on."""

    uids: Annotated[list[Uid], Meta(max_length=1000)] = msgspec.field(default_factory=list)
    fleet_id: Annotated[
        UUID | None, Meta(description="All cards that stand for contracts of this fleet now.")
    ] = None


class Statement(Shown):
    """A customer's month, or a host's, as one document that never changes."""

    id: UUID
    kind: Literal["statement", "settlement"]
    number: Annotated[str, Meta(examples=["VLT-S2026-000003"])]
    customer_id: UUID | None
    host_id: UUID | None
    recipient: str
    month: date
    due_on: date
    lines: int
    net: Amount
    tax: Amount
    total: Annotated[Amount, Meta(description="With a minus where it is in their favour.")]
    rounding: str
    sha256: Annotated[str, Meta(description="Of the frozen document's bytes.")]
    issued_at: Moment


class StatementWhole(Statement):
    """A statement and its frozen document."""

    document: Annotated[msgspec.Raw, Meta(description="The frozen document, byte for byte.")]


class Run(Shown):
    """Much asked in one go, and how far it is."""

    id: UUID
    kind: RunKind
    month: date
    locale: str
    state: RunState
    total: int
    done: int
    trouble: str | None
    asked_by: str
    asked_at: Moment
    done_at: Moment | None


class NewRun(Given):
    """What is to be done in one go."""

    kind: RunKind
    month: MonthText
    locale: Literal["en", "de", "fr", "es", "nl", "fi"] = "en"


@reads("/customers", "List the customers", Permission.SEE_MONEY)
async def list_customers(caller: Calling, window: Paging) -> Page[Customer]:
    async with caller.begin() as work:
        return await listed(work, CUSTOMERS, window, lambda row: shown(Customer, row))


@reads("/customers/{customer_id:uuid}", "Read a customer", Permission.SEE_MONEY)
async def read_customer(caller: Calling, customer_id: FromPath[UUID]) -> Customer:
    async with caller.begin() as work:
        return await _customer(work, customer_id)


@adds("/customers", "Add a customer", Permission.MOVE_MONEY)
async def add_customer(caller: Calling, data: JSONBody[NewCustomer]) -> Customer:
    given = {name: str(value) for name, value in to_builtins(data).items()}
    given["is_business"] = "yes" if data.is_business else "no"
    given["wants_xrechnung"] = "yes" if data.wants_xrechnung else "no"
    async with caller.begin() as work:
        made = actions.new_customer(work, PartyId(caller.actor.party), given)
        await actions.add_customer(work, made)
        await caller.audit(work, "added a customer", f"customer:{made.id}")
        return await _customer(work, made.id)


@asks(
    "/customers/{customer_id:uuid}/reach",
    "Say where a customer's documents go",
    Permission.MOVE_MONEY,
)
async def reach_customer(
    caller: Calling, customer_id: FromPath[UUID], data: JSONBody[Reach]
) -> Customer:
    """What is mailed from now on. Without an address nothing is."""
    wants = "yes" if data.wants_xrechnung else "no"
    given = {"email": data.email, "locale": data.locale, "wants_xrechnung": wants}
    async with caller.begin() as work:
        await actions.reach_customer(work, customer_id, given)
        did = "changed where a customer's documents go"
        await caller.audit(work, did, f"customer:{customer_id}")
        return await _customer(work, customer_id)


@puts("/customers/{customer_id:uuid}/way", "Say by what a customer pays", Permission.MOVE_MONEY)
async def put_way(caller: Calling, customer_id: FromPath[UUID], data: JSONBody[NewWay]) -> Customer:
    """From now on, what is open too. By card: the card that the customer saved on the page of a
    bill is charged when a statement is written; where there is none or it is refused, the statement
    is asked for as by invoice."""
    async with caller.begin() as work:
        party = PartyId(caller.actor.party)
        await ways.choose(work, party, customer_id, data.way, by=caller.name)
        await caller.audit(work, f"said: pays by {data.way}", f"customer:{customer_id}")
        return await _customer(work, customer_id)


@reads("/customers/{customer_id:uuid}/cards", "List a customer's cards", Permission.SEE_MONEY)
async def list_cards(caller: Calling, customer_id: FromPath[UUID], window: Paging) -> Page[Card]:
    async with caller.begin() as work:
        await _customer(work, customer_id)
        return await listed(
            work, CARDS, window, lambda row: shown(Card, row), [("customer_id = {}", customer_id)]
        )


@asks("/customers/{customer_id:uuid}/cards", "Give a customer cards", Permission.MOVE_MONEY)
async def give_cards(
    caller: Calling, customer_id: FromPath[UUID], data: JSONBody[NewCards]
) -> Customer:
    """Whosever they were. One that is unknown changes nothing."""
    async with caller.begin() as work:
        await actions.give_cards(work, customer_id, data.uids)
        if data.fleet_id is not None:
            await actions.give_fleet(work, customer_id, data.fleet_id)
        await caller.audit(work, "changed a customer's cards", f"customer:{customer_id}")
        return await _customer(work, customer_id)


@reads("/statements", "List the statements and settlements", Permission.SEE_MONEY)
async def list_statements(
    caller: Calling,
    window: Paging,
    customer: Annotated[UUID | None, QueryParameter(description="Those of this customer.")] = None,
    host: Annotated[UUID | None, QueryParameter(description="Those of this host.")] = None,
    of: Annotated[
        str | None,
        QueryParameter(
            name="month", pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="Those of this month."
        ),
    ] = None,
) -> Page[Statement]:
    first = None if of is None else date.fromisoformat(f"{of}-01")
    async with caller.begin() as work:
        return await listed(
            work,
            STATEMENTS,
            window,
            lambda row: shown(Statement, row, **_figures(row)),
            [("customer_id = {}", customer), ("host_id = {}", host), ("month = {}", first)],
        )


@reads("/statements/{statement_id:uuid}", "Read a statement", Permission.SEE_MONEY)
async def read_statement(caller: Calling, statement_id: FromPath[UUID]) -> StatementWhole:
    async with caller.begin() as work:
        row = await _statement(work, statement_id)
        found = await actions.invoice(work, InvoiceId(statement_id))
    whole = {"document": msgspec.Raw(found.document), **_figures(row)}
    return shown(StatementWhole, row, **whole)


@reads(
    "/statements/{statement_id:uuid}/pdf",
    "Read a statement as PDF",
    Permission.SEE_MONEY,
    opt={GIVES: "application/pdf"},
)
async def read_statement_pdf(
    caller: Calling, statement_id: FromPath[UUID], locale: Locale = "en"
) -> Response[bytes]:
    async with caller.begin() as work:
        await _statement(work, statement_id)
        found = await actions.invoice(work, InvoiceId(statement_id))
    made = await asyncio.to_thread(actions.statement_pdf, found.document, locale)
    name = {"Content-Disposition": f'inline; filename="{found.number}.pdf"'}
    return Response(made, media_type="application/pdf", headers=name)


@reads("/runs", "List what was asked in one go", Permission.SEE_MONEY)
async def list_runs(caller: Calling, window: Paging) -> Page[Run]:
    async with caller.begin() as work:
        return await listed(work, RUNS, window, lambda row: shown(Run, row))


@reads("/runs/{run_id:uuid}", "Read how far a run is", Permission.SEE_MONEY)
async def read_run(caller: Calling, run_id: FromPath[UUID]) -> Run:
    async with caller.begin() as work:
        return await _run(work, run_id)


@adds("/runs", "Write a month's documents, or prepare a zip of them", Permission.MOVE_MONEY)
async def add_run(caller: Calling, data: JSONBody[NewRun]) -> Run:
    """Statements and settlements of a month that is over are written, each once however often it
    is asked; a zip is drawn while it is downloaded."""
    async with caller.begin() as work:
        party = await parties.party(work, PartyId(caller.actor.party))
        asked = await runs.ask(
            work,
            party,
            data.kind,
            month(data.month, party.time_zone),
            locale=data.locale,
            by=caller.name,
        )
        await caller.audit(work, f"asked for {data.kind}", f"bulk_run:{asked.id}")
        return await _run(work, asked.id)


@reads(
    "/runs/{run_id:uuid}/documents.zip",
    "Download all documents of a month",
    Permission.SEE_MONEY,
    opt={GIVES: "application/zip"},
)
async def download_run(caller: Calling, run_id: FromPath[UUID]) -> Stream:
    """A PDF and the frozen data of each, and an index with hashes."""
    chunks = await runs.download(caller.house.begin, PartyId(caller.actor.party), run_id)
    name = {"Content-Disposition": 'attachment; filename="documents.zip"'}
    return Stream(chunks, media_type="application/zip", headers=name)


async def _customer(work: Work, id: UUID) -> Customer:
    row = await work.one("SELECT * FROM customer_view WHERE id = $1", id)
    if row is None:
        raise actions.NoSuchCustomer(id)
    return shown(Customer, row)


async def _statement(work: Work, id: UUID) -> Row:
    row = await work.one("SELECT * FROM statement_view WHERE id = $1", id)
    if row is None:
        raise actions.NoSuchInvoice(InvoiceId(id))
    return row


async def _run(work: Work, id: UUID) -> Run:
    row = await work.one("SELECT * FROM bulk_run_view WHERE id = $1", id)
    if row is None:
        raise actions.NoSuchRun(id)
    return shown(Run, row)


def _figures(row: Row) -> dict[str, Any]:
    currency = row["currency"]
    return {
        "lines": row["items"],
        "net": Amount.of(row["net_minor"], currency),
        "tax": Amount.of(row["tax_minor"], currency),
        "total": Amount.of(row["total_minor"], currency),
    }


ROUTER = Router(
    "/",
    tags=["statements"],
    route_handlers=[
        list_customers,
        read_customer,
        add_customer,
        list_cards,
        give_cards,
        reach_customer,
        put_way,
        list_statements,
        read_statement,
        read_statement_pdf,
        list_runs,
        read_run,
        add_run,
        download_run,
    ],
)
