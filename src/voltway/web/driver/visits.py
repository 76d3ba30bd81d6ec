"""A visit from the hold to the receipt. Its key in the address is all that a driver needs."""

import asyncio
from typing import Any, Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, ServerSentEvent
from markupsafe import Markup

from voltway.alerts import actions as alerts
from voltway.alerts import pushing
from voltway.billing import actions as billing
from voltway.billing import documents
from voltway.billing.model import DocumentKind, Invoice
from voltway.billing.receipts import receipt_html
from voltway.billing.words import language
from voltway.kernel.errors import Kind, Refusal
from voltway.payments import actions as payments
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.web.driver import at_reader, guest_alerts, shell, views, visit_views
from voltway.web.driver.simulator import simulator
from voltway.web.driver.visit_views import Phase, VisitView
from voltway.web.house import House
from voltway.web.pages import HttpRequest, draw, formats_of, page, reader, see_other
from voltway.web.words import PAPERS

#: A page without script loads itself again so often while something can move.
RELOAD_S: Final = 10


class NoReceiptYet(Refusal):
    """The receipt is not written yet. It is here within a minute of the end of the charge."""

    kind = Kind.ABSENT


@get("/v/{key:str}", include_in_schema=False)
async def visit(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str]:
    """The visit as it stands. Who comes back before the webhook makes us look; what was pushed to
    its driver is read by looking at it."""
    await _look(house, key)
    await _read(request, house, key, f"/v/{key}")
    return page(request, house, "driver/visit.html", **await _knows(request, house, key))


@get("/v/{key:str}/live", include_in_schema=False)
async def visit_live(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> ServerSentEvent:
    """The visit again, each time something in it moves."""
    async with house.begin() as work:
        payment = await payments.visit(work, key)

    async def view() -> str:
        return draw(request, house, "driver/visit_view.html", **await _knows(request, house, key))

    subjects = [f"payment:{payment.id}", f"evse:{payment.evse}", f"station:{payment.station}"]
    if payment.session is not None:
        subjects.append(f"session:{payment.session}")
    return house.streams.live(house.touches, tuple(subjects), view)


async def _knows(request: HttpRequest, house: House, key: str) -> dict[str, Any]:
    formats = formats_of(request, house)
    async with house.begin() as work:
        seen = await visit_views.visit(work, house, key, formats)
        help_ = await _help(work, seen)
        told = await guest_alerts.told_of(request, work, house, await payments.visit(work, key))
        push_key = await pushing.public_key(work)
    reload_s = 0 if seen.is_over else RELOAD_S
    return {
        "visit": seen,
        "help": help_,
        "reload_s": reload_s,
        "push_key": push_key,
        "simulator": simulator(request, house, seen.place, key),
        "told": told,
    }


async def _help(work: Work, seen: VisitView) -> views.Help:
    place = seen.place
    return await views.help_of(
        work,
        place.party,
        about=f"{place.location_name}, {place.public_id}",
        place=place.location,
        report=f"/e/{place.public_id}/report?v={seen.key}",
    )


async def _look(house: House, key: str) -> None:
    """Ask the provider about a hold that we still wait for; what it cannot say now comes later."""
    async with house.begin() as work:
        payment = await payments.visit(work, key)
    if payment.held_at is None:
        await at_reader.look(house, payment.id)


async def _read(request: HttpRequest, house: House, key: str, page: str) -> None:
    async with house.begin() as work:
        paid = await payments.visit(work, key)
        await alerts.opened(work, page, await guest_alerts.readers(request, work, paid))


@post("/v/{key:str}/again", include_in_schema=False)
async def plug_in_again(house: NamedDependency[House], key: FromPath[str]) -> Redirect:
    """Ask the bay once more to start: the driver has plugged in after it gave up."""
    async with house.begin() as work:
        await payments.start_again(work, key)
    return see_other(f"/v/{key}")


@get("/v/{key:str}/stop", include_in_schema=False)
async def confirm_stop(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str]:
    """What a stop means, before it is done. Phones with scripts ask this in a dialog."""
    return page(request, house, "driver/stop.html", **await _knows(request, house, key))


@post("/v/{key:str}/stop", include_in_schema=False)
async def stop(house: NamedDependency[House], key: FromPath[str]) -> Redirect:
    """Ask the bay to stop. The page tells when it did."""
    async with house.begin() as work:
        payment = await payments.visit(work, key)
        if payment.session is not None:
            await sessions.stop(work, payment.session, by="driver")
    return see_other(f"/v/{key}")


@get("/v/{key:str}/receipt", include_in_schema=False)
async def receipt(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str]:
    """The receipt as a page; the same view of the same document as the PDF and the mail."""
    await _read(request, house, key, f"/v/{key}/receipt")
    knows = await _knows(request, house, key)
    invoice = await _invoice(house, key)
    if invoice is None:
        seen = knows["visit"]
        assert isinstance(seen, VisitView)
        if seen.phase in (Phase.CLOSING, Phase.PAID):
            raise NoReceiptYet
        return page(request, house, "driver/visit.html", **knows)
    asked = reader(request).papers
    is_signed = documents.receipt(invoice.document).signed is not None
    async with house.begin() as work:
        beside = await billing.standing_for(work, invoice)
    is_invoiced = any(each.kind == DocumentKind.INVOICE for each in beside)
    return page(
        request,
        house,
        "driver/receipt.html",
        headers=shell.KEEP_RECEIPT,
        number=invoice.number,
        bill=Markup(receipt_html(invoice.document, asked)),
        spoken=language(asked),
        papers=PAPERS,
        is_signed=is_signed,
        beside=beside,
        may_invoice=bool(invoice.total_minor) and not is_invoiced,
        **knows,
    )


@get("/v/{key:str}/receipt.pdf", include_in_schema=False)
async def receipt_pdf(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[bytes]:
    invoice = await _invoice(house, key)
    if invoice is None:
        raise NoReceiptYet
    return await pdf_of(invoice, reader(request).papers)


async def pdf_of(invoice: Invoice, locale: str) -> Response[bytes]:
    """An invoice as a PDF, set off the event loop."""
    content = await asyncio.to_thread(billing.document_pdf, invoice, locale)
    return as_pdf(content, invoice.number)


def as_pdf(content: bytes, number: str) -> Response[bytes]:
    """A PDF to look at, which is kept by nobody on the way."""
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{number}.pdf"',
            "Cache-Control": "no-store",
        },
    )


async def _invoice(house: House, key: str) -> Invoice | None:
    """The document of a visit, once it is written."""
    async with house.begin() as work:
        payment = await payments.visit(work, key)
        return await billing.invoice_of(work, payment.session) if payment.session else None
