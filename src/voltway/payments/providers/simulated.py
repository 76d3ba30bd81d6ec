"""The simulated provider, over its HTTP API: Stripe-like holds, signed webhooks, hosted page."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec

from voltway.kernel.money import Currency, Money
from voltway.payments.provider import (
    Capabilities,
    CaptureOrder,
    Card,
    Declined,
    HoldOrder,
    HoldSeen,
    HoldState,
    ProviderNonsense,
    ProviderSilent,
    Refunded,
    RefundOrder,
    ReleaseOrder,
    Told,
    WebhookNotSigned,
)
from voltway.payments.provider_more import (
    BalanceMove,
    ContestOrder,
    DisputeSeen,
    DisputeState,
    MoveKind,
    Moves,
    Payout,
)

STATES: Final = {
    "requires_payment": HoldState.AWAITING,
    "authorised": HoldState.HELD,
    "declined": HoldState.DECLINED,
    "expired": HoldState.EXPIRED,
    "captured": HoldState.CAPTURED,
    "voided": HoldState.VOIDED,
}

DISPUTES: Final = {
    "needs_response": DisputeState.ASKS,
    "under_review": DisputeState.JUDGED,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}

#: Statuses by which the provider says no for good; everything else is no answer.
NO: Final = frozenset({400, 402, 404, 409, 422})

WEBHOOK_BYTES_MAX: Final = 65_536
#: Servers close lines that idle for five seconds; we let go of them before.
KEEP_ALIVE_S: Final = 4

T = TypeVar("T")


class _Card(msgspec.Struct):
    brand: str
    last4: str
    wallet: str | None = None
    fingerprint: str | None = None


class _Hold(msgspec.Struct):
    id: str
    status: str
    amount_minor: int
    currency: str
    reference: str
    hosted_url: str
    captured_minor: int = 0
    refunded_minor: int = 0
    disputed_minor: int = 0
    expires_at: datetime | None = None
    card: _Card | None = None


class _Refund(msgspec.Struct):
    id: str
    amount_minor: int
    currency: str


class _Error(msgspec.Struct):
    code: str
    message: str


class _Trouble(msgspec.Struct):
    error: _Error


class _Data(msgspec.Struct):
    id: str
    reference: str = ""


class _Move(msgspec.Struct):
    id: str
    type: str
    amount_minor: int
    fee_minor: int
    currency: str
    created_at: datetime
    hold: str
    refund: str | None = None
    dispute: str | None = None
    payout: str | None = None


class _Moves(msgspec.Struct):
    data: list[_Move]
    has_more: bool


class _Dispute(msgspec.Struct):
    id: str
    hold: str
    amount_minor: int
    currency: str
    reason: str
    status: str
    created_at: datetime
    due_by: datetime


class _Disputes(msgspec.Struct):
    data: list[_Dispute]


class _Payout(msgspec.Struct):
    id: str
    amount_minor: int
    currency: str
    created_at: datetime


class _Payouts(msgspec.Struct):
    data: list[_Payout]


class _Event(msgspec.Struct):
    id: str
    type: str
    data: _Data


class SimulatedProvider:
    """Speaks to ``voltway_world.provider``. Close it when the house closes."""

    can = Capabilities(balance=True, disputes=True, evidence=True)

    def __init__(
        self,
        url: str,
        *,
        name: str = "simulated",
        secret: str,
        webhook_secret: str,
        timeout_s: float = 10.0,
        tolerance_s: int = 300,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._webhook_key = webhook_secret.encode()
        self._tolerance_s = tolerance_s
        # The age of a webhook is told by its sender's clock, which never jumps as ours may.
        self._wall = wall
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._client: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def open_hold(self, order: HoldOrder) -> HoldSeen | Declined:
        body = {
            "amount_minor": order.amount.minor,
            "currency": order.amount.currency,
            "reference": order.reference,
            "description": order.description,
            "return_url": order.return_url,
            "cancel_url": order.cancel_url,
            "capture_method": "manual",
        }
        answer = await self._ask("/v1/holds", order.once, body, _Hold)
        return self._seen(answer)

    async def capture(self, order: CaptureOrder) -> HoldSeen | Declined:
        body = {"amount_minor": order.amount.minor}
        path = self._path(order.ref, "capture")
        return self._seen(await self._ask(path, order.once, body, _Hold))

    async def release(self, order: ReleaseOrder) -> HoldSeen | Declined:
        return self._seen(await self._ask(self._path(order.ref, "void"), order.once, {}, _Hold))

    async def refund(self, order: RefundOrder) -> Refunded | Declined:
        body = {"amount_minor": order.amount.minor, "reason": order.reason}
        path = self._path(order.ref, "refunds")
        match await self._ask(path, order.once, body, _Refund):
            case _Refund(id, amount_minor, currency):
                return Refunded(id, Money(amount_minor, Currency(currency)))
            case Declined() as no:
                return no

    async def fetch(self, ref: str) -> HoldSeen:
        status, body = await self._send("GET", self._path(ref), {}, None)
        seen = self._seen(self._read(status, body, _Hold))
        if isinstance(seen, Declined):
            raise ProviderNonsense(self.name, f"the hold {ref} cannot be fetched ({seen.code})")
        return seen

    async def moves(self, *, before: str | None = None, payout: str | None = None) -> Moves:
        asked = {"after": before, "payout": payout}
        page = await self._list("/v1/balance_transactions", asked, _Moves)
        more = page.has_more and page.data
        return Moves([_move(each) for each in page.data], page.data[-1].id if more else None)

    async def payouts(self) -> Sequence[Payout]:
        page = await self._list("/v1/payouts", {}, _Payouts)
        return [
            Payout(
                ref=each.id,
                amount=Money(each.amount_minor, Currency(each.currency)),
                arrives_at=each.created_at,
                paid=True,
            )
            for each in page.data
        ]

    async def disputes(self, hold: str) -> Sequence[DisputeSeen]:
        page = await self._list(self._path(hold, "disputes"), {}, _Disputes)
        return [self._dispute(each) for each in page.data]

    async def contest(self, order: ContestOrder) -> DisputeSeen | Declined:
        assert order.dispute.replace("_", "").isalnum(), "a dispute's name goes into a path"
        body = {"product": order.product, "proof": order.proof, "email": order.email or ""}
        to = f"/v1/disputes/{order.dispute}/evidence"
        answer = await self._ask(to, order.once, body, _Dispute)
        return answer if isinstance(answer, Declined) else self._dispute(answer)

    def _dispute(self, told: _Dispute) -> DisputeSeen:
        if told.status not in DISPUTES:
            raise ProviderNonsense(self.name, f"a dispute that is {told.status!r}")
        return DisputeSeen(
            ref=told.id,
            hold=told.hold,
            state=DISPUTES[told.status],
            amount=Money(told.amount_minor, Currency(told.currency)),
            reason=told.reason,
            opened_at=told.created_at,
            answer_by=told.due_by,
        )

    async def _list(self, path: str, asked: Mapping[str, str | None], kind: type[T]) -> T:
        """A page of a list, the newest first."""
        query = {name: value for name, value in asked.items() if value is not None}
        to = f"{path}?{urlencode({**query, 'order': 'newest'})}"
        status, body = await self._send("GET", to, {}, None)
        page = self._read(status, body, kind)
        if isinstance(page, Declined):
            raise ProviderNonsense(self.name, f"{path} cannot be read ({page.code})")
        return page

    def read_webhook(self, headers: Mapping[str, str], raw: bytes) -> Told:
        """The header is ``Voltway-Signature: t=<seconds>,v1=<hmac-sha256 of "t.body">``."""
        if len(raw) > WEBHOOK_BYTES_MAX:
            raise WebhookNotSigned(self.name, "it is too long to be one")
        if not self._webhook_key:
            raise WebhookNotSigned(self.name, "the secret that signs them is not set")
        self._verify(_header(headers, "voltway-signature"), raw)
        try:
            event = msgspec.json.decode(raw, type=_Event)
        except msgspec.DecodeError as error:
            raise ProviderNonsense(self.name, "a signed webhook cannot be read") from error
        state = STATES.get(event.type.removeprefix("hold."))
        return Told(event.id, event.type, event.data.id, event.data.reference, state)

    def _verify(self, header: str, raw: bytes) -> None:
        parts = [part.partition("=") for part in header.split(",")]
        stamps = [value for name, _, value in parts if name.strip() == "t"]
        signatures = [value for name, _, value in parts if name.strip() == "v1"]
        if len(stamps) != 1 or not stamps[0].isascii() or not stamps[0].isdigit() or not signatures:
            raise WebhookNotSigned(self.name, "the signature is missing or cannot be read")
        wanted = hmac.new(self._webhook_key, f"{stamps[0]}.".encode() + raw, hashlib.sha256)
        digest = wanted.hexdigest().encode()
        if not any(hmac.compare_digest(given.encode(), digest) for given in signatures):
            raise WebhookNotSigned(self.name, "the signature is not of these bytes")
        if len(stamps[0]) > 12 or abs(self._wall() - int(stamps[0])) > self._tolerance_s:
            raise WebhookNotSigned(self.name, "it was signed too long ago")

    @staticmethod
    def _path(ref: str, *verbs: str) -> str:
        assert ref.replace("_", "").isalnum(), "a hold's name goes into a path"
        return "/".join(("/v1/holds", ref, *verbs))

    async def _ask(
        self, path: str, once: str, body: Mapping[str, Any], kind: type[T]
    ) -> T | Declined:
        status, answer = await self._send("POST", path, {"Idempotency-Key": once}, body)
        return self._read(status, answer, kind)

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> tuple[int, bytes]:
        try:
            async with self._line().request(
                method,
                self._url + path,
                headers=headers,
                data=None if body is None else msgspec.json.encode(body),
                allow_redirects=False,
            ) as response:
                return response.status, await response.read()
        except TimeoutError as error:
            raise ProviderSilent(self.name, "it took too long") from error
        except aiohttp.ClientConnectorError as error:
            raise ProviderSilent(self.name, "it cannot be reached") from error
        except aiohttp.ClientError as error:
            raise ProviderSilent(self.name, "the connection broke") from error

    def _line(self) -> aiohttp.ClientSession:
        """The connections to the provider; they belong to the event loop that first asks."""
        if self._client is None:
            self._client = aiohttp.ClientSession(
                headers=self._headers,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(keepalive_timeout=KEEP_ALIVE_S),
            )
        return self._client

    def _read(self, status: int, body: bytes, kind: type[T]) -> T | Declined:
        try:
            if 200 <= status < 300:
                return msgspec.json.decode(body, type=kind)
            if status in NO:
                trouble = msgspec.json.decode(body, type=_Trouble).error
                return Declined(trouble.code, trouble.message)
        except msgspec.DecodeError as error:
            raise ProviderSilent(self.name, "its answer cannot be read") from error
        raise ProviderSilent(self.name, f"status {status}")

    def _seen(self, answer: _Hold | Declined) -> HoldSeen | Declined:
        if isinstance(answer, Declined):
            return answer
        if answer.status not in STATES:
            raise ProviderNonsense(self.name, f"a hold that is {answer.status!r}")
        currency = Currency(answer.currency)
        card = answer.card
        return HoldSeen(
            ref=answer.id,
            reference=answer.reference,
            state=STATES[answer.status],
            amount=Money(answer.amount_minor, currency),
            captured=Money(answer.captured_minor, currency),
            refunded=Money(answer.refunded_minor, currency),
            hosted_url=answer.hosted_url,
            expires_at=answer.expires_at,
            card=Card(card.brand, card.last4, card.wallet, card.fingerprint) if card else None,
            disputed=answer.disputed_minor > 0,
        )


def _move(told: _Move) -> BalanceMove:
    currency = Currency(told.currency)
    return BalanceMove(
        ref=told.id,
        kind=MoveKind(told.type) if told.type in frozenset(MoveKind) else MoveKind.OTHER,
        amount=Money(told.amount_minor, currency),
        fee=Money(told.fee_minor, currency),
        at=told.created_at,
        hold=told.hold or None,
        source=told.refund or told.dispute or (told.payout if told.type == "payout" else None),
    )


def _header(headers: Mapping[str, str], name: str) -> str:
    """A header by its name in small letters, whatever the case it was sent in."""
    return next((value for key, value in headers.items() if key.lower() == name), "")
