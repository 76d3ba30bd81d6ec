"""What can be asked of the provider: each deed is one line in the journal, then an answer."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from voltway_world.provider import books as rules
from voltway_world.provider import payouts
from voltway_world.provider.books import (
    Answer,
    BalanceTransaction,
    Card,
    Event,
    Hold,
    Page,
    Refund,
    Refused,
    Status,
    new_id,
    shown,
)
from voltway_world.provider.faults import Faults
from voltway_world.provider.journal import Books
from voltway_world.provider.mollie import shapes as mollie
from voltway_world.provider.stripe.shapes import news
from voltway_world.provider.webhooks import Messenger

Asked = TypeVar("Asked")


class HoldAsked(msgspec.Struct, frozen=True, kw_only=True):
    amount_minor: int
    currency: str
    reference: str
    return_url: str
    cancel_url: str
    description: str = ""
    capture_method: str = "manual"
    metadata: dict[str, Any] = {}


class AmountAsked(msgspec.Struct, frozen=True, kw_only=True):
    amount_minor: int
    reason: str = ""


class Desk:
    def __init__(self, kept: Books, faults: Faults, messenger: Messenger) -> None:
        self.books = kept
        self.faults = faults
        self._messenger = messenger
        self.url = ""

    def hold(self, hold_id: str) -> Hold:
        # In the other shape a hold goes by three names that differ by what stands before.
        found = self.books.holds.get(f"hold_{hold_id.rpartition('_')[2]}")
        if found is None:
            raise Refused(404, "not_found", f"There is no hold {hold_id}.")
        return found

    def once(
        self,
        key: str | None,
        asked: bytes,
        deed: Callable[[], tuple[int, Page, Any]],
        *,
        says: Callable[[Refused], tuple[int, Any]] | None = None,
    ) -> tuple[int, Any]:
        """Do a deed once per key. A decline is an answer too, and is repeated as such; ``says``
        words it where another shape has words of its own."""
        if not key:
            raise Refused(400, "idempotency_key_missing", "Send an Idempotency-Key header.")
        fingerprint = hashlib.sha256(asked).hexdigest()
        known = self.books.answers.get(key)
        if known is not None:
            if known.asked != fingerprint:
                raise Refused(
                    409,
                    "idempotency_mismatch",
                    "This Idempotency-Key was used for another request.",
                )
            return known.status, known.body
        try:
            status, page, body = deed()
        except Refused as refused:
            if refused.status != 402:
                raise
            status, body = says(refused) if says else (refused.status, trouble(refused))
            page = Page()
        answer = Answer(key=key, asked=fingerprint, status=status, body=body)
        self.keep(msgspec.structs.replace(page, answer=answer))
        return status, body

    def open_hold(self, body: bytes) -> tuple[int, Page, Any]:
        asked = parsed(body, HoldAsked)
        positive(asked.amount_minor)
        if len(asked.currency) != 3 or not asked.currency.isupper():
            raise Refused(400, "invalid_request", f"{asked.currency!r} is not a currency code.")
        if asked.capture_method != "manual":
            raise Refused(400, "invalid_request", "Only capture_method manual is offered.")
        for url in (asked.return_url, asked.cancel_url):
            if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
                raise Refused(400, "invalid_request", f"{url!r} is not a web address.")
        hold_id = new_id("hold")
        hold = Hold(
            id=hold_id,
            status=Status.REQUIRES_PAYMENT,
            amount_minor=asked.amount_minor,
            currency=asked.currency,
            reference=asked.reference,
            description=asked.description,
            return_url=asked.return_url,
            cancel_url=asked.cancel_url,
            metadata=asked.metadata,
            hosted_url=f"{self.url}/pay/{hold_id}",
            created_at=now(),
            expires_at=now() + rules.UNPAID_FOR,
        )
        return 201, Page(hold=hold), shown(hold)

    def capture(self, hold_id: str, body: bytes) -> tuple[int, Page, Any]:
        amount = positive(parsed(body, AmountAsked).amount_minor)
        hold = rules.capture(self.hold(hold_id), amount)
        page = Page(
            hold=hold,
            transaction=moved(hold, "capture", amount),
            events=told("hold.captured", hold),
        )
        return 200, page, shown(hold)

    def void(self, hold_id: str) -> tuple[int, Page, Any]:
        hold = rules.void(self.hold(hold_id))
        return 200, Page(hold=hold, events=told("hold.voided", hold)), shown(hold)

    def refund(self, hold_id: str, body: bytes) -> tuple[int, Page, Any]:
        asked = parsed(body, AmountAsked)
        hold = rules.give_back(self.hold(hold_id), positive(asked.amount_minor))
        refund = Refund(
            id=new_id("re"),
            hold=hold.id,
            amount_minor=asked.amount_minor,
            currency=hold.currency,
            reason=asked.reason,
            created_at=now(),
        )
        body_out = msgspec.to_builtins(refund)
        page = Page(
            hold=hold,
            refund=refund,
            transaction=moved(hold, "refund", -asked.amount_minor, refund.id),
            events=told("refund.created", hold, refund=refund),
        )
        return 201, page, body_out

    def fail_refund(self, name: str, why: str = "expired_or_canceled_card") -> Refund:
        """What a bank does days later: it sends a refund back."""
        before = self.books.refunds.get(name)
        if before is None:
            raise Refused(404, "not_found", f"There is no refund {name}.")
        hold, refund = rules.take_again(self.hold(before.hold), before, why)
        move = moved(hold, "refund_failure", refund.amount_minor, refund.id)
        news = told("refund.failed", hold, url=self.url, refund=refund)
        self.keep(Page(hold=hold, refund=refund, transaction=move, events=news))
        return refund

    def pay(self, hold_id: str, card: Card, *, declined: bool) -> Hold:
        """What the driver does on the hosted page."""
        hold = self.hold(hold_id)
        if declined:
            hold = rules.decline(hold, card)
            self.keep(Page(hold=hold, events=told("hold.declined", hold, url=self.url)))
        else:
            hold = rules.authorise(hold, card, now())
            self.keep(Page(hold=hold, events=told("hold.authorised", hold, url=self.url)))
        return hold

    def expire(self, hold_id: str) -> Hold:
        before = self.hold(hold_id)
        hold = rules.expire(before)
        kind = "hold.expired" if before.status is Status.AUTHORISED else "page.expired"
        self.keep(Page(hold=hold, events=told(kind, hold, url=self.url)))
        return hold

    def expire_due(self) -> None:
        for hold in list(self.books.holds.values()):
            waits = hold.status in (Status.REQUIRES_PAYMENT, Status.AUTHORISED)
            if waits and hold.expires_at <= now():
                self.expire(hold.id)

    def keep(self, page: Page) -> None:
        """Write a step down, and begin to tell of it."""
        self.books.keep(page)
        for event in page.events:
            self._messenger.send(event)


def now() -> datetime:
    return datetime.now(UTC)


def trouble(refused: Refused) -> dict[str, Any]:
    return {"error": {"code": refused.code, "message": refused.message}}


def parsed(body: bytes, kind: type[Asked]) -> Asked:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Refused(400, "invalid_request", f"The body cannot be read: {error}.") from error


def positive(amount_minor: int) -> int:
    if amount_minor <= 0:
        raise Refused(400, "invalid_request", "amount_minor must be more than nothing.")
    return amount_minor


def told(
    kind: str, hold: Hold, *, url: str = "", refund: Refund | None = None, **more: Any
) -> tuple[Event, ...]:
    """What the merchant is told of a change, in the shape in which the hold was made. ``url`` is
    where we are, for shapes that link to things."""
    if hold.shape == "stripe":
        return news(kind, hold, now(), refund)
    if hold.shape == "mollie":
        if hold.last_decline and hold.status is Status.REQUIRES_PAYMENT:
            return ()  # the driver is still at the page
        return mollie.news(kind, hold, now(), url, refund)
    kind = kind.replace("page.", "hold.")
    data = shown(hold) | more
    if refund is not None:
        data["refund"] = msgspec.to_builtins(refund)
    return (Event(id=new_id("evt"), type=kind, created_at=now(), data=data),)


def moved(hold: Hold, kind: str, amount: int, refund: str | None = None) -> BalanceTransaction:
    return BalanceTransaction(
        id=new_id("txn"),
        type=kind,
        hold=hold.id,
        reference=hold.reference,
        amount_minor=amount,
        currency=hold.currency,
        created_at=now(),
        refund=refund,
        fee_minor=payouts.fee_minor(amount) if kind == "capture" else 0,
    )
