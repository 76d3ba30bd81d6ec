"""What the books hold, as Stripe shows it: the fields that its API (2026-10-28) says are there.

One hold of the books is three objects over there, whose names differ by what stands before: the
page (``cs_test_…``), the payment intent (``pi_…``) and its charge (``ch_…``).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from voltway_world.provider.books import (
    BalanceTransaction,
    Card,
    Dispute,
    Event,
    Hold,
    Method,
    Payout,
    Refund,
    Saving,
    Status,
    new_id,
)

API_VERSION = "2026-10-28.endive"

Json: TypeAlias = dict[str, Any]

_INTENT = {
    Status.REQUIRES_PAYMENT: "requires_payment_method",
    Status.DECLINED: "requires_payment_method",
    Status.AUTHORISED: "requires_capture",
    Status.CAPTURED: "succeeded",
    Status.VOIDED: "canceled",
    Status.EXPIRED: "canceled",
}
_BRANDS = {"American Express": "amex"}


def bare(name: str) -> str:
    """What the three names of a hold have in common."""
    return name.rpartition("_")[2]


def stamp(moment: datetime) -> int:
    return int(moment.timestamp())


def session_of(hold: Hold) -> Json:
    paid_on = hold.card is not None or hold.last_decline is not None
    match hold.status:
        case Status.REQUIRES_PAYMENT:
            status = "open"
        case Status.EXPIRED | Status.VOIDED if hold.card is None:
            status = "expired"
        case _:
            status = "complete"
    return {
        **_page(hold.id, stamp(hold.created_at), hold.return_url, hold.cancel_url),
        "mode": "payment",
        "status": status,
        "url": hold.hosted_url if status == "open" else None,
        "client_reference_id": hold.reference,
        "currency": hold.currency.lower(),
        "amount_total": hold.amount_minor,
        "amount_subtotal": hold.amount_minor,
        "expires_at": stamp(hold.expires_at),
        # There is no intent before somebody has tried to pay.
        "payment_intent": f"pi_{bare(hold.id)}" if paid_on else None,
        "payment_method_types": list(hold.methods),
        "payment_status": "paid" if hold.status is Status.CAPTURED else "unpaid",
        "metadata": {},
    }


def _page(name: str, created: int, success_url: str, cancel_url: str) -> Json:
    return {
        "id": f"cs_test_{bare(name)}",
        "object": "checkout.session",
        "automatic_tax": {"enabled": False, "status": None, "liability": None, "provider": None},
        "created": created,
        "custom_fields": [],
        "custom_text": {},
        "livemode": False,
        "payment_method_types": ["card"],
        "shipping_options": [],
        "success_url": success_url,
        "cancel_url": cancel_url,
        "customer": None,
        "setup_intent": None,
        "payment_intent": None,
    }


def intent_of(hold: Hold) -> Json:
    held = hold.status is Status.AUTHORISED
    body = {
        "id": f"pi_{bare(hold.id)}",
        "object": "payment_intent",
        "amount": hold.amount_minor,
        "amount_capturable": hold.amount_minor if held else 0,
        "amount_received": hold.captured_minor,
        "capture_method": "manual",
        "confirmation_method": "automatic",
        "created": stamp(hold.created_at),
        "currency": hold.currency.lower(),
        "customer": hold.customer,
        "description": hold.description,
        "livemode": False,
        "metadata": hold.metadata,
        "payment_method": hold.method,
        "payment_method_types": ["card_present" if hold.present else "card"],
        "status": _INTENT[hold.status],
        "cancellation_reason": None,
        "last_payment_error": None,
        "latest_charge": f"ch_{bare(hold.id)}" if hold.card else None,
    }
    if hold.status is Status.EXPIRED:
        body["cancellation_reason"] = "automatic"
    if hold.status in (Status.REQUIRES_PAYMENT, Status.DECLINED) and hold.last_decline:
        body["last_payment_error"] = {
            "type": "card_error",
            "code": "card_declined",
            "decline_code": hold.last_decline,
            "message": "Your card was declined.",
        }
    return body


def charge_of(hold: Hold) -> Json:
    assert hold.card is not None, "what nobody paid has no charge"
    waits = hold.status is Status.AUTHORISED
    return {
        "id": f"ch_{bare(hold.id)}",
        "object": "charge",
        "amount": hold.amount_minor,
        "amount_captured": hold.captured_minor,
        "amount_refunded": hold.refunded_minor,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "captured": hold.status is Status.CAPTURED,
        "created": stamp(hold.created_at),
        "currency": hold.currency.lower(),
        "disputed": hold.disputed_minor > 0,
        "livemode": False,
        "metadata": hold.metadata,
        "paid": True,
        "payment_intent": f"pi_{bare(hold.id)}",
        "payment_method_details": _details(hold, hold.card, waits=waits),
        "refunded": 0 < hold.captured_minor == hold.refunded_minor,
        "status": "succeeded",
    }


def _details(hold: Hold, card: Card, *, waits: bool) -> Json:
    shown = {**card_of(card), "capture_before": stamp(hold.expires_at) if waits else None}
    if hold.present:
        wallet = shown["wallet"]
        return {
            "type": "card_present",
            "card_present": {
                **shown,
                "wallet": wallet,
                "incremental_authorization_supported": False,
                "overcapture_supported": False,
            },
        }
    growth = {"status": "available" if card.can_grow else "unavailable"}
    return {"type": "card", "card": {**shown, "incremental_authorization": growth}}


def card_of(card: Card) -> Json:
    brand = _BRANDS.get(card.brand, card.brand.lower())
    wallet = {"type": card.wallet.lower().replace(" ", "_")} if card.wallet else None
    return {
        "brand": brand,
        "last4": card.last4,
        "exp_month": 12,
        "exp_year": 2034,
        "funding": "credit",
        "fingerprint": card.fingerprint,
        "wallet": wallet,
    }


def refund_of(refund: Refund) -> Json:
    return {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount_minor,
        "charge": f"ch_{bare(refund.hold)}",
        "created": stamp(refund.created_at),
        "currency": refund.currency.lower(),
        "metadata": refund.metadata,
        "payment_intent": f"pi_{bare(refund.hold)}",
        "reason": None,
        "status": "failed" if refund.failed else "succeeded",
        **({"failure_reason": refund.failed} if refund.failed else {}),
    }


def dispute_of(dispute: Dispute) -> Json:
    return {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount_minor,
        "balance_transactions": [],
        "charge": f"ch_{bare(dispute.hold)}",
        "created": stamp(dispute.created_at),
        "currency": dispute.currency.lower(),
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}, **dispute.evidence},
        "evidence_details": {
            "due_by": stamp(dispute.due_by),
            "has_evidence": bool(dispute.evidence),
            "past_due": False,
            "submission_count": dispute.submissions,
            "submission_method": "manual" if dispute.submissions else "not_submitted",
            "enhanced_eligibility": {},
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": f"pi_{bare(dispute.hold)}",
        "reason": dispute.reason,
        "status": dispute.status,
    }


_KINDS = {
    "capture": "charge",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "dispute": "adjustment",
    "payout": "payout",
    "transfer": "transfer",
}


def move_of(move: BalanceTransaction) -> Json:
    named = move.refund or move.dispute or move.transfer or move.payout
    source = named if move.type != "capture" else None
    kind = _KINDS[move.type]
    return {
        "id": move.id,
        "object": "balance_transaction",
        "amount": move.amount_minor,
        "available_on": stamp(move.created_at),
        "balance_type": "payments",
        "created": stamp(move.created_at),
        "currency": move.currency.lower(),
        "fee": move.fee_minor,
        "fee_details": [
            {
                "amount": move.fee_minor,
                "application": None,
                "currency": move.currency.lower(),
                "description": "Stripe processing fees",
                "type": "stripe_fee",
            }
        ]
        if move.fee_minor
        else [],
        "net": move.amount_minor - move.fee_minor,
        "reporting_category": "dispute" if move.type == "dispute" else kind,
        "source": source or f"ch_{bare(move.hold)}",
        "status": "available",
        "type": kind,
    }


def payout_of(payout: Payout) -> Json:
    return {
        "id": payout.id,
        "object": "payout",
        "amount": payout.amount_minor,
        "arrival_date": stamp(payout.created_at),
        "automatic": True,
        "created": stamp(payout.created_at),
        "currency": payout.currency.lower(),
        "livemode": False,
        "method": "standard",
        "reconciliation_status": "completed",
        "source_type": "card",
        "status": "paid",
        "type": "bank_account",
    }


def customer_of(name: str, metadata: Mapping[str, str], created: datetime) -> Json:
    return {
        "id": name,
        "object": "customer",
        "created": stamp(created),
        "livemode": False,
        "metadata": dict(metadata),
    }


def saving_of(saving: Saving) -> Json:
    return {
        **_page(saving.id, stamp(saving.created_at), saving.return_url, saving.cancel_url),
        "mode": "setup",
        "status": "complete" if saving.method else "open",
        "url": None if saving.method else saving.hosted_url,
        "client_reference_id": saving.reference,
        "currency": saving.currency.lower(),
        "expires_at": stamp(saving.created_at) + 86_400,
        "customer": saving.customer,
        "setup_intent": f"seti_{bare(saving.id)}",
        "payment_status": "no_payment_required",
        "metadata": {},
    }


def setup_of(saving: Saving) -> Json:
    return {
        "id": f"seti_{bare(saving.id)}",
        "object": "setup_intent",
        "created": stamp(saving.created_at),
        "customer": saving.customer,
        "livemode": False,
        "metadata": saving.metadata,
        "payment_method": saving.method,
        "payment_method_types": ["card"],
        "status": "succeeded" if saving.method else "requires_payment_method",
        "usage": "off_session",
    }


def method_of(method: Method) -> Json:
    return {
        "id": method.id,
        "object": "payment_method",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "card": card_of(method.card),
        "created": stamp(method.created_at),
        "customer": method.customer,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def news(kind: str, hold: Hold, at: datetime, refund: Refund | None = None) -> tuple[Event, ...]:
    """What Stripe tells of a change: often the same by several events, in no order."""
    page, intent = session_of(hold), intent_of(hold)
    by_page = hold.method is None and not hold.present
    match kind:
        case "hold.authorised":
            told = [("payment_intent.amount_capturable_updated", intent)]
            told += [("checkout.session.completed", page)] if by_page else []
        case "hold.declined":
            told = [("payment_intent.payment_failed", intent)]
        case "hold.captured":
            told = [("payment_intent.succeeded", intent), ("charge.captured", charge_of(hold))]
        case "hold.voided" | "hold.expired":
            told = [("payment_intent.canceled", intent)]
        case "page.expired":
            told = [("checkout.session.expired", page)]
        case "hold.increased":
            told = [("payment_intent.amount_capturable_updated", intent)]
        case "refund.created":
            told = [("charge.refunded", charge_of(hold))]
        case "refund.failed":
            assert refund is not None, "one refund came back"
            names = ("refund.failed", "refund.updated", "charge.refund.updated")
            told = [(name, refund_of(refund)) for name in names]
        case _:
            raise AssertionError(f"nobody tells of {kind}")
    return tuple(event(name, body, at) for name, body in told)


def event(kind: str, body: Json, at: datetime) -> Event:
    return Event(id=new_id("evt"), type=kind, created_at=at, data={"object": body}, shape="stripe")


def event_body(event: Event) -> Json:
    """An event as it is sent."""
    return {
        "id": event.id,
        "object": "event",
        "api_version": API_VERSION,
        "created": stamp(event.created_at),
        "data": event.data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event.type,
    }
