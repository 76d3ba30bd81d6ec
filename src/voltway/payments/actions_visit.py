"""A visit of a driver without an account: a hold, then a start, or the money back."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import DriverId, EvseId, OnceKey, PaymentId, TokenUid
from voltway.parties import actions as parties
from voltway.payments import (
    beginning,
    card_limits,
    choosing,
    racing,
    rules,
    store,
    store_methods,
    store_readers,
    store_steps,
)
from voltway.payments.actions_money import finish_release, keep, note_release, note_silence
from voltway.payments.choosing import AnyProvider
from voltway.payments.model import (
    HoldPlaced,
    Payment,
    PaymentDeclined,
    PaymentState,
    StepTaken,
    Verb,
    Visit,
    Why,
)
from voltway.payments.model_methods import Method, MethodId
from voltway.payments.provider import (
    Declined,
    HoldOrder,
    HoldSeen,
    Provider,
    ProviderNonsense,
    ProviderSilent,
)
from voltway.payments.provider_more import DrivesReaders
from voltway.payments.providers.none import NobodyPaysHere
from voltway.payments.ready import note_plug
from voltway.runtime.work import BeginWork, Job, Work
from voltway.stations import actions as stations
from voltway.stations import worked_at
from voltway.stations.orders import StartCharging
from voltway.tariffs import promotions

#: How long a driver has from the first page to the end of the hosted page.
VISIT_LASTS: Final = timedelta(minutes=30)
START_WITHIN_S: Final = 120
#: The answer of a step whose provider could not do it, so that another was asked.
PASSED_ON: Final = "passed_on"
#: The job that asks for a release which was noted.
LET_GO: Final = "let_go"
#: An answer that takes longer than this is not coming any more.
SILENT_AFTER: Final = timedelta(seconds=30)
#: Why a visit has nothing to start.
BEGUN: Final = "the charge has begun already"
UNPAID: Final = "the payment is not confirmed yet"
OVER: Final = "this visit is over, and its hold is released or paid"
WORDS: Final = (BEGUN, UNPAID, OVER)
_NOT_YET: Final = frozenset({PaymentState.ASKED, PaymentState.AWAITING, PaymentState.UNKNOWN})


@dataclass(eq=False)
class HoldRefused(Refusal):
    """The payment could not be begun: {reason} Nothing was charged."""

    kind = Kind.CONFLICT

    reason: str


@dataclass(eq=False)
class NothingToStart(Refusal):
    """There is nothing to start: {why}."""

    kind = Kind.CONFLICT

    why: str


async def open_visit(
    begin: BeginWork,
    given: AnyProvider,
    *,
    evse: EvseId,
    email: str | None,
    locale: str,
    return_url: str,
    cancel_url: str,
    code: str = "",
    method: str = "",
    saved: Method | None = None,
    token: TokenUid | None = None,
    driver: DriverId | None = None,
    mine: Collection[str] = (),
) -> Visit:
    """Freeze the price, and open a hold that the driver confirms on the provider's page; on a saved
    method it stands at once, and there is no page.

    A promotion code is held in the same work. Where a provider cannot open a page, the next that
    is offered for this party, currency and method is asked. ``token`` is one that was made for this
    bay before: its station keeps the bay for that. ``driver`` is who has signed in,
    ``mine`` the keys of visits that were begun where this one is.

    The URLs may hold ``{visit_key}``, which is not known before.
    """
    async with begin() as work:
        payment, offered = await _new_payment(
            work,
            given,
            evse=evse,
            email=email,
            locale=locale,
            urls=(return_url, cancel_url),
            method=method,
            saved=saved,
            token=token,
            driver=driver,
            mine=mine,
        )
        if code.strip():
            await promotions.claim(
                work, payment.party, code, token=payment.token, driver=payment.email
            )
        once = OnceKey(f"{payment.id}:hold")
        first = store_steps.new_step(work, payment, Verb.HOLD, once, payment.hold_minor, "")
        await store.add(work, payment)
        await store_steps.note_step(work, first)
    step: StepTaken | None = first
    for following in offered[1:]:
        if step is not None:
            step = await _hold_or_pass_on(begin, given, step, following)
    if step is not None:
        await finish_hold(begin, given, step)
    async with begin() as work:
        payment = await store.load(work, payment.id)
    if (saved is None and payment.hosted_url is None) or payment.state is PaymentState.DECLINED:
        raise HoldRefused(payment.why or "the provider declined it.")
    return Visit(payment.visit_key, payment.hosted_url or "")


async def _new_payment(
    work: Work,
    given: AnyProvider,
    *,
    evse: EvseId,
    email: str | None,
    locale: str,
    urls: tuple[str, str],
    method: str,
    saved: Method | None,
    token: TokenUid | None,
    driver: DriverId | None,
    mine: Collection[str],
) -> tuple[Payment, Sequence[Provider]]:
    """A visit's payment with the first of the providers that are offered for it."""
    place = await stations.place_of(work, evse)
    party = await parties.party(work, place.party)
    name = f"{party.country_code}*{party.ident}"
    offered = choosing.offered(given, name, party.currency, method)
    if saved is not None:
        offered = [choosing.of(given, saved.provider)]
    if not offered:
        raise NobodyPaysHere
    await racing.must_be_first(work, evse, driver, mine)
    payment = await beginning.new_payment(
        work,
        offered[0],
        evse=evse,
        email=email,
        locale=locale,
        urls=urls,
        saved=saved,
        token=token,
        driver=driver,
    )
    return payment, offered


async def _hold_or_pass_on(
    begin: BeginWork, given: AnyProvider, step: StepTaken, following: Provider
) -> StepTaken | None:
    """Ask for a hold; where nothing comes of it, the step by which the next provider is asked.

    A silence is passed on as well as a no: a page may have been opened of which nobody has heard,
    and nobody can pay on such a page.
    """
    try:
        answer = await _ask_hold(begin, given, step)
    except (ProviderSilent, ProviderNonsense) as trouble:
        return await _pass_on(begin, step, following, str(trouble))
    if isinstance(answer, Declined):
        return await _pass_on(begin, step, following, answer.reason)
    await _note_opened(begin, step, answer)
    return None


async def _pass_on(
    begin: BeginWork, step: StepTaken, following: Provider, why: str
) -> StepTaken | None:
    async with begin() as work:
        before = await store.lock(work, step.payment)
        if before.state is not PaymentState.ASKED:
            return None  # a round has asked again meanwhile, and has its answer
        await store_steps.answered(work, step.id, PASSED_ON, why)
        after = replace(before, provider=following.name)
        once = OnceKey(f"{before.id}:hold:{following.name}")
        again = store_steps.new_step(work, after, Verb.HOLD, once, before.hold_minor, "")
        await store_steps.note_step(work, again)
        await keep(work, before, after)
        return again


async def finish_hold(begin: BeginWork, given: AnyProvider, step: StepTaken) -> Payment:
    """Ask for a noted hold, and note what came of it."""
    try:
        answer = await _ask_hold(begin, given, step)
    except ProviderSilent as silence:
        await note_silence(begin, step, silence)
        raise
    return await _note_opened(begin, step, answer)


async def hold_saved(begin: BeginWork, given: AnyProvider, body: Mapping[str, str]) -> None:
    """Ask for the hold of a session that a saved method pays. Run twice, it is asked for once; a
    silence is asked again by the rounds, while the session goes on."""
    async with begin() as work:
        open_ = await store_steps.open_hold(work, PaymentId(UUID(body["payment"])))
    if open_ is not None:
        with suppress(ProviderSilent):
            await finish_hold(begin, given, open_)


async def _note_opened(begin: BeginWork, step: StepTaken, answer: HoldSeen | Declined) -> Payment:
    async with begin() as work:
        if isinstance(answer, HoldSeen):
            await store_steps.answered(work, step.id, "done", answer.ref)
            return await learn(work, step.payment, answer)
        return await _note_refused(work, step, answer)


async def _ask_hold(begin: BeginWork, given: AnyProvider, step: StepTaken) -> HoldSeen | Declined:
    async with begin() as work:
        await store_steps.tried(work, step.id)
        payment = await store.load(work, step.payment)
        at_reader = await store_readers.use(work, step.payment) is not None
        saved = None
        if payment.method is not None:
            saved = (await store_methods.method(work, MethodId(payment.method))).saved
    order = HoldOrder(
        once=step.once,
        reference=str(payment.id),
        amount=payment.hold,
        description=payment.description,
        return_url=payment.return_url,
        cancel_url=payment.cancel_url,
        saved=saved,
    )
    provider = choosing.of(given, payment.provider)
    try:
        if at_reader and isinstance(provider, DrivesReaders):
            return await provider.hold_at_reader(order)
        return await provider.open_hold(order)
    except ProviderSilent:
        choosing.note_silent(given, payment.provider)
        raise


async def _note_refused(work: Work, step: StepTaken, no: Declined) -> Payment:
    await store_steps.answered(work, step.id, no.code, no.reason)
    before = await store.lock(work, step.payment)
    if before.state not in (PaymentState.ASKED, PaymentState.UNKNOWN):
        return before  # a webhook has told more meanwhile
    after = replace(before, state=PaymentState.DECLINED, why=no.reason, ended_at=work.now)
    await keep(work, before, after)
    if before.method is not None:
        declined = PaymentDeclined(
            party=before.party, payment=before.id, at=work.now, on_capture=False
        )
        await work.announce([declined])
    return after


async def refresh(begin: BeginWork, given: AnyProvider, payment: PaymentId) -> Payment:
    """The payment after a look at the provider's side: the driver is back before the webhook."""
    async with begin() as work:
        known = await store.load(work, payment)
    if rules.is_over(known.state) or known.provider_ref is None:
        return known
    seen = await choosing.of(given, known.provider).fetch(known.provider_ref)
    async with begin() as work:
        await store.looked(work, payment)
        return await learn(work, payment, seen)


async def learn(work: Work, payment: PaymentId, seen: HoldSeen) -> Payment:
    """Take evidence in. Where it says that the money is held, charging is started with it, in
    the same work: a hold that is kept has its order, and no hold has two."""
    before = await store.lock(work, payment)
    after, facts = rules.learned(before, seen, work.now)
    refused = None
    if after.session is None and any(isinstance(fact, HoldPlaced) for fact in facts):
        is_outrun = await racing.is_outrun(work, after)
        refused = Why.OUTRUN if is_outrun else await card_limits.judge(work, after)
        if refused is None:
            after = await _start(work, after)
    await keep(work, before, after)
    await work.announce(facts)
    return after if refused is None else await _let_go(work, after, refused)


async def _let_go(work: Work, payment: Payment, why: Why) -> Payment:
    """Note that a hold on which nothing may start is released; it is asked for when this work is
    kept."""
    if await note_release(work, payment, why) is not None:
        body = {"payment": str(payment.id)}
        await work.enqueue(
            Job(kind=LET_GO, key=f"{LET_GO}:{payment.id}", body=body, party=payment.party)
        )
    return await store.load(work, payment.id)


async def let_go(begin: BeginWork, given: AnyProvider, body: Mapping[str, str]) -> None:
    """Ask for a release that was noted. Run twice, it is asked for once; a silence is asked again
    by the rounds."""
    async with begin() as work:
        step = await store_steps.step(work, OnceKey(f"{body['payment']}:release"))
    if step is not None and step.answer is None:
        with suppress(ProviderSilent):
            await finish_release(begin, given, step)


def _why_nothing(paid: Payment) -> str:
    if paid.session is not None:
        return BEGUN
    return UNPAID if paid.state in _NOT_YET else OVER


async def start_again(work: Work, visit_key: str) -> Payment:
    """Order the start once more: the driver has plugged in after the station gave up."""
    payment = await store.by_visit(work, visit_key)
    before = await store.lock(work, payment.id)
    if before.state is not PaymentState.HELD or before.session is not None:
        raise NothingToStart(_why_nothing(before))
    if await racing.is_outrun(work, before):
        raise racing.SomebodyStarts((await stations.place_of(work, before.evse)).public_id)
    after = await _start(work, before)
    await keep(work, before, after)
    return after


async def _start(work: Work, payment: Payment) -> Payment:
    """Order the start that this hold is for. Held too late it is released by the sweep instead."""
    if work.now - payment.created_at > VISIT_LASTS:
        return payment
    if await worked_at.of_bay(work, payment.evse) is not None:
        return payment  # planned work has begun since: the sweep releases it
    place = await stations.place_of(work, payment.evse)
    await note_plug(work, payment.evse)
    start = StartCharging(
        evse=place.number, token=payment.token, remote_start_id=payment.remote_start_id
    )
    order = await stations.place_order(
        work, place.station, start, by="driver", expires_s=START_WITHIN_S
    )
    return replace(payment, order=order)


async def visit(work: Work, visit_key: str) -> Payment:
    """The payment of a visit, for its pages."""
    return await store.by_visit(work, visit_key)
