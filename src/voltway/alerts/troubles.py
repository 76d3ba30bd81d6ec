"""Troubles followed: told when they begin, again while nobody looks after them, and when they end.

It is looked at what is so now, not at what was announced: a fact only says that now is the time to
look. So a look that comes twice, or late, tells nothing twice, and none that was lost is missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

import structlog

from voltway.alerts import rules_troubles, standing_money, standing_pushes, store_troubles
from voltway.alerts.model_troubles import Source, Standing, Trouble
from voltway.alerts.operator_events import operators_who
from voltway.alerts.rules_troubles import Verdict
from voltway.alerts.telling import tell
from voltway.billing import formats
from voltway.billing.model_checks import BooksFaultFound
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId, new_id
from voltway.parties import actions as parties
from voltway.parties.model import Permission
from voltway.payments.model_alarms import PaymentAlarmRaised
from voltway.runtime.work import BeginWork, Work

log = structlog.get_logger("voltway.alerts")

FACTS: Final = (PaymentAlarmRaised, BooksFaultFound)
#: Looked at each minute, and each hour, where looking takes longer.
EACH_MINUTE: Final = (Source.ALARMS, Source.BOOKS, Source.PAYOUTS, Source.PUSHES)
EACH_HOUR: Final = (Source.UNREPORTED,)
LOOKS: Final = {**standing_money.LOOKS, Source.PUSHES: standing_pushes.look}
#: How long what is over can be looked at.
KEPT: Final = timedelta(days=30)
#: Who is told: who may do something about it.
MAY: Final = Permission.MOVE_MONEY
_NOBODY: Final = " Nobody has said that they look after it."


@dataclass(eq=False)
class NoSuchTrouble(Refusal):
    """There is no such alarm, or it is over."""

    kind: ClassVar[Kind] = Kind.ABSENT


async def hears_money(work: Work, facts: Sequence[Fact]) -> None:
    """Look now: something about money is not as it should be."""
    for party in dict.fromkeys(each.party for each in facts):
        mine = [each for each in facts if each.party == party]
        if any(isinstance(each, PaymentAlarmRaised) for each in mine):
            await follow(work, party, Source.ALARMS)
        if any(isinstance(each, BooksFaultFound) for each in mine):
            await follow(work, party, Source.BOOKS)


async def look(begin: BeginWork, sources: Sequence[Source]) -> int:
    """Sweep: look at these of each party; how much was told."""
    async with begin() as work:
        known = await parties.parties(work)
        await store_troubles.forget(work, work.now - KEPT)
    told = 0
    for party in known:
        for source in sources:
            try:
                async with begin() as work:
                    told += await follow(work, party.id, source)
            except Outage:
                raise
            except Exception:  # it is one party's, and the others go on
                log.exception("trouble_look_failed", party=str(party.id), source=source)
    return told


async def follow(work: Work, party: PartyId, source: Source) -> int:
    """Tell what there is to tell of this now; how much that was."""
    await store_troubles.lock(work, party, source)
    kept = {(each.event, each.about): each for each in await store_troubles.of(work, party, source)}
    standing = {(each.event, each.about): each for each in await LOOKS[source](work, party)}
    told = 0
    for key in dict.fromkeys((*standing, *kept)):
        before, now = kept.get(key), standing.get(key)
        verdict = rules_troubles.judge(before, now, work.now)
        if verdict is Verdict.REST:
            continue
        if now is not None:
            await _stands(work, party, source, before, now, verdict)
        elif before is not None:
            await _is_over(work, before)
        told += 1
    return told


async def _stands(
    work: Work,
    party: PartyId,
    source: Source,
    before: Trouble | None,
    now: Standing,
    verdict: Verdict,
) -> None:
    """Keep and tell that it began, that there is more of it, or that it lasts."""
    is_new = before is None or verdict is Verdict.BEGAN
    began_at = work.now if before is None or is_new else before.began_at
    trouble = Trouble(
        id=new_id(work.now) if before is None else before.id,
        party=party,
        source=source,
        event=now.event,
        about=now.about,
        ends=now.ends,
        facts={**now.facts, "when": await _clock(work, party, began_at)},
        newest=now.newest,
        began_at=began_at,
        told_at=work.now,
        told=1 if before is None or verdict is not Verdict.LASTS else before.told + 1,
    )
    await store_troubles.save(work, trouble)
    facts = dict(trouble.facts)
    if verdict is Verdict.LASTS:
        facts["why"] += _NOBODY
    to = await operators_who(work, party, MAY)
    once = work.now.isoformat()
    await tell(work, party, to, trouble.event, trouble.about, facts, once=once)
    work.touch(f"troubles:{party}")


async def _is_over(work: Work, before: Trouble) -> None:
    over = replace(before, told_at=work.now, over_at=work.now)
    await store_troubles.save(work, over)
    work.touch(f"troubles:{before.party}")
    if before.ends is None:
        return
    facts = {**before.facts, "when": await _clock(work, before.party, work.now)}
    to = await operators_who(work, before.party, MAY)
    once = work.now.isoformat()
    await tell(work, before.party, to, before.ends, before.about, facts, once=once)


async def take(work: Work, id: UUID, by: str) -> Trouble:
    """Somebody looks after it: nobody is told again. Raises ``NoSuchTrouble``."""
    before = await store_troubles.one(work, id)
    if before is None or before.over_at is not None:
        raise NoSuchTrouble
    after = before
    if before.taken_at is None:
        after = replace(before, taken_by=by, taken_at=work.now)
        await store_troubles.save(work, after)
        work.touch(f"troubles:{before.party}")
    return after


async def _clock(work: Work, party: PartyId, at: datetime) -> str:
    zone = (await parties.party(work, party)).time_zone
    there = formats.local(at.isoformat(), zone)
    return formats.clock(there, formats.locale_for("en"))
