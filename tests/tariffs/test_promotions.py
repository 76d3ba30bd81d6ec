"""Promotion codes: what they take off, exactly and never too much; and how often, in any race."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.network import a_party
from voltway.billing.rules_amounts import bill
from voltway.kernel.ids import PartyId, SessionId, TokenUid
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.tariffs import promotions
from voltway.tariffs.model import ChargingPeriod, Cost, Tariff
from voltway.tariffs.model_promotions import Grant, GrantKind
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.promotions import (
    CodeForKnown,
    CodeNotNow,
    CodeTaken,
    CodeUsedByYou,
    CodeUsedUp,
    NoSuchCode,
    NotACode,
)
from voltway.tariffs.rules import price

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
#: 0.40 a kWh at 25.5 % until 13:00, then 0.60 at 10 %; two euros once.
TWO_RATES = read_tariff(
    '{"id": "T", "currency": "EUR", "elements": ['
    '{"price_components": [{"type": "ENERGY", "price": 0.40, "vat": 25.5}],'
    ' "restrictions": {"end_time": "13:00"}},'
    '{"price_components": [{"type": "ENERGY", "price": 0.60, "vat": 10}]},'
    '{"price_components": [{"type": "FLAT", "price": 2, "vat": 0}]}]}'
)


def off(kind: str, value: str, name: str = "SPRING") -> Grant:
    return Grant(kind=GrantKind(kind), value=Decimal(value), name=name, source=uuid4())


def charged(wh: int = 20_000, minutes: int = 120) -> list[ChargingPeriod]:
    ends = NOON + timedelta(minutes=minutes)
    return [ChargingPeriod(begins=NOON, ends=ends, energy_wh=wh, charging_s=minutes * 60)]


def cost(*grants: Grant, wh: int = 20_000, tariff: Tariff = TWO_RATES) -> Cost:
    return price(tariff, charged(wh), UTC_ZONE, grants=grants)


def test_percent_is_taken_of_each_rate_alike() -> None:
    """4.00 net at 25.5 %, 6.00 net at 10 %, 2.00 at 0 %."""
    plain, made = cost(), cost(off("percent", "25"))

    assert plain.after_taxes == Decimal("13.62")
    assert made.after_taxes == Decimal("10.215")
    assert [tax.before_taxes for tax in made.taxes] == [Decimal(3), Decimal("4.5"), Decimal("1.5")]
    (line,) = made.deductions
    assert (line.after_taxes, line.why) == (Decimal("-3.405"), "Code SPRING: 25 % off.")


def test_free_energy_is_the_first_of_the_session_at_the_rate_it_was_priced_at() -> None:
    """Ten of the twenty kWh were used before one o'clock."""
    first = cost(off("energy", "5"))
    over = cost(off("energy", "12"))
    more = cost(off("energy", "500"))

    assert first.deductions[0].before_taxes == Decimal(-2)
    assert first.deductions[0].after_taxes == Decimal("-2.51")
    assert over.deductions[0].before_taxes == Decimal("-5.2"), "ten at 0.40 and two at 0.60"
    assert [tax.before_taxes for tax in over.taxes] == [0, Decimal("4.8"), 2]
    assert more.after_taxes == 2, "the session's fee is no energy"


def test_an_amount_takes_no_more_than_there_is() -> None:
    assert cost(off("amount", "5")).after_taxes == Decimal("8.62")
    nothing = cost(off("amount", "100"))
    assert nothing.after_taxes == nothing.payable.minor == 0
    assert nothing.deductions[0].after_taxes == Decimal("-13.62")


def test_one_after_the_other_and_the_second_of_what_is_left() -> None:
    made = cost(off("energy", "10", "A"), off("percent", "50", "B"), off("amount", "99", "C"))

    assert [line.name for line in made.deductions] == ["A", "B", "C"]
    assert made.after_taxes == 0
    assert cost(off("percent", "100"), off("amount", "1")).deductions[1:] == ()


def test_steps_and_the_most_price_come_before_what_is_taken_off() -> None:
    stepped = read_tariff(
        '{"id": "T", "currency": "EUR", "max_price": {"before_taxes": 5, "after_taxes": 6},'
        ' "elements": [{"price_components":'
        ' [{"type": "ENERGY", "price": 1, "vat": 20, "step_size": 1000}]}]}'
    )

    assert cost(off("energy", "1"), wh=1_500, tariff=stepped).before_taxes == 1
    assert cost(off("energy", "2"), wh=1_500, tariff=stepped).before_taxes == 0
    assert cost(off("energy", "2"), wh=9_000, tariff=stepped).after_taxes == Decimal("3.6")


def test_the_bill_shows_each_line_whole_and_what_was_taken_off_below() -> None:
    made = bill(cost(off("percent", "100")))

    assert made.total.minor == 0
    assert [line.gross_minor for line in made.lines] == [502, 660, 200, -1362]
    assert sum(line.net_minor for line in made.lines) == 0


GRANTS = st.one_of(
    st.builds(off, st.just("percent"), st.integers(1, 100).map(str)),
    st.builds(off, st.just("amount"), st.integers(1, 3000).map(lambda n: str(Decimal(n) / 100))),
    st.builds(off, st.just("energy"), st.integers(1, 40_000).map(lambda n: str(Decimal(n) / 1000))),
)


@settings(max_examples=60)
@given(st.lists(GRANTS, min_size=1, max_size=4), st.integers(1, 30_000))
def test_nothing_falls_below_zero_and_the_parts_make_the_whole(
    grants: list[Grant], wh: int
) -> None:
    plain = price(TWO_RATES, charged(wh), UTC_ZONE)
    made = price(TWO_RATES, charged(wh), UTC_ZONE, grants=grants)

    assert 0 <= made.after_taxes <= plain.after_taxes
    assert all(tax.before_taxes >= 0 and tax.tax >= 0 for tax in made.taxes)
    taken = sum(Fraction(line.after_taxes) for line in made.deductions)
    assert abs(Fraction(plain.after_taxes) + taken - Fraction(made.after_taxes)) < Fraction(
        1, 10**9
    )
    assert bill(made).total == made.payable, "a bill asserts that its lines and taxes add up"


async def a_code(begin: BeginWork, **more: object) -> PartyId:
    async with begin() as work:
        party = await a_party(work)
        await promotions.add(
            work,
            party.id,
            "spring",
            GrantKind.PERCENT,
            Decimal(20),
            **more,  # type: ignore[arg-type]
        )
    return party.id


async def test_a_code_is_held_used_once_or_let_go(begin: BeginWork) -> None:
    party = await a_code(begin, uses_max=1)
    first, second = TokenUid("A" * 16), TokenUid("B" * 16)
    async with begin() as work:
        await promotions.claim(work, party, " Spring ", token=first, driver=None)
        with pytest.raises(CodeUsedUp):
            await promotions.claim(work, party, "SPRING", token=second, driver=None)
        await promotions.let_go(work, party, first)
        await promotions.claim(work, party, "SPRING", token=second, driver=None)
        held = await promotions.grants_of(work, [(party, first), (party, second)])
        session = SessionId(uuid4())
        await promotions.use_up(work, {held[party, second]: session})
        await promotions.let_go(work, party, second)
        used = await promotions.used_by(work, [session])
        with pytest.raises(CodeUsedUp):
            await promotions.claim(work, party, "SPRING", token=TokenUid("C" * 16), driver=None)

    assert list(held) == [(party, second)]
    assert used[session].value == 20


async def test_of_many_at_once_only_as_many_get_it_as_may(begin: BeginWork) -> None:
    party = await a_code(begin, uses_max=3)

    async def tries(nth: int) -> bool:
        try:
            async with begin() as work:
                token = TokenUid(f"{nth:016X}")
                await promotions.claim(work, party, "SPRING", token=token, driver=None)
        except CodeUsedUp:
            return False
        return True

    got = await asyncio.gather(*(tries(nth) for nth in range(10)))

    assert sum(got) == 3


async def test_a_driver_is_known_again_by_the_e_mail(begin: BeginWork) -> None:
    party = await a_code(begin, per_driver_max=1)
    async with begin() as work:
        with pytest.raises(CodeForKnown):
            await promotions.claim(work, party, "SPRING", token=TokenUid("A" * 16), driver=None)
        for token, driver in (("A", "ann@example.org"), ("B", "bo@example.org")):
            await promotions.claim(work, party, "SPRING", token=TokenUid(token * 16), driver=driver)
        with pytest.raises(CodeUsedByYou):
            await promotions.claim(
                work, party, "SPRING", token=TokenUid("C" * 16), driver=" Ann@example.org"
            )


async def test_a_code_holds_from_when_to_when_it_says(
    begin: BeginWork, clock: JumpingClock
) -> None:
    day = timedelta(days=1)
    party = await a_code(begin, since=clock.now() + day, until=clock.now() + 2 * day)
    for nth, holds in enumerate((False, True, False)):
        async with begin() as work:
            token = TokenUid(f"{nth:016X}")
            if holds:
                await promotions.claim(work, party, "SPRING", token=token, driver=None)
            else:
                with pytest.raises(CodeNotNow):
                    await promotions.claim(work, party, "SPRING", token=token, driver=None)
        clock.jump(day)


async def test_what_is_no_code_is_refused(begin: BeginWork) -> None:
    party = await a_code(begin)
    async with begin() as work:
        with pytest.raises(CodeTaken):
            await promotions.add(work, party, "SPRING", GrantKind.AMOUNT, Decimal(1))
        for code, kind, value in (
            ("a b", GrantKind.AMOUNT, "1"),
            ("ABC", GrantKind.PERCENT, "101"),
            ("ABC", GrantKind.AMOUNT, "0"),
            ("ABC", GrantKind.ENERGY, "0.0001"),
        ):
            with pytest.raises(NotACode):
                await promotions.add(work, party, code, kind, Decimal(value))
        for code in ("AUTUMN", "", "\x00", "x" * 500):
            with pytest.raises(NoSuchCode):
                await promotions.claim(work, party, code, token=TokenUid("A" * 16), driver=None)
