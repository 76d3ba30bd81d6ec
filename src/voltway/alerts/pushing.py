"""Web push: an alert to a browser's push service, which shows it also where the page is closed.

What the service carries only the browser can read (RFC 8291), and it knows by our key that it is us
(VAPID, RFC 8292). The package ``pywebpush`` does both; the line is ours, so that it waits for
nobody longer than we want.
"""

import asyncio
import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import ClassVar, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from py_vapid import Vapid02
from pywebpush import WebPusher

from voltway.alerts import store_people
from voltway.alerts.model import Alert
from voltway.alerts.model_events import RULES, Device
from voltway.alerts.wording_of import wording_of
from voltway.alerts.words_events import Say
from voltway.billing.words import language
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.runtime.work import BeginWork, Work

TIMEOUT_S: Final = 10
#: A push service takes 4096 bytes sealed (RFC 8030 §7.2); so much of a sentence fits well.
BODY_LENGTH_MAX: Final = 600
#: What is of use for so short a time wakes a sleeping phone.
WAKES_WITHIN: Final = timedelta(minutes=15)
#: A claim of ours is good for so long (RFC 8292 §2: a day at most).
CLAIM_LASTS: Final = timedelta(hours=12)


@dataclass(eq=False)
class PushServiceSilent(Outage):
    """The push service {server} did not take the alert: {what}."""

    server: str
    what: str


@dataclass(eq=False)
class PushRefused(Refusal):
    """The push service {server} refuses this alert for good: {what}."""

    kind: ClassVar[Kind] = Kind.INVALID

    server: str
    what: str


@dataclass(eq=False)
class DeviceGone(Refusal):
    """The browser is not there any more: it was told so by {server}, or its owner took it away."""

    kind: ClassVar[Kind] = Kind.ABSENT

    server: str


async def push(begin: BeginWork, alert: Alert, *, mail_from: str) -> None:
    """Hand an alert to the push service of its browser. Raises ``PushServiceSilent`` where trying
    again may help, ``DeviceGone`` where the browser is no more, and ``PushRefused``."""
    id = UUID(alert.recipient)
    async with begin() as work:
        device = await store_people.device(work, id)
        pem = await _key(work)
        said = await wording_of(work, alert)
        now = work.now
    if device is None or device.gone_at is not None:
        raise DeviceGone("nobody" if device is None else _server(device))
    headers, body = await asyncio.to_thread(_sealed, alert, said, device, pem, mail_from, now)
    server = _server(device)
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as line:
            answer = await line.post(device.endpoint, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as silence:
        raise PushServiceSilent(server, type(silence).__name__) from silence
    if answer.status_code in (404, 410):
        gone = DeviceGone(server)
        async with begin() as work:
            await store_people.gone(work, id, str(gone))
        raise gone
    if answer.status_code == 429 or answer.status_code >= 500:
        raise PushServiceSilent(server, f"status {answer.status_code}")
    if not 200 <= answer.status_code < 300:
        raise PushRefused(server, f"status {answer.status_code}")


async def public_key(work: Work) -> str:
    """Our key as browsers want it, ``applicationServerKey`` (a point on P-256, base64url)."""
    private = load_pem_private_key((await _key(work)).encode(), None)
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _text(point)


async def _key(work: Work) -> str:
    found = await store_people.push_key(work)
    if found is None:
        made = ec.generate_private_key(ec.SECP256R1())
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        await store_people.keep_push_key(work, pem.decode())
        found = await store_people.push_key(work)
        assert found is not None, "it was kept just now, by us or by another"
    return found


def _sealed(
    alert: Alert, said: Say, device: Device, pem: str, mail_from: str, now: datetime
) -> tuple[dict[str, str], bytes]:
    """What goes to the push service: its headers, and what only the browser can read."""
    assert alert.event is not None
    assert alert.facts is not None
    topic = hashlib.sha256(f"{alert.event}:{alert.about}".encode()).digest()
    shown = {
        "id": str(alert.id),
        "title": said.title,
        "body": said.body[:BODY_LENGTH_MAX],
        "url": alert.facts.get("page", "/me"),
        "tag": _text(topic)[:32],
        "lang": language(alert.locale),
    }
    keys = {"p256dh": device.p256dh, "auth": device.auth}
    pusher = WebPusher({"endpoint": device.endpoint, "keys": keys})
    sealed: bytes = pusher.encode(msgspec.json.encode(shown))["body"]
    to = urlsplit(device.endpoint)
    claims = {
        "aud": f"{to.scheme}://{to.netloc}",
        "exp": int((now + CLAIM_LASTS).timestamp()),
        "sub": f"mailto:{parseaddr(mail_from)[1]}",
    }
    key: dict[str, str] = Vapid02.from_pem(pem.encode()).sign(claims)
    left = (alert.too_late_at - now).total_seconds() if alert.too_late_at else 0
    rule = RULES[alert.event]
    wakes = rule.costs_money or rule.lasts <= WAKES_WITHIN
    return key | {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(max(int(left), 0)),
        "Urgency": "high" if wakes else "normal",
        "Topic": _text(topic)[:32],
    }, sealed


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _server(device: Device) -> str:
    return urlsplit(device.endpoint).hostname or "-"
