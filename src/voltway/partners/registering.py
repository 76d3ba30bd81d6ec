"""How a platform of terminals registers, changes its token and goes (OCPI 2.3.0, credentials).

It has the key that was given by hand (token A), sends the token with which we ask it (B), and gets
another key (C). Before that we ask it, with B, for its versions and for its modules. What its
program says is hostile: its addresses lead outside, or nowhere.
"""

from base64 import b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, TypeVar

import msgspec
from msgspec import Meta

from voltway.kernel.errors import Kind, Refusal
from voltway.partners import store_platforms
from voltway.payments import kiosks, kiosks_keys
from voltway.payments.kiosks_keys import Registering
from voltway.runtime import outside
from voltway.runtime.outside import NoAnswer, NotAnAddress, Request
from voltway.runtime.work import BeginWork

T = TypeVar("T")

VERSION: Final = "2.3.0"
#: How long it may take to say its versions or its modules, and how much of it is read.
WITHIN_S: Final = 5.0
BYTES_MAX: Final = 64 * 1024
#: What we tell it, by module and by what it is there (payments has its sender at the platform).
NEEDED: Final[Mapping[str, str]] = {
    "sessions": "RECEIVER",
    "cdrs": "RECEIVER",
    "payments": "SENDER",
}

Token = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
Url = Annotated[str, Meta(min_length=1, max_length=255)]


class Role(msgspec.Struct):
    """A CredentialsRole, as far as it must be there."""

    role: Annotated[str, Meta(min_length=1, max_length=20)]
    party_id: Annotated[str, Meta(pattern="^[A-Za-z0-9]{3}$")]
    country_code: Annotated[str, Meta(pattern="^[A-Za-z]{2}$")]


class Credentials(msgspec.Struct):
    """How a platform is asked: with which token, and where it says its versions."""

    token: Token
    url: Url
    roles: Annotated[list[Role], Meta(min_length=1, max_length=100)]


class _Version(msgspec.Struct):
    version: str
    url: Url


class _Endpoint(msgspec.Struct):
    identifier: str
    url: Url
    role: str = ""


class _Details(msgspec.Struct):
    endpoints: list[_Endpoint]


class NotNow(Refusal):
    """This is not possible now: who has registered updates, and who has not registers."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class NotHeard(Refusal):
    """A reason why a registration did not come about, with its code (2.3.0, status codes)."""

    kind: ClassVar[Kind] = Kind.INVALID
    status: ClassVar[int] = 3000


@dataclass(eq=False)
class CannotUse(NotHeard):
    """We cannot use your API at {url}: {why}. Nothing was changed; your token is as before."""

    status: ClassVar[int] = 3001

    url: str
    why: str


@dataclass(eq=False)
class NoVersion(NotHeard):
    """You do not speak OCPI {version}. Nothing was changed; your token is as before."""

    status: ClassVar[int] = 3002

    version: str


@dataclass(eq=False)
class Lacks(NotHeard):
    """Your OCPI {version} does not name {modules}. Nothing was changed; your token is as before."""

    status: ClassVar[int] = 3003

    version: str
    modules: str


async def register(
    begin: BeginWork, who: Registering, shown: str, given: Credentials, *, own: Collection[str]
) -> str:
    """Exchange tokens with a platform, for the first time or anew; its new key. Nothing is changed
    where that fails. Raises ``NotHeard`` and ``KeyOver``."""
    endpoints = await _endpoints(given, own)
    platform = who.platform
    async with begin() as work:
        key = await kiosks_keys.renew(work, platform, shown)
        await store_platforms.set_line(
            work, platform.id, platform.party, given.url, given.token, endpoints
        )
        work.touch(f"platform:{platform.id}")
    return key


async def unregister(begin: BeginWork, who: Registering) -> None:
    """It is told no more, and its key opens nothing any more: the next one is given by hand. What
    charges is settled without it."""
    platform = who.platform
    async with begin() as work:
        await store_platforms.drop_line(work, platform.id)
        await kiosks.revoke_platform(work, platform.party, platform.id)
        work.touch(f"platform:{platform.id}")


async def _endpoints(given: Credentials, own: Collection[str]) -> dict[str, str]:
    """Where its modules are, as it says itself. Raises ``NotHeard``."""
    versions = await _ask(given.url, given.token, list[_Version], own)
    at = next((each.url for each in versions if each.version == VERSION), None)
    if at is None:
        raise NoVersion(VERSION)
    told = (await _ask(at, given.token, _Details, own)).endpoints
    found = {
        each.identifier: each.url.rstrip("/")
        for each in told
        if NEEDED.get(each.identifier) == each.role.upper()
    }
    missing = sorted(NEEDED.keys() - found.keys())
    if missing:
        raise Lacks(VERSION, ", ".join(f"{name} ({NEEDED[name]})" for name in missing))
    for url in found.values():
        _must_be_outside(url, own)
    return found


async def _ask(url: str, token: str, shape: type[T], own: Collection[str]) -> T:
    """The data of an answer of OCPI. Raises ``CannotUse``."""
    headers = {"Authorization": f"Token {b64encode(token.encode()).decode()}"}
    _must_be_outside(url, own)
    try:
        asked = Request("GET", url, headers)
        answer = await outside.ask(asked, own=own, within_s=WITHIN_S, most=BYTES_MAX)
    except NoAnswer as no:
        raise CannotUse(url, no.why) from None
    if answer.status != 200:
        raise CannotUse(url, f"it answers with {answer.status}")
    try:
        told = msgspec.json.decode(answer.text, type=_Envelope)
        data = msgspec.json.decode(told.data, type=shape) if told.status_code < 2000 else None
    except msgspec.MsgspecError:
        data = None
    if data is None:
        raise CannotUse(url, "its answer is not OCPI's")
    return data


class _Envelope(msgspec.Struct):
    status_code: int
    data: msgspec.Raw = msgspec.Raw(b"null")


def _must_be_outside(url: str, own: Collection[str]) -> None:
    try:
        outside.must_be_outside(url, own)
    except NotAnAddress:
        raise CannotUse(url[:255], "it is no address of the whole world by https") from None
