"""Home charging paid back: what a fleet's driver charges at their own home, at the fleet's rate.

In the books the company owes it to us, and we to the driver:

    a session, a correction   fleet:<id>:receivable      to   driver:<id>:payable   (or back)
    the month's claim         customer:<id>:receivable   to   fleet:<id>:receivable
    the driver is paid        driver:<id>:payable        to   bank

A session is credited once, by its CDR, by the rate that held where and when it began, and while
somebody paid for the fleet. What is known better later is a correction of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.billing import documents, rules_homes, statements, store_homes
from voltway.billing.model import CdrIssued
from voltway.billing.model_homes import Credit, CreditKind, Rate
from voltway.drivers import contracts
from voltway.drivers import homes as places
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import (
    DriverId,
    FleetId,
    LocationId,
    OnceKey,
    PartyId,
    SessionId,
    new_id,
)
from voltway.kernel.money import Money
from voltway.kernel.units import EnergyWh, kwh
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account, Entry, account
from voltway.parties import actions as parties
from voltway.runtime.work import Row, Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import SessionCorrected, SessionRecord
from voltway.stations import actions as stations

#: More a kWh is a slip of the finger.
PER_KWH_MAX: Final = Decimal(10)


@dataclass(eq=False)
class NotARate(Refusal):
    """A rate is from 0 to {most} {currency} a kWh, such as 0.30. Nothing was changed."""

    kind: ClassVar[Kind] = Kind.INVALID

    most: Decimal
    currency: str


class NotAnAccount(Refusal):
    """This is no IBAN with a holder: its check digits do not fit, or a name is missing. Nothing was
    changed."""

    kind = Kind.INVALID


def payable_to(driver: DriverId) -> Account:
    return account("driver", str(driver), "payable")


def claimed_from(fleet: FleetId) -> Account:
    return account("fleet", str(fleet), "receivable")


async def make_home(
    work: Work, party: PartyId, identity: str, driver: DriverId, fleet: FleetId, *, by: str
) -> UUID:
    """Let the station of this identity be a driver's home; the home's id. A place that has nothing
    but homes is shown to drivers on no map any more. Raises what ``drivers.homes`` does."""
    station = await places.station_named(work, party, identity)
    id = await places.is_home(work, party, station, driver, fleet, by=by)
    row = await work.one(
        """
        SELECT s.location_id,
               (SELECT count(*) FROM station_view o
                 WHERE o.location_id = s.location_id AND o.id NOT IN
                       (SELECT h.station_id FROM home_station_view h
                         WHERE h.until IS NULL)) AS others
          FROM station_view s WHERE s.id = $1
        """,
        station,
    )
    assert row is not None, "it was found just now"
    place = await stations.location(work, LocationId(row["location_id"]))
    if place.published and not row["others"]:
        await stations.change_location(work, replace(place, published=False))
    return id


async def set_rate(
    work: Work, party: PartyId, fleet: FleetId, per_kwh: Decimal, valid_from: date, *, by: str
) -> Rate:
    """From this day on a kWh at home is paid back so; 0: not any more. What was credited stays as
    it is; what was charged on such days and not credited yet, is now. Raises ``NotARate``."""
    await contracts.fleet_of(work, party, fleet)
    currency = (await parties.party(work, party)).currency
    if not (per_kwh.is_finite() and 0 <= per_kwh <= PER_KWH_MAX):
        raise NotARate(PER_KWH_MAX, currency)
    await store_homes.lock(work, party)
    known = await store_homes.rates(work, [fleet])
    rate = Rate(
        id=new_id(work.now),
        party=party,
        fleet=fleet,
        version=max((each.version for each in known), default=0) + 1,
        valid_from=valid_from,
        per_kwh=per_kwh,
        currency=currency,
        made_at=work.now,
        made_by=by,
    )
    await store_homes.keep_rate(work, rate)
    await _credit(work, await store_homes.uncredited_of(work, fleet))
    return rate


async def rates_of(work: Work, fleet: FleetId) -> list[Rate]:
    """The newest first."""
    return await store_homes.rates(work, [fleet])


async def left(work: Work, party: PartyId, most: int) -> Sequence[Row]:
    """What was charged at home and nobody pays back: no rate held on its day, or nobody paid for
    the fleet (``is_paid_for``)."""
    return await store_homes.left(work, party, most)


async def pay_to(
    work: Work, party: PartyId, driver: DriverId, *, holder: str, iban: str, by: str
) -> None:
    """To whose account a driver is paid from now on. Raises ``NotAnAccount``."""
    await contracts.driver_of(work, party, driver)
    said, known = " ".join(holder.split())[:70], rules_homes.iban_of(iban)
    if known is None or not said or not said.isprintable():
        raise NotAnAccount
    await store_homes.pay_to(work, party, driver, holder=said, iban=known, by=by)


async def hears_cdrs_issued(work: Work, facts: Sequence[Fact]) -> None:
    """Credit what was charged at home. Told twice, each session is credited once."""
    priced = [fact.session for fact in facts if isinstance(fact, CdrIssued)]
    await _credit(work, await store_homes.uncredited(work, priced))


async def hears_session_corrected(work: Work, facts: Sequence[Fact]) -> None:
    """Credit the difference where a session at home is known better after it was credited; told
    twice, once. More than was credited waits while something holds the session in doubt."""
    told = {fact.session for fact in facts if isinstance(fact, SessionCorrected)}
    before = await store_homes.credits_of(work, told)
    if not before:
        return
    for party in sorted({each.party for each in before}):
        await store_homes.lock(work, party)
    before = await store_homes.credits_of(work, told)  # as it is when nobody else writes
    records = await sessions.records(work, {each.session for each in before})
    rates = {rate.id: rate for rate in await store_homes.rates(work, {b.fleet for b in before})}
    made = [
        _correction(work, record, [each for each in before if each.session == id], rates)
        for id, record in records.items()
    ]
    await _keep(work, [each for each in made if each is not None])


def _correction(
    work: Work, record: SessionRecord, before: Sequence[Credit], rates: dict[UUID, Rate]
) -> Credit | None:
    first = before[0]
    known_wh = sum(each.energy_wh for each in before)
    more_wh = record.energy_wh - known_wh
    if not more_wh or (more_wh > 0 and record.needs_review):
        return None
    rate = rates[first.rate]
    return Credit(
        id=new_id(work.now),
        party=first.party,
        driver=first.driver,
        fleet=first.fleet,
        customer=first.customer,
        kind=CreditKind.CORRECTION,
        once=f"correction:{record.session}:{len(before)}",
        session=record.session,
        cdr=first.cdr,
        rate=rate.id,
        began_at=record.begins,
        ended_at=record.ends,
        energy_wh=more_wh,
        begin_wh=record.start_register_wh,
        end_wh=record.end_register_wh,
        amount_minor=rules_homes.change(known_wh, record.energy_wh, rate.per_kwh, rate.currency),
        currency=rate.currency,
        kept_at=work.now,
    )


async def _credit(work: Work, rows: Sequence[Row]) -> None:
    """Credit these sessions, where a rate held when and where each began."""
    if not rows:
        return
    for party in sorted({PartyId(row["party_id"]) for row in rows}):
        await store_homes.lock(work, party)
    rates = await store_homes.rates(work, {row["fleet_id"] for row in rows})
    made = [
        _credit_of(work, row, [rate for rate in rates if rate.fleet == row["fleet_id"]])
        for row in rows
    ]
    await _keep(work, [each for each in made if each is not None])


def _credit_of(work: Work, row: Row, rates: Iterable[Rate]) -> Credit | None:
    made = documents.cdr(row["document"])
    begins = datetime.fromisoformat(made.visit.begins)
    rate = rules_homes.rate_on(rates, begins.astimezone(ZoneInfo(made.place.zone)).date())
    if rate is None or made.visit.energy_wh <= 0:
        return None
    return Credit(
        id=new_id(work.now),
        party=PartyId(row["party_id"]),
        driver=DriverId(row["driver_id"]),
        fleet=FleetId(row["fleet_id"]),
        customer=row["customer_id"],
        kind=CreditKind.SESSION,
        once=f"session:{row['id']}",
        session=SessionId(row["id"]),
        cdr=row["cdr_id"],
        rate=rate.id,
        began_at=begins,
        ended_at=datetime.fromisoformat(made.visit.ends),
        energy_wh=made.visit.energy_wh,
        begin_wh=made.visit.meter_begin_wh,
        end_wh=made.visit.meter_end_wh,
        amount_minor=rules_homes.amount(made.visit.energy_wh, rate.per_kwh, rate.currency).minor,
        currency=rate.currency,
        kept_at=work.now,
    )


async def _keep(work: Work, credits: Sequence[Credit]) -> None:
    """Keep credits, and write those that are new into the books."""
    fresh = await store_homes.keep_credits(work, credits)
    await ledger.post_many(work, [_entry(each) for each in fresh if each.amount_minor])
    work.touch(*{f"homes:{each.party}" for each in fresh})


def _entry(credit: Credit) -> Entry:
    energy = f"{kwh(EnergyWh(abs(credit.energy_wh))):f} kWh"
    what = f"{energy} charged at home"
    if credit.kind is CreditKind.CORRECTION:
        way = "more" if credit.energy_wh > 0 else "less"
        what = f"{energy} {way} charged at home than was told"
    return Entry(
        party=credit.party,
        once=OnceKey(f"home:{credit.once}"),
        at=credit.kept_at,
        memo=f"The company pays its driver back: {what}.",
        evidence={
            "session": str(credit.session),
            "cdr": str(credit.cdr),
            "home_credit": str(credit.id),
            "home_rate": str(credit.rate),
        },
        postings=tuple(
            statements.moving(
                claimed_from(credit.fleet),
                payable_to(credit.driver),
                Money(credit.amount_minor, credit.currency),
            )
        ),
        supplied_at=credit.ended_at,
    )
