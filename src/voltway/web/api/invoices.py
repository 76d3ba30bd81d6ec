"""Full invoices and credit notes: numbered, frozen documents, for people and for machines."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
from litestar import MediaType, Router
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import Meta

from voltway.alerts import sending
from voltway.alerts.model import Alert, AlertState
from voltway.billing import actions, approving
from voltway.billing.model import DocumentKind, Invoice, Relation
from voltway.billing.rules_buyer import GivenBuyer
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.ocpp.own_frames import StationDoor
from voltway.parties.model import Permission
from voltway.runtime.work import Row
from voltway.web.api.caller import Caller, Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import GIVES, adds, moves_money, reads
from voltway.web.api.payments import Major, money_of
from voltway.web.api.receipts import Locale, as_page
from voltway.web.api.shapes import NO_NUL, Amount, Given, Moment, Page, Shown, Text, shown, utc

DOCUMENTS = Source("document_view")

Short = Annotated[str, Meta(max_length=200, pattern=NO_NUL)]


class NewInvoice(Given):
    """To whom a full invoice is written."""

    name: Annotated[Text, Meta(description="The company's name.", examples=["Muster GmbH"])]
    street: Text
    city: Text
    country: Annotated[
        str, Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1, two letters.", examples=["DE"])
    ]
    postal_code: Short = ""
    vat_id: Annotated[
        Short, Meta(description="Of the country of the address.", examples=["DE136695976"])
    ] = ""
    email: Short = ""
    reference: Annotated[Short, Meta(description="What the buyer wants to read on it.")] = ""
    resells: Annotated[
        bool, Meta(description="Whether the buyer buys electricity to sell it (art. 38).")
    ] = False
    xrechnung: Annotated[
        bool, Meta(description="Whether an XRechnung is mailed beside the PDF.")
    ] = False


class NewCredit(Given):
    """What to take off a receipt, and why."""

    amount: Major
    reason: Annotated[Text, Meta(description="Stands on it.", examples=["Wrong price"])]


class NewMail(Given):
    """Where a document is mailed."""

    email: Annotated[
        Short, Meta(description="Without, to whom it is for.", examples=["fleet@example.org"])
    ] = ""


class Mail(Shown):
    """A mail that carries a document, or carried it."""

    id: UUID
    to: str
    state: AlertState
    with_xrechnung: bool
    note: Annotated[str | None, Meta(description="What was left out, or why it was not sent.")]
    created_at: Moment
    sent_at: Moment | None


class Document(Shown):
    """A receipt, an invoice or a credit note. It never changes."""

    id: UUID
    kind: DocumentKind
    number: Annotated[str, Meta(examples=["VLT-I2026-000004"])]
    session_id: UUID | None
    payment_id: UUID | None
    total: Amount
    original_id: Annotated[UUID | None, Meta(description="What it refers to.")]
    original_number: str | None
    relation: Annotated[Relation | None, Meta(description="What it does to its original.")]
    rounding: Annotated[
        str | None, Meta(description="`gross-leading` or `net-leading`, never both.")
    ]
    buyer: str | None
    reason: str | None
    sha256: Annotated[str, Meta(description="Of the frozen document's bytes.")]
    issued_at: Moment


class DocumentWhole(Shown):
    """An invoice or a credit note, and its frozen document."""

    id: UUID
    kind: DocumentKind
    number: str
    session_id: UUID | None
    payment_id: UUID | None
    original_id: UUID | None
    total: Amount
    sha256: Annotated[str, Meta(description="Of the frozen document's bytes.")]
    issued_at: Moment
    document: Annotated[msgspec.Raw, Meta(description="The frozen document, byte for byte.")]


@reads("/documents", "List all that was issued", Permission.SEE_MONEY)
async def list_documents(
    caller: Calling,
    window: Paging,
    kind: Annotated[DocumentKind | None, QueryParameter(description="Those of this kind.")] = None,
    session: Annotated[UUID | None, QueryParameter(description="Those of this session.")] = None,
    original: Annotated[
        UUID | None, QueryParameter(description="Those that refer to this document.")
    ] = None,
    since: Annotated[
        datetime | None, QueryParameter(name="from", description="Issued at or after this.")
    ] = None,
    until: Annotated[datetime | None, QueryParameter(description="Issued before this.")] = None,
) -> Page[Document]:
    async with caller.begin() as work:
        return await listed(
            work,
            DOCUMENTS,
            window,
            _document,
            [
                ("kind = {}", kind),
                ("session_id = {}", session),
                ("original_id = {}", original),
                ("issued_at >= {}", since and utc(since)),
                ("issued_at < {}", until and utc(until)),
            ],
        )


@adds(
    "/receipts/{receipt_id:uuid}/invoice",
    "Write a full invoice for a receipt",
    Permission.MOVE_MONEY,
)
async def add_invoice(
    caller: Calling, receipt_id: FromPath[UUID], data: JSONBody[NewInvoice]
) -> DocumentWhole:
    """It takes the receipt's place. Asked again for the same buyer, it is given again; there is one
    invoice for one supply, so for another buyer it is refused."""
    async with caller.begin() as work:
        await actions.invoice(work, InvoiceId(receipt_id))
        await caller.audit(work, "asked for a full invoice", f"receipt:{receipt_id}")
    made = await actions.invoice_for_company(
        caller.house.begin,
        caller.house.register,
        InvoiceId(receipt_id),
        GivenBuyer(
            name=data.name,
            street=data.street,
            postal_code=data.postal_code,
            city=data.city,
            country=data.country,
            vat_id=data.vat_id,
            email=data.email,
            reference=data.reference,
            resells=data.resells,
            xrechnung=data.xrechnung,
        ),
        party=caller.actor.party,
    )
    return whole(made)


@moves_money("/receipts/{receipt_id:uuid}/credit-notes", "Credit a receipt that nobody paid yet")
async def add_credit_note(
    caller: Calling, receipt_id: FromPath[UUID], data: JSONBody[NewCredit]
) -> DocumentWhole:
    """Takes a part or all of it off what is owed, with its VAT. What a card paid is given back by
    its payment instead; the credit note then follows by itself."""
    assert caller.once is not None, "what moves money has a key"
    async with caller.begin() as work:
        found = await actions.invoice(work, InvoiceId(receipt_id))
        amount = money_of(data.amount, found.currency)
        left = await actions.left_of(work, found.id)
        await approving.must_be_one_persons(
            work, found.party, amount, taken_minor=found.total_minor - left.amount.minor
        )
        made = await actions.credit_receipt(
            work,
            found.id,
            amount.minor,
            reason=data.reason,
            once=OnceKey(f"credit:{caller.once}"),
        )
        await caller.audit(work, "credited a receipt", f"receipt:{receipt_id}", reason=data.reason)
    return whole(made)


@reads("/documents/{document_id:uuid}", "Read a document", Permission.SEE_MONEY)
async def read_document(caller: Calling, document_id: FromPath[UUID]) -> DocumentWhole:
    return whole(await _found(caller, document_id))


@reads(
    "/documents/{document_id:uuid}/html",
    "Read a document as a page",
    Permission.SEE_MONEY,
    opt={GIVES: "text/html"},
)
async def read_document_html(
    caller: Calling, document_id: FromPath[UUID], locale: Locale = "en"
) -> Response[str]:
    found = await _found(caller, document_id)
    shown_as = actions.document_html(found, locale)
    return Response(as_page(found.number, shown_as), media_type=MediaType.HTML)


@reads(
    "/documents/{document_id:uuid}/pdf",
    "Read a document as PDF",
    Permission.SEE_MONEY,
    opt={GIVES: "application/pdf"},
)
async def read_document_pdf(
    caller: Calling, document_id: FromPath[UUID], locale: Locale = "en"
) -> Response[bytes]:
    """That of a full invoice is a Factur-X: the invoice for machines is in it."""
    found = await _found(caller, document_id)
    made = await asyncio.to_thread(actions.document_pdf, found, locale)
    name = {"Content-Disposition": f'inline; filename="{found.number}.pdf"'}
    return Response(made, media_type="application/pdf", headers=name)


@reads(
    "/documents/{document_id:uuid}/xrechnung",
    "Read a document as XRechnung",
    Permission.SEE_MONEY,
    opt={GIVES: "application/xml"},
)
async def read_document_xrechnung(caller: Calling, document_id: FromPath[UUID]) -> Response[bytes]:
    """In UBL, made of the frozen document alone."""
    found = await _found(caller, document_id)
    name = {"Content-Disposition": f'attachment; filename="{found.number}.xml"'}
    return Response(actions.document_xrechnung(found), media_type="application/xml", headers=name)


@reads(
    "/documents/{document_id:uuid}/proof",
    "Read the proof of a document",
    Permission.SEE_MONEY,
    opt={GIVES: "application/json"},
)
async def read_document_proof(caller: Calling, document_id: FromPath[UUID]) -> Response[bytes]:
    """Of a receipt, an invoice, a credit note or a statement: what it was made of, and each step of
    the sum. It is checked with `voltway check`, without a database."""
    found = await _found(caller, document_id)
    async with caller.begin() as work:
        made = await actions.prove(work, StationDoor(), found.id, most=actions.LINES_ON_A_PAGE)
    name = {"Content-Disposition": f'attachment; filename="{found.number}.proof.json"'}
    return Response(made, media_type="application/json", headers=name)


@reads("/documents/{document_id:uuid}/mails", "List a document's mails", Permission.SEE_MONEY)
async def list_mails(caller: Calling, document_id: FromPath[UUID]) -> list[Mail]:
    """The newest first."""
    await _found(caller, document_id)
    async with caller.begin() as work:
        return [_mail(each) for each in await sending.sent_of(work, InvoiceId(document_id))]


@adds("/documents/{document_id:uuid}/mails", "Send a document", Permission.MOVE_MONEY)
async def add_mail(caller: Calling, document_id: FromPath[UUID], data: JSONBody[NewMail]) -> Mail:
    """Once more, or to another address, with its PDF, in the language of whom it is for."""
    found = await _found(caller, document_id)
    async with caller.begin() as work:
        once = str(caller.once or uuid4())
        made = await sending.send_document(work, found.id, data.email, once=once)
        await caller.audit(work, "sent a document", f"invoice:{document_id}", to=made.recipient)
    return _mail(made)


def _mail(of: Alert) -> Mail:
    return Mail(
        id=of.id,
        to=of.recipient,
        state=of.state,
        with_xrechnung=of.with_xml,
        note=of.last_trouble,
        created_at=of.created_at,
        sent_at=of.sent_at,
    )


async def _found(caller: Caller, id: UUID) -> Invoice:
    async with caller.begin() as work:
        return await actions.invoice(work, InvoiceId(id))


def _document(row: Row) -> Document:
    more: dict[str, Any] = {"total": Amount.of(row["total_minor"], row["currency"])}
    return shown(Document, row, **more)


def whole(found: Invoice) -> DocumentWhole:
    return DocumentWhole(
        id=found.id,
        kind=DocumentKind(found.kind),
        number=found.number,
        session_id=found.session,
        payment_id=found.payment,
        original_id=found.original,
        total=Amount.of(found.total_minor, found.currency),
        sha256=found.sha256,
        issued_at=found.issued_at,
        document=msgspec.Raw(found.document),
    )


ROUTER = Router(
    "/",
    tags=["documents"],
    route_handlers=[
        list_documents,
        add_invoice,
        add_credit_note,
        read_document,
        read_document_html,
        read_document_pdf,
        read_document_xrechnung,
        read_document_proof,
        list_mails,
        add_mail,
    ],
)
