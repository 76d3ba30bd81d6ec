"""Bringing partners what they are told: signed, in order per subject, until they have heard it.

An event is heard when the platform answers 2xx. Until then it is tried again, later and later; the
events of its subject wait behind it, others go on. A platform that cannot be reached is left alone
until the next round. What was told in vain for days is laid aside (``dead``), where an operator
sees it and can send it again. An event may come twice (an answer can be lost): it has the same id.
"""

import asyncio
from typing import Final
from uuid import UUID

import msgspec
import structlog

from voltway.partners import rules, store, store_events, wire
from voltway.partners.model import Event, Partner
from voltway.runtime.metrics import counter
from voltway.runtime.work import BeginWork

log = structlog.get_logger("voltway.partners")

TOLD: Final = counter("voltway_partner_events", "Events that partners were told", "outcome")

#: How long a platform may take to say that it heard.
WITHIN_S: Final = 5.0
#: How many events of a partner are told in one round.
OF_A_ROUND: Final = 50


async def deliver_due(begin: BeginWork) -> int:
    """Sweep: tell every partner what waits; how many events were heard."""
    async with begin() as work:
        due = await store_events.waiting(work)
    heard = await asyncio.gather(*(_deliver(begin, partner) for partner in due))
    return sum(heard)


async def _deliver(begin: BeginWork, id: UUID) -> int:
    """Tell one partner, until nothing waits that can be told now, or its platform is silent."""
    heard = 0
    while heard < OF_A_ROUND:
        async with begin() as work:
            partner = await store.one(work, id)
            events = await store_events.take(work, id, at_most=OF_A_ROUND - heard)
        if partner is None or not events:
            break
        told, silent = await _tell_each(begin, partner, events)
        heard += told
        if silent:
            break
    return heard


async def _tell_each(begin: BeginWork, partner: Partner, events: list[Event]) -> tuple[int, bool]:
    """How many were heard, and whether the platform was silent."""
    heard: list[UUID] = []
    failed: list[tuple[Event, str]] = []
    silence = ""
    for event in events:
        if silence:
            failed.append((event, silence))
            continue
        try:
            reply = await wire.post(
                partner, "/events", _body(event), within_s=WITHIN_S, event=str(event.id)
            )
        except wire.PartnerSilent as trouble:
            silence = trouble.why
            failed.append((event, silence))
            continue
        if 200 <= reply.status < 300:
            heard.append(event.id)
        else:
            failed.append((event, f"status {reply.status}"))
    async with begin() as work:
        work.touch(f"partner:{partner.id}")
        if heard:
            await store_events.note_delivered(work, heard)
        for event, why in failed:
            again = rules.next_try(event.tries + 1, event.made_at, work.now)
            await store_events.note_failed(work, event.id, again, why)
        if silence or heard:
            await store.note_heard(work, partner.id, silence)
    TOLD.labels("heard").inc(len(heard))
    TOLD.labels("in vain").inc(len(failed))
    if failed:
        log.warning("partner_not_told", partner=partner.name, events=len(failed), why=failed[0][1])
    return len(heard), bool(silence)


def _body(event: Event) -> bytes:
    return msgspec.json.encode(
        {
            "id": event.id,
            "number": event.number,
            "type": event.kind,
            "subject": event.subject,
            "made_at": event.made_at,
            "data": msgspec.Raw(event.body.encode()),
        }
    )
