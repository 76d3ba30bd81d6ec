"""Telling webhooks: kept in the transaction that heard the fact, signed, until they were heard.

An address is told in the order in which things happened, one after another. What it does not hear
is told again, later and later, and what comes behind waits for a minute at most: so something that
it never takes holds up nothing else. After a trouble things may come in another order, or twice.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from voltway.alerts import rules, rules_hooks, store_hooks
from voltway.alerts.model_hooks import FACTS, Hook, HookEvent
from voltway.disruptions import actions as disruptions
from voltway.disruptions.model import PlaceFact
from voltway.kernel.errors import Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.signatures import HEADER, signature
from voltway.runtime import outside
from voltway.runtime.metrics import counter
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork, Work

WITHIN_S: Final = 10.0
ROUND_S: Final = 10.0
#: What waits behind something that was not heard is tried after so long, in its place.
OTHERS_WAIT_MAX: Final = timedelta(minutes=1)
#: How long what was told can be looked at.
KEPT: Final = timedelta(days=30)
FORGET_AT_ONCE_MAX: Final = 10_000
_GONE: Final = 410

TOLD: Final = counter("voltway_hook_events", "Events that webhooks were told", "outcome")


async def hears(work: Work, facts: Sequence[Fact]) -> None:
    """Keep what these facts tell for the webhooks that want it."""
    hooks = await store_hooks.of_parties(work, {fact.party for fact in facts})
    events: list[HookEvent] = []
    for fact in facts:
        told = [
            hook for hook in hooks if hook.party == fact.party and FACTS[type(fact)] in hook.events
        ]
        more = await _more(work, fact) if told else {}
        events += [rules_hooks.event_of(hook, fact, more) for hook in told]
    if events:
        await store_hooks.add_events(work, events)


async def _more(work: Work, fact: Fact) -> Mapping[str, Any]:
    """What a fact only names and no question of the API answers."""
    if not isinstance(fact, PlaceFact):
        return {}
    known = await disruptions.by_ids(work, fact.disruptions)
    return rules_hooks.disrupted([known[id] for id in fact.disruptions if id in known], fact)


async def tell_due(begin: BeginWork, settings: Settings) -> int:
    """Sweep: tell each webhook what waits for it; how much was heard."""
    async with begin() as work:
        due = await store_hooks.due(work)
    return sum(await asyncio.gather(*(_tell_hook(begin, settings, each) for each in due)))


async def _tell_hook(begin: BeginWork, settings: Settings, id: UUID) -> int:
    """Tell one webhook what waits for it, for some seconds; how much was heard."""
    clock = asyncio.get_running_loop()
    until, heard = clock.time() + ROUND_S, 0
    while clock.time() < until:
        async with begin() as work:
            now = work.now
            hook = await store_hooks.one(work, id)
            event = await store_hooks.take(work, id)
        if hook is None or event is None:
            break
        if not await _tell(begin, settings, hook, event, now):
            async with begin() as work:
                wait = rules.pause(event.tries + 1)
                await store_hooks.hold_back(work, id, work.now + min(wait, OTHERS_WAIT_MAX))
            break
        heard += 1
    return heard


async def tell_now(begin: BeginWork, settings: Settings, event: UUID) -> bool:
    """Tell an event at once, whether or not its webhook is paused; whether it was heard."""
    async with begin() as work:
        now = work.now
        taken = await store_hooks.take_one(work, event)
        hook = await store_hooks.one(work, taken.hook) if taken else None
    if hook is None or taken is None:
        return False
    return await _tell(begin, settings, hook, taken, now)


async def _tell(
    begin: BeginWork, settings: Settings, hook: Hook, event: HookEvent, now: datetime
) -> bool:
    """Tell an event that was taken now, and note what came of it; whether it was heard."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Voltway-Webhook/1",
        "Voltway-Event-Id": str(event.id),
        HEADER: signature(hook.secrets(now), event.body, int(now.timestamp())),
    }
    own = settings.hook_hosts.split()
    is_gone = False
    try:
        answer = await outside.post(hook.url, event.body, headers, own=own, within_s=WITHIN_S)
        trouble = "" if 200 <= answer.status < 300 else f"It answered {answer.status}."
        is_gone = answer.status == _GONE
    except (outside.NoAnswer, Refusal) as no:
        trouble = str(no)
    async with begin() as work:
        await _note(work, hook, event, trouble)
        if is_gone:
            await _pause(work, hook.id)
    TOLD.labels("in vain" if trouble else "heard").inc()
    return not trouble


async def _note(work: Work, hook: Hook, event: HookEvent, trouble: str) -> None:
    await store_hooks.note_answer(work, hook.id, trouble)
    if trouble:
        again = rules_hooks.next_try(event.tries + 1, work.now)
        await store_hooks.in_vain(work, event.id, again, trouble)
    else:
        await store_hooks.heard(work, event.id)
    work.touch(f"hook:{hook.id}")


async def _pause(work: Work, id: UUID) -> None:
    """It says that it is gone for good: nothing more goes there until an operator wishes it."""
    hook = await store_hooks.one(work, id, lock=True)
    if hook is not None and hook.paused_at is None:
        await store_hooks.save(work, replace(hook, paused_at=work.now))


async def forget_old(begin: BeginWork) -> int:
    """Sweep: forget what was told, or given up, a month ago."""
    async with begin() as work:
        return await store_hooks.forget(work, work.now - KEPT, FORGET_AT_ONCE_MAX)
