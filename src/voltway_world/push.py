"""A browsers' push service, simulated (RFC 8030), and the phones that read what it carries.

It takes what is sealed for a phone and signed by the key to which the phone subscribed (RFC 8292),
and opens it as the phone's browser would (RFC 8291). ``silent`` makes it answer that it is down,
``revoke`` that a phone is no more; ``refuses`` is what it answers to who is not the one to whom a
phone subscribed.
"""

import asyncio
import base64
import json
import os
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from litestar import Litestar, Request, post
from litestar.params import FromPath
from litestar.response import Response

from voltway_world.serving import Served, Serving
from voltway_world.web import quiet_site


@dataclass(eq=False)
class Phone:
    """A browser that subscribed, and what it has shown."""

    endpoint: str
    subscribed_to: str
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = field(default_factory=lambda: os.urandom(16))
    shown: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    #: When each came, by the clock of ``time.perf_counter``, in seconds.
    came: asyncio.Queue[float] = field(default_factory=asyncio.Queue)

    @property
    def p256dh(self) -> str:
        point = self.private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        return _text(point)

    @property
    def subscription(self) -> dict[str, Any]:
        """As ``PushSubscription.toJSON`` gives it."""
        keys = {"p256dh": self.p256dh, "auth": _text(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}


class PushService(Served):
    """The service inside this event loop: ``async with PushService() as service: service.url``."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.silent = False
        self.refuses = 403
        self.phones: dict[str, Phone] = {}
        self.revoked: set[str] = set()
        self.refused: list[str] = []
        self._serving = Serving(self._app(), host=host, port=port)

    def subscribe(self, key: str) -> Phone:
        """A phone subscribes to the server of this key."""
        name = _text(os.urandom(12))
        phone = Phone(f"{self.url}/push/{name}", key)
        self.phones[name] = phone
        return phone

    def revoke(self, phone: Phone) -> None:
        self.revoked.add(phone.endpoint.rpartition("/")[2])

    def _app(self) -> Litestar:
        @post("/push/{name:str}")
        async def take(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str]:
            return Response("", status_code=self._answer(request, name, await request.body()))

        return quiet_site([take])

    def _answer(self, request: Request[Any, Any, Any], name: str, body: bytes) -> int:
        if self.silent:
            return 503
        if name in self.revoked:
            return 410
        phone = self.phones.get(name)
        if phone is None:
            return 404
        if "ttl" not in request.headers:
            return 400
        if not _is_signed(request.headers.get("authorization", ""), phone.subscribed_to, self.url):
            self.refused.append(name)
            return self.refuses
        opened = http_ece.decrypt(
            body, private_key=phone.private, auth_secret=phone.auth, version="aes128gcm"
        )
        phone.shown.append(json.loads(opened))
        phone.headers.append({key.lower(): value for key, value in request.headers.items()})
        phone.came.put_nowait(time.perf_counter())
        return 201


def _is_signed(said: str, key: str, url: str) -> bool:
    """Whether the server of this key says that it speaks to us (RFC 8292 §2, §4.2)."""
    scheme, _, rest = said.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme.lower() != "vapid" or parts.get("k") != key or parts.get("t", "").count(".") != 2:
        return False
    signed, _, signature = parts["t"].rpartition(".")
    raw = _bytes(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(key))
    try:
        public.verify(der, signed.encode(), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    claims = json.loads(_bytes(signed.split(".")[1]))
    here = urlsplit(url)
    return bool(claims["aud"] == f"{here.scheme}://{here.netloc}" and claims["sub"])


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
