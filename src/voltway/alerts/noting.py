"""What came of alerts that were handed over, noted many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from voltway.alerts import bounces, rules, rules_refused, store, store_people, store_refused
from voltway.alerts.escalating import hasten
from voltway.alerts.model import Alert, AlertFailed, AlertState
from voltway.alerts.model_events import Channel
from voltway.alerts.queueing import jobs
from voltway.kernel.ids import AlertId
from voltway.runtime.database import retrying
from voltway.runtime.work import BeginWork, Work


@dataclass(frozen=True, slots=True)
class HandedOver:
    """It was taken; ``note`` is what was left out of it, and why."""

    note: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """It was not taken, and why; ``comes_back`` says that nobody is at its address."""

    what: str
    for_good: bool
    comes_back: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Nobody is there to take it."""

    why: str


@dataclass(frozen=True, slots=True)
class NotHeard:
    """A browser's push service refuses our key for it: it said so now, or a short while ago."""

    why: str
    was_asked: bool


Outcome: TypeAlias = HandedOver | Trouble | Dropped | NotHeard


async def note(begin: BeginWork, outcomes: Sequence[tuple[AlertId, Outcome]]) -> Sequence[None]:
    """Note these in one work. What was noted otherwise meanwhile stays: a browser may have shown an
    alert before its push service answered us."""

    taken = [id for id, outcome in outcomes if isinstance(outcome, HandedOver)]

    async def keep(work: Work) -> None:
        before = await store.lock_many(work, [id for id, _ in outcomes])
        after: list[Alert] = []
        for id, outcome in outcomes:
            if id in before and before[id].state is AlertState.QUEUED:
                after.append(await _after(work, before[id], outcome))
        if after:
            await store.save_many(work, after)
        pushed = [UUID(before[id].recipient) for id in taken if _is_push(before.get(id))]
        if pushed:
            await store_refused.took(work, pushed)
        await work.enqueue(*jobs([each for each in after if each.state is AlertState.QUEUED]))
        for each in after:
            if each.state is AlertState.FAILED:
                await work.announce([_failed(work, each)])
            if each.state in (AlertState.FAILED, AlertState.DROPPED):
                await hasten(work, each)

    await retrying(begin, None, keep)
    return [None] * len(outcomes)


async def _after(work: Work, alert: Alert, outcome: Outcome) -> Alert:
    match outcome:
        case HandedOver(note):
            return rules.sent(alert, work.now, note)
        case Dropped(why):
            if alert.channel is Channel.PUSH:
                await store_people.gone(work, UUID(alert.recipient), why)
            return rules.dropped(alert, why)
        case NotHeard(why, was_asked):
            if was_asked:
                await _refused(work, UUID(alert.recipient), why)
            return rules.dropped(alert, why)
        case Trouble(what, for_good, comes_back):
            if comes_back:
                await bounces.came_back(work, alert.party, alert.recipient, comes_back)
            return rules.not_sent(alert, what, work.now, for_good=for_good)


async def _refused(work: Work, device: UUID, why: str) -> None:
    signs = await store_refused.signs(work, device)
    if signs is not None:
        for_good = rules_refused.is_for_good(signs.refused_at, signs.took_at, signs.others_at)
        await store_refused.refused(work, device, why, for_good=for_good)


def _is_push(alert: Alert | None) -> bool:
    return alert is not None and alert.channel is Channel.PUSH


def _failed(work: Work, alert: Alert) -> AlertFailed:
    trouble = alert.last_trouble or ""
    return AlertFailed(party=alert.party, at=work.now, alert=alert.id, trouble=trouble)
