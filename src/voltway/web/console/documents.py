"""All that was issued: receipts, full invoices, credit notes; found by number, buyer or kind."""

from typing import Annotated, Final
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Response

from voltway.billing import actions as billing
from voltway.billing.model import DocumentKind, Invoice
from voltway.kernel.ids import InvoiceId
from voltway.parties.model import Actor, Permission
from voltway.web.console.door import console_page
from voltway.web.driver.invoices import xrechnung
from voltway.web.driver.views import like
from voltway.web.driver.visits import pdf_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, reader

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
