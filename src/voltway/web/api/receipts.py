"""Receipts: numbered, frozen documents, as JSON, as a page and as PDF."""

import asyncio
from datetime import datetime
from html import escape
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import MediaType, Router
from litestar.params import FromPath, QueryParameter
from litestar.response import Response
from msgspec import Meta

from voltway.billing import actions
from voltway.billing.model import Invoice
from voltway.kernel.ids import InvoiceId
from voltway.ocpp.own_frames import StationDoor
from voltway.parties.model import Permission
from voltway.runtime.work import Row
from voltway.web import assets
from voltway.web.api.caller import Caller, Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import GIVES, reads
from voltway.web.api.shapes import Amount, Moment, Page, Shown, shown, utc

RECEIPTS = Source("invoice_view")

Locale = Annotated[
    str,
    QueryParameter(
        pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,2}$", description="As in BCP 47."
    ),
]


class Receipt(Shown):
    """A numbered document that never changes."""

    id: UUID
    number: Annotated[str, Meta(examples=["VLT-R2026-000118"])]
    session_id: UUID
    settlement_id: UUID
    payment_id: UUID | None
    total: Amount
    sha256: Annotated[str, Meta(description="Of the frozen document's bytes.")]
    issued_at: Moment


class ReceiptWhole(Shown):
    """A receipt and its frozen document."""

    id: UUID
    number: str
    session_id: UUID
    payment_id: UUID | None
    total: Amount
    sha256: Annotated[str, Meta(description="Of the frozen document's bytes.")]
    issued_at: Moment
    document: Annotated[msgspec.Raw, Meta(description="The frozen document, byte for byte.")]


@reads("/receipts", "List the receipts", Permission.SEE_MONEY)
async def list_receipts(
    caller: Calling,
    window: Paging,
    session: Annotated[UUID | None, QueryParameter(description="That of this session.")] = None,
    payment: Annotated[UUID | None, QueryParameter(description="That of this payment.")] = None,
    since: Annotated[
        datetime | None, QueryParameter(name="from", description="Issued at or after this.")
    ] = None,
    until: Annotated[datetime | None, QueryParameter(description="Issued before this.")] = None,
) -> Page[Receipt]:
    async with caller.begin() as work:
        return await listed(
            work,
            RECEIPTS,
            window,
            _receipt,
            [
                ("session_id = {}", session),
                ("payment_id = {}", payment),
                ("issued_at >= {}", since and utc(since)),
                ("issued_at < {}", until and utc(until)),
            ],
        )


@reads("/receipts/{receipt_id:uuid}", "Read a receipt", Permission.SEE_MONEY)
async def read_receipt(caller: Calling, receipt_id: FromPath[UUID]) -> ReceiptWhole:
    found = await _invoice(caller, receipt_id)
    assert found.session is not None, "a receipt has a session"
    return ReceiptWhole(
        id=found.id,
        number=found.number,
        session_id=found.session,
        payment_id=found.payment,
        total=Amount.of(found.total_minor, found.currency),
        sha256=found.sha256,
        issued_at=found.issued_at,
        document=msgspec.Raw(found.document),
    )


@reads(
    "/receipts/{receipt_id:uuid}/html",
    "Read a receipt as a page",
    Permission.SEE_MONEY,
    opt={GIVES: "text/html"},
)
async def read_receipt_html(
    caller: Calling, receipt_id: FromPath[UUID], locale: Locale = "en"
) -> Response[str]:
    found = await _invoice(caller, receipt_id)
    page = as_page(found.number, actions.receipt_html(found.document, locale))
    return Response(page, media_type=MediaType.HTML)


def as_page(number: str, document: str) -> str:
    """A document as a page of its own."""
    return PAGE.format(
        number=escape(number), sheet=assets.load().url("driver.css"), receipt=document
    )


@reads(
    "/receipts/{receipt_id:uuid}/pdf",
    "Read a receipt as PDF",
    Permission.SEE_MONEY,
    opt={GIVES: "application/pdf"},
)
async def read_receipt_pdf(
    caller: Calling, receipt_id: FromPath[UUID], locale: Locale = "en"
) -> Response[bytes]:
    found = await _invoice(caller, receipt_id)
    made = await asyncio.to_thread(actions.receipt_pdf, found.document, locale)
    name = {"Content-Disposition": f'inline; filename="{found.number}.pdf"'}
    return Response(made, media_type="application/pdf", headers=name)


@reads(
    "/receipts/{receipt_id:uuid}/proof",
    "Read the proof of a receipt",
    Permission.SEE_MONEY,
    opt={GIVES: "application/json"},
)
async def read_receipt_proof(caller: Calling, receipt_id: FromPath[UUID]) -> Response[bytes]:
    """All that the bill was made of: frames, readings, tariff, each step of the sum. It is checked
    with `voltway check`, without a database."""
    found = await _invoice(caller, receipt_id)
    async with caller.begin() as work:
        made = await actions.prove(work, StationDoor(), found.id)
    name = {"Content-Disposition": f'attachment; filename="{found.number}.proof.json"'}
    return Response(made, media_type="application/json", headers=name)


PAGE: Final = """\
<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{number}</title>
<link rel="stylesheet" href="{sheet}">
</head>
<body><main>{receipt}</main></body>
</html>
"""


async def _invoice(caller: Caller, id: UUID) -> Invoice:
    async with caller.begin() as work:
        found = await actions.invoice(work, InvoiceId(id))
    if not found.is_receipt:
        raise actions.NoSuchInvoice(found.id)
    return found


def _receipt(row: Row) -> Receipt:
    more: dict[str, Any] = {"total": Amount.of(row["total_minor"], row["currency"])}
    return shown(Receipt, row, **more)


ROUTER = Router(
    "/",
    tags=["receipts"],
    route_handlers=[
        list_receipts,
        read_receipt,
        read_receipt_html,
        read_receipt_pdf,
        read_receipt_proof,
    ],
)
