"""Charging a driver's saved method for a session that began with the driver's own token.

The driver agreed to it when they saved the method. A hold is asked for as soon as the session is
known; until the answer is there the session goes on. Where the bank says no, it is stopped, the
tokens that this method pays for are barred until another one is there, and the driver is told.
"""

import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.model import Bar, Token, TokenKind
from voltway.kernel.facts import Fact
from voltway.kernel.ids import DriverId, OnceKey, PaymentId, TokenId, new_id
from voltway.parties import actions as parties
from voltway.payments import prepaid, store, store_methods, store_steps
from voltway.payments.model import Payment, PaymentDeclined, PaymentState, Verb
from voltway.payments.model_methods import Method, MethodId, MethodRefused, MethodsChanged
from voltway.runtime.work import Job, Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import SessionRecord, SessionStarted
from voltway.stations import actions as stations

JOB: Final = "hold_saved"


async def charge_saved(work: Work, started: Sequence[SessionStarted]) -> None:
    """Note holds for sessions whose drivers have a method that pays for their tokens; each is asked
    for when this work is kept. Told twice, each is noted once."""
    shown = {
        fact.session: (fact.party, fact.token)
        for fact in started
        if fact.token is not None and fact.evse is not None
    }
    tokens = await drivers.tokens_of(work, set(shown.values()))
    own = {
        session: tokens[key]
        for session, key in shown.items()
        if key in tokens and tokens[key].kind is not TokenKind.AD_HOC
    }
    paying = await store_methods.paying_for(work, _holders(own.values()))
    wanted = {session: token for session, token in own.items() if token.id in paying}
    if not wanted:
        return
    known = await store.by_sessions(work, wanted)
    records = await sessions.records(work, [each for each in wanted if each not in known])
    for session, record in records.items():
        if record.tariff_version_id is not None:  # nothing is held where nothing costs
            await _note(work, record, wanted[session], paying[wanted[session].id])


def _holders(tokens: Collection[Token]) -> dict[TokenId, UUID]:
    """Who pays for tokens: their drivers, but for those that somebody pays for on account. What a
    fleet's card charges, the fleet pays."""
    return {
        token.id: token.driver
        for token in tokens
        if token.driver is not None and token.fleet is None and not token.on_account
    }


async def _note(work: Work, record: SessionRecord, token: Token, method: Method) -> None:
    assert record.evse is not None, "the fact told where it is"
    assert record.tariff_version_id is not None
    assert token.driver is not None
    party = await parties.party(work, record.party)
    place = await stations.place_of(work, record.evse)
    driver = await contracts.driver_of(work, record.party, token.driver)
    payment = Payment(
        id=PaymentId(new_id(work.now)),
        party=record.party,
        visit_key=secrets.token_urlsafe(18),
        evse=record.evse,
        station=record.station,
        token=token.uid,
        tariff_version=record.tariff_version_id,
        locale=party.locale,
        email=driver.email,
        provider=method.provider,
        state=PaymentState.ASKED,
        hold_minor=party.hold_minor,
        currency=party.currency,
        created_at=work.now,
        return_url="",
        cancel_url="",
        description=f"{party.name}, {place.location_name}, {place.public_id}",
        session=record.session,
        method=method.id,
        own_token=True,
        driver=token.driver,
    )
    once = OnceKey(f"{payment.id}:hold")
    await store.add(work, payment)
    await store_steps.note_step(
        work, store_steps.new_step(work, payment, Verb.HOLD, once, payment.hold_minor, "")
    )
    body = {"payment": str(payment.id)}
    await work.enqueue(Job(kind=JOB, key=f"{JOB}:{payment.id}", body=body, party=payment.party))


async def hears_payment_declined(work: Work, facts: Sequence[Fact]) -> None:
    """A saved method was refused: by its hold, or when the money was taken."""
    declined = [fact.payment for fact in facts if isinstance(fact, PaymentDeclined)]
    paid = await store.load_many(work, declined) if declined else {}
    for payment in paid.values():
        if payment.method is not None:
            method = await store_methods.method(work, MethodId(payment.method))
            await _refused(work, payment, method)


async def _refused(work: Work, payment: Payment, method: Method) -> None:
    why = payment.why or "The bank gave no reason."
    if payment.session is not None:
        with suppress(sessions.SessionOver):
            await sessions.stop(work, payment.session, by="payment")
    await store_methods.refused(work, method.id, why)
    tokens = await drivers.tokens_of_driver(work, method.party, DriverId(method.holder))
    paying = await store_methods.paying_for(work, _holders(tokens))
    barred = [token for token, pays in paying.items() if pays.id == method.id]
    await drivers.bar(work, barred, Bar.METHOD)
    await work.announce(
        [
            MethodRefused(
                party=method.party, at=work.now, method=method.id, holder=method.holder, why=why
            )
        ]
    )
    work.touch(f"holder:{method.holder}")


async def hears_methods_changed(work: Work, facts: Sequence[Fact]) -> None:
    """Let those tokens charge again that a method pays for now which was not refused."""
    changed = {(fact.party, fact.holder) for fact in facts if isinstance(fact, MethodsChanged)}
    for party, holder in changed:
        tokens = await drivers.tokens_of_driver(work, party, DriverId(holder))
        paying = await store_methods.paying_for(work, _holders(tokens))
        good = [token for token, method in paying.items() if method.refused_at is None]
        await drivers.unbar(work, good, Bar.METHOD)
        if await prepaid.balance(work, party, holder) is not None:
            await prepaid.judge(work, party, holder)  # it pays for others than before, perhaps
