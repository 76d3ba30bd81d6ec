"""What can be done about sessions. The hot path is in ``actions_record``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.drivers import actions as drivers
from voltway.drivers.model import Token, TokenKind
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OrderId, PartyId, SessionId, TariffId
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.sessions import rules_owed, rules_record, store, store_readings, store_signed
from voltway.sessions.actions_lay_out import tokens_in
from voltway.sessions.actions_price import Asks, place_for
from voltway.sessions.actions_record import record
from voltway.sessions.model import Session, SessionRecord, SignedSample
from voltway.sessions.rules_evidence import Evidence
from voltway.sessions.rules_owed import Leg
from voltway.sessions.rules_packing import KeptReading
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlace
from voltway.stations.orders import StopCharging
from voltway.tariffs import actions as tariffs
from voltway.tariffs import actions_spot as spot
from voltway.tariffs import promotions, purses, taxes
from voltway.tariffs.model import Cost
from voltway.tariffs.model_promotions import Grant
from voltway.tariffs.model_subscriptions import Charges, Purse
from voltway.tariffs.model_taxes import Supply
from voltway.tariffs.model_versions import Assigned, DriverKind

__all__ = [
    "CodeForGuests",
    "KeptReading",
    "Leg",
    "NoSuchOrphan",
    "NoSuchSession",
    "SessionOver",
    "cost_so_far",
    "estimate",
    "evidence_of",
    "readings_of",
    "record",
    "record_of",
    "records",
    "records_of",
    "review_orphan",
    "session",
    "sessions",
    "sessions_by_id",
    "signed_of",
    "stop",
    "tokens_in",
]


@dataclass(eq=False)
class NoSuchSession(Refusal):
    """There is no session {session}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    session: SessionId


@dataclass(eq=False)
class NoSuchOrphan(Refusal):
    """No orphan {orphan} waits for somebody to look at it."""

    kind: ClassVar[Kind] = Kind.ABSENT

    orphan: UUID


@dataclass(eq=False)
class SessionOver(Refusal):
    """This session is over already."""

    session: SessionId


class CodeForGuests(Refusal):
    """A code is typed by guests before they start; a card, an app or a contract takes none."""

    kind: ClassVar[Kind] = Kind.INVALID


async def session(work: Work, id: SessionId) -> Session:
    found = await store.by_id(work, [id])
    if not found:
        raise NoSuchSession(id)
    return found[0]


async def sessions(
    work: Work, party: PartyId, *, before: UUID | None = None, limit: int = 100
) -> list[Session]:
    """The sessions of a party, the newest first; those before an id for the next page."""
    return await store.of_party(work, party, before=before, limit=limit)


async def sessions_by_id(work: Work, ids: Collection[SessionId]) -> list[Session]:
    """Those of these sessions that there are."""
    return await store.by_id(work, ids)


async def record_of(work: Work, id: SessionId) -> SessionRecord:
    """All that pricing and billing need of a session; of a running one, as it stands now."""
    return (await records_of(work, [await session(work, id)]))[0]


async def records(work: Work, ids: Collection[SessionId]) -> dict[SessionId, SessionRecord]:
    """The records of many sessions at once, as far as there are such."""
    found = await records_of(work, await store.by_id(work, ids))
    return {record.session: record for record in found}


async def records_of(work: Work, wanted: Sequence[Session]) -> list[SessionRecord]:
    rows = await store_readings.readings(work, wanted)
    flows = await store_readings.flows(work, [each.id for each in wanted])
    return [
        rules_record.record(each, rows[each.id], flows.get(each.id, ()), work.now)
        for each in wanted
    ]


async def readings_of(work: Work, id: SessionId) -> list[KeptReading]:
    """All readings of a session, hot or packed, in the order of their moments."""
    return await store_readings.whole_readings(work, await session(work, id))


async def signed_of(work: Work, ids: Collection[SessionId]) -> dict[SessionId, list[SignedSample]]:
    """What the meters of these sessions signed; sessions without any are left out."""
    return await store_signed.signed_samples(work, await store.by_id(work, ids))


async def evidence_of(work: Work, id: SessionId) -> Evidence:
    """Which readings made the energy of a session, which were set aside, and why."""
    found = await session(work, id)
    rows = (await store_readings.readings(work, [found]))[id]
    return rules_record.evidence_for(found, rows, work.now)


async def cost_so_far(
    work: Work, id: SessionId, *, guess: bool = True
) -> tuple[SessionRecord, Cost]:
    """What is owed for a session until now, by the one calculator that will also make the bill.

    What a market has not told yet is guessed as the most it can be; without a guess it is refused.
    """
    so_far = await record_of(work, id)
    party = await parties.party(work, so_far.party)
    tariff = None
    if so_far.tariff_version_id is not None:
        version = TariffId(so_far.tariff_version_id)
        told = await spot.version_for(work, version, so_far.begins, so_far.ends, guess=guess)
        supply = Supply(so_far.party, so_far.location, so_far.begins)
        tariff, _ = await taxes.taxed(work, told, supply)
    grants, purse = await _taken_off(work, so_far)
    return so_far, rules_owed.with_allowance(so_far, tariff, party, grants, purse)[0]


async def _taken_off(work: Work, so_far: SessionRecord) -> tuple[Sequence[Grant], Purse | None]:
    """What is taken off: the code that the visit of this session holds, if it holds one; of a
    session that is not billed yet, what is left of a subscription's month, and else what was used
    of it."""
    if so_far.token is None:
        return (), None
    asked = (so_far.party, so_far.token)
    token = (await drivers.tokens_of(work, [asked])).get(asked)
    if token is None:
        return (), None
    if token.kind is TokenKind.AD_HOC:
        held = await promotions.grants_of(work, [(token.party, token.uid)])
        return tuple(held.values()), None
    charges = charges_of(so_far, token)
    if not charges.subscribers:
        return (), None
    used = await purses.used_by(work, [so_far.session])
    if so_far.session in used:
        return used[so_far.session], None
    found = await purses.purses(work, {so_far.session: charges}, lock=False)
    return (), found.get(so_far.session)


def charges_of(record: SessionRecord, token: Token) -> Charges:
    """Whose allowance a session asks for, where, and of which moment: that of its beginning."""
    known = (token.driver, token.contract, token.fleet)
    return Charges(tuple(id for id in known if id is not None), record.location, record.begins)


async def estimate(
    work: Work,
    place: EvsePlace,
    legs: Sequence[Leg],
    begins: datetime,
    *,
    asks: Asks | None = None,
    code: str = "",
) -> tuple[Assigned | None, Cost]:
    """What a session would cost that begins here then, for whoever asks (nobody named is a guest)
    and with the code that they type, and the tariff that would hold. No code is held by it.

    Raises ``CodeRefused`` as a start would, :class:`CodeForGuests` where others give one.
    """
    where, _ = await place_for(work, place, asks or Asks())
    assigned = (await tariffs.tariff_for(work, {where}, begins)).get(where)
    party = await parties.party(work, place.party)
    grants: tuple[Grant, ...] = ()
    if code.strip():
        if where.kind is not DriverKind.AD_HOC:
            raise CodeForGuests
        grants = (await promotions.looked_at(work, place.party, code),)
    tariff = None
    if assigned is not None:
        ends = begins + timedelta(seconds=sum(leg.lasts_s for leg in legs))
        told = await spot.version_for(work, assigned.version_id, begins, ends, guess=True)
        tariff, _ = await taxes.taxed(work, told, Supply(place.party, place.location, begins))
    zone = ZoneInfo(place.time_zone)
    cost = rules_owed.estimated(legs, tariff, party, begins=begins, zone=zone, grants=grants)
    return assigned, cost


async def stop(work: Work, id: SessionId, by: str) -> OrderId:
    """Ask the station to end a session. It ends when the station says so."""
    wanted = await session(work, id)
    if not wanted.is_running:
        raise SessionOver(id)
    return await stations.place_order(work, wanted.station, StopCharging(wanted.ref), by)


async def review_orphan(work: Work, id: UUID) -> bool:
    """A person has looked at what fits no session; whether it was still to be looked at."""
    return bool(await store_readings.review_orphan(work, id))
