"""Saving ways to pay, with strong authentication on the provider's page, and forgetting them.

As with holds: a page is noted and committed before it is asked for, under a key that makes asking
twice harmless; what the driver did there is fetched, never believed from an address. A method that
is forgotten pays nothing from that moment; the provider is told until it has heard.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import OnceKey, PartyId, TokenId, new_id
from voltway.parties import actions as parties
from voltway.payments import choosing, rules
from voltway.payments import store_methods as store
from voltway.payments.choosing import AnyProvider
from voltway.payments.model import PaymentState
from voltway.payments.model_methods import Method, MethodId, MethodsChanged, Saving, SavingStage
from voltway.payments.provider import Declined, Provider
from voltway.payments.provider_more import SaveOrder, SavesMethods, SavingSeen, SavingState
from voltway.runtime.work import BeginWork, Work

#: So many ways to pay are enough for anybody.
METHODS_MAX: Final = 10
#: So many pages may be opened within this time; each costs the provider and us a row.
PAGES_MAX: Final = 12
PAGES_WITHIN: Final = timedelta(hours=1)
LOOK_EVERY: Final = timedelta(seconds=60)
#: A page that nobody has come to an end on by then is over, whatever its provider says.
SAVING_LASTS: Final = timedelta(days=1)


@dataclass(eq=False)
class NobodySaves(Refusal):
    """No provider here can save a way to pay. Please pay each charge on its own."""


@dataclass(eq=False)
class NotSaved(Refusal):
    """This way to pay could not be saved: {why} Nothing was charged."""

    why: str


@dataclass(eq=False)
class NoSuchMethod(Refusal):
    """There is no such way to pay, or it was removed."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class TooManyPages(Refusal):
    """Many pages were opened already and nothing was saved on them. Please try again in an hour."""

    kind: ClassVar[Kind] = Kind.LIMIT


@dataclass(eq=False)
class TooManyMethods(Refusal):
    """{most} ways to pay are saved already. Please remove one first."""

    kind: ClassVar[Kind] = Kind.LIMIT

    most: int


def can_save(given: AnyProvider, party: str) -> bool:
    """Whether a driver of this party (``FI*VLT``) can save anything."""
    return any(each.can.saved_methods for each in choosing.of_party(given, party))


async def open_saving(
    begin: BeginWork,
    given: AnyProvider,
    *,
    party: PartyId,
    holder: UUID,
    return_url: str,
    cancel_url: str,
) -> Saving:
    """Open the provider's page on which a method is saved. The URLs may hold ``{saving}``, which is
    not known before. Raises ``NobodySaves``, ``TooManyMethods``, ``TooManyPages``, ``NotSaved``,
    and an outage."""
    async with begin(party) as work:
        provider = await _keeper(work, given, party)
        if len(await store.of_holder(work, party, holder)) >= METHODS_MAX:
            raise TooManyMethods(METHODS_MAX)
        if await store.opened_since(work, party, holder, work.now - PAGES_WITHIN) >= PAGES_MAX:
            raise TooManyPages
        owner = await parties.party(work, party)
        id = new_id(work.now)
        saving = Saving(
            id=id,
            party=party,
            holder=holder,
            provider=provider.name,
            currency=owner.currency,
            return_url=return_url.replace("{saving}", str(id)),
            cancel_url=cancel_url.replace("{saving}", str(id)),
            begun_at=work.now,
        )
        await store.add_saving(work, saving)
    opened = await _ask(begin, given, saving)
    if opened.stage is SavingStage.DECLINED:
        raise NotSaved(opened.why or "the provider gave no reason.")
    return opened


async def _keeper(work: Work, given: AnyProvider, party: PartyId) -> Provider:
    owner = await parties.party(work, party)
    name = f"{owner.country_code}*{owner.ident}"
    for provider in choosing.offered(given, name, owner.currency):
        if provider.can.saved_methods:
            return provider
    raise NobodySaves


async def _ask(begin: BeginWork, given: AnyProvider, saving: Saving) -> Saving:
    """Ask for a noted page: once, however often it is asked."""
    keeper = choosing.of(given, saving.provider)
    assert isinstance(keeper, SavesMethods), "its capabilities say so"
    async with begin() as work:
        customer = await store.customer_of(work, saving.party, saving.holder, saving.provider)
    order = SaveOrder(
        once=OnceKey(f"{saving.id}:save"),
        reference=str(saving.id),
        currency=saving.currency,
        return_url=saving.return_url,
        cancel_url=saving.cancel_url,
        customer=customer,
    )
    answer = await keeper.save(order)
    async with begin() as work:
        if isinstance(answer, Declined):
            return await _end(work, saving.id, SavingStage.DECLINED, answer.reason)
        return await _learn(work, saving.id, answer)


async def look_at_saving(begin: BeginWork, given: AnyProvider, id: UUID) -> Saving:
    """The saving after a look at the provider's side. Raises ``NoSuchMethod``."""
    async with begin() as work:
        known = await store.saving(work, id)
    if known is None:
        raise NoSuchMethod
    if known.ended_at is not None:
        return known
    if known.ref is None:
        return await _ask(begin, given, known)
    keeper = choosing.of(given, known.provider)
    assert isinstance(keeper, SavesMethods), "it opened the page"
    seen = await keeper.fetch_saving(known.ref)
    async with begin() as work:
        return await _learn(work, id, seen)


async def _learn(work: Work, id: UUID, seen: SavingSeen) -> Saving:
    """Take in what the provider shows: by the driver's return, a round, or both at once."""
    before = await store.lock_saving(work, id)
    if before.ended_at is not None:
        return before
    if seen.state is SavingState.EXPIRED:
        return await _end(work, id, SavingStage.EXPIRED, None)
    if seen.saved is None:
        after = replace(
            before, stage=SavingStage.AWAITING, ref=seen.ref, hosted_url=seen.hosted_url
        )
        await store.move_saving(work, after)
        return after
    known = await store.of_holder(work, before.party, before.holder)
    method = Method(
        id=MethodId(new_id(work.now)),
        party=before.party,
        holder=before.holder,
        provider=before.provider,
        saved=seen.saved,
        card=seen.card,
        is_default=not known,
        saved_at=work.now,
    )
    kept = await store.add_method(work, method)
    after = replace(
        before,
        stage=SavingStage.SAVED,
        ref=seen.ref,
        hosted_url=None,
        method=kept,
        ended_at=work.now,
    )
    await store.move_saving(work, after)
    if known and known[0].refused_at is not None:  # who was refused has come with another
        await store.make_default(work, before.party, before.holder, kept)
    await _changed(work, before.party, before.holder)
    return after


async def _changed(work: Work, party: PartyId, holder: UUID) -> None:
    await work.announce([MethodsChanged(party=party, at=work.now, holder=holder)])
    work.touch(f"holder:{holder}")


async def _end(work: Work, id: UUID, stage: SavingStage, why: str | None) -> Saving:
    before = await store.lock_saving(work, id)
    if before.ended_at is not None:
        return before
    after = replace(before, stage=stage, why=why, hosted_url=None, ended_at=work.now)
    await store.move_saving(work, after)
    return after


async def methods_of(work: Work, party: PartyId, holder: UUID) -> Sequence[Method]:
    """A holder's ways to pay, the default first."""
    return await store.of_holder(work, party, holder)


async def method(work: Work, id: MethodId) -> Method:
    """A method, also one that was removed."""
    return await store.method(work, id)


async def default_of(work: Work, party: PartyId, holder: UUID) -> Method | None:
    """What is charged where nobody says otherwise."""
    found = await store.of_holder(work, party, holder)
    return found[0] if found and found[0].is_default else None


async def make_default(work: Work, party: PartyId, holder: UUID, id: MethodId) -> None:
    """Charge this from now on, also one that was refused: its bank is asked again. Raises
    ``NoSuchMethod`` for one that is not the holder's."""
    await _own(work, party, holder, id)
    await store.make_default(work, party, holder, id)
    await store.refused(work, id, None)
    await _changed(work, party, holder)


async def pay_by(
    work: Work, party: PartyId, holder: UUID, token: TokenId, id: MethodId | None
) -> None:
    """Let one method pay what is charged with a token, such as a car's own; nothing: the default
    does again. The bank of one that was refused is asked again. Raises ``NoSuchMethod``."""
    if id is not None:
        await _own(work, party, holder, id)
        await store.refused(work, id, None)
    await store.pay_by(work, party, token, id)
    await _changed(work, party, holder)


async def paying_by(work: Work, tokens: Collection[TokenId]) -> dict[TokenId, MethodId]:
    """The tokens that a method of their own pays for, whatever their holder's default is."""
    return await store.of_tokens(work, tokens)


async def _own(work: Work, party: PartyId, holder: UUID, id: MethodId) -> Method:
    for method in await store.of_holder(work, party, holder):
        if method.id == id:
            return method
    raise NoSuchMethod


async def forget(
    begin: BeginWork, given: AnyProvider, *, party: PartyId, holder: UUID, id: MethodId
) -> None:
    """Charge this no more, and let the provider forget it. The newest of the others is the default
    where this was it. Charges that are under way are paid by it still."""
    async with begin(party) as work:
        method = await _own(work, party, holder, id)
        await store.forget(work, id)
        rest = [each for each in await store.of_holder(work, party, holder) if each.id != id]
        if method.is_default and rest:
            newest = max(rest, key=lambda each: each.saved_at)
            await store.make_default(work, party, holder, newest.id)
        await _changed(work, party, holder)
    await _let_go(begin, given, method)


async def _let_go(begin: BeginWork, given: AnyProvider, method: Method) -> None:
    """Tell the provider; where it is silent, a round tells it again."""
    async with begin() as work:
        if await store.is_paying(work, method.id):
            return  # a hold stands on it; a round comes back when that is over
    keeper = choosing.of(given, method.provider)
    if isinstance(keeper, SavesMethods):
        try:
            await keeper.forget(method.saved)
        except Outage:
            return
    async with begin() as work:
        await store.let_go(work, method.id)


async def tidy(begin: BeginWork, given: AnyProvider) -> int:
    """The round: look at pages of which no news came, and let providers forget what is to be
    forgotten; how many came to their end."""
    async with begin() as work:
        open_ = await store.open_savings(work, work.now - LOOK_EVERY)
        leaving = await store.leaving(work)
        over = work.now - SAVING_LASTS
    done = 0
    for saving in open_:
        try:
            seen = await look_at_saving(begin, given, saving.id)
        except Outage:
            async with begin() as work:
                await store.looked(work, saving.id)
            continue
        async with begin() as work:
            await store.looked(work, saving.id)
            if seen.ended_at is None and saving.begun_at <= over:
                await _end(work, saving.id, SavingStage.EXPIRED, None)
        done += seen.ended_at is not None
    for method in leaving:
        await _let_go(begin, given, method)
    return done


async def forget_address(work: Work, email: str) -> None:
    """Keep an address with no payment that is over, whether its driver had signed in or not; what
    is under way keeps it for the receipt."""
    over = [each for each in PaymentState if rules.is_over(each)]
    await store.forget_address(work, email, over)
