"""What can be asked of the provider in Stripe's shape: each deed is one line in the journal."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeAlias

import msgspec

from voltway_world.provider import books as rules
from voltway_world.provider import disputes, payouts
from voltway_world.provider.books import (
    Answer,
    Dispute,
    Hold,
    Method,
    Page,
    Payout,
    Refund,
    Refused,
    Saving,
    Status,
    new_id,
)
from voltway_world.provider.desk import Desk, moved, now, told
from voltway_world.provider.stripe import shapes
from voltway_world.provider.stripe.forms import known, whole
from voltway_world.provider.stripe.refusals import Refusing, body_of, status_of
from voltway_world.provider.stripe.shapes import Json, bare, event

Form: TypeAlias = dict[str, Any]
Deed: TypeAlias = Callable[[], tuple[Page, Json]]

PAGE_LASTS = timedelta(hours=24)
BROKEN = {"error": {"type": "api_error", "message": "Something broke here."}}


class StripeDesk:
    """The same books, asked for in another shape."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.books = desk.books

    def once(
        self, key: str | None, asked: bytes, deed: Deed, *, breaks: str | None = None
    ) -> tuple[int, Any, bool]:
        """Do a deed once per key: status, body, and whether this was answered before.

        Stripe keeps the first answer whatever it was, a broken one too (status 500). It keeps
        none where the request was no request: a parameter was missing or wrong.
        """
        print_ = hashlib.sha256(asked).hexdigest()
        kept = self.books.answers.get(key) if key else None
        if kept is not None:
            if kept.asked != print_:
                words = "Keys for idempotent requests can only be used with the same parameters."
                raise Refused(400, "idempotency_mismatch", words)
            return kept.status, kept.body, True
        status, page = 200, Page()
        body: Json = {}
        try:
            if breaks != "before":
                page, body = deed()
        except Refusing:
            raise
        except Refused as refused:
            status, body = status_of(refused), body_of(refused)
        if breaks:
            status, body = 500, BROKEN
        answer = Answer(key=key, asked=print_, status=status, body=body) if key else None
        self.desk.keep(msgspec.structs.replace(page, answer=answer))
        return status, body, False

    def open_page(self, form: Form) -> tuple[Page, Json]:
        known(
            form,
            "mode",
            "line_items",
            "client_reference_id",
            "payment_intent_data",
            "setup_intent_data",
            "payment_method_options",
            "allowed_payment_method_types",
            "success_url",
            "cancel_url",
            "customer",
            "currency",
        )
        if form.get("mode") == "setup":
            return self._open_saving(form)
        if form.get("mode") != "payment" or len(form.get("line_items", [])) != 1:
            raise Refusing("parameter_missing", "One line item is offered here.", "line_items")
        data = form.get("payment_intent_data", {})
        if data.get("capture_method") != "manual":
            raise Refusing("parameter_missing", "Only holds are offered here.", "capture_method")
        line = form["line_items"][0]
        price = line.get("price_data", {})
        name = new_id("hold")
        hold = Hold(
            id=name,
            status=Status.REQUIRES_PAYMENT,
            amount_minor=whole(price, "unit_amount"),
            currency=currency_of(price),
            reference=form.get("client_reference_id", ""),
            description=price.get("product_data", {}).get("name", ""),
            return_url=form["success_url"],
            cancel_url=form["cancel_url"],
            metadata=data.get("metadata", {}),
            hosted_url=f"{self.desk.url}/pay/{name}",
            created_at=now(),
            expires_at=now() + PAGE_LASTS,
            shape="stripe",
            methods=tuple(form.get("allowed_payment_method_types", ["card"])),
        )
        return Page(hold=hold), shapes.session_of(hold)

    def close_page(self, name: str) -> tuple[Page, Json]:
        hold = self.desk.hold(name)
        if shapes.session_of(hold)["status"] != "open":
            raise Refused(400, "checkout_session_not_open", "Only an open page can be expired.")
        hold = rules.expire(hold)
        return Page(hold=hold, events=told("page.expired", hold)), shapes.session_of(hold)

    def _open_saving(self, form: Form) -> tuple[Page, Json]:
        name = new_id("save")
        saving = Saving(
            id=name,
            currency=currency_of(form),
            reference=form.get("client_reference_id", ""),
            customer=form.get("customer", ""),
            return_url=form["success_url"],
            cancel_url=form["cancel_url"],
            hosted_url=f"{self.desk.url}/save/{name}",
            metadata=form.get("setup_intent_data", {}).get("metadata", {}),
            created_at=now(),
        )
        return Page(saving=saving), shapes.saving_of(saving)

    def saving(self, name: str) -> Saving:
        found = self.books.savings.get(f"save_{bare(name)}")
        if found is None:
            raise Refused(404, "not_found", f"No such checkout.session: '{name}'")
        return found

    def save(self, name: str, card: rules.Card) -> Saving:
        """What the driver does on the page."""
        before = self.saving(name)
        method = Method(id=new_id("pm"), customer=before.customer, card=card, created_at=now())
        after = msgspec.structs.replace(before, method=method.id)
        body = shapes.saving_of(after)
        self.desk.keep(
            Page(
                saving=after,
                method=method,
                events=(event("checkout.session.completed", body, now()),),
            )
        )
        return after

    def method(self, name: str) -> Method:
        found = self.books.methods.get(name)
        if found is None:
            raise Refused(404, "not_found", f"No such PaymentMethod: '{name}'")
        return found

    def forget_method(self, name: str) -> tuple[Page, Json]:
        before = self.method(name)
        if before.customer is None:
            raise Refused(400, "invalid_request", "It is not attached to a customer.")
        after = msgspec.structs.replace(before, customer=None)
        return Page(method=after), shapes.method_of(after)

    def hold_saved(self, form: Form) -> tuple[Page, Json]:
        known(
            form,
            "amount",
            "currency",
            "customer",
            "payment_method",
            "off_session",
            "confirm",
            "capture_method",
            "description",
            "metadata",
            "payment_method_options",
            "automatic_payment_methods",
        )
        if (form.get("confirm"), form.get("capture_method")) != ("true", "manual"):
            raise Refusing("parameter_missing", "Only holds are offered here.", "confirm")
        method = self.method(form.get("payment_method", ""))
        if method.customer is None or method.customer != form.get("customer"):
            raise Refused(400, "payment_method_unexpected_state", "It belongs to somebody else.")
        if method.card.needs_driver:
            raise Refused(402, "authentication_required", "The bank wants to see the driver.")
        hold = Hold(
            id=new_id("hold"),
            status=Status.REQUIRES_PAYMENT,
            amount_minor=whole(form, "amount"),
            currency=currency_of(form),
            reference=form.get("metadata", {}).get("reference", ""),
            description=form.get("description", ""),
            return_url="",
            cancel_url="",
            metadata=form.get("metadata", {}),
            hosted_url="",
            created_at=now(),
            expires_at=now(),
            shape="stripe",
            customer=method.customer,
            method=method.id,
        )
        hold = rules.authorise(hold, method.card, now())
        return Page(hold=hold, events=told("hold.authorised", hold)), shapes.intent_of(hold)

    def capture(self, name: str, form: Form) -> tuple[Page, Json]:
        known(form, "amount_to_capture")
        before = self.desk.hold(name)
        amount = whole(form, "amount_to_capture") if form else before.amount_minor
        hold = rules.capture(before, amount)
        move = moved(hold, "capture", amount)
        page = Page(hold=hold, transaction=move, events=told("hold.captured", hold))
        return page, shapes.intent_of(hold)

    def cancel(self, name: str, form: Form) -> tuple[Page, Json]:
        known(form, "cancellation_reason")
        before = self.desk.hold(name)
        if before.status is Status.REQUIRES_PAYMENT and not before.present:
            words = "It was created by a Checkout Session: expire that instead."
            raise Refused(400, "payment_intent_unexpected_state", words)
        hold = rules.void(before)
        return Page(hold=hold, events=told("hold.voided", hold)), shapes.intent_of(hold)

    def increase(self, name: str, form: Form) -> tuple[Page, Json]:
        known(form, "amount")
        hold = rules.grow(self.desk.hold(name), whole(form, "amount"))
        return Page(hold=hold, events=told("hold.increased", hold)), shapes.intent_of(hold)

    def refund(self, form: Form) -> tuple[Page, Json]:
        known(form, "payment_intent", "amount", "metadata", "reason")
        before = self.desk.hold(form.get("payment_intent", ""))
        amount = whole(form, "amount") if "amount" in form else before.captured_minor
        hold = rules.give_back(before, amount)
        refund = Refund(
            id=new_id("re"),
            hold=hold.id,
            amount_minor=amount,
            currency=hold.currency,
            reason=form.get("metadata", {}).get("why", ""),
            created_at=now(),
            metadata=form.get("metadata", {}),
        )
        page = Page(
            hold=hold,
            refund=refund,
            transaction=moved(hold, "refund", -amount, refund.id),
            events=told("refund.created", hold),
        )
        return page, shapes.refund_of(refund)

    def contest(self, name: str, form: Form) -> tuple[Page, Json]:
        known(form, "evidence", "submit")
        before = self.dispute(name)
        if before.status != "needs_response" or before.submissions:
            raise Refused(400, "dispute_closed", "Evidence is read once.")
        after = msgspec.structs.replace(
            before, evidence={**before.evidence, **form.get("evidence", {})}
        )
        if form.get("submit") == "true":
            after = msgspec.structs.replace(after, status="under_review", submissions=1)
        body = shapes.dispute_of(after)
        return Page(dispute=after, events=(event("charge.dispute.updated", body, now()),)), body

    def dispute(self, name: str) -> Dispute:
        return disputes.dispute(self.desk, name)

    def open_dispute(self, hold_id: str, amount: int | None = None) -> Dispute:
        return disputes.open_dispute(self.desk, hold_id, amount)

    def judge(self, name: str, *, won: bool) -> Dispute:
        return disputes.judge(self.desk, name, won=won)

    def pay_out(self, currency: str) -> Payout:
        """Send all of a balance that was not sent yet to the merchant's bank."""
        return payouts.pay_out(self.books, currency)


def currency_of(form: Form) -> str:
    given = form.get("currency", "")
    if len(given) != 3 or not given.islower():
        raise Refusing("parameter_invalid", f"Invalid currency: {given}", "currency")
    return str(given.upper())
