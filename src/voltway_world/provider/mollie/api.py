"""Mollie's doors: JSON in, HAL out, a key that does a deed once, and its way to say no."""

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath

from voltway_world import serving
from voltway_world.provider import books as rules
from voltway_world.provider.books import Hold, Page, Refund, Refused, Status, new_id
from voltway_world.provider.desk import Desk, moved, now, parsed, positive, told
from voltway_world.provider.faults import Place
from voltway_world.provider.mollie import shapes
from voltway_world.provider.mollie.shapes import Json
from voltway_world.provider.silence import let_in, silence
from voltway_world.web import Asking

Answer: TypeAlias = Response[Any]
Deed: TypeAlias = Callable[[Desk, bytes], tuple[int, Page, Any]]


class Amount(msgspec.Struct):
    currency: str
    value: str


class PaymentAsked(msgspec.Struct, rename="camel"):
    amount: Amount
    description: str
    redirect_url: str
    capture_mode: str
    cancel_url: str = ""
    metadata: dict[str, str] = {}
    method: list[str] | str | None = None


class AmountAsked(msgspec.Struct):
    amount: Amount
    description: str = ""
    metadata: dict[str, str] = {}


def in_this_shape(request: Asking) -> bool:
    return request.url.path.startswith("/v2/")


def refused(trouble: Refused) -> Answer:
    return _hal(*_no(trouble))


def _no(trouble: Refused) -> tuple[int, Json]:
    """How Mollie says no: a status, a sentence, and the field that it does not like."""
    status = trouble.status if trouble.status in (401, 404) else 422
    body: Json = {
        "status": status,
        "title": "Unprocessable Entity" if status == 422 else "Not so",
        "detail": trouble.message,
        "_links": {"documentation": {"href": "/docs", "type": "text/html"}},
    }
    if trouble.code in ("amount_too_large", "amount_too_small"):
        body["field"] = "amount"
    elif trouble.code == "invalid_request":
        body["field"] = "body"
    return status, body


def _hal(status: int, body: Any) -> Answer:
    return Response(body, status_code=status, media_type="application/hal+json")


async def _under_faults(
    request: Asking, place: Place, answer: Callable[[], tuple[int, Any]]
) -> Answer:
    """Answer, unless a fault strikes before the effect, or after it."""
    desk: Desk = request.app.state.desk
    fault = desk.faults.draw(place)
    if fault is None:
        return _hal(*answer())
    if fault.strikes_after:
        answer()
    if fault.kind.startswith("error_500"):
        return _hal(500, {"status": 500, "title": "Internal", "detail": "Something broke here."})
    if fault.kind.startswith("timeout"):
        await silence(request, fault.seconds)
    if request.client is not None:
        serving.cut_line((request.client.host, request.client.port))
    return _hal(503, {"status": 503, "title": "Gone", "detail": "The line was cut."})


async def _deed(request: Asking, place: Place, do: Deed) -> Answer:
    desk = let_in(request)
    body = await request.body()
    asked = f"{request.method} {request.url.path}\n".encode() + body
    key = request.headers.get("Idempotency-Key")
    return await _under_faults(
        request, place, lambda: desk.once(key, asked, lambda: do(desk, body), says=_no)
    )


def _minor(given: Amount, currency: str | None = None) -> int:
    if currency is not None and given.currency != currency:
        raise Refused(422, "invalid_request", f"The payment is not in {given.currency}.")
    return positive(shapes.minor(given.value, given.currency))


@post("/v2/payments", status_code=201)
async def open_payment(request: Asking) -> Answer:
    def do(desk: Desk, body: bytes) -> tuple[int, Page, Any]:
        asked = parsed(body, PaymentAsked)
        if asked.capture_mode != "manual":
            raise Refused(422, "invalid_request", "Only captureMode manual is played here.")
        name = new_id("hold")
        hold = Hold(
            id=name,
            status=Status.REQUIRES_PAYMENT,
            amount_minor=_minor(asked.amount),
            currency=asked.amount.currency,
            reference=asked.metadata.get("reference", ""),
            description=asked.description,
            return_url=asked.redirect_url,
            cancel_url=asked.cancel_url or asked.redirect_url,
            metadata=dict(asked.metadata),
            hosted_url=f"{desk.url}/pay/{name}",
            created_at=now(),
            expires_at=now() + rules.UNPAID_FOR,
            shape="mollie",
            methods=tuple([asked.method] if isinstance(asked.method, str) else asked.method or ()),
        )
        return 201, Page(hold=hold), shapes.payment_of(hold, desk.url)

    return await _deed(request, "hold", do)


@get("/v2/payments/{name:str}")
async def payment(request: Asking, name: FromPath[str]) -> Answer:
    desk = let_in(request)
    return await _under_faults(
        request, "get", lambda: (200, shapes.payment_of(desk.hold(name), desk.url))
    )


@delete("/v2/payments/{name:str}", status_code=200)
async def cancel(request: Asking, name: FromPath[str]) -> Answer:
    def do(desk: Desk, _: bytes) -> tuple[int, Page, Any]:
        before = desk.hold(name)
        if before.status is not Status.REQUIRES_PAYMENT:
            raise Refused(409, "invalid_state", f"A payment that is {before.status} stays.")
        hold = rules.void(before)
        page = Page(hold=hold, events=told("hold.voided", hold, url=desk.url))
        return 200, page, shapes.payment_of(hold, desk.url)

    return await _deed(request, "void", do)


@post("/v2/payments/{name:str}/release-authorization", status_code=202)
async def release(request: Asking, name: FromPath[str]) -> Answer:
    def do(desk: Desk, _: bytes) -> tuple[int, Page, Any]:
        before = desk.hold(name)
        if before.status is not Status.AUTHORISED:
            raise Refused(409, "invalid_state", f"A payment that is {before.status} holds nothing.")
        hold = rules.void(before)
        return 202, Page(hold=hold, events=told("hold.voided", hold, url=desk.url)), None

    return await _deed(request, "void", do)


@post("/v2/payments/{name:str}/captures", status_code=201)
async def capture(request: Asking, name: FromPath[str]) -> Answer:
    def do(desk: Desk, body: bytes) -> tuple[int, Page, Any]:
        asked = parsed(body, AmountAsked)
        before = desk.hold(name)
        amount = _minor(asked.amount, before.currency)
        named = msgspec.structs.replace(before, taken_with=dict(asked.metadata))
        try:
            hold = rules.capture(named, amount)
        except Refused as no:
            if no.code != "card_declined":
                raise
            return 201, Page(), shapes.capture_of(named, amount, desk.url, "failed")
        page = Page(
            hold=hold,
            transaction=moved(hold, "capture", amount),
            events=told("hold.captured", hold, url=desk.url),
        )
        return 201, page, shapes.capture_of(hold, amount, desk.url)

    return await _deed(request, "capture", do)


@get("/v2/payments/{name:str}/captures")
async def captures(request: Asking, name: FromPath[str]) -> Answer:
    desk = let_in(request)

    def read() -> tuple[int, Json]:
        hold = desk.hold(name)
        made = [shapes.capture_of(hold, hold.captured_minor, desk.url)]
        rows = made if hold.captured_minor else []
        return 200, shapes.list_of("captures", rows, f"{desk.url}{request.url.path}")

    return await _under_faults(request, "get", read)


@post("/v2/payments/{name:str}/refunds", status_code=201)
async def refund(request: Asking, name: FromPath[str]) -> Answer:
    def do(desk: Desk, body: bytes) -> tuple[int, Page, Any]:
        asked = parsed(body, AmountAsked)
        before = desk.hold(name)
        amount = _minor(asked.amount, before.currency)
        hold = rules.give_back(before, amount)
        made = Refund(
            id=new_id("re"),
            hold=hold.id,
            amount_minor=amount,
            currency=hold.currency,
            reason=asked.description,
            created_at=now(),
            metadata=dict(asked.metadata),
        )
        page = Page(
            hold=hold,
            refund=made,
            transaction=moved(hold, "refund", -amount, made.id),
            events=told("refund.created", hold, url=desk.url, refund=made),
        )
        return 201, page, shapes.refund_of(made, desk.url)

    return await _deed(request, "refund", do)


@get("/v2/payments/{name:str}/refunds")
async def refunds(request: Asking, name: FromPath[str]) -> Answer:
    desk = let_in(request)

    def read() -> tuple[int, Json]:
        hold = desk.hold(name)
        rows = [
            shapes.refund_of(each, desk.url)
            for each in desk.books.refunds.values()
            if each.hold == hold.id
        ]
        return 200, shapes.list_of("refunds", rows, f"{desk.url}{request.url.path}")

    return await _under_faults(request, "get", read)


@get("/v2/payments/{name:str}/chargebacks")
async def chargebacks(request: Asking, name: FromPath[str]) -> Answer:
    desk = let_in(request)

    def read() -> tuple[int, Json]:
        hold = desk.hold(name)
        rows = [
            shapes.chargeback_of(each, desk.url)
            for each in desk.books.disputes.values()
            if each.hold == hold.id
        ]
        return 200, shapes.list_of("chargebacks", rows, f"{desk.url}{request.url.path}")

    return await _under_faults(request, "get", read)


DOORS = [open_payment, payment, cancel, release, capture, captures, refund, refunds, chargebacks]
__all__ = ["DOORS", "in_this_shape", "refused"]
