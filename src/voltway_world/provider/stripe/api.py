"""Stripe's doors: each is a question that its API takes; ``asking`` says how it is asked."""

from typing import Any

from litestar import get, post
from litestar.params import FromPath

from voltway_world.provider.books import Page, new_id
from voltway_world.provider.desk import now
from voltway_world.provider.stripe import readers, shapes, transfers
from voltway_world.provider.stripe.asking import (
    Answer,
    answered,
    deed,
    in_this_shape,
    listed,
    look,
    refused,
)
from voltway_world.provider.stripe.desk import Deed, Form, StripeDesk
from voltway_world.provider.stripe.forms import known
from voltway_world.provider.stripe.shapes import Json, bare
from voltway_world.web import Asking


@post("/v1/checkout/sessions", status_code=200)
async def open_page(request: Asking) -> Answer:
    return await deed(request, "hold", lambda desk, form: desk.open_page(form))


@get("/v1/checkout/sessions")
async def pages(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "payment_intent", "limit", "starting_after")
        intent = bare(form.get("payment_intent", ""))
        rows = [
            shapes.session_of(hold)
            for hold in desk.books.holds.values()
            if hold.shape == "stripe" and hold.hosted_url and intent in ("", bare(hold.id))
        ]
        return listed(form, rows, "/v1/checkout/sessions")

    return await look(request, read)


@get("/v1/checkout/sessions/{name:str}")
async def page(request: Asking, name: FromPath[str]) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        if f"save_{bare(name)}" in desk.books.savings:
            return shapes.saving_of(desk.saving(name))
        return shapes.session_of(desk.desk.hold(name))

    return await look(request, read)


@post("/v1/checkout/sessions/{name:str}/expire", status_code=200)
async def close_page(request: Asking, name: FromPath[str]) -> Answer:
    return await deed(request, "void", lambda desk, _: desk.close_page(name))


@post("/v1/payment_intents", status_code=200)
async def open_intent(request: Asking) -> Answer:
    def do(desk: StripeDesk, form: Form) -> tuple[Page, Json]:
        if form.get("allowed_payment_method_types") == ["card_present"]:
            return readers.open_intent(desk, form)
        return desk.hold_saved(form)

    return await deed(request, "hold", do)


@get("/v1/payment_intents")
async def intents(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "customer", "limit", "starting_after")
        rows = [
            shapes.intent_of(hold)
            for hold in desk.books.holds.values()
            if hold.shape == "stripe" and form.get("customer") in (None, hold.customer)
        ]
        return listed(form, rows, "/v1/payment_intents")

    return await look(request, read)


@get("/v1/payment_intents/{name:str}")
async def intent(request: Asking, name: FromPath[str]) -> Answer:
    return await look(request, lambda desk, _: shapes.intent_of(desk.desk.hold(name)))


@post("/v1/payment_intents/{name:str}/capture", status_code=200)
async def capture(request: Asking, name: FromPath[str]) -> Answer:
    return await deed(request, "capture", lambda desk, form: desk.capture(name, form))


@post("/v1/payment_intents/{name:str}/cancel", status_code=200)
async def cancel(request: Asking, name: FromPath[str]) -> Answer:
    return await deed(request, "void", lambda desk, form: desk.cancel(name, form))


@post("/v1/payment_intents/{name:str}/increment_authorization", status_code=200)
async def increase(request: Asking, name: FromPath[str]) -> Answer:
    return await deed(request, "grow", lambda desk, form: desk.increase(name, form))


@post("/v1/refunds", status_code=200)
async def refund(request: Asking) -> Answer:
    return await deed(request, "refund", lambda desk, form: desk.refund(form))


@get("/v1/refunds")
async def refunds(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "payment_intent", "limit", "starting_after")
        found = [
            shapes.refund_of(each)
            for each in desk.books.refunds.values()
            if bare(form.get("payment_intent", each.hold)) == bare(each.hold)
        ]
        return listed(form, found, "/v1/refunds")

    return await look(request, read)


@post("/v1/customers", status_code=200)
async def new_customer(request: Asking) -> Answer:
    """A customer is a name that methods hang on; the books need nothing more of one."""

    def do(desk: StripeDesk, form: Form) -> tuple[Any, Json]:
        known(form, "metadata", "name", "email")
        return Page(), shapes.customer_of(new_id("cus"), form.get("metadata", {}), now())

    return await deed(request, "hold", do)


@get("/v1/payment_methods/{name:str}")
async def method(request: Asking, name: FromPath[str]) -> Answer:
    return await look(request, lambda desk, _: shapes.method_of(desk.method(name)))


@post("/v1/payment_methods/{name:str}/detach", status_code=200)
async def forget_method(request: Asking, name: FromPath[str]) -> Answer:
    return await deed(request, "void", lambda desk, _: desk.forget_method(name))


@get("/v1/disputes")
async def disputes(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "payment_intent", "limit", "starting_after")
        found = [
            shapes.dispute_of(each)
            for each in desk.books.disputes.values()
            if bare(form.get("payment_intent", each.hold)) == bare(each.hold)
        ]
        return listed(form, found, "/v1/disputes")

    return await look(request, read)


@get("/v1/disputes/{name:str}")
async def dispute(request: Asking, name: FromPath[str]) -> Answer:
    return await look(request, lambda desk, _: shapes.dispute_of(desk.dispute(name)))


@post("/v1/disputes/{name:str}", status_code=200)
async def contest(request: Asking, name: FromPath[str]) -> Answer:
    return await deed(request, "evidence", lambda desk, form: desk.contest(name, form))


@post("/v1/transfers", status_code=200)
async def send(request: Asking) -> Answer:
    return await deed(request, "transfer", lambda desk, form: transfers.send(desk.books, form))


@get("/v1/transfers")
async def sent(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        return listed(form, transfers.transfers(desk.books, form), "/v1/transfers")

    return await look(request, read)


async def balance_transactions(request: Asking) -> Answer:
    """Its path is also one of our own shape's, which hands over what is meant for us."""

    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "payout", "limit", "starting_after")
        found = [
            shapes.move_of(move)
            for move in desk.books.transactions.values()
            if form.get("payout") in (None, move.payout)
        ]
        return listed(form, found, "/v1/balance_transactions")

    return await look(request, read)


async def payouts(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "limit", "starting_after")
        found = [shapes.payout_of(each) for each in desk.books.payouts.values()]
        return listed(form, found, "/v1/payouts")

    return await look(request, read)


@post("/_world/dispute/{name:str}", status_code=200, sync_to_thread=False)
def open_dispute(request: Asking, name: FromPath[str]) -> Answer:
    """A driver complains at their bank."""
    return answered(200, shapes.dispute_of(StripeDesk(request.app.state.desk).open_dispute(name)))


@post("/_world/judge/{name:str}/{verdict:str}", status_code=200, sync_to_thread=False)
def judge(request: Asking, name: FromPath[str], verdict: FromPath[str]) -> Answer:
    """The bank says ``won`` (by the merchant) or ``lost``."""
    desk = StripeDesk(request.app.state.desk)
    return answered(200, shapes.dispute_of(desk.judge(name, won=verdict == "won")))


@post("/_world/refund-fails/{name:str}", status_code=200, sync_to_thread=False)
def refund_fails(request: Asking, name: FromPath[str]) -> Answer:
    """The bank of a driver sends a refund back, days later."""
    return answered(200, shapes.refund_of(request.app.state.desk.fail_refund(name)))


@post("/_world/payout/{currency:str}", status_code=200, sync_to_thread=False)
def pay_out(request: Asking, currency: FromPath[str]) -> Answer:
    """A day is over, and the balance goes to the merchant's bank."""
    return answered(200, shapes.payout_of(StripeDesk(request.app.state.desk).pay_out(currency)))


DOORS = [
    open_page,
    pages,
    page,
    close_page,
    open_intent,
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
    refund_fails,
    pay_out,
    *readers.DOORS,
]
__all__ = ["DOORS", "Deed", "balance_transactions", "in_this_shape", "refused"]
