"""A visit from the hold to the receipt. Its key in the address is all that a driver needs."""

from http import HTTPStatus
from typing import Final

from litestar import get, post
from litestar.response import Redirect, Response, ServerSentEvent

from voltway.billing import actions as billing
from voltway.billing.documents import Receipt
from voltway.billing.documents import receipt as receipt_of
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.payments import actions as payments
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.web.driver import receipts, views, visit_views
from voltway.web.driver.visit_views import Phase, VisitView
from voltway.web.house import House
from voltway.web.pages import HttpRequest, draw, formats_of, page, reader

#: A page without script loads itself again so often while something can move.
RELOAD_S: Final = 10


class NoReceiptYet(Refusal):
    """The receipt is not written yet. It is here within a minute of the end of the charge."""

    kind = Kind.ABSENT


@get("/v/{key:str}", include_in_schema=False)
async def visit(request: HttpRequest, house: House, key: str) -> Response[str]:
    """The visit as it stands. Who comes back before the webhook makes us look."""
    await _look(house, key)
    return page(request, house, "driver/visit.html", **await _knows(request, house, key))


@get("/v/{key:str}/live", include_in_schema=False)
async def visit_live(request: HttpRequest, house: House, key: str) -> ServerSentEvent:
    """The visit again, each time something in it moves."""
    async with house.begin() as work:
        payment = await payments.visit(work, key)

    async def view() -> str:
        return draw(request, house, "driver/visit_view.html", **await _knows(request, house, key))

    subjects = [f"payment:{payment.id}", f"evse:{payment.evse}", f"station:{payment.station}"]
    if payment.session is not None:
        subjects.append(f"session:{payment.session}")
    return house.streams.live(house.touches, tuple(subjects), view)


async def _knows(request: HttpRequest, house: House, key: str) -> dict[str, object]:
    formats = formats_of(request, house)
    async with house.begin() as work:
        seen = await visit_views.visit(work, house, key, formats)
        help_ = await _help(work, seen)
    return {"visit": seen, "help": help_, "reload_s": 0 if seen.is_over else RELOAD_S}


async def _help(work: Work, seen: VisitView) -> views.Help:
    place = seen.place
    return await views.help_of(
        work,
        place.party,
        about=f"{place.location_name}, {place.public_id}",
        place=place.location,
    )


async def _look(house: House, key: str) -> None:
    """Ask the provider about a hold that we still wait for; what it cannot say now comes later."""
    async with house.begin() as work:
        payment = await payments.visit(work, key)
    if payment.held_at is None:
        try:
            await payments.refresh(house.begin, house.provider, payment.id)
        except Outage:
            return


@post("/v/{key:str}/again", include_in_schema=False)
async def plug_in_again(house: House, key: str) -> Redirect:
    """Ask the bay once more to start: the driver has plugged in after it gave up."""
    async with house.begin() as work:
        await payments.start_again(work, key)
    return Redirect(f"/v/{key}", status_code=HTTPStatus.SEE_OTHER)


@get("/v/{key:str}/stop", include_in_schema=False)
async def confirm_stop(request: HttpRequest, house: House, key: str) -> Response[str]:
    """What a stop means, before it is done. Phones with scripts ask this in a dialog."""
    return page(request, house, "driver/stop.html", **await _knows(request, house, key))


@post("/v/{key:str}/stop", include_in_schema=False)
async def stop(house: House, key: str) -> Redirect:
    """Ask the bay to stop. The page tells when it did."""
    async with house.begin() as work:
        payment = await payments.visit(work, key)
        if payment.session is not None:
            await sessions.stop(work, payment.session, by="driver")
    return Redirect(f"/v/{key}", status_code=HTTPStatus.SEE_OTHER)


@get("/v/{key:str}/receipt", include_in_schema=False)
async def receipt(request: HttpRequest, house: House, key: str) -> Response[str]:
    """The receipt as a page; the same document as the PDF and the mail."""
    knows = await _knows(request, house, key)
    async with house.begin() as work:
        document = await _document(work, key)
    if document is None:
        seen = knows["visit"]
        assert isinstance(seen, VisitView)
        if seen.phase in (Phase.CLOSING, Phase.PAID):
            raise NoReceiptYet
        return page(request, house, "driver/visit.html", **knows)
    shown = receipts.shown(document, formats_of(request, house))
    return page(request, house, "driver/receipt.html", document=document, bill=shown, **knows)


@get("/v/{key:str}/receipt.pdf", include_in_schema=False)
async def receipt_pdf(request: HttpRequest, house: House, key: str) -> Response[bytes]:
    async with house.begin() as work:
        document = await _document(work, key)
    if document is None:
        raise NoReceiptYet
    content = await billing.receipt_pdf(document, reader(request).language)
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{document.number}.pdf"',
            "Cache-Control": "no-store",
        },
    )


async def _document(work: Work, key: str) -> Receipt | None:
    """The frozen document of a visit, once it is written."""
    payment = await payments.visit(work, key)
    if payment.session is None:
        return None
    invoice = await billing.invoice_of(work, payment.session)
    return receipt_of(invoice.document) if invoice else None
