"""One request to an address that others gave: to the outside alone, never into our own network.

Names are resolved here, and only addresses that the whole world reaches are connected to, so that
neither a name nor a change of it while we look leads to the machines beside ours. What is within
one's own network must be named whole in ``VOLTWAY_HOOK_HOSTS``. Nothing is followed elsewhere.
"""

import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import ClassVar, Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from voltway.kernel.errors import Kind, Outage, Refusal

#: No more of an answer is read: it is looked at by people alone.
ANSWER_BYTES_MAX: Final = 2_000
URL_LENGTH_MAX: Final = 500
#: Addresses that stand for one of IPv4 (RFC 6052 §2.1).
_NAT64: Final = IPv6Network("64:ff9b::/96")


@dataclass(eq=False)
class NotAnAddress(Refusal):
    """
    This is no address that we can call. It begins with https:// and names a host that the whole
    world reaches; one of your own network is named in VOLTWAY_HOOK_HOSTS.
    """

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NoAnswer(Outage):
    """{host} gave no answer: {why}."""

    host: str
    why: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of an address outside."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str


class _NotOutside(OSError):
    """A name that leads into our own network."""


def must_be_outside(url: str, own: Collection[str], *, plain: bool = False) -> str:
    """The address as it is kept. ``own`` are those of one's own network that may be called, and
    ``plain`` ones may do without TLS. Raises ``NotAnAddress``."""
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise NotAnAddress from None
    if not host or not text.isprintable() or " " in text or len(text) > URL_LENGTH_MAX:
        raise NotAnAddress
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise NotAnAddress
    schemes = ("https", "http") if plain else ("https",)
    if not is_own(text, own) and (parts.scheme not in schemes or not _may_be_outside(host)):
        raise NotAnAddress
    return text


def is_own(url: str, own: Collection[str]) -> bool:
    """Whether this is one of the addresses of our own network that may be called."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" in own


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    own: Collection[str],
    within_s: float,
) -> Answer:
    """Send this, and give the beginning of the answer, whatever it is. Raises ``NoAnswer``, and
    ``NotAnAddress`` where the address is none that may be called (any more)."""
    asked = Request("POST", url, headers, body)
    return await ask(asked, own=own, within_s=within_s, most=ANSWER_BYTES_MAX)


async def ask(request: Request, *, own: Collection[str], within_s: float, most: int) -> Answer:
    """Send this, and give so many bytes of the answer at most. Raises as ``post`` does."""
    must_be_outside(request.url, own)
    status, told = await _sent(request, own, within_s, most)
    return Answer(status, told.decode(errors="replace"))


async def post_for_signed(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    own: Collection[str],
    within_s: float,
    bytes_max: int,
) -> bytes:
    """What is answered to this, where the answer itself is signed and so needs no TLS. Raises
    ``NoAnswer``, also for one that is none, and ``NotAnAddress``."""
    must_be_outside(url, own, plain=True)
    asked = Request("POST", url, headers, body)
    status, told = await _sent(asked, own, within_s, bytes_max + 1)
    if status != HTTPStatus.OK or len(told) > bytes_max:
        raise NoAnswer(urlsplit(url).hostname or "-", f"status {status}, {len(told)} bytes")
    return told


async def _sent(
    request: Request, own: Collection[str], within_s: float, most: int
) -> tuple[int, bytes]:
    host = urlsplit(request.url).hostname or "-"
    resolver: AbstractResolver = ThreadedResolver() if is_own(request.url, own) else _Outside()
    try:
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False),
                timeout=aiohttp.ClientTimeout(total=within_s),
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as client,
            client.request(
                request.method,
                request.url,
                data=request.body,
                headers=request.headers,
                allow_redirects=False,
            ) as answer,
        ):
            return answer.status, await _first(answer.content, most)
    except TimeoutError:
        raise NoAnswer(host, "it took too long") from None
    except aiohttp.ClientConnectorError as error:
        inside = isinstance(error.os_error, _NotOutside)
        why = "its name leads into our own network" if inside else "it cannot be reached"
        raise NoAnswer(host, why) from None
    except (aiohttp.ClientError, ValueError):
        raise NoAnswer(host, "the connection broke") from None


async def _first(content: aiohttp.StreamReader, most: int) -> bytes:
    """So many bytes at most, in however many pieces they come."""
    told = b""
    while len(told) < most and (piece := await content.read(most - len(told))):
        told += piece
    return told


async def must_lead_outside(host: str) -> None:
    """Where another calls this host: what it leads to now. Raises ``NoAnswer``."""
    try:
        await _Outside().resolve(host, 443)
    except _NotOutside:
        raise NoAnswer(host, "its name leads into our own network") from None
    except OSError:
        raise NoAnswer(host, "it cannot be reached") from None


class _Outside(ThreadedResolver):
    """Finds only addresses that the whole world reaches."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        outside = [each for each in found if _is_outside(each["host"])]
        if not outside:
            raise _NotOutside
        return outside


def _may_be_outside(host: str) -> bool:
    """Whether a host may be outside: a name is looked at when it is called."""
    try:
        return _is_outside(host)
    except ValueError:
        return "." in host.rstrip(".") and not host.endswith((".local", ".internal", ".localhost"))


def _is_outside(address: str) -> bool:
    """Whether the whole world reaches this IP address. Raises ``ValueError`` where it is none."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = IPv4Address(int(found) & 0xFFFF_FFFF)
        if inner is not None and not inner.is_global:
            return False
    return found.is_global and not found.is_multicast
