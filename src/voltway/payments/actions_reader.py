"""A visit that is paid at a card reader: the reader shows the hold, and the driver holds a card to
it.

A provider replaces what a reader shows without a word, so a reader is one payment's from the first
page until its hold stands, its driver goes, or does nothing for ``LASTS``. What a reader tells is
a reason to look at the hold, which alone says whether it is held.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import DriverId, EvseId, OnceKey, PaymentId, TokenUid
from voltway.payments import (
    actions_visit,
    beginning,
    choosing,
    racing,
    readers,
    rules_readers,
    store,
    store_readers,
    store_steps,
)
from voltway.payments.actions_money import release
from voltway.payments.choosing import AnyProvider
from voltway.payments.model import Payment, PaymentState, StepTaken, Verb, Visit, Why
from voltway.payments.model_readers import CardReader, ReaderUse, Stage
from voltway.payments.provider import Declined, ProviderSilent
from voltway.payments.provider_more import DrivesReaders, ReaderNo, ShowOrder
from voltway.runtime.work import BeginWork, Work
from voltway.stations import actions as stations
from voltway.tariffs import promotions

#: How long a reader waits for a card, from the last time it was told to show something.
LASTS: Final = timedelta(minutes=2)


@dataclass(eq=False)
class ReaderInUse(Refusal):
    """Somebody else is paying at the terminal {name} just now."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    name: str


@dataclass(eq=False)
class NotAtThisReader(Refusal):
    """This bay cannot be paid for at that terminal any more."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NothingToShow(Refusal):
    """There is nothing to pay at the terminal any more."""

    kind: ClassVar[Kind] = Kind.CONFLICT


async def open_visit(
    begin: BeginWork,
    given: AnyProvider,
    *,
    evse: EvseId,
    reader: UUID,
    email: str | None,
    locale: str,
    return_url: str,
    cancel_url: str,
    code: str = "",
    token: TokenUid | None = None,
    driver: DriverId | None = None,
    mine: Collection[str] = (),
) -> Visit:
    """Freeze the price, make the reader this driver's, and let it show the hold."""
    async with begin() as work:
        at = await _reader_at(work, given, evse, reader)
        await racing.must_be_first(work, evse, driver, mine)
        payment = await beginning.new_payment(
            work,
            choosing.of(given, at.provider),
            evse=evse,
            email=email,
            locale=locale,
            urls=(return_url, cancel_url),
            token=token,
            driver=driver,
        )
        if code.strip():
            await promotions.claim(
                work, payment.party, code, token=payment.token, driver=payment.email
            )
        once = OnceKey(f"{payment.id}:hold")
        step = store_steps.new_step(work, payment, Verb.HOLD, once, payment.hold_minor, "")
        await store.add(work, payment)
        await store_steps.note_step(work, step)
        until = work.now + LASTS
        if not await store_readers.reserve(work, at, payment.id, payment.party, until):
            raise ReaderInUse(at.name)
    opened = await _open_hold(begin, given, step)
    if opened.state is PaymentState.DECLINED:
        raise actions_visit.HoldRefused(opened.why or "the provider declined it.")
    await show(begin, given, payment.id)
    return Visit(payment.visit_key, "")


async def _reader_at(work: Work, given: AnyProvider, evse: EvseId, id: UUID) -> CardReader:
    place = await stations.place_of(work, evse)
    found = await readers.serving(work, given, evse, place.location)
    reader = next((each for each in found if each.id == id), None)
    if reader is None:
        raise NotAtThisReader
    return reader


async def _open_hold(begin: BeginWork, given: AnyProvider, step: StepTaken) -> Payment:
    """Where nobody knows whether there is a hold, no reader shows it, and it is free again."""
    try:
        opened = await actions_visit.finish_hold(begin, given, step)
    except ProviderSilent:
        await _end(begin, step.payment)
        raise
    if opened.state is PaymentState.DECLINED:
        await _end(begin, step.payment)
    return opened


async def show(begin: BeginWork, given: AnyProvider, id: PaymentId) -> None:
    """Let the reader show the hold, for the first time or again. What it answers is on the visit's
    page; a silence is found out by the rounds."""
    async with begin() as work:
        use, payment = await _locked(work, id)
        if use is None or use.over_at is not None or use.stage is Stage.LEAVING:
            raise NothingToShow
        if payment.state is not PaymentState.AWAITING or payment.provider_ref is None:
            raise NothingToShow
        use = replace(
            use,
            stage=Stage.ASKING,
            trouble=None,
            tells=use.tells + 1,
            asked_at=work.now,
            until=work.now + LASTS,
        )
        await store_readers.save(work, use)
    order = ShowOrder(
        once=OnceKey(f"{id}:show:{use.tells}"), reader=use.reader.ref, hold=payment.provider_ref
    )
    try:
        answer = await _drives(given, use).show(order)
    except ProviderSilent:
        return
    if isinstance(answer, Declined) and answer.code == Declined.MOVED_ON:
        await actions_visit.refresh(begin, given, id)
        return
    async with begin() as work:
        now = await store_readers.use(work, id, lock=True)
        if now is not None and now.tells == use.tells:
            await _keep(work, now, rules_readers.answered(now, answer, order.hold, work.now))


async def look(begin: BeginWork, given: AnyProvider, id: PaymentId) -> None:
    """Look how a payment at a reader goes: at the hold first, for it may stand whatever its reader
    says, and then at the reader."""
    payment = await actions_visit.refresh(begin, given, id)
    async with begin() as work:
        use = await store_readers.use(work, id)
    if use is None or use.over_at is not None:
        return
    if payment.held_at is not None or payment.ended_at is not None:
        await _clear_and_end(begin, given, use, payment)
        return
    if payment.state is not PaymentState.AWAITING:
        return
    if use.stage is Stage.LEAVING:
        await leave(begin, given, id)
        return
    hold = payment.provider_ref or ""
    seen = await _drives(given, use).reader(use.reader.ref)
    async with begin() as work:
        now = await store_readers.use(work, id, lock=True)
        if now is None or now.tells != use.tells:
            return
        if isinstance(seen, Declined):  # it was taken out of the account
            await _keep(work, now, rules_readers.stopped(now, ReaderNo.OFFLINE))
        else:
            await _keep(work, now, rules_readers.seen(now, seen, hold, work.now))


async def leave(begin: BeginWork, given: AnyProvider, id: PaymentId) -> bool:
    """Clear the reader and let the hold go: its driver does not pay there. Whether it is over; a
    reader that is asking a bank just now is left to end that."""
    async with begin() as work:
        use, payment = await _locked(work, id)
        if use is None or use.over_at is not None:
            return True
        use = replace(use, stage=Stage.LEAVING, tells=use.tells + 1)
        await store_readers.save(work, use)
    if payment.held_at is None and payment.ended_at is None:
        if await _is_busy(given, use, payment):
            return False
        await release(begin, given, id, Why.GAVE_UP)
    await _end(begin, id)
    return True


async def _is_busy(given: AnyProvider, use: ReaderUse, payment: Payment) -> bool:
    """Clear the reader; whether it is asking a bank for this very hold instead."""
    if payment.provider_ref is None:
        return False
    order = ShowOrder(
        once=OnceKey(f"{payment.id}:clear:{use.tells}"),
        reader=use.reader.ref,
        hold=payment.provider_ref,
    )
    answer = await _drives(given, use).clear(order)
    return isinstance(answer, Declined) and answer.code == ReaderNo.BUSY


async def _clear_and_end(
    begin: BeginWork, given: AnyProvider, use: ReaderUse, payment: Payment
) -> None:
    if payment.held_at is None:
        await _is_busy(given, use, payment)
    await _end(begin, payment.id)


async def _end(begin: BeginWork, id: PaymentId) -> None:
    async with begin() as work:
        use = await store_readers.use(work, id, lock=True)
        if use is not None and use.over_at is None:
            await store_readers.save(work, replace(use, over_at=work.now))


async def look_at_all(begin: BeginWork, given: AnyProvider) -> int:
    """The round: look at each reader that somebody pays at, and end what took too long."""
    async with begin() as work:
        open_, now = await store_readers.open_uses(work), work.now
    done = 0
    for use in open_:
        gone = use.until <= now and use.stage is not Stage.LEAVING
        ask = partial(leave if gone else look, begin, given, use.payment)
        try:
            await ask()
        except Outage:
            continue
        done += 1
    return done


async def heard(begin: BeginWork, given: AnyProvider, id: PaymentId) -> None:
    """A webhook told of a hold: if it is paid at a reader, see what the reader says."""
    async with begin() as work:
        use = await store_readers.use(work, id)
    if use is not None and use.over_at is None:
        with suppress(Outage):  # the rounds look again
            await look(begin, given, id)


async def use_of(work: Work, id: PaymentId) -> ReaderUse | None:
    """How a payment at a reader goes, for its page; ``None`` where it is at none."""
    return await store_readers.use(work, id)


async def _locked(work: Work, id: PaymentId) -> tuple[ReaderUse | None, Payment]:
    payment = await store.lock(work, id)
    return await store_readers.use(work, id, lock=True), payment


async def _keep(work: Work, before: ReaderUse, after: ReaderUse) -> None:
    if after != before:
        await store_readers.save(work, after)


def _drives(given: AnyProvider, use: ReaderUse) -> DrivesReaders:
    drives = readers.driver_of(choosing.of(given, use.reader.provider))
    if drives is None:
        raise ProviderSilent(use.reader.provider, "it drives no readers any more")
    return drives
