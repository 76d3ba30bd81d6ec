"""What drivers are told of their charge and of their money, as it happens."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from voltway.alerts import elsewhere
from voltway.alerts.model_events import Event, Person
from voltway.alerts.telling import tell
from voltway.alerts.whose import Who, of_payment, who_charges
from voltway.alerts.words_disruptions import SLOW
from voltway.alerts.words_events import Early, early
from voltway.alerts.words_full import STANDS
from voltway.alerts.words_released import why_released
from voltway.billing import formats
from voltway.billing.model import InvoiceIssued
from voltway.billing.words import language
from voltway.kernel.facts import Fact
from voltway.kernel.ids import SessionId
from voltway.kernel.money import Money
from voltway.payments import actions as payments
from voltway.payments.model import HoldReleased, Payment, PaymentDeclined
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.sessions import faults, full
from voltway.sessions.faults import SessionFaulted
from voltway.sessions.full import SessionFull
from voltway.sessions.model import Session, SessionEnded, SessionFact, SessionStarted
from voltway.sessions.slowing import SessionSlowed
from voltway.sessions.standing import SessionFeeBegan, SessionFeeSoon
from voltway.sessions.targets import SessionDoneMoved, SessionSoonDone
from voltway.stations import actions as stations

MONEY_FACTS: Final = (PaymentDeclined, HoldReleased, InvoiceIssued)
SESSION_FACTS: Final = (
    SessionStarted,
    SessionSoonDone,
    SessionDoneMoved,
    SessionFeeSoon,
    SessionFeeBegan,
    SessionSlowed,
    SessionFull,
    SessionEnded,
    SessionFaulted,
)

#: Reasons of OCPP by which a charge ended before its driver wanted (1.6 §7.36; 2.0.1 Reason).
_EARLY: Final[Mapping[str, Early]] = {
    "EmergencyStop": Early.EMERGENCY,
    "GroundFault": Early.FAULT,
    "OvercurrentFault": Early.FAULT,
    "PowerQuality": Early.POWER,
    "PowerLoss": Early.POWER,
    "HardReset": Early.FAULT,
    "SoftReset": Early.FAULT,
    "ImmediateReset": Early.FAULT,
    "Reboot": Early.FAULT,
    "DeAuthorized": Early.NOT_ALLOWED,
    "LocalOutOfCredit": Early.LIMIT,
    "forgotten": Early.SILENT,
}
#: Who asked a station from here to stop, and what that is to its driver.
_ASKED: Final[Mapping[str, Early | None]] = {
    "driver": None,
    "limit": Early.LIMIT,
    "no energy": None,
}
#: Where the station failed its driver is told where else a car can charge now.
_STATIONS: Final = frozenset({Early.FAULT, Early.POWER, Early.EMERGENCY, Early.SILENT})
_REMOTE: Final = frozenset({"Remote", "RemoteStop"})


async def hears_session(work: Work, facts: Sequence[Fact]) -> None:
    """Tell drivers that theirs began, is soon done, will be done at another time, or is over.

    The watcher of payments hears the same begin at the same moment: whoever is first links them."""
    heard = [fact for fact in facts if isinstance(fact, SessionFact)]
    wanted = [fact.session for fact in heard]
    known = {each.id: each for each in await sessions.sessions_by_id(work, wanted)}
    shown = {id: payments.Shown(each.party, each.token) for id, each in known.items()}
    await payments.link(work, shown)
    for fact in heard:
        session = known.get(fact.session)
        who = None if session is None else await who_charges(work, session)
        if session is None or who is None:
            continue
        for each in who.each():
            await _tell(work, fact, session, each)


async def _tell(work: Work, fact: SessionFact, session: Session, who: Who) -> None:
    locale = who.locale
    shown = {"place": who.place.name, "page": who.page}
    once = ""
    if isinstance(fact, SessionStarted):
        event = Event.SESSION_STARTED
        shown["when"] = _clock(session.started_at, who)
    elif isinstance(fact, SessionSoonDone | SessionDoneMoved):
        event = Event.SOON_DONE if isinstance(fact, SessionSoonDone) else Event.DONE_MOVED
        shown["when"] = _clock(fact.done_at, who)
        shown["percent"] = formats.percent(str(fact.target_percent), formats.locale_for(locale))
        once = "" if event is Event.SOON_DONE else fact.at.isoformat()
    elif isinstance(fact, SessionFeeSoon | SessionFeeBegan):
        event = Event.FEE_SOON if isinstance(fact, SessionFeeSoon) else Event.FEE_BEGAN
        there = formats.locale_for(locale)
        shown["when"] = _clock(fact.begins, who)
        shown["amount"] = formats.price(fact.per_minute, fact.currency, there)
        once = fact.begins.isoformat()
    elif isinstance(fact, SessionEnded | SessionFaulted):
        await _tell_end(work, fact, session, who)
        return
    elif isinstance(fact, SessionSlowed):
        event, once = Event.POWER_REDUCED, fact.at.isoformat()
        shown |= _slowed(fact, locale)
    elif isinstance(fact, SessionFull):
        event, once = Event.COMPLETE, str(fact.energy_wh) if fact.again else ""
        shown |= _full(fact, who)
    else:
        return
    about = f"session:{session.id}"
    await tell(work, session.party, who.people, event, about, shown, once=once)


async def _tell_end(
    work: Work, fact: SessionEnded | SessionFaulted, session: Session, who: Who
) -> None:
    """An end that told no reason waits whether the bay shows a fault: then that is told instead.
    Who was told that their car is full knows what this end is, unless it charged on or charged to
    this end."""
    energy_wh = fact.energy_wh if isinstance(fact, SessionEnded) else session.energy_wh
    if await full.knows_end(work, session.id, energy_wh):
        return
    is_unsaid = isinstance(fact, SessionEnded) and fact.reason in faults.UNSAID
    if isinstance(fact, SessionFaulted):
        why: Early | None = Early.FAULT
    else:
        why = await _early(work, session, fact.reason)
    locale, there = who.locale, formats.locale_for(who.locale)
    shown = {
        "place": who.place.name,
        "page": who.page,
        "energy": f"{formats.kwh(energy_wh, there)}{formats.NBSP}kWh",
        "cost": "",
        "fee": "",
    }
    if why is not None:
        shown["why"] = early(why, locale)
        if why in _STATIONS and session.evse is not None:
            here = [session.station]
            free = await elsewhere.alternatives(work, session.evse, but_stations=here)
            shown["why"] = f"{shown['why']} {elsewhere.in_words(free, locale)}".strip()
    event = Event.COMPLETE if why is None else Event.STOPPED_EARLY
    after = faults.NEAR if is_unsaid and why is None else timedelta()
    about = f"session:{session.id}"
    once = "again" if await full.told_at(work, session.id) is not None else ""
    await tell(work, session.party, who.people, event, about, shown, once=once, after=after)


def _full(fact: SessionFull, who: Who) -> dict[str, str]:
    """What a car took, what it costs so far, and what standing costs where it costs anything."""
    there, words = formats.locale_for(who.locale), STANDS[language(who.locale)]
    shown = {
        "energy": f"{formats.kwh(fact.energy_wh, there)}{formats.NBSP}kWh",
        "energy_wh": str(fact.energy_wh),
        "cost": "",
        "fee": "",
    }
    if fact.cost_minor is not None and fact.currency is not None:
        owed = formats.money(Money(fact.cost_minor, fact.currency), there)
        shown["cost"] = words.so_far.format(amount=owed)
    if (fee := fact.fee) is not None:
        said = words.fee_since if fee.begins <= fact.at else words.fee_from
        price = formats.price(fee.per_minute, fee.currency, there)
        shown["fee"] = said.format(when=_clock(fee.begins, who), price=price)
    return shown


def _slowed(fact: SessionSlowed, locale: str) -> dict[str, str]:
    limited, unknown = SLOW[language(locale)]
    return {
        "power": formats.power(fact.power_w, formats.locale_for(locale)),
        "before": formats.power(fact.expected_w, formats.locale_for(locale)),
        "why": limited if fact.withheld else unknown,
    }


async def _early(work: Work, session: Session, reason: str) -> Early | None:
    """Why a charge ended before its driver wanted; ``None`` where it ended as they wanted."""
    if reason in _REMOTE:
        wanted = (session.station, session.ref)
        by = (await stations.stopped_by(work, [wanted])).get(wanted)
        return _ASKED.get(by, Early.OPERATOR) if by else None
    return _EARLY.get(reason)


def _clock(at: datetime, who: Who) -> str:
    there = formats.local(at.isoformat(), who.place.time_zone)
    return formats.clock(there, formats.locale_for(who.locale))


async def hears_money(work: Work, facts: Sequence[Fact]) -> None:
    """Tell drivers that their bank said no, that a hold was let go, or what was taken."""
    heard = [fact for fact in facts if isinstance(fact, MONEY_FACTS)]
    asked = [fact.payment for fact in heard if fact.payment is not None]
    paid = await payments.payments(work, asked) if asked else {}
    for fact in heard:
        payment = None if fact.payment is None else paid.get(fact.payment)
        event = None if payment is None else _of_money(fact, payment)
        if payment is None or event is None:
            continue
        for person in await of_payment(work, payment):
            to = _but_by_letter(person, event, payment)
            shown = _sum(event, payment, person.locale)
            await tell(work, payment.party, [to], event, payment.subject, shown)


def _of_money(fact: Fact, paid: Payment) -> Event | None:
    if isinstance(fact, PaymentDeclined):
        return Event.PAYMENT_FAILED
    if isinstance(fact, InvoiceIssued):
        return Event.RECEIPT
    return Event.HOLD_RELEASED if paid.session is None else None  # else the receipt says it


def _sum(event: Event, paid: Payment, locale: str) -> dict[str, str]:
    """What is named where money is told of; why nothing was charged, where a driver would ask."""
    is_receipt = event is Event.RECEIPT
    amount = paid.captured if is_receipt else paid.hold
    return {
        "place": paid.description,
        "amount": formats.money(amount, formats.locale_for(locale)),
        "why": why_released(paid.why, locale) if event is Event.HOLD_RELEASED else "",
        "page": f"/v/{paid.visit_key}{'/receipt' if is_receipt else ''}",
    }


def _but_by_letter(person: Person, event: Event, paid: Payment) -> Person:
    """Who is written a letter about this anyway gets no mail of the event beside it: the address
    that was left for the receipt has that it is there or that nothing was charged, and the holder
    of a saved way that it was refused."""
    if event is Event.PAYMENT_FAILED:
        is_written = paid.method is not None
    else:
        is_written = (person.email or "").lower() == (paid.email or "").lower()
    return replace(person, email=None) if is_written else person


async def session_runs(work: Work, session: SessionId) -> bool:
    return any(each.is_running for each in await sessions.sessions_by_id(work, [session]))
