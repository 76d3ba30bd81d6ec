"""What a provider tells by itself: verified, kept once, and only a reason to look at the hold.

There is nothing to look at where we know already what it tells; nor while we ask for what it tells
of, for then the answer is on its way, and is asked for again if it does not come. Webhooks that
come while others are being kept are kept together.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from voltway.kernel.ids import PaymentId
from voltway.payments import (
    actions_reader,
    choosing,
    collecting,
    returning,
    rules,
    store,
    store_webhooks,
)
from voltway.payments.actions_visit import SILENT_AFTER, learn
from voltway.payments.choosing import AnyProvider
from voltway.payments.provider import Provider, Told
from voltway.runtime.database import retrying
from voltway.runtime.together import Together
from voltway.runtime.work import BeginWork, Work

KEPT_AT_ONCE: Final = 100


async def hear_webhook(
    begin: BeginWork, provider: Provider, headers: Mapping[str, str], raw: bytes
) -> None:
    """Take a single webhook."""
    await Webhooks(begin, provider).hear(headers, raw)


class WebhookDoors:
    """Where the webhooks of all providers of a house come in, each under its provider's name."""

    def __init__(self, begin: BeginWork, given: AnyProvider) -> None:
        self._begin = begin
        self._given = given
        self._doors: dict[str, Webhooks] = {}

    def of(self, name: str) -> "Webhooks | None":
        """Where those of one provider come in, if the house has it."""
        provider = choosing.named(self._given, name)
        if provider is None:
            return None
        return self._doors.setdefault(name, Webhooks(self._begin, provider))


class Webhooks:
    """Where the webhooks of a provider come in."""

    def __init__(self, begin: BeginWork, provider: Provider) -> None:
        self._begin = begin
        self._provider = provider
        self._kept: Together[Told, PaymentId | None] = Together(self._keep, at_most=KEPT_AT_ONCE)

    async def hear(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Take a webhook. Raises ``WebhookNotSigned`` unless the provider sent these bytes."""
        told = self._provider.read_webhook(headers, raw)
        if not told.ref:  # it is about no hold
            return
        payment = await self._kept.add(told)
        if payment is None:
            await collecting.hear(self._begin, self._provider, self._provider.name, told)
            return
        seen = await self._provider.fetch(told.ref)
        async with self._begin() as work:
            await returning.may_have_come_back(work, await learn(work, payment, seen))
            await store_webhooks.acted(work, self._provider.name, told.event)
        if self._provider.can.readers:
            await actions_reader.heard(self._begin, self._provider, payment)

    async def _keep(self, told: Sequence[Told]) -> list[PaymentId | None]:
        """Keep them; by their places, the payment whose hold is to be looked at. None is for
        those that are known or of another house that shares the account."""
        return await retrying(self._begin, None, partial(self._keep_in, told))

    async def _keep_in(self, told: Sequence[Told], work: Work) -> list[PaymentId | None]:
        name = self._provider.name
        names = {(each.ref, each.reference) for each in told}
        found = await store.named(work, name, names)
        since = work.now - SILENT_AFTER
        asked = await store_webhooks.being_asked(work, [p.id for p in found.values()], since)
        events = {}
        for each in told:
            payment = found.get((each.ref, each.reference))
            if payment is not None:
                known = rules.tells_nothing_new(payment, each.state)
                events[each.event] = (each, payment, known or payment.id in asked)
        to_do = await store_webhooks.keep(work, name, list(events.values()))
        return [events[each.event][1].id if each.event in to_do else None for each in told]
