"""Stripe's doors: form-encoded questions, objects as answers, idempotency, expansion."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from litestar import Response, get, post
from litestar.params import FromPath

from voltway_world import serving
from voltway_world.provider.books import Page, Refused, new_id
from voltway_world.provider.desk import now
from voltway_world.provider.faults import Fault, Place
from voltway_world.provider.silence import let_in, silence
from voltway_world.provider.stripe import shapes, transfers
from voltway_world.provider.stripe.desk import Deed, Form, StripeDesk
from voltway_world.provider.stripe.forms import known, parsed, whole
from voltway_world.provider.stripe.refusals import Refusing, body_of, status_of
from voltway_world.provider.stripe.shapes import Json, bare
from voltway_world.web import Asking

Answer: TypeAlias = Response[Any]
PER_PAGE_MAX = 100


def in_this_shape(request: Asking) -> bool:
    """The SDK says with each request which version of Stripe's API it speaks."""
    return "Stripe-Version" in request.headers


def refused(trouble: Refused) -> Answer:
    return _json(status_of(trouble), body_of(trouble))


def _json(status: int, body: Any, *, replayed: bool = False) -> Answer:
    headers = {"Request-Id": new_id("req"), "Stripe-Version": shapes.API_VERSION}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(body, status_code=status, media_type="application/json", headers=headers)


async def _deed(
    request: Asking, place: Place, do: Callable[[StripeDesk, Form], tuple[Any, Json]]
) -> Answer:
    """Answer, unless a fault strikes before the effect, or after it."""
    desk = StripeDesk(let_in(request))
    body = await request.body()
    form = parsed(body.decode(errors="replace"))
    wanted = form.pop("expand", [])
    asked = f"{request.method} {request.url.path}\n".encode() + body
    key = request.headers.get("Idempotency-Key")

    def deed() -> tuple[Any, Json]:
        page, made = do(desk, form)
        return page, made

    fault = desk.desk.faults.draw(place)
    if fault is not None and fault.kind.startswith("error_500"):
        breaks = "after" if fault.strikes_after else "before"
        status, answer, again = desk.once(key, asked, deed, breaks=breaks)
        return _json(status, answer, replayed=again)
    if fault is not None and not fault.strikes_after:
        return await _lost(request, fault)
    status, answer, again = desk.once(key, asked, deed)
    if fault is not None:
        return await _lost(request, fault)
    shown = _expanded(desk, answer, wanted) if status == 200 else answer
    return _json(status, shown, replayed=again)


async def _lost(request: Asking, fault: Fault) -> Answer:
    if fault.kind.startswith("timeout"):
        await silence(request, fault.seconds)
    if request.client is not None:
        serving.cut_line((request.client.host, request.client.port))
    return _json(503, {"error": {"type": "api_error", "message": "The line was cut."}})


async def _look(request: Asking, read: Callable[[StripeDesk, Form], Json]) -> Answer:
    desk = StripeDesk(let_in(request))
    form = parsed(request.url.query)
    wanted = form.pop("expand", [])
    fault = desk.desk.faults.draw("get")
    if fault is not None and fault.kind.startswith("error_500"):
        return _json(500, {"error": {"type": "api_error", "message": "Something broke here."}})
    if fault is not None:
        return await _lost(request, fault)
    return _json(200, _expanded(desk, read(desk, form), wanted))


def _expanded(desk: StripeDesk, body: Json, paths: Sequence[str]) -> Json:
    """The answer with the named objects in it instead of their names."""
    for path in paths:
        _expand(desk, body, path.split("."))
    return body


def _expand(desk: StripeDesk, into: Json, path: list[str]) -> None:
    first, *rest = path
    if first not in into:
        raise Refusing("invalid_expand", f"This property cannot be expanded ({first}).", "expand")
    inner = into[first]
    if isinstance(inner, list):
        for each in inner:
            _expand(desk, each, rest)
        return
    if isinstance(inner, str):
        inner = into[first] = _object(desk, inner)
    if rest and inner is not None:
        _expand(desk, inner, rest)


def _object(desk: StripeDesk, name: str) -> Json:
    books = desk.books
    match name.partition("_")[0]:
        case "pi":
            return shapes.intent_of(desk.desk.hold(name))
        case "ch":
            return shapes.charge_of(desk.desk.hold(name))
        case "re":
            return shapes.refund_of(books.refunds[name])
        case "du":
            return shapes.dispute_of(desk.dispute(name))
        case "tr":
            return transfers.transfer_of(books.transfers[name])
        case "po":
            return shapes.payout_of(books.payouts[name])
        case "pm":
            return shapes.method_of(desk.method(name))
        case "seti":
            return shapes.setup_of(desk.saving(name))
        case _:
            raise Refusing("invalid_expand", "This property cannot be expanded.", "expand")


def _list(form: Form, rows: Sequence[Json], url: str) -> Json:
    """A page of a list, newest first."""
    limit = min(whole(form, "limit"), PER_PAGE_MAX) if "limit" in form else 10
    after = form.get("starting_after")
    found = list(reversed(rows))
    names = [row["id"] for row in found]
    if after is not None and after not in names:
        raise Refusing("resource_missing", f"No such object: '{after}'", "starting_after")
    start = names.index(after) + 1 if after is not None else 0
    more = len(found) > start + limit
    page = found[start : start + limit]
    return {"object": "list", "data": page, "has_more": more, "url": url}


@post("/v1/checkout/sessions", status_code=200)
async def open_page(request: Asking) -> Answer:
    return await _deed(request, "hold", lambda desk, form: desk.open_page(form))


@get("/v1/checkout/sessions")
async def pages(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "payment_intent", "limit", "starting_after")
        intent = bare(form.get("payment_intent", ""))
        rows = [
            shapes.session_of(hold)
            for hold in desk.books.holds.values()
            if hold.shape == "stripe" and hold.method is None and intent in ("", bare(hold.id))
        ]
        return _list(form, rows, "/v1/checkout/sessions")

    return await _look(request, read)


@get("/v1/checkout/sessions/{name:str}")
async def page(request: Asking, name: FromPath[str]) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        if f"save_{bare(name)}" in desk.books.savings:
            return shapes.saving_of(desk.saving(name))
        return shapes.session_of(desk.desk.hold(name))

    return await _look(request, read)


@post("/v1/checkout/sessions/{name:str}/expire", status_code=200)
async def close_page(request: Asking, name: FromPath[str]) -> Answer:
    return await _deed(request, "void", lambda desk, _: desk.close_page(name))


@post("/v1/payment_intents", status_code=200)
async def hold_saved(request: Asking) -> Answer:
    return await _deed(request, "hold", lambda desk, form: desk.hold_saved(form))


@get("/v1/payment_intents")
async def intents(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "customer", "limit", "starting_after")
        rows = [
            shapes.intent_of(hold)
            for hold in desk.books.holds.values()
            if hold.shape == "stripe" and form.get("customer") in (None, hold.customer)
        ]
        return _list(form, rows, "/v1/payment_intents")

    return await _look(request, read)


@get("/v1/payment_intents/{name:str}")
async def intent(request: Asking, name: FromPath[str]) -> Answer:
    return await _look(request, lambda desk, _: shapes.intent_of(desk.desk.hold(name)))


@post("/v1/payment_intents/{name:str}/capture", status_code=200)
async def capture(request: Asking, name: FromPath[str]) -> Answer:
    return await _deed(request, "capture", lambda desk, form: desk.capture(name, form))


@post("/v1/payment_intents/{name:str}/cancel", status_code=200)
async def cancel(request: Asking, name: FromPath[str]) -> Answer:
    return await _deed(request, "void", lambda desk, form: desk.cancel(name, form))


@post("/v1/payment_intents/{name:str}/increment_authorization", status_code=200)
async def increase(request: Asking, name: FromPath[str]) -> Answer:
    return await _deed(request, "grow", lambda desk, form: desk.increase(name, form))


@post("/v1/refunds", status_code=200)
async def refund(request: Asking) -> Answer:
    return await _deed(request, "refund", lambda desk, form: desk.refund(form))


@get("/v1/refunds")
async def refunds(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "payment_intent", "limit", "starting_after")
        found = [
            shapes.refund_of(each)
            for each in desk.books.refunds.values()
            if bare(form.get("payment_intent", each.hold)) == bare(each.hold)
        ]
        return _list(form, found, "/v1/refunds")

    return await _look(request, read)


@post("/v1/customers", status_code=200)
async def new_customer(request: Asking) -> Answer:
    """A customer is a name that methods hang on; the books need nothing more of one."""

    def do(desk: StripeDesk, form: Form) -> tuple[Any, Json]:
        known(form, "metadata", "name", "email")
        return Page(), shapes.customer_of(new_id("cus"), form.get("metadata", {}), now())

    return await _deed(request, "hold", do)


@get("/v1/payment_methods/{name:str}")
async def method(request: Asking, name: FromPath[str]) -> Answer:
    return await _look(request, lambda desk, _: shapes.method_of(desk.method(name)))


@post("/v1/payment_methods/{name:str}/detach", status_code=200)
async def forget_method(request: Asking, name: FromPath[str]) -> Answer:
    return await _deed(request, "void", lambda desk, _: desk.forget_method(name))


@get("/v1/disputes")
async def disputes(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "payment_intent", "limit", "starting_after")
        found = [
            shapes.dispute_of(each)
            for each in desk.books.disputes.values()
            if bare(form.get("payment_intent", each.hold)) == bare(each.hold)
        ]
        return _list(form, found, "/v1/disputes")

    return await _look(request, read)


@get("/v1/disputes/{name:str}")
async def dispute(request: Asking, name: FromPath[str]) -> Answer:
    return await _look(request, lambda desk, _: shapes.dispute_of(desk.dispute(name)))


@post("/v1/disputes/{name:str}", status_code=200)
async def contest(request: Asking, name: FromPath[str]) -> Answer:
    return await _deed(request, "evidence", lambda desk, form: desk.contest(name, form))


@post("/v1/transfers", status_code=200)
async def send(request: Asking) -> Answer:
    return await _deed(request, "transfer", lambda desk, form: transfers.send(desk.books, form))


@get("/v1/transfers")
async def sent(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        return _list(form, transfers.transfers(desk.books, form), "/v1/transfers")

    return await _look(request, read)


async def balance_transactions(request: Asking) -> Answer:
    """Its path is also one of our own shape's, which hands over what is meant for us."""

    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "payout", "limit", "starting_after")
        found = [
            shapes.move_of(move)
            for move in desk.books.transactions.values()
            if form.get("payout") in (None, move.payout)
        ]
        return _list(form, found, "/v1/balance_transactions")

    return await _look(request, read)


async def payouts(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "limit", "starting_after")
        found = [shapes.payout_of(each) for each in desk.books.payouts.values()]
        return _list(form, found, "/v1/payouts")

    return await _look(request, read)


@post("/_world/dispute/{name:str}", status_code=200, sync_to_thread=False)
def open_dispute(request: Asking, name: FromPath[str]) -> Answer:
    """A driver complains at their bank."""
    return _json(200, shapes.dispute_of(StripeDesk(request.app.state.desk).open_dispute(name)))


@post("/_world/judge/{name:str}/{verdict:str}", status_code=200, sync_to_thread=False)
def judge(request: Asking, name: FromPath[str], verdict: FromPath[str]) -> Answer:
    """The bank says ``won`` (by the merchant) or ``lost``."""
    desk = StripeDesk(request.app.state.desk)
    return _json(200, shapes.dispute_of(desk.judge(name, won=verdict == "won")))


@post("/_world/payout/{currency:str}", status_code=200, sync_to_thread=False)
def pay_out(request: Asking, currency: FromPath[str]) -> Answer:
    """A day is over, and the balance goes to the merchant's bank."""
    return _json(200, shapes.payout_of(StripeDesk(request.app.state.desk).pay_out(currency)))


DOORS = [
    open_page,
    pages,
    page,
    close_page,
    hold_saved,
    intents,
    intent,
    capture,
    cancel,
    increase,
    refund,
    refunds,
    new_customer,
    method,
    forget_method,
    disputes,
    dispute,
    contest,
    send,
    sent,
    open_dispute,
    judge,
    pay_out,
]
__all__ = ["DOORS", "Deed", "balance_transactions", "in_this_shape", "refused"]
