"""Webhooks: addresses of one's own programs that are told, signed, what happens in the network."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.alerts import hooks, hooks_telling
from voltway.alerts.model_hooks import HookEventState, HookKind
from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, asks, reads, removes
from voltway.web.api.shapes import NO_NUL, Given, Moment, Page, Shown, Text, shown
from voltway.web.house import House

HOOKS = Source("alert_hook_view")
EVENTS = Source("alert_hook_event_view", key="number", type="bigint")

Url = Annotated[
    str,
    Meta(min_length=1, max_length=500, pattern=NO_NUL, examples=["https://ops.example/voltway"]),
]
Kinds = Annotated[list[HookKind], Meta(min_length=1, max_length=len(HookKind))]


class HookShown(Shown):
    """An address that is told what happens."""

    id: UUID
    name: str
    url: str
    events: list[HookKind]
    paused_at: Annotated[Moment | None, Meta(description="It is told nothing since then.")]
    heard_at: Moment | None
    trouble: Annotated[str, Meta(description="Why it did not hear what it was told last.")]
    dead: Annotated[int, Meta(description="So many events were told in vain for over a day.")]
    old_until: Annotated[Moment | None, Meta(description="Until then the old secret signs too.")]
    created_at: Moment


class NewHook(Given):
    """A webhook to be added."""

    name: Text
    url: Url
    events: Kinds


class ChangeHook(Given):
    """What holds from now on."""

    name: Text
    url: Url
    events: Kinds
    paused: bool = False


class HookMade(Shown):
    """``secret`` is shown only here."""

    id: UUID
    secret: Annotated[str, Meta(description="What it is told is signed by it.")]


class HookEventShown(Shown):
    """Something that an address is told."""

    id: UUID
    number: Annotated[int, Meta(description="A lower one was made before.")]
    kind: Annotated[str, Meta(examples=["session.ended", "test"])]
    subject: str
    state: HookEventState
    body: Annotated[str, Meta(description="What is sent, to the byte.")]
    made_at: Moment
    next_at: Moment | None
    tries: int
    trouble: str
    heard_at: Moment | None


class Again(Shown):
    count: Annotated[int, Meta(description="So many are told again.")]


@reads("/webhooks", "List the webhooks", Permission.SEE_MONEY)
async def list_hooks(caller: Calling, window: Paging) -> Page[HookShown]:
    async with caller.begin() as work:
        return await listed(work, HOOKS, window, _hook)


@reads("/webhooks/{hook_id:uuid}", "Read a webhook", Permission.SEE_MONEY)
async def read_hook(caller: Calling, hook_id: FromPath[UUID]) -> HookShown:
    async with caller.begin() as work:
        return await _one(work, hook_id)


@adds("/webhooks", "Add a webhook", Permission.MANAGE_PEOPLE)
async def add_hook(
    caller: Calling, house: NamedDependency[House], data: JSONBody[NewHook]
) -> HookMade:
    """What happens from now on is told to it."""
    own = house.settings.hook_hosts.split()
    async with caller.begin() as work:
        made = await hooks.add(
            work, caller.actor.party, name=data.name, url=data.url, events=data.events, own=own
        )
        await caller.audit(work, "added a webhook", f"hook:{made.id}")
    return HookMade(id=made.id, secret=made.secret)


@asks("/webhooks/{hook_id:uuid}", "Change a webhook", Permission.MANAGE_PEOPLE)
async def change_hook(
    caller: Calling,
    house: NamedDependency[House],
    hook_id: FromPath[UUID],
    data: JSONBody[ChangeHook],
) -> HookShown:
    async with caller.begin() as work:
        await hooks.change(
            work,
            hook_id,
            name=data.name,
            url=data.url,
            events=data.events,
            is_paused=data.paused,
            own=house.settings.hook_hosts.split(),
        )
        await caller.audit(work, "changed a webhook", f"hook:{hook_id}")
        return await _one(work, hook_id)


@asks("/webhooks/{hook_id:uuid}/secret", "Give a webhook a new secret", Permission.MANAGE_PEOPLE)
async def change_hook_secret(caller: Calling, hook_id: FromPath[UUID]) -> HookMade:
    """The old one signs beside it for a day."""
    async with caller.begin() as work:
        after = await hooks.change_secret(work, hook_id)
        await caller.audit(work, "changed the secret of a webhook", f"hook:{hook_id}")
    return HookMade(id=after.id, secret=after.secret)


@asks("/webhooks/{hook_id:uuid}/test", "Try a webhook", Permission.ORDER_STATION)
async def test_hook(
    caller: Calling, house: NamedDependency[House], hook_id: FromPath[UUID]
) -> HookEventShown:
    """Send it an event of the type `test` at once; the answer says what came of it."""
    async with caller.begin() as work:
        id = await hooks.keep_test(work, hook_id)
    await hooks_telling.tell_now(house.begin, house.settings, id)
    async with caller.begin() as work:
        row = await work.one("SELECT * FROM alert_hook_event_view WHERE id = $1", id)
    assert row is not None, "it was kept just now"
    return shown(HookEventShown, row)


@removes("/webhooks/{hook_id:uuid}", "Remove a webhook", Permission.MANAGE_PEOPLE)
async def remove_hook(caller: Calling, hook_id: FromPath[UUID]) -> None:
    async with caller.begin() as work:
        await hooks.remove(work, hook_id)
        await caller.audit(work, "removed a webhook", f"hook:{hook_id}")


@reads("/webhooks/{hook_id:uuid}/events", "List what a webhook is told", Permission.SEE_MONEY)
async def list_hook_events(
    caller: Calling,
    window: Paging,
    hook_id: FromPath[UUID],
    being: Annotated[
        HookEventState | None, QueryParameter(name="state", description="Those that stand so.")
    ] = None,
) -> Page[HookEventShown]:
    async with caller.begin() as work:
        await hooks.hook_of(work, hook_id)
        return await listed(
            work,
            EVENTS,
            window,
            lambda row: shown(HookEventShown, row),
            [("hook_id = {}", hook_id), ("state = {}", being)],
        )


@asks(
    "/webhooks/{hook_id:uuid}/events/{event_id:uuid}/again",
    "Tell a webhook once more",
    Permission.ORDER_STATION,
)
async def tell_hook_again(
    caller: Calling, hook_id: FromPath[UUID], event_id: FromPath[UUID]
) -> Again:
    """What waits or is dead; it keeps its id."""
    async with caller.begin() as work:
        count = await hooks.tell_again(work, hook_id, event_id)
        await caller.audit(work, "told a webhook again", f"hook:{hook_id}")
    return Again(count=count)


@asks("/webhooks/{hook_id:uuid}/again", "Tell a webhook all again", Permission.ORDER_STATION)
async def tell_hook_all_again(caller: Calling, hook_id: FromPath[UUID]) -> Again:
    """All that is dead."""
    async with caller.begin() as work:
        count = await hooks.tell_again(work, hook_id, None)
        await caller.audit(work, "told a webhook all again", f"hook:{hook_id}")
    return Again(count=count)


async def _one(work: Work, id: UUID) -> HookShown:
    row = await work.one("SELECT * FROM alert_hook_view WHERE id = $1", id)
    if row is None:
        raise hooks.NoSuchHook(id)
    return _hook(row)


def _hook(row: Row) -> HookShown:
    return shown(HookShown, row)


ROUTER = Router(
    "/",
    tags=["webhooks"],
    route_handlers=[
        list_hooks,
        read_hook,
        add_hook,
        change_hook,
        change_hook_secret,
        test_hook,
        remove_hook,
        list_hook_events,
        tell_hook_again,
        tell_hook_all_again,
    ],
)
