"""Browsers that show alerts: adding one, taking it away."""

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec

from voltway.alerts import store_people
from voltway.alerts.model_events import Device
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import new_id
from voltway.runtime.work import Work

#: A person has so many at most; the oldest goes.
DEVICES_MAX: Final = 10
LABEL_LENGTH_MAX: Final = 80
ENDPOINT_LENGTH_MAX: Final = 2000
UNKNOWN_SERVICE: Final = "its push service is not known here"
NO_KEYS: Final = "its keys are not keys of a browser"
WORDS: Final = (UNKNOWN_SERVICE, NO_KEYS)


@dataclass(eq=False)
class NotADevice(Refusal):
    """This browser could not be added: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    why: str


async def add(
    work: Work, holder: str, *, endpoint: str, p256dh: str, auth: str, label: str, hosts: str
) -> Device:
    """Let a browser show alerts of this holder. ``hosts`` are the push services that we hand
    alerts to (``*.`` before a name: all within it): a browser names an address that we then call,
    so any other is refused. Raises ``NotADevice``."""
    _must_be_one(endpoint, p256dh, auth, hosts)
    named = "".join(sign if sign.isprintable() else " " for sign in label).strip()
    device = Device(
        id=new_id(work.now),
        holder=holder,
        endpoint=endpoint,
        p256dh=p256dh,
        auth=auth,
        label=named[:LABEL_LENGTH_MAX],
        made_at=work.now,
    )
    await store_people.add_device(work, device)
    for old in (await store_people.kept_devices(work, holder))[:-DEVICES_MAX]:
        await store_people.remove_device(work, holder, id=old.id)
    return device


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser is called at its push service, and the keys that only it can read by."""

    endpoint: str
    p256dh: str
    auth: str


async def move(work: Work, was: str, was_auth: str, now: Subscription, hosts: str) -> bool:
    """Follow a browser whose push service gave it another address; whether we knew it. That it is
    the same one it shows by what nobody else has, its old address and secret. Raises
    ``NotADevice``."""
    _must_be_one(now.endpoint, now.p256dh, now.auth, hosts)
    return await store_people.move_device(
        work, was, was_auth, endpoint=now.endpoint, p256dh=now.p256dh, auth=now.auth
    )


async def remove(work: Work, holder: str, id: UUID) -> None:
    await store_people.remove_device(work, holder, id=id)


class Here(StrEnum):
    """How a browser stands to alerts."""

    ON = "on"
    OFF = "off"
    AGAIN = "again"  # it shows none: its push service refuses our key, until it is turned on anew


async def here(work: Work, holders: Collection[str], endpoint: str, *, remove: bool) -> Here:
    """Whether the browser at this endpoint shows the alerts of any of these holders; with
    ``remove`` it shows them no more. An endpoint is known to its browser and us alone."""
    known: list[Device] = []
    for holder in holders:
        if remove:
            await store_people.remove_device(work, holder, endpoint=endpoint)
        kept = await store_people.kept_devices(work, holder)
        known += [each for each in kept if each.endpoint == endpoint]
    if any(each.hears for each in known):
        return Here.ON
    return Here.AGAIN if known else Here.OFF


def _must_be_one(endpoint: str, p256dh: str, auth: str, hosts: str) -> None:
    if len(endpoint) > ENDPOINT_LENGTH_MAX or not _is_known(endpoint, hosts.split()):
        raise NotADevice(UNKNOWN_SERVICE)
    if not _is_key(p256dh) or len(_bytes(auth)) != 16:
        raise NotADevice(NO_KEYS)


def _is_known(endpoint: str, hosts: Collection[str]) -> bool:
    try:
        parts = urlsplit(endpoint)
        host, at = parts.hostname or "", parts.netloc
    except ValueError:
        return False
    if parts.username or parts.password or not endpoint.isprintable():
        return False
    for known in hosts:
        if known == f"{parts.scheme}://{at}":  # a push service of one's own, named whole
            return True
        within = known.startswith("*.") and host.endswith(known[1:])
        if parts.scheme == "https" and parts.port is None and (host == known or within):
            return True
    return False


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_key(text: str) -> bool:
    """A point on P-256 (RFC 8291 §3.1)."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(text))
    except ValueError:
        return False
    return True
