"""What can be done to webhooks: kept, changed, tried, and told again."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import ClassVar, Final
from uuid import UUID

from voltway.alerts import rules_hooks, store_hooks
from voltway.alerts.model_hooks import OLD_SECRET_LASTS, Hook, HookKind
from voltway.alerts.text import one_line
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, new_id
from voltway.runtime.outside import must_be_outside
from voltway.runtime.work import Work

HOOKS_MAX: Final = 20
NAME_LENGTH_MAX: Final = 80


@dataclass(eq=False)
class NoSuchHook(Refusal):
    """There is no webhook {hook}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    hook: UUID


@dataclass(eq=False)
class NoSuchHookEvent(Refusal):
    """There is nothing of this id that was not heard."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class NothingToTell(Refusal):
    """A webhook has a name, and at least one thing that it is told."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class TooManyHooks(Refusal):
    """There are {most} webhooks already, and no more than that may be."""

    kind: ClassVar[Kind] = Kind.LIMIT

    most: int


async def add(
    work: Work,
    party: PartyId,
    *,
    name: str,
    url: str,
    events: Collection[HookKind],
    own: Collection[str],
) -> Hook:
    """A new webhook, with the secret that it is signed by, shown once. ``own`` are the addresses of
    our own network that may be called. Raises ``NotAnAddress``, ``NothingToTell`` and
    ``TooManyHooks``."""
    if await store_hooks.count(work, party) >= HOOKS_MAX:
        raise TooManyHooks(HOOKS_MAX)
    hook = Hook(
        id=new_id(work.now),
        party=party,
        name=_named(name, events),
        url=must_be_outside(url, own),
        events=frozenset(events),
        secret=new_secret(),
        made_at=work.now,
    )
    await store_hooks.add(work, hook)
    return hook


async def change(
    work: Work,
    id: UUID,
    *,
    name: str,
    url: str,
    events: Collection[HookKind],
    is_paused: bool,
    own: Collection[str],
) -> Hook:
    """What holds from now on. While it is paused nothing new is kept for it, and what waits goes on
    waiting. Raises as ``add``, and ``NoSuchHook``."""
    before = await _locked(work, id)
    paused_at = (before.paused_at or work.now) if is_paused else None
    after = replace(
        before,
        name=_named(name, events),
        url=must_be_outside(url, own),
        events=frozenset(events),
        paused_at=paused_at,
    )
    await store_hooks.save(work, after)
    return after


async def change_secret(work: Work, id: UUID) -> Hook:
    """A new secret, shown once; the one before signs beside it for a day. Raises ``NoSuchHook``."""
    before = await _locked(work, id)
    after = replace(
        before,
        secret=new_secret(),
        old_secret=before.secret,
        old_until=work.now + OLD_SECRET_LASTS,
    )
    await store_hooks.save(work, after)
    return after


async def remove(work: Work, id: UUID) -> None:
    """Tell it nothing more, and keep nothing of it. Raises ``NoSuchHook``."""
    await _locked(work, id)
    await store_hooks.remove(work, id)


async def hook_of(work: Work, id: UUID) -> Hook:
    """Raises ``NoSuchHook``."""
    found = await store_hooks.one(work, id)
    if found is None:
        raise NoSuchHook(id)
    return found


async def keep_test(work: Work, id: UUID) -> UUID:
    """Keep an event that says nothing, to be told at once; its id. Raises ``NoSuchHook``."""
    hook = await hook_of(work, id)
    event = rules_hooks.test_of(hook, new_id(work.now), work.now)
    await store_hooks.add_events(work, [event])
    return event.id


async def tell_again(work: Work, id: UUID, event: UUID | None) -> int:
    """Have an event told again that was not heard; without one, all that are dead. How many. It
    keeps its id. Raises ``NoSuchHook`` and ``NoSuchHookEvent``."""
    await hook_of(work, id)
    count = await store_hooks.again(work, id, event)
    if event is not None and not count:
        raise NoSuchHookEvent
    return count


def new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


async def _locked(work: Work, id: UUID) -> Hook:
    found = await store_hooks.one(work, id, lock=True)
    if found is None:
        raise NoSuchHook(id)
    return found


def _named(name: str, events: Collection[HookKind]) -> str:
    named = one_line(name)
    if not named or not events:
        raise NothingToTell
    return named[:NAME_LENGTH_MAX]
