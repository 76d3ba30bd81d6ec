"""What can be done to plans: add one or its next version, and take it from sale."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId, PartyId, new_id
from voltway.kernel.money import Currency, Money, payable
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.tariffs import store, store_subscriptions
from voltway.tariffs.actions import NoBooksIn, NoSuchTariff
from voltway.tariffs.model_subscriptions import Allowances, PlanChanged, PlanVersion

IDENT: Final = re.compile(r"[A-Z0-9-]{1,36}", re.ASCII)
NAME_LENGTH_MAX: Final = 60
VALUE_MAX: Final = Decimal(100_000)
#: Subscribers are told of another price so long before a month has it.
NOTICE: Final = timedelta(days=14)


@dataclass(eq=False)
class NotAPlan(Refusal):
    """This cannot be a plan: {why}."""

    kind = Kind.INVALID

    why: str


@dataclass(eq=False)
class NoSuchPlan(Refusal):
    """There is no plan {ident}."""

    kind = Kind.ABSENT

    ident: str


@dataclass(eq=False)
class PlanWithdrawn(Refusal):
    """The plan {ident} is not sold any more."""

    ident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPlan:
    """A plan as somebody typed it. ``fee`` is a month's, with tax, in major units."""

    ident: str
    name: str
    fee: Decimal
    allowances: Allowances
    currency: str | None = None  # none: the party's
    vat: Decimal | None = None
    tariff: str | None = None
    locations: tuple[LocationId, ...] = ()
    valid_from: datetime | None = None


async def add(work: Work, party: PartyId, given: GivenPlan) -> PlanVersion:
    """A new plan, or the next version of one. A later version counts for the months that begin
    once it holds, which is after its notice: nobody's month changes, and all can be told before.
    """
    currency = (await parties.party(work, party)).currency
    ident, name = given.ident.strip().upper(), given.name.strip()
    if not IDENT.fullmatch(ident):
        raise NotAPlan("its short name must have 1 to 36 letters, digits or hyphens")
    if not 1 <= len(name) <= NAME_LENGTH_MAX or not name.isprintable():
        raise NotAPlan(f"its name must have 1 to {NAME_LENGTH_MAX} printable characters")
    if given.currency is not None and given.currency.upper() != currency:
        raise NoBooksIn(Currency(given.currency.upper()), currency)
    if given.tariff is not None and not await store.has_tariff(work, party, given.tariff):
        raise NoSuchTariff(given.tariff)
    if unknown := await _unknown(work, party, given.locations):
        raise NotAPlan(f"{unknown} of its places are not yours")
    fee = _checked(given, currency)
    await store_subscriptions.lock(work, party, f"plan {ident}")
    if await store_subscriptions.is_withdrawn(work, party, ident):
        raise PlanWithdrawn(ident)
    known = (await store_subscriptions.plans(work, [(party, ident)])).get((party, ident), ())
    made = PlanVersion(
        id=new_id(work.now),
        party=party,
        ident=ident,
        version=len(known) + 1,
        name=name,
        fee=fee,
        vat=given.vat,
        tariff=given.tariff,
        locations=given.locations,
        allowances=given.allowances,
        valid_from=_begins(work, given.valid_from, is_first=not known),
        created_at=work.now,
    )
    await store_subscriptions.keep_plan(work, made)
    fact = PlanChanged(
        party=party, at=work.now, ident=ident, version=made.version, valid_from=made.valid_from
    )
    await work.announce([fact])
    return made


def _begins(work: Work, given: datetime | None, *, is_first: bool) -> datetime:
    """A first version holds at once; a later one after its notice. Neither holds backwards."""
    earliest = work.now if is_first else work.now + NOTICE
    if given is not None and given < earliest:
        raise NotAPlan(
            "it cannot begin in the past"
            if is_first
            else f"subscribers are told {NOTICE.days} days before, so it begins then or later"
        )
    return given or earliest


def _checked(given: GivenPlan, currency: Currency) -> Money:
    """The fee, where all figures can be."""
    gives = given.allowances
    numbers = (given.fee, gives.energy_kwh, gives.credit, gives.percent, given.vat or Decimal(0))
    if not all(number.is_finite() and 0 <= number <= VALUE_MAX for number in numbers):
        raise NotAPlan("a fee, a rate and an allowance are numbers that are not negative")
    if not (0 <= gives.starts <= VALUE_MAX and 0 <= gives.minutes <= VALUE_MAX):
        raise NotAPlan("starts and minutes are counted from nothing up to 100,000")
    if gives.percent > 100 or (given.vat or 0) > 100:
        raise NotAPlan("a percentage is at most 100")
    if gives.energy_kwh * 1000 != int(gives.energy_kwh * 1000):
        raise NotAPlan("free energy is counted in whole watt-hours")
    for amount in (given.fee, gives.credit):
        if payable(amount, currency).decimal != amount:
            raise NotAPlan(f"{amount} {currency} cannot be paid: it is finer than a coin")
    if gives == Allowances() and given.tariff is None:
        raise NotAPlan("it gives nothing: name an allowance of more than 0, or a tariff")
    return payable(given.fee, currency)


async def _unknown(work: Work, party: PartyId, locations: Collection[LocationId]) -> int:
    if not locations:
        return 0
    rows = await work.all(
        "SELECT id FROM location_view WHERE party_id = $1 AND id = ANY($2::uuid[])",
        party,
        list(locations),
    )
    return len(set(locations)) - len(rows)


def decimal_of(text: str, what: str) -> Decimal:
    """A number that somebody typed; nothing typed is 0."""
    try:
        return Decimal(text.strip().replace(",", ".") or "0")
    except InvalidOperation:
        raise NotAPlan(f"{what} is no number") from None


async def versions(work: Work, party: PartyId, ident: str) -> list[PlanVersion]:
    """All versions of a plan, in their order. Raises ``NoSuchPlan``."""
    key = (party, ident.strip().upper())
    found = (await store_subscriptions.plans(work, [key])).get(key)
    if not found:
        raise NoSuchPlan(ident[:36])
    return list(found)
