"""Chats of operators: kept by an address that holds a secret, and told what happens.

The package ``apprise`` knows how each chat wants it. Of what it can do we let in chats alone: those
of one vendor, whose host nobody types, and those whose host somebody types, by TLS and outside.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit
from uuid import UUID

import apprise
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.google_chat import NotifyGoogleChat
from apprise.plugins.mattermost import NotifyMattermost
from apprise.plugins.ntfy import NotifyNtfy
from apprise.plugins.rocketchat import NotifyRocketChat
from apprise.plugins.slack import NotifySlack
from apprise.plugins.telegram import NotifyTelegram
from apprise.plugins.workflows import NotifyWorkflows

from voltway.alerts import store_chats
from voltway.alerts.model_chats import Chat
from voltway.alerts.model_events import RULES, Event
from voltway.alerts.text import one_line
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import PartyId, new_id
from voltway.runtime import outside
from voltway.runtime.work import Work

CHATS_MAX: Final = 20
NAME_LENGTH_MAX: Final = 80
ADDRESS_LENGTH_MAX: Final = 1_000
WITHIN_S: Final = 10.0

#: Whose host is the vendor's own.
VENDORS: Final = (NotifySlack, NotifyDiscord, NotifyTelegram, NotifyGoogleChat)
#: And whose host stands in the address.
HOSTED: Final = (NotifyMattermost, NotifyRocketChat, NotifyNtfy, NotifyWorkflows, NotifyJSON)
#: What an address may ask besides, as Power Automate and Google write it. Other words can ask for
#: files of ours.
ASKED: Final = frozenset({"api-version", "sp", "sv", "sig", "key", "token"})

_ASSET: Final = apprise.AppriseAsset(
    app_id="Voltway",
    app_desc="Voltway",
    http_redirects=False,
    storage_mode=apprise.PersistentStoreMode.MEMORY,
)


@dataclass(eq=False)
class NotAChat(Refusal):
    """
    This is no address of a chat that we know. Take the one that your chat gives for incoming
    webhooks (Slack, Discord), or one such as mmosts://chat.example/token; see the documentation.
    """

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NothingForChat(Refusal):
    """A chat has a name, and at least one thing that it is told."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NoSuchChat(Refusal):
    """There is no such chat, or it was removed."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class TooManyChats(Refusal):
    """There are {most} chats already, and no more than that may be."""

    kind: ClassVar[Kind] = Kind.LIMIT

    most: int


@dataclass(eq=False)
class ChatSilent(Outage):
    """The chat ({service}) did not take the message."""

    service: str


async def add(
    work: Work,
    party: PartyId,
    *,
    name: str,
    address: str,
    events: Collection[Event],
    own: Collection[str],
) -> Chat:
    """A new chat. Its address is shown to nobody again. ``own`` are addresses of our own network
    that may be called. Raises ``NotAChat``, ``NothingForChat`` and ``TooManyChats``."""
    if await store_chats.count(work, party) >= CHATS_MAX:
        raise TooManyChats(CHATS_MAX)
    found = _service(address.strip(), own)
    chat = Chat(
        id=new_id(work.now),
        party=party,
        name=_named(name),
        address=address.strip(),
        shown=_shown(found),
        events=_told(events),
    )
    await store_chats.add(work, chat)
    return chat


async def change(work: Work, id: UUID, *, name: str, events: Collection[Event]) -> None:
    """What holds from now on; another address is another chat. Raises ``NoSuchChat`` and
    ``NothingForChat``."""
    before = await chat_of(work, id)
    await store_chats.save(work, replace(before, name=_named(name), events=_told(events)))


async def remove(work: Work, id: UUID) -> None:
    """Raises ``NoSuchChat``."""
    await chat_of(work, id)
    await store_chats.remove(work, id)


async def chat_of(work: Work, id: UUID) -> Chat:
    """Raises ``NoSuchChat``."""
    found = await store_chats.one(work, id)
    if found is None:
        raise NoSuchChat
    return found


async def say_there(chat: Chat, title: str, body: str, *, own: Collection[str]) -> None:
    """Say something in a chat. Raises ``ChatSilent`` where trying again may help, and ``NotAChat``
    where its address may not be called (any more)."""
    service = _service(chat.address, own)
    if isinstance(service, HOSTED) and not _is_own(service, own):
        await outside.must_lead_outside(str(service.host))
    try:
        async with asyncio.timeout(WITHIN_S):
            heard = await service.async_notify(title=title, body=body)
    except TimeoutError:
        heard = False
    if not heard:
        raise ChatSilent(str(service.service_name))


def _service(address: str, own: Collection[str]) -> apprise.NotifyBase:
    """What apprise makes of an address, if it is a chat that may be called. Of its hundreds of
    services none but ours are ever loaded."""
    if not address.isprintable() or len(address) > ADDRESS_LENGTH_MAX:
        raise NotAChat
    for kind in (*VENDORS, *HOSTED):
        parsed = kind.parse_native_url(address)
        if not parsed and address.partition("://")[0] in _schemes(kind):
            parsed = kind.parse_url(address)
        if parsed:
            break
    else:
        raise NotAChat
    if set(parsed.get("qsd", ())) - ASKED:
        raise NotAChat
    try:
        found = kind(**{**parsed, "asset": _ASSET, "cto": 4, "rto": 6})
    except TypeError:  # apprise's own word for "this is not all that is needed"
        raise NotAChat from None
    if not isinstance(found, VENDORS) and not _is_own(found, own):
        _must_be_outside(found)
    return found


def _schemes(kind: type[apprise.NotifyBase]) -> set[str]:
    known: set[str] = set()
    for each in (kind.protocol, kind.secure_protocol):
        said: Any = each  # a word, several, or none, whatever the package says of its types
        known |= {said} if isinstance(said, str) else set(said or ())
    return known


def _must_be_outside(service: apprise.NotifyBase) -> None:
    # Power Automate is called by TLS in any case.
    if not service.secure and not isinstance(service, NotifyWorkflows):
        raise NotAChat
    try:
        outside.must_be_outside(f"https://{service.host}/", ())
    except outside.NotAnAddress:
        raise NotAChat from None


def _is_own(service: apprise.NotifyBase, own: Collection[str]) -> bool:
    scheme = "https" if service.secure else "http"
    at = f"{scheme}://{service.host}" + (f":{service.port}" if service.port else "")
    return at in own


def _shown(service: apprise.NotifyBase) -> str:
    """Which chat it is, without anything that opens it."""
    if isinstance(service, HOSTED):
        at = urlsplit(f"https://{service.host}/").hostname or "-"
        return f"{service.service_name}, {at}"
    return str(service.service_name)


def _told(events: Collection[Event]) -> frozenset[Event]:
    told = frozenset(each for each in events if RULES[each].for_operators)
    if not told:
        raise NothingForChat
    return told


def _named(name: str) -> str:
    named = one_line(name)
    if not named:
        raise NothingForChat
    return named[:NAME_LENGTH_MAX]
