"""Cards at the payment terminals of stations (OCPP 2.1, C18 to C23).

What such a card holds is a payment as any other from the moment its transaction begins. The station
tells by itself what was taken; that is evidence, as a webhook would be. Run twice, nothing is
taken twice.
"""

import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from typing import Final

import msgspec

from voltway.drivers import actions as drivers
from voltway.drivers.model import TokenKind
from voltway.kernel.ids import EvseId, OnceKey, PartyId, PaymentId, StationId, new_id
from voltway.kernel.money import Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account, Entry, Posting, account
from voltway.parties import actions as parties
from voltway.payments import (
    rules,
    rules_payouts,
    rules_terminals,
    store,
    store_steps,
    store_terminals,
)
from voltway.payments.actions_money import end_token, keep
from voltway.payments.beginning import TOKEN_LASTS
from voltway.payments.model import PaidAfterAll, Payment, PaymentState, Verb
from voltway.payments.providers import terminal
from voltway.payments.rules_terminals import BECOMES, Late, TerminalHold, TerminalState, Verdict
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlace
from voltway.stations.reports import LimitSet, PaidAtTerminal, SettlementTold
from voltway.tariffs import actions as tariffs
from voltway.tariffs.model_versions import Assigned, DriverKind, Place

#: For who shows a card at a terminal that leaves settling to us.
LEFT_TO_US: Final = (
    "Cards cannot be taken at this terminal. Nothing was charged. Scan the code at the bay to pay."
)


async def paid(work: Work, party: PartyId, station: StationId, told: PaidAtTerminal) -> None:
    """A terminal took a card: from now on its token may charge, at the price that holds there now.
    When its transaction began, there is a payment, and what is held is what the station said.

    Where there is no price, or the terminal leaves settling to us, nothing is made, so that the
    token stays unknown.
    """
    if not _is_ref(told.psp_ref):
        return
    hold = await store_terminals.lock(work, party, told.psp_ref)
    if hold is not None and hold.station != station:
        return  # another station's card; what comes of the session here is owed
    if hold is None and await store_terminals.leave_settling(work, [station]):
        return  # nobody would take its money: ``why_refused``
    at = await _priced_place(work, station, told.evse)
    if at is None:
        return
    place, assigned = at
    if hold is None:
        hold = await _new_hold(work, party, place, assigned, told)
    if told.ref is None or hold.payment is not None:
        return
    amount = rules_terminals.amount_of(told.held, hold.currency)
    hold = replace(
        hold,
        held_minor=amount.minor if amount else hold.held_minor,
        transaction=told.ref,
        brand=hold.brand or told.brand,
        last4=hold.last4 or told.last4,
    )
    await begin_payment(work, hold, place, assigned)


async def why_refused(work: Work, stations: Collection[StationId]) -> dict[StationId, str]:
    """Why cards at these stations' terminals open nothing, in words for their drivers. A terminal
    that is set to leave settling to us (C21.FR.05) holds money with an acquirer with whom we have
    no account, so that nobody would take it."""
    left = await store_terminals.leave_settling(work, stations) if stations else set()
    return dict.fromkeys(left, LEFT_TO_US)


async def _priced_place(
    work: Work, station: StationId, evse: int | None
) -> tuple[EvsePlace, Assigned] | None:
    id = await store_terminals.evse_at(work, station, evse)
    return await priced(work, id) if id is not None else None


async def priced(work: Work, evse: EvseId) -> tuple[EvsePlace, Assigned] | None:
    """A bay and the price that holds there now, if there is one."""
    place = await stations.place_of(work, evse)
    where = Place(
        place.party, place.location, place.station, evse=place.evse, kind=DriverKind.AD_HOC
    )
    assigned = (await tariffs.tariff_for(work, {where}, work.now)).get(where)
    return (place, assigned) if assigned else None


async def _new_hold(
    work: Work,
    party: PartyId,
    place: EvsePlace,
    assigned: Assigned,
    told: PaidAtTerminal,
) -> TerminalHold:
    us = await parties.party(work, party)
    hold = TerminalHold(
        id=new_id(work.now),
        party=party,
        station=place.station,
        psp_ref=told.psp_ref,
        token=told.token,
        held_minor=us.hold_minor,
        currency=us.currency,
        state=TerminalState.HELD,
        brand=told.brand,
        last4=told.last4,
        told_at=work.now,
    )
    await drivers.add_token(
        work,
        party,
        told.token,
        kind=TokenKind.AD_HOC,
        label="Card at a terminal",
        valid_until=work.now + TOKEN_LASTS,
        tariff_version_id=assigned.version_id,
    )
    await store_terminals.add(work, hold)
    return hold


async def begin_payment(
    work: Work, hold: TerminalHold, place: EvsePlace, assigned: Assigned
) -> Payment:
    """The payment of what a terminal holds, held from the start."""
    us = await parties.party(work, hold.party)
    asked = Payment(
        id=PaymentId(new_id(work.now)),
        party=hold.party,
        visit_key=secrets.token_urlsafe(18),
        evse=place.evse,
        station=place.station,
        token=hold.token,
        tariff_version=assigned.version_id,
        locale=us.locale,
        provider=terminal.NAME,
        state=PaymentState.ASKED,
        hold_minor=hold.held_minor,
        currency=hold.currency,
        created_at=work.now,
        return_url="",
        cancel_url="",
        description=f"{us.name}, {place.location_name}, {place.public_id}",
    )
    hold = replace(hold, payment=asked.id)
    await store.add(work, asked)
    await store_terminals.save(work, hold)
    before = await store.lock(work, asked.id)
    held, facts = rules.learned(
        before, terminal.seen(replace(hold, state=TerminalState.HELD, settled_minor=0)), work.now
    )
    await keep(work, before, held)
    await work.announce(facts)
    if hold.state is not TerminalState.HELD:
        await _learn(work, hold)  # it was told before its transaction was
    return held


async def grown(work: Work, station: StationId, told: LimitSet) -> None:
    """A terminal holds more than before. It is never taken for less: that frees no money."""
    hold = await store_terminals.lock_transaction(work, station, told.ref)
    if hold is None or hold.payment is None:
        return
    amount = rules_terminals.amount_of(told.held, hold.currency)
    if amount is None or amount.minor <= hold.held_minor:
        return
    hold = replace(hold, held_minor=amount.minor)
    await store_terminals.save(work, hold)
    await _learn(work, hold)


async def settled(work: Work, party: PartyId, station: StationId, told: SettlementTold) -> str:
    """A station tells what became of a card's money: kept as it was told, and followed where it is
    the first word. The key of the visit whose page has the bill, or nothing."""
    hold = None
    if _is_ref(told.psp_ref):
        hold = await store_terminals.lock(work, party, told.psp_ref)
    us = await parties.party(work, party)
    amount = rules_terminals.amount_of(told.amount, us.currency)
    verdict = rules_terminals.judge(hold, station, told.status, amount)
    if verdict is Verdict.CONTRADICTS and hold is not None:
        verdict = await _paid_late(work, hold, told, amount)
    at = station if station.int else None
    await store_terminals.keep_told(work, party, at, told, verdict)
    work.touch(f"station:{station}")
    if hold is None or verdict in rules_terminals.DOUBTFUL:
        return ""
    if verdict in rules_terminals.MOVED:
        hold = await _moved(work, hold, told, amount.minor if amount else 0)
    if hold.payment is None or hold.state is TerminalState.CANCELED:
        return ""
    return (await store.load(work, hold.payment)).visit_key


async def company_typed(work: Work, payment: PaymentId) -> dict[str, str]:
    """What the driver typed of a company at the terminal, in the words of an invoice's buyer: what
    is not known is left out."""
    row = await store_terminals.company_told(work, payment)
    if row is None:
        return {}
    told: dict[str, str] = {}
    with suppress(msgspec.MsgspecError):
        told = msgspec.json.decode(row["vat_company"] or "{}", type=dict[str, str])
    return rules_terminals.buyer(row["vat_number"], told)


async def _paid_late(
    work: Work, hold: TerminalHold, told: SettlementTold, amount: Money | None
) -> Verdict:
    """A card pays after its acquirer said no. Where that is what is owed it is booked, and who
    watches debts is told; where nobody has asked for its money yet, the no is forgotten. All else
    is for a person, and nothing moves."""
    if hold.payment is None:
        return Verdict.CONTRADICTS
    payment = await store.lock(work, hold.payment)
    owed: Money | None = Money(0, hold.currency)
    who = account("driver", str(payment.id), "receivable")
    if payment.state is PaymentState.CAPTURE_DECLINED:
        owed = (await ledger.balance(work, who, party=hold.party)).get(hold.currency, owed)
    elif payment.state is PaymentState.HELD:
        steps = await store_steps.steps_of(work, payment.id)
        owed = owed if any(step.verb is Verb.CAPTURE for step in steps) else None
    match rules_terminals.late(hold, BECOMES.get(told.status), amount, owed):
        case Late.AS_IF_FIRST:
            return Verdict.TAKEN
        case Late.OWED:
            assert amount is not None, "it is what is owed"
            await _book_late(work, hold, payment, who, amount)
            return Verdict.PAID_LATE
        case _:
            return Verdict.CONTRADICTS


async def _book_late(
    work: Work, hold: TerminalHold, payment: Payment, who: Account, amount: Money
) -> None:
    """The terminal's acquirer owes us what the driver owed. The payment stays as it ended."""
    await ledger.post(
        work,
        Entry(
            party=hold.party,
            once=OnceKey(f"terminal:{hold.id}:late"),
            at=work.now,
            memo=f"The terminal took {amount} after it could not.",
            evidence={"payment": str(payment.id)},
            postings=(Posting(rules_payouts.due(terminal.NAME), who, amount),),
        ),
    )
    late = replace(hold, state=TerminalState.SETTLED, settled_minor=amount.minor)
    await store_terminals.save(work, late)
    await work.announce(
        [
            PaidAfterAll(
                party=hold.party,
                payment=payment.id,
                at=work.now,
                amount_minor=amount.minor,
                currency=amount.currency,
            )
        ]
    )


async def _moved(
    work: Work, hold: TerminalHold, told: SettlementTold, amount_minor: int
) -> TerminalHold:
    state = BECOMES[told.status]
    hold = replace(
        hold, state=state, settled_minor=amount_minor if state is TerminalState.SETTLED else 0
    )
    await store_terminals.save(work, hold)
    if hold.payment is not None:
        await _learn(work, hold)
    elif state is TerminalState.CANCELED:
        await drivers.expire_shown(work, {(hold.party, hold.token)})
    return hold


async def _learn(work: Work, hold: TerminalHold) -> None:
    """Take in what was told as evidence. A no waits for the settlement, which asks for money."""
    assert hold.payment is not None
    if hold.state in (TerminalState.REJECTED, TerminalState.FAILED):
        return
    before = await store.lock(work, hold.payment)
    most = replace(before, hold_minor=max(before.hold_minor, hold.held_minor, hold.settled_minor))
    after, facts = rules.learned(most, terminal.seen(hold), work.now)
    if hold.state is TerminalState.SETTLED and after.state is PaymentState.CAPTURED:
        await _note_taken(work, before, hold.settled_minor)
    await keep(work, before, after)
    if hold.state is TerminalState.CANCELED:
        await end_token(work, after)
    await work.announce(facts)


async def _note_taken(work: Work, payment: Payment, amount_minor: int) -> None:
    """Keep the one step that took the money, with what was taken: the settlement's own where it has
    asked for just that, else one that the terminal took by itself."""
    is_noted = False
    for step in await store_steps.steps_of(work, payment.id):
        if step.verb is Verb.CAPTURE and step.answer is None:
            is_noted = step.amount_minor == amount_minor
            said = f"The terminal took {Money(amount_minor, payment.currency)}."
            await store_steps.answered(work, step.id, "done" if is_noted else "other_amount", said)
    if not is_noted:
        once = OnceKey(f"{payment.id}:terminal")
        step = store_steps.new_step(work, payment, Verb.CAPTURE, once, amount_minor, "")
        await store_steps.note_step(work, step)
        await store_steps.answered(work, step.id, "done")


def _is_ref(text: str) -> bool:
    """Whether a reference can be kept and shown to people."""
    return bool(text.strip()) and text.isprintable()
