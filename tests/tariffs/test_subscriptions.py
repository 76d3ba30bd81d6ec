"""Months of a subscription, what a month gives to a session, and what a plan cannot be."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tariffs.test_promotions import UTC_ZONE, charged
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import DriverId, LocationId, PartyId, SessionId, new_id
from voltway.kernel.money import EUR, Money
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.tariffs import plans, purses, subscriptions
from voltway.tariffs.model import (
    Cost,
    Dimension,
    PriceComponent,
    Tariff,
    TariffElement,
    TaxIncluded,
)
from voltway.tariffs.model_promotions import Grant, GrantKind
from voltway.tariffs.model_subscriptions import Allowances, Charges, Month, PlanVersion, Purse
from voltway.tariffs.model_versions import Scope
from voltway.tariffs.rules import price
from voltway.tariffs.rules_subscriptions import granted, month, month_at, months_on, version_for

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
MEMBERS = Tariff(
    id="DAY",
    currency=EUR,
    tax_included=TaxIncluded.YES,
    elements=(
        TariffElement(
            (
                PriceComponent(Dimension.ENERGY, Decimal("0.50"), Decimal(25)),
                PriceComponent(Dimension.TIME, Decimal("3.00"), Decimal(25)),
                PriceComponent(Dimension.FLAT, Decimal("1.00"), Decimal(10)),
            )
        ),
    ),
)


def plan(**changed: Any) -> PlanVersion:
    made = PlanVersion(
        id=uuid4(),
        party=PartyId(uuid4()),
        ident="PLUS",
        version=1,
        name="Plus",
        fee=Money(999, EUR),
        vat=None,
        tariff=None,
        locations=(),
        allowances=Allowances(energy_kwh=Decimal(50)),
        valid_from=NOW,
        created_at=NOW,
    )
    return replace(made, **changed)


def a_purse(**gives: Any) -> Purse:
    runs = Month(0, NOW, NOW + timedelta(days=31))
    of = plan(allowances=Allowances(**gives))
    return Purse(subscription=uuid4(), party=of.party, plan=of, month=runs)


def costs(purse: Purse, wh: int) -> tuple[Cost, tuple[Grant, ...]]:
    def priced(grants: tuple[Grant, ...]) -> Cost:
        return price(MEMBERS, charged(wh, 60), UTC_ZONE, grants=grants)

    grants = granted(purse, priced)
    return priced(grants), grants


@pytest.mark.parametrize(
    ("first", "on", "day"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2026-01-31", 3, "2026-04-30"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-11-30", 15, "2028-02-29"),
    ],
)
def test_a_month_ends_on_the_day_it_began_or_the_last_there_is(
    first: str, on: int, day: str
) -> None:
    assert months_on(date.fromisoformat(first), on) == date.fromisoformat(day)


@given(
    st.integers(0, 1_800 * 86_400).map(lambda s: FIRST + timedelta(seconds=s)),
    st.integers(0, 1_500 * 86_400),
    st.sampled_from(["Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut"]),
)
def test_every_moment_is_in_one_month_and_months_leave_no_gap(
    begins: datetime, after_s: int, zone: str
) -> None:
    at = begins + timedelta(seconds=after_s)
    there = ZoneInfo(zone)
    found = month_at(begins, there, at)

    assert found.begins <= at < found.ends
    assert found == month(begins, there, found.number)
    assert month(begins, there, found.number + 1).begins == found.ends


def test_a_month_over_the_change_of_clocks_is_an_hour_shorter() -> None:
    begins = datetime(2026, 3, 10, tzinfo=HELSINKI)

    first = month(begins, HELSINKI, 0)

    assert first.ends == datetime(2026, 4, 10, tzinfo=HELSINKI)
    assert first.ends - first.begins == timedelta(days=31, hours=-1)


def test_a_month_has_the_terms_that_held_when_it_began() -> None:
    later = plan(version=2, valid_from=NOW + timedelta(days=20))
    first, second = month(NOW, HELSINKI, 0), month(NOW, HELSINKI, 1)

    now, then = version_for([plan(), later], first), version_for([plan(), later], second)
    assert now is not None
    assert (now.version, then) == (1, later)
    assert version_for([later], first) is None


# A session of an hour: each case gives, and so much is taken off and left.
@pytest.mark.parametrize(
    ("gives", "wh", "off", "taken"),
    [
        ({"energy_kwh": Decimal(50)}, 20_000, "10.00", [("energy", "20", "30")]),
        ({"energy_kwh": Decimal(12)}, 20_000, "6.00", [("energy", "12", "0")]),
        ({"starts": 3}, 20_000, "1.00", [("start", "1", "2")]),
        ({"minutes": 90}, 20_000, "3.00", [("minutes", "60", "30")]),
        ({"minutes": 20}, 20_000, "1.00", [("minutes", "20", "0")]),
        ({"percent": Decimal(10)}, 20_000, "1.40", [("percent", "10", None)]),
        ({"credit": Decimal(5)}, 20_000, "5.00", [("amount", "5", "0")]),
        ({"credit": Decimal(50)}, 20_000, "14.00", [("amount", "14.00", "36.00")]),
        (
            {"energy_kwh": Decimal(10), "percent": Decimal(50), "credit": Decimal(1)},
            20_000,
            "10.50",
            [("energy", "10", "0"), ("percent", "50", None), ("amount", "1", "0")],
        ),
    ],
)
def test_what_a_month_gives(
    gives: dict[str, Any], wh: int, off: str, taken: list[tuple[str, str, str | None]]
) -> None:
    whole = price(MEMBERS, charged(wh, 60), UTC_ZONE)
    cost, grants = costs(a_purse(**gives), wh)

    assert whole.after_taxes - cost.after_taxes == Decimal(off)
    assert [(g.kind, g.value, g.rest) for g in grants] == [
        (kind, Decimal(value), None if rest is None else Decimal(rest))
        for kind, value, rest in taken
    ]
    assert sum(line.before_taxes + line.tax for line in cost.taxes) == cost.after_taxes


def test_a_session_that_costs_nothing_of_a_kind_uses_none_of_it() -> None:
    free = replace(
        MEMBERS,
        elements=(TariffElement((PriceComponent(Dimension.TIME, Decimal(3), Decimal(25)),)),),
    )
    purse = a_purse(energy_kwh=Decimal(50), starts=3)

    assert granted(purse, lambda some: price(free, charged(20_000), UTC_ZONE, grants=some)) == ()


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=8), st.integers(1, 80))
def test_however_sessions_are_cut_they_never_use_more_than_the_month_gives(
    parts: list[int], kwh: int
) -> None:
    purse = a_purse(energy_kwh=Decimal(kwh))
    for wh in parts:
        _, grants = costs(purse, wh)
        purse.take(grants)

    assert purse.used.get(GrantKind.ENERGY, Decimal(0)) == min(
        Decimal(kwh), Decimal(sum(parts)) / 1000
    )


GIVEN = plans.GivenPlan(
    ident="plus",
    name="Plus",
    fee=Decimal("9.99"),
    allowances=Allowances(energy_kwh=Decimal(50)),
)


async def subscribed(
    begin: BeginWork, party: PartyId, given: plans.GivenPlan = GIVEN
) -> tuple[Any, DriverId]:
    driver = DriverId(uuid4())
    async with begin() as work:
        await plans.add(work, party, given)
        made = await subscriptions.open_(
            work, party, "PLUS", scope=Scope.DRIVER, subscriber=driver, payer=None
        )
    return made, driver


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"fee": Decimal(-1)}, "not negative"),
        ({"fee": Decimal("NaN")}, "not negative"),
        ({"fee": Decimal("9.999")}, "finer than a coin"),
        ({"allowances": Allowances()}, "gives nothing"),
        ({"allowances": Allowances(energy_kwh=Decimal("0.0001"))}, "whole watt-hours"),
        ({"allowances": Allowances(percent=Decimal(101))}, "at most 100"),
        ({"allowances": Allowances(minutes=-1)}, "counted from nothing"),
        ({"ident": "a b"}, "short name"),
        ({"name": "\x07"}, "printable"),
        ({"currency": "XYZ"}, "No books are kept in XYZ"),
        ({"tariff": "NONE"}, "There is no tariff NONE"),
        ({"valid_from": datetime(2001, 1, 1, tzinfo=UTC)}, "in the past"),
    ],
)
async def test_what_cannot_be_a_plan_is_refused_with_the_reason(
    begin: BeginWork, party: PartyId, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refusal, match=said):
        async with begin() as work:
            await plans.add(work, party, replace(GIVEN, **changed))


async def test_a_later_version_waits_for_its_notice(begin: BeginWork, party: PartyId) -> None:
    await subscribed(begin, party)
    async with begin() as work:
        soon = work.now + timedelta(days=1)
        with pytest.raises(plans.NotAPlan, match="14 days before"):
            await plans.add(work, party, replace(GIVEN, valid_from=soon))
        later = await plans.add(work, party, replace(GIVEN, fee=Decimal(12)))
        assert (later.version, later.valid_from) == (2, work.now + plans.NOTICE)


async def test_nobody_has_two_plans_at_once_and_nothing_is_cancelled_twice(
    begin: BeginWork, party: PartyId, clock: JumpingClock
) -> None:
    made, driver = await subscribed(begin, party)

    async def again(since: datetime | None = None) -> None:
        async with begin() as work:
            await subscriptions.open_(
                work,
                party,
                "PLUS",
                scope=Scope.DRIVER,
                subscriber=driver,
                payer=None,
                since=since,
            )

    with pytest.raises(subscriptions.AlreadySubscribed):
        await again()
    with pytest.raises(subscriptions.BeginsInThePast):
        await again(clock.now() - timedelta(days=1))
    async with begin() as work:
        ended = await subscriptions.cancel(work, made.id)
    with pytest.raises(subscriptions.AlreadyCancelled):
        async with begin() as work:
            await subscriptions.cancel(work, made.id)
    assert ended.ends is not None
    await again(ended.ends)


async def test_a_plan_that_is_withdrawn_ends_with_the_month_of_each_who_has_it(
    begin: BeginWork, party: PartyId
) -> None:
    made, _ = await subscribed(begin, party)
    async with begin() as work:
        assert await subscriptions.withdraw(work, party, "plus") == 1
    async with begin() as work:
        after = await subscriptions.lock(work, made.id)
        assert after.ends == month(made.begins, ZoneInfo(made.zone), 0).ends
    with pytest.raises(plans.PlanWithdrawn):
        await subscribed(begin, party)


async def test_two_sessions_at_once_never_use_the_same_kwh(
    begin: BeginWork, party: PartyId
) -> None:
    made, driver = await subscribed(begin, party)

    async def charges() -> Decimal:
        session = SessionId(new_id(NOW))
        async with begin() as work:
            asked = {session: Charges((driver,), LocationId(uuid4()), work.now)}
            purse = (await purses.purses(work, asked, lock=True))[session]
            _, grants = costs(purse, 20_000)
            await purses.use(work, purses.taken(purse, session, grants))
        return sum((each.value for each in grants), Decimal(0))

    used = await asyncio.gather(*(charges() for _ in range(4)))

    assert sorted(used) == [0, 10, 20, 20]
    async with begin() as work:
        left = await purses.running(work, [made.id])
        assert left[made.id].left(GrantKind.ENERGY) == 0


async def test_what_is_unpaid_or_over_gives_nothing(
    begin: BeginWork, party: PartyId, clock: JumpingClock
) -> None:
    made, driver = await subscribed(begin, party)

    async def gives() -> bool:
        session = SessionId(uuid4())
        async with begin() as work:
            asked = {session: Charges((driver,), LocationId(uuid4()), work.now)}
            return bool(await purses.purses(work, asked, lock=False))

    assert await gives()
    async with begin() as work:
        await subscriptions.find_unpaid(work, made.id)
    assert not await gives()
    clock.jump(timedelta(days=70))
    async with begin() as work:
        again = await subscriptions.find_paid(work, made.id)
    assert await gives()
    # The month that went by unpaid is nobody's debt; the one that runs is.
    assert again.next_fee_at == month_at(made.begins, ZoneInfo(made.zone), clock.now()).begins
    async with begin() as work:
        ended = await subscriptions.cancel(work, made.id)
    assert ended.ends is not None
    clock.jump_to(ended.ends)
    assert not await gives()
