"""What the books hold, as Mollie shows it: the fields that its API (v2, 2026) says are there.

One hold of the books is one payment over there (``tr_…``), its page included; what was taken of it
is a capture (``cpt_…``).
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from voltway_world.provider.books import Dispute, Event, Hold, Refund, Status, new_id

Json: TypeAlias = dict[str, Any]

#: ISO 4217, as the page has it: currencies whose smallest unit is no hundredth.
DIGITS = {"JPY": 0, "KRW": 0, "ISK": 0, "BHD": 3, "KWD": 3, "TND": 3}

_STATUS = {
    Status.REQUIRES_PAYMENT: "open",
    Status.DECLINED: "failed",
    Status.AUTHORISED: "authorized",
    Status.CAPTURED: "paid",
    Status.VOIDED: "canceled",
    Status.EXPIRED: "expired",
}
_WALLETS = {"Apple Pay": "applepay", "Google Pay": "googlepay"}
#: What the merchant is told when a hold moves.
_NEWS = {
    "hold.authorised": "payment.authorized",
    "hold.declined": "payment.failed",
    "hold.captured": "payment.paid",
    "hold.voided": "payment.canceled",
    "hold.expired": "payment.expired",
    "page.expired": "payment.expired",
    "refund.created": "refund.refunded",
    "refund.failed": "refund.failed",
}


def bare(name: str) -> str:
    """What the names of a hold have in common."""
    return name.rpartition("_")[2]


def amount(minor: int, currency: str) -> Json:
    digits = DIGITS.get(currency, 2)
    return {"currency": currency, "value": f"{Decimal(minor).scaleb(-digits):.{digits}f}"}


def minor(value: str, currency: str) -> int:
    return int(Decimal(value).scaleb(DIGITS.get(currency, 2)))


def payment_of(hold: Hold, url: str) -> Json:
    name = f"tr_{bare(hold.id)}"
    here = f"{url}/v2/payments/{name}"
    is_open = hold.status is Status.REQUIRES_PAYMENT
    body: Json = {
        "resource": "payment",
        "id": name,
        "mode": "test",
        "createdAt": _moment(hold.created_at),
        "amount": amount(hold.amount_minor, hold.currency),
        "amountCaptured": amount(hold.captured_minor, hold.currency),
        "amountRefunded": amount(hold.refunded_minor, hold.currency),
        "amountRemaining": amount(hold.captured_minor - hold.refunded_minor, hold.currency),
        "amountChargedBack": amount(hold.disputed_minor, hold.currency),
        "description": hold.description,
        "method": "creditcard" if hold.card else None,
        "metadata": hold.metadata,
        "status": _STATUS[hold.status],
        "isCancelable": is_open,
        "captureMode": "manual",
        "profileId": "pfl_voltwaytest",
        "sequenceType": "oneoff",
        "redirectUrl": hold.return_url,
        "cancelUrl": hold.cancel_url,
        "_links": {
            "self": _link(here),
            "dashboard": _link(f"{url}/dashboard/{name}", "text/html"),
        },
    }
    if is_open:
        body["expiresAt"] = _moment(hold.expires_at)
        body["_links"]["checkout"] = _link(hold.hosted_url, "text/html")
    if hold.status is Status.AUTHORISED:
        body["captureBefore"] = _moment(hold.expires_at)
    if hold.card is not None:
        body["details"] = {
            "cardNumber": hold.card.last4,
            "cardLabel": hold.card.brand,
            "cardFingerprint": hold.card.fingerprint,
            "wallet": _WALLETS.get(hold.card.wallet or ""),
        }
    return body


def capture_of(hold: Hold, taken: int, url: str, status: str = "succeeded") -> Json:
    name = f"tr_{bare(hold.id)}"
    here = f"{url}/v2/payments/{name}"
    capture = f"cpt_{bare(hold.id)}"
    return {
        "resource": "capture",
        "id": capture,
        "mode": "test",
        "amount": amount(taken, hold.currency),
        "status": status,
        "paymentId": name,
        "createdAt": _moment(hold.created_at),
        "metadata": hold.taken_with,
        "_links": {
            "self": _link(f"{here}/captures/{capture}"),
            "payment": _link(here),
            "documentation": _link(f"{url}/docs", "text/html"),
        },
    }


def refund_of(refund: Refund, url: str) -> Json:
    payment = f"tr_{bare(refund.hold)}"
    here = f"{url}/v2/payments/{payment}"
    return {
        "resource": "refund",
        "id": refund.id,
        "mode": "test",
        "description": refund.reason,
        "amount": amount(refund.amount_minor, refund.currency),
        "metadata": refund.metadata,
        "paymentId": payment,
        "status": "failed" if refund.failed else "refunded",
        "createdAt": _moment(refund.created_at),
        "_links": {
            "self": _link(f"{here}/refunds/{refund.id}"),
            "payment": _link(here),
            "documentation": _link(f"{url}/docs", "text/html"),
        },
    }


def chargeback_of(dispute: Dispute, url: str) -> Json:
    """What a bank took back; its reason is told for direct debits alone."""
    payment, name = f"tr_{bare(dispute.hold)}", f"chb_{bare(dispute.id)}"
    here = f"{url}/v2/payments/{payment}"
    return {
        "resource": "chargeback",
        "id": name,
        "amount": amount(dispute.amount_minor, dispute.currency),
        "paymentId": payment,
        "createdAt": _moment(dispute.created_at),
        "reversedAt": _moment(dispute.due_by) if dispute.status == "won" else None,
        "_links": {
            "self": _link(f"{here}/chargebacks/{name}"),
            "payment": _link(here),
            "documentation": _link(f"{url}/docs", "text/html"),
        },
    }


def chargeback_news(hold: Hold, dispute: Dispute, at: datetime, url: str) -> tuple[Event, ...]:
    """What a subscription is told of a chargeback: that it came, or that it was reversed."""
    if dispute.status == "lost":
        return ()  # nothing moves, and nobody is told
    entity = chargeback_of(dispute, url)
    kind = "chargeback.reversed" if dispute.status == "won" else "chargeback.received"
    data = {"entityId": entity["id"], "entity": entity}
    return (Event(id=new_id("event"), type=kind, created_at=at, data=data, shape="mollie"),)


def list_of(kind: str, rows: list[Json], here: str) -> Json:
    links = {
        "self": _link(here),
        "previous": None,
        "next": None,
        "documentation": _link(here, "text/html"),
    }
    return {"count": len(rows), "_embedded": {kind: rows}, "_links": links}


def news(
    kind: str, hold: Hold, at: datetime, url: str, refund: Refund | None = None
) -> tuple[Event, ...]:
    """What a subscription is told, with the payment or the refund as it is now."""
    data = {"entityId": f"tr_{bare(hold.id)}", "entity": payment_of(hold, url)}
    if refund is not None:
        data = {"entityId": refund.id, "entity": refund_of(refund, url)}
    name = new_id("event")
    return (Event(id=name, type=_NEWS[kind], created_at=at, data=data, shape="mollie"),)


def event_body(event: Event) -> Json:
    """An event as it is sent, with the whole of what it is about."""
    return {
        "resource": "event",
        "id": event.id,
        "type": event.type,
        "entityId": event.data["entityId"],
        "createdAt": _moment(event.created_at),
        "_embedded": {"entity": event.data["entity"]},
        "_links": {"self": _link(f"/v2/events/{event.id}"), "documentation": _link("/docs")},
    }


def _link(href: str, kind: str = "application/hal+json") -> Json:
    return {"href": href, "type": kind}


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
