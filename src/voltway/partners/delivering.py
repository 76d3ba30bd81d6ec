"""Bringing partners what they are told: signed, in order per subject, until they have heard it.

An event is heard when the platform answers 2xx. Until then it is tried again, later and later; the
events of its subject wait behind it, others go on. A platform that cannot be reached is left alone
until the next round. What was told in vain for days is laid aside (``dead``), where an operator
sees it and can send it again. An event may come twice (an answer can be lost): it has the same id.
"""

import asyncio
from functools import partial
from typing import Final
from uuid import UUID

import msgspec
import structlog

from voltway.partners import store, store_events, wire
from voltway.partners.model import Event, Partner
from voltway.partners.outgoing import WITHIN_S, Told, note_failed, tell_a_round, tell_each
from voltway.runtime.metrics import counter
from voltway.runtime.work import BeginWork

log = structlog.get_logger("voltway.partners")

TOLD: Final = counter("voltway_partner_events", "Events that partners were told", "outcome")


async def deliver_due(begin: BeginWork) -> int:
    """Sweep: tell every partner what waits; how many events were heard."""
    async with begin() as work:
        due = await store_events.waiting(work)
    heard = await asyncio.gather(*(_deliver(begin, partner) for partner in due))
    return sum(heard)


async def _deliver(begin: BeginWork, id: UUID) -> int:
    """Tell one partner what waits for it; how many events were heard."""

    async def tell_some(room: int) -> Told[Event] | None:
        async with begin() as work:
            partner = await store.one(work, id)
            events = await store_events.take(work, id, at_most=room)
        if partner is None or not events:
            return None
        told = await tell_each(events, partial(_tell, partner))
        await _note(begin, partner, told)
        return told

    return await tell_a_round(tell_some)


async def _tell(partner: Partner, event: Event) -> str:
    """Why it did not hear this; nothing if it did. Raises ``PartnerSilent``."""
    reply = await wire.post(
        partner, "/events", _body(event), within_s=WITHIN_S, event=str(event.id)
    )
    return "" if 200 <= reply.status < 300 else f"status {reply.status}"


async def _note(begin: BeginWork, partner: Partner, told: Told[Event]) -> None:
    async with begin() as work:
        work.touch(f"partner:{partner.id}")
        if told.heard:
            await store_events.note_delivered(work, told.heard)
        await note_failed(work, told, store_events.note_failed)
        if told.silence or told.heard:
            await store.note_heard(work, partner.id, told.silence)
    TOLD.labels("heard").inc(len(told.heard))
    TOLD.labels("in vain").inc(len(told.failed))
    if told.failed:
        why, count = told.failed[0][1], len(told.failed)
        log.warning("partner_not_told", partner=partner.name, events=count, why=why)


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
