"""One session under one tariff, priced for everything that a price is for: one amount must come.

Run it as ``python -m tests.billing.one_amount --count 10000``; a sample of it is a test. A session
is a plan of legs. The estimate prices the plan. Everything else prices what a station of OCPP 2.x
tells of the same session, as the rooms hear it: the running cost before the end is told, then the
CDR, the capture, the books and the receipt that are made of its record; and ``voltway price``
prices the tariff and the session written as OCPI documents.

Some tariffs follow a market, of which some prices come late or are corrected. Each use lays the
tariff beside what was told when it prices: the estimate when the session begins, the running cost
just before its end, the others afterwards. An earlier use that could only guess is left out.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from time import perf_counter
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from tests.sessions.hearing import EVSE, LOCATION, OPERATOR, PARTY, STATION, heard
from tests.sessions.plans import CARD, REF, told
from tests.tariffs.random_prices import a_market, a_tariff, following_markets
from voltway.billing import documents, freezing, rules_books
from voltway.billing.documents import CdrDocument, Receipt
from voltway.billing.model import Cdr
from voltway.kernel.ids import OnceKey, PaymentId, SessionId, SettlementId
from voltway.kernel.money import Currency, Money, payable
from voltway.kernel.units import EnergyWh, PowerW
from voltway.parties.model import Party
from voltway.payments import rules as payment_rules
from voltway.payments.model import Payment, PaymentState
from voltway.sessions import rules_owed
from voltway.sessions.model import SessionRecord
from voltway.sessions.rules_owed import Leg
from voltway.stations.model import Location
from voltway.tariffs import rules as pricing
from voltway.tariffs import rules_series, rules_spot
from voltway.tariffs.exact import as_decimal
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_spot import ToldPrice
from voltway.tariffs.model_subscriptions import Allowances, Month, PlanVersion, Purse
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.ocpi_sessions import read_session
from voltway.tariffs.ocpi_write import OcpiVersion, document, written

POWER_W: Final = PowerW(150_000)
ZONES: Final = (
    "Europe/Helsinki",
    "Europe/Berlin",
    "Europe/Lisbon",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "UTC",
)
#: Near these the clocks of some zone change.
CHANGES: Final = (
    datetime(2026, 3, 29, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, tzinfo=UTC),
    datetime(2026, 3, 8, 6, tzinfo=UTC),
    datetime(2026, 4, 23, 21, tzinfo=UTC),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A tariff, and a session that is to be priced under it; and what the markets asked."""

    seed: int
    written: Tariff
    market: Mapping[str, Sequence[ToldPrice]]
    legs: tuple[Leg, ...]
    begins: datetime
    zone: ZoneInfo
    meter_wh: int
    hold_minor: int
    party: Party
    purse: Purse | None = None  # what is left of the month of the driver's subscription

    @property
    def ends(self) -> datetime:
        return self.begins + timedelta(seconds=sum(leg.lasts_s for leg in self.legs))

    @property
    def tariff(self) -> Tariff:
        """As it prices the session when all is told."""
        return self.known_at(datetime.max.replace(tzinfo=UTC))

    def known_at(self, at: datetime, *, guess: bool = False) -> Tariff:
        """As it prices the session by what the markets had told until a moment."""
        return rules_spot.bound(
            self.written,
            lambda spot: rules_series.curve(
                spot,
                [each for each in self.market[spot.series] if each.told_at <= at],
                began=self.begins,
            ),
            guess=guess,
        )

    def is_known_at(self, at: datetime) -> bool:
        """Whether nothing that counts was told later."""
        return self.known_at(at) == self.tariff


def a_case(seed: int) -> Case:
    """What this seed draws. The tariff has been written as OCPI 2.3.0 and read again, as a stored
    version is."""
    random = Random(seed)
    tariff = a_tariff(random)
    if follows := random.random() < 0.4:
        tariff = following_markets(random, tariff)
    begins = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(365 * 86_400))
    if random.random() < 0.3:
        begins = random.choice(CHANGES) - timedelta(seconds=random.randrange(8 * 3600))
    legs = tuple(_leg(random) for _ in range(random.randint(1, 8)))
    ends = begins + timedelta(seconds=sum(leg.lasts_s for leg in legs))
    return Case(
        seed=seed,
        written=read_tariff(written(document(tariff, OcpiVersion.V230))),
        market={each: a_market(random, begins, ends) for each in ("FI", "DE")} if follows else {},
        legs=legs,
        begins=begins,
        zone=ZoneInfo(random.choice(ZONES)),
        meter_wh=random.randrange(50_000_000),
        hold_minor=random.choice((500, 5_000, 10_000_000)),
        party=replace(OPERATOR, no_charge_below_wh=EnergyWh(random.choice((0, 100, 100, 1000)))),
        purse=_purse(random, tariff.currency) if random.random() < 0.4 else None,
    )


def _purse(random: Random, currency: Currency) -> Purse:
    """A month of a plan of which somewhat is left, of one kind or of several."""
    some = random.choices((True, False), k=5)
    plan = PlanVersion(
        id=UUID(int=20),
        party=PARTY,
        ident="PLUS",
        version=1,
        name="Plus",
        fee=Money(999, currency),
        vat=None,
        tariff=None,
        locations=(),
        allowances=Allowances(
            energy_kwh=Decimal(random.randint(1, 60_000)) / 1000 if some[0] else Decimal(0),
            starts=some[1],
            minutes=random.randint(1, 200) if some[2] else 0,
            percent=Decimal(random.randint(1, 100)) if some[3] else Decimal(0),
            credit=Money(random.randint(1, 2_000), currency).decimal if some[4] else Decimal(0),
        ),
        valid_from=CHANGES[0],
        created_at=CHANGES[0],
    )
    month = Month(0, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    return Purse(subscription=UUID(int=21), party=PARTY, plan=plan, month=month)


def _leg(random: Random) -> Leg:
    lasts_s = random.choice((60, 900, random.randint(1, 600), random.randint(600, 12_000)))
    kind = random.random()
    if kind < 0.25:
        return Leg(lasts_s, parks=True)
    if kind < 0.3:
        return Leg(lasts_s)  # the station withholds the power
    return Leg(lasts_s, random.randint(0, POWER_W * lasts_s // 3600 // random.choice((1, 7, 20))))


def amounts(case: Case) -> Mapping[str, Money]:
    """The amount of each use, by its name."""
    words = told(case.legs, case.begins, case.meter_wh)
    heard_at = case.ends + timedelta(minutes=1)
    running = heard(words[:-1], heard_at, zone=case.zone.key, power_w=POWER_W)[REF]
    ended = heard(words, heard_at, zone=case.zone.key, power_w=POWER_W)[REF]
    record = ended.record(heard_at)
    so_far = running.record(case.ends)
    assert so_far.running
    assert not record.running
    currency = case.tariff.currency
    found = _billed(case, record)
    if case.is_known_at(case.begins):
        tariff = case.known_at(case.begins, guess=True)
        found["estimate"] = rules_owed.estimated(
            case.legs,
            tariff,
            case.party,
            begins=case.begins,
            zone=case.zone,
            purse=case.purse,
        ).payable
    if case.is_known_at(case.ends):
        tariff = case.known_at(case.ends, guess=True)
        cost, _ = rules_owed.with_allowance(so_far, tariff, case.party, (), case.purse)
        found["running cost"] = cost.payable
    if case.purse is not None:  # as the proof of the bill has it: with what was frozen
        _, grants = rules_owed.with_allowance(record, case.tariff, case.party, (), case.purse)
        again = rules_owed.owed(record, case.tariff, case.party, grants)
        found["what was granted, again"] = again.payable
    # The command knows no party, and nobody's subscription.
    elif record.energy_wh >= case.party.no_charge_below_wh:
        found["voltway price"] = pricing.price(
            case.tariff, read_session(_as_ocpi(case)), case.zone
        ).payable
    assert all(each.currency == currency for each in found.values())
    return found


def _billed(case: Case, record: SessionRecord) -> dict[str, Money]:
    """The amounts of what is made when the session is settled."""
    currency = case.tariff.currency
    priced = freezing.priced(
        record,
        case.tariff,
        case.party,
        where=_location(case),
        account=str(case.seed),
        purse=case.purse,
    )
    raw, sha256 = documents.frozen(freezing.cdr_document(priced))
    made = documents.cdr(raw)
    cdr = _cdr(case, made, raw, sha256)
    cost = Money(cdr.total_minor, cdr.currency)
    taken = payment_rules.to_capture(cost, Money(case.hold_minor, currency))
    payment = _payment(case, taken)
    receipt = freezing.receipt(
        cdr, number="VLT-R2026-000001", at=case.ends, party=case.party, payment=payment
    )
    found = {
        "CDR": Money(made.total_minor, currency),
        "CDR, exact": payable(Decimal(made.total_after_taxes), currency),
        "CDR, its lines": _sum((line.gross_minor for line in made.lines), currency),
        "receipt": Money(receipt.total_minor, currency),
        "receipt, its lines": _sum((line.gross_minor for line in receipt.lines), currency),
        "receipt, net and tax": Money(receipt.net_minor + receipt.tax_minor, currency),
        "receipt, its rates": _sum((tax.gross_minor for tax in receipt.taxes), currency),
        "receipt, paid and open": _paid(receipt, currency),
        "capture, and what the hold did not cover": taken
        + Money(max(cost.minor - case.hold_minor, 0), currency),
    }
    if cost.minor:  # what is free has no entry
        found["books"] = _in_the_books(case, made)
    assert receipt.paid.paid_minor == taken.minor
    return found


def _sum(parts: Iterable[int], currency: Currency) -> Money:
    return Money(sum(parts), currency)


def _paid(receipt: Receipt, currency: Currency) -> Money:
    return Money(receipt.paid.paid_minor + receipt.paid.open_minor, currency)


def _in_the_books(case: Case, made: CdrDocument) -> Money:
    """What the sale makes the driver owe."""
    entry = rules_books.sale(
        made,
        party=PARTY,
        at=case.ends,
        memo="Sold.",
        once=OnceKey("any:sale"),
        evidence={"session": made.session},
    )
    driver = rules_books.receivable(made.account)
    owes = Money(0, case.tariff.currency)
    for posting in entry.postings:
        owes = owes + posting.amount if posting.debit == driver else owes - posting.amount
    return owes


def _as_ocpi(case: Case) -> str:
    """The session as a partner writes it, an OCPI 2.2.1 Session with a period for each leg."""
    periods: list[dict[str, Any]] = []
    at = case.begins
    for leg in case.legs:
        hours = as_decimal(Fraction(leg.lasts_s, 3600))
        kind = "PARKING_TIME" if leg.parks else "TIME"
        dimensions: list[dict[str, Any]] = [{"type": kind, "volume": hours}]
        if leg.energy_wh:
            dimensions.append({"type": "ENERGY", "volume": Decimal(leg.energy_wh) / 1000})
        periods.append({"start_date_time": at.isoformat(), "dimensions": dimensions})
        at += timedelta(seconds=leg.lasts_s)
    kwh = Decimal(sum(leg.energy_wh for leg in case.legs)) / 1000
    return written(
        {
            "start_date_time": case.begins.isoformat(),
            "end_date_time": case.ends.isoformat(),
            "kwh": kwh,
            "charging_periods": periods,
            "status": "COMPLETED",
        }
    )


def _location(case: Case) -> Location:
    return Location(
        LOCATION, PARTY, "Kamppi", "Salomonkatu 1", "Helsinki", "FIN", 60.2, 24.9, case.zone.key
    )


def _cdr(case: Case, made: CdrDocument, raw: bytes, sha256: str) -> Cdr:
    return Cdr(
        id=UUID(int=10),
        party=PARTY,
        session=SessionId(UUID(int=11)),
        settlement=SettlementId(UUID(int=12)),
        total_minor=made.total_minor,
        currency=Currency(made.currency),
        document=raw,
        sha256=sha256,
        made_at=case.ends,
    )


def _payment(case: Case, taken: Money) -> Payment:
    """The hold of a guest, when this much was taken of it."""
    return Payment(
        id=PaymentId(UUID(int=13)),
        party=PARTY,
        visit_key="any",
        evse=EVSE,
        station=STATION,
        token=CARD,
        tariff_version=UUID(int=14),
        locale="en",
        provider="simulated",
        state=PaymentState.CAPTURED if taken.minor else PaymentState.RELEASED,
        hold_minor=case.hold_minor,
        currency=case.tariff.currency,
        created_at=case.begins,
        return_url="",
        cancel_url="",
        description="",
        captured_minor=taken.minor,
        held_at=case.begins,
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What came of many cases."""

    cases: int
    uses: Counter[str]
    costly: int
    follows: int
    different: Sequence[str]
    taken_s: float


def walk(count: int, seed: int = 1) -> Found:
    """Price this many cases for every use."""
    uses: Counter[str] = Counter()
    different: list[str] = []
    costly = follows = 0
    began = perf_counter()
    for nth in range(seed, seed + count):
        case = a_case(nth)
        found = amounts(case)
        follows += bool(rules_spot.follows_market(case.written))
        uses.update(found.keys())
        costly += max(each.minor for each in found.values()) > 0
        if len(set(found.values())) > 1:
            said = ", ".join(f"{use} {amount}" for use, amount in found.items())
            different.append(f"seed {nth}: {said}")
    return Found(count, uses, costly, follows, different, perf_counter() - began)


def main(
    count: Annotated[int, typer.Option(help="How many tariffs and sessions.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The first seed; the others follow it.")] = 1,
) -> None:
    """Price tariffs and sessions for every use, and say where two amounts differ."""
    found = walk(count, seed)
    for use, times in found.uses.items():
        typer.echo(f"{use}: {times:,} amounts")
    typer.echo(
        f"{found.cases:,} tariffs and sessions from seed {seed}, {found.costly:,} not free, "
        f"{found.follows:,} that follow a market, "
        f"in {found.taken_s:.0f} s: {len(found.different)} with more than one amount"
    )
    for line in found.different[:20]:
        typer.echo(line, err=True)
    sys.exit(1 if found.different else 0)


if __name__ == "__main__":
    typer.run(main)
