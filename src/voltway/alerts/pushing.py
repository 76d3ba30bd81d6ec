"""Web push: an alert to a browser's push service, which shows it also where the page is closed.

What the service carries only the browser can read (RFC 8291), and it knows by our key that it is us
(VAPID, RFC 8292). The package ``pywebpush`` does both; the line is ours, so that it waits for
nobody longer than we want.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import ClassVar, Final
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
import msgspec
import yarl
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
from voltway.alerts.letters import address_of
from voltway.alerts.model import Alert
from voltway.alerts.model_events import RULES, Device
from voltway.alerts.rules_refused import AGAIN_AFTER
from voltway.alerts.wording_of import wordings_of
from voltway.alerts.words_events import Say
from voltway.billing.words import language
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import AlertId
from voltway.runtime.work import Work

TIMEOUT_S: Final = 10
#: So many lines a process holds to push services.
LINES_MAX: Final = 8
KEEP_ALIVE_S: Final = 4.0
#: What an answer says is of no interest; so much of it is read to keep the line.
ANSWER_BYTES_MAX: Final = 65_536
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


@dataclass(eq=False)
class KeyRefused(Refusal):
    """The push service {server} does not take our key for this browser: {what}."""

    kind: ClassVar[Kind] = Kind.INVALID

    server: str
    what: str
    was_asked: bool = True


@dataclass(frozen=True, slots=True)
class Sealed:
    """What goes to a push service: where to, its headers, and what only the browser can read."""

    device: Device
    headers: dict[str, str]
    body: bytes


async def sealers(
    work: Work, alerts: Sequence[Alert], *, mail_from: str
) -> dict[AlertId, Callable[[], Sealed] | Refusal]:
    """What seals each of these, once nothing of the database is needed any more; ``DeviceGone``
    where the browser is no more, and ``KeyRefused`` where our key was refused just now."""
    if not alerts:
        return {}
    devices = await store_people.by_ids(work, [UUID(each.recipient) for each in alerts])
    pem = await _key(work)
    words = await wordings_of(work, alerts)
    made: dict[AlertId, Callable[[], Sealed] | Refusal] = {}
    for each in alerts:
        device = devices.get(UUID(each.recipient))
        if device is None or device.gone_at is not None:
            made[each.id] = DeviceGone("nobody" if device is None else _server(device))
        elif device.asked_at is not None and work.now < device.asked_at + AGAIN_AFTER:
            why = f"it said so at {device.asked_at:%H:%M} UTC"
            made[each.id] = KeyRefused(_server(device), why, was_asked=False)
        else:
            made[each.id] = partial(_sealed, each, words[each.id], device, pem, mail_from, work.now)
    return made


class PushLines:
    """Lines to push services, which stay open while there is more to push."""

    def __init__(self) -> None:
        self._lines: aiohttp.ClientSession | None = None
        self._turn = asyncio.Semaphore(LINES_MAX)

    async def close(self) -> None:
        if self._lines is not None:
            await self._lines.close()

    async def send(self, sealed: Sealed) -> None:
        """Hand an alert to the push service of its browser. Raises ``PushServiceSilent`` where
        trying again may help, ``DeviceGone`` where the browser is no more, ``KeyRefused`` where it
        does not believe that it is us, and ``PushRefused``."""
        if self._lines is None:
            self._lines = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=LINES_MAX, keepalive_timeout=KEEP_ALIVE_S),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        server, device = _server(sealed.device), sealed.device
        try:
            async with (
                self._turn,
                self._lines.post(
                    yarl.URL(device.endpoint, encoded=True),
                    data=sealed.body,
                    headers=sealed.headers,
                    allow_redirects=False,
                ) as answer,
            ):
                await answer.content.read(ANSWER_BYTES_MAX)
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as silence:
            raise PushServiceSilent(server, type(silence).__name__) from silence
        if status in (404, 410):
            raise DeviceGone(server)
        if status in (401, 403):  # RFC 8292 §4.2 has 403; some services answer 401
            raise KeyRefused(server, f"status {status}")
        if status == 429 or status >= 500:
            raise PushServiceSilent(server, f"status {status}")
        if not 200 <= status < 300:
            raise PushRefused(server, f"status {status}")


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
) -> Sealed:
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
    sub = f"mailto:{address_of(mail_from)}"
    hour = int(now.timestamp()) // 3600
    key = _claim(pem, f"{to.scheme}://{to.netloc}", sub, hour)
    left = (alert.too_late_at - now).total_seconds() if alert.too_late_at else 0
    rule = RULES[alert.event]
    wakes = rule.costs_money or rule.lasts <= WAKES_WITHIN
    headers = key | {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(max(int(left), 0)),
        "Urgency": "high" if wakes else "normal",
        "Topic": _text(topic)[:32],
    }
    return Sealed(device, headers, sealed)


@lru_cache(maxsize=64)
def _claim(pem: str, audience: str, sub: str, hour: int) -> dict[str, str]:
    """Our signed word to a push service, the same for an hour of all alerts that go there."""
    until = hour * 3600 + int(CLAIM_LASTS.total_seconds())
    claims = {"aud": audience, "exp": until, "sub": sub}
    signed: dict[str, str] = Vapid02.from_pem(pem.encode()).sign(claims)
    return signed


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _server(device: Device) -> str:
    return urlsplit(device.endpoint).hostname or "-"
