"""All that was issued: receipts, full invoices, credit notes; found by number, buyer or kind."""

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Response
from markupsafe import Markup

from voltway.alerts import sending
from voltway.billing import actions as billing
from voltway.billing.model import DocumentKind, Invoice
from voltway.billing.words import language
from voltway.kernel.ids import InvoiceId
from voltway.ocpp.own_frames import StationDoor
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web.appearance import Form
from voltway.web.console import mail_views
from voltway.web.console.card_refund_views import refunds_of
from voltway.web.console.door import console_page, uuid_of
from voltway.web.driver.invoices import xrechnung
from voltway.web.driver.proving import proof_file
from voltway.web.driver.views import like
from voltway.web.driver.visits import pdf_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, reader, see_other
from voltway.web.problems import STATUS
from voltway.web.words import PAPERS

LINES: Final = 100

#: The kinds as the page calls them; a simplified invoice is a receipt to whoever looks for one.
KINDS: Final = {
    "": "All",
    DocumentKind.RECEIPT: "Receipts",
    DocumentKind.INVOICE: "Invoices",
    DocumentKind.CREDIT_NOTE: "Credit notes",
}
NAMES: Final = {
    DocumentKind.RECEIPT: "Receipt",
    DocumentKind.SIMPLIFIED: "Simplified invoice",
    DocumentKind.INVOICE: "Invoice",
    DocumentKind.CREDIT_NOTE: "Credit note",
    DocumentKind.SELF_BILLED: "Self-billing invoice",
    DocumentKind.STATEMENT: "Statement",
    DocumentKind.SETTLEMENT: "Settlement",
}


@get("/documents", include_in_schema=False)
async def list_documents(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    words: Annotated[str, QueryParameter(name="q")] = "",
    kind: FromQuery[str] = "",
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    chosen = kind if kind in KINDS else ""
    kinds = [DocumentKind.RECEIPT, DocumentKind.SIMPLIFIED] if chosen == "receipt" else [chosen]
    async with house.begin(actor.party) as work:
        rows = await work.all(
            """
            SELECT * FROM document_view
             WHERE ($1 = '' OR concat_ws(' ', number, buyer, original_number) ILIKE $2)
               AND ($3 = '' OR kind = ANY($4::text[]))
             ORDER BY issued_at DESC, id DESC LIMIT $5
            """,
            words.strip(),
            f"%{like(words)}%",
            chosen,
            [str(each) for each in kinds],
            LINES,
        )
    return await console_page(
        request,
        house,
        actor,
        "console/documents.html",
        place="money",
        documents=rows,
        names=NAMES,
        kinds=KINDS,
        asked={"q": words[:80], "kind": chosen},
    )


@get("/documents/{document:uuid}", include_in_schema=False)
async def document(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    document: FromPath[UUID],
) -> Response[str] | Redirect:
    """One document as its PDF says it, to whom it was mailed, and what can be done about it."""
    return await _page(request, house, actor, document)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    id: UUID,
    *,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str] | Redirect:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        found = await billing.invoice(work, InvoiceId(id))
        if found.kind in (DocumentKind.STATEMENT, DocumentKind.SETTLEMENT) and not trouble:
            return see_other(f"/console/statements/{id}")
        beside = await billing.standing_for(work, found)
        mails = await mail_views.mails_of(work, found.id)
        left = await billing.left_of(work, found.id) if found.is_receipt else None
        refunds = await refunds_of(work, found.id)
    asked = reader(request).papers
    may_move = actor.may(Permission.MOVE_MONEY)
    invoiced = any(each.kind == DocumentKind.INVOICE for each in beside)
    return await console_page(
        request,
        house,
        actor,
        "console/document.html",
        status=status,
        place="money",
        found=found,
        name=NAMES[DocumentKind(found.kind)],
        names=NAMES,
        beside=beside,
        mails=mails,
        card_refunds=refunds,
        may_send=may_move,
        may_invoice=may_move and left is not None and bool(left.amount.minor) and not invoiced,
        may_credit=may_move and left is not None and bool(left.amount.minor),
        for_machines=found.buyer is not None and not found.is_receipt,
        spoken=language(asked),
        papers=PAPERS,
        bill=Markup(billing.document_html(found, asked)),
        trouble=trouble,
    )


@post("/documents/{document:uuid}/send", include_in_schema=False)
async def send(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    document: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Mail a document once more, or to another address. Sent twice by one form, it is one mail."""
    actor.must(Permission.MOVE_MONEY)
    once = uuid_of(data.get("once", ""))
    email = data.get("email", "")[:300]
    try:
        async with house.begin(actor.party) as work:
            await billing.invoice(work, InvoiceId(document))
            alert = await sending.send_document(
                work, InvoiceId(document), email, once=str(once or uuid4())
            )
            detail = {"to": alert.recipient}
            await parties.audit(work, actor, "sent a document", f"invoice:{document}", detail)
    except sending.NoAddress as no:
        return await _page(request, house, actor, document, trouble=str(no), status=STATUS[no.kind])
    return see_other(f"/console/documents/{document}")


@get("/documents/{document:uuid}/proof", include_in_schema=False)
async def document_proof(
    house: NamedDependency[House], actor: NamedDependency[Actor], document: FromPath[UUID]
) -> Response[bytes]:
    """All that a document was made of, as one file."""
    found = await _found(house, actor, document)
    async with house.begin(actor.party) as work:
        made = await billing.prove(work, StationDoor(), found.id, most=billing.LINES_ON_A_PAGE)
    return proof_file(made, found.number)


@get("/documents/{document:uuid}/pdf", include_in_schema=False)
async def document_pdf(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    document: FromPath[UUID],
) -> Response[bytes]:
    return await pdf_of(await _found(house, actor, document), reader(request).papers)


@get("/documents/{document:uuid}/xrechnung", include_in_schema=False)
async def document_xrechnung(
    house: NamedDependency[House], actor: NamedDependency[Actor], document: FromPath[UUID]
) -> Response[bytes]:
    return xrechnung(await _found(house, actor, document))


async def _found(house: House, actor: Actor, id: UUID) -> Invoice:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        return await billing.invoice(work, InvoiceId(id))
