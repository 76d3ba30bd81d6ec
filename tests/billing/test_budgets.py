"""Budgets: sessions stop when one is used up, its cards open nothing until its period is over."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.billing.months import a_card
from tests.payments.scene import Scene
from voltway.billing import budgets
from voltway.billing.rules_budgets import (
    Budget,
    Period,
    Scope,
    Used,
    begins,
    ends,
    is_used_up,
    share,
    to_tell,
)
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.model import Bar, Token
from voltway.kernel.ids import PartyId, TokenUid

MIDDAY = datetime(2026, 3, 29, 12, tzinfo=UTC)


def budget(amount: int | None, wh: int | None) -> Budget:
    return Budget(
        id=UUID(int=1),
        party=PartyId(UUID(int=2)),
        scope=Scope.TOKEN,
        subject=UUID(int=3),
        period=Period.DAY,
        amount_minor=amount,
        energy_wh=wh,
    )


@pytest.mark.parametrize(
    ("amount", "wh", "used", "up"),
    [
        (500, None, Used(499, 10**9), False),
        (500, None, Used(500, 0), True),
        (None, 1000, Used(10**9, 999), False),
        (None, 1000, Used(0, 1000), True),
        (500, 1000, Used(100, 1000), True),
    ],
)
def test_a_budget_is_used_up_by_whichever_part_comes_first(
    amount: int | None, wh: int | None, used: Used, up: bool
) -> None:
    assert is_used_up(budget(amount, wh), used) is up
    assert (share(budget(amount, wh), used) >= 1) is up


@pytest.mark.parametrize(
    ("period", "zone", "expected"),
    [
        (Period.DAY, "Europe/Helsinki", datetime(2026, 3, 28, 22, tzinfo=UTC)),
        (Period.MONTH, "Europe/Helsinki", datetime(2026, 2, 28, 22, tzinfo=UTC)),
        (Period.DAY, "America/New_York", datetime(2026, 3, 29, 4, tzinfo=UTC)),
        (Period.MONTH, "Asia/Tokyo", datetime(2026, 2, 28, 15, tzinfo=UTC)),
    ],
)
def test_a_period_begins_where_the_party_is(period: Period, zone: str, expected: datetime) -> None:
    assert begins(period, MIDDAY, zone) == expected


@pytest.mark.parametrize(
    ("period", "now", "zone", "expected"),
    [
        (Period.DAY, MIDDAY, "Europe/Helsinki", datetime(2026, 3, 29, 21, tzinfo=UTC)),
        (Period.MONTH, MIDDAY, "Europe/Helsinki", datetime(2026, 3, 31, 21, tzinfo=UTC)),
        (
            Period.MONTH,
            datetime(2026, 12, 31, 23, tzinfo=UTC),
            "Europe/Helsinki",
            datetime(2027, 1, 31, 22, tzinfo=UTC),
        ),
    ],
)
def test_a_period_ends_at_the_midnight_after_it(
    period: Period, now: datetime, zone: str, expected: datetime
) -> None:
    assert ends(period, now, zone) == expected


@pytest.mark.parametrize(("minor", "told"), [(399, None), (400, 80), (499, 80), (900, 100)])
def test_four_fifths_and_all_of_a_budget_are_told(minor: int, told: int | None) -> None:
    assert to_tell(budget(500, None), Used(minor)) == told


async def limit(
    scene: Scene,
    subject: UUID,
    period: Period,
    *,
    scope: Scope = Scope.TOKEN,
    minor: int | None = None,
    wh: int | None = None,
) -> None:
    async with scene.begin() as work:
        await budgets.set_budget(
            work,
            scene.station.party.id,
            scope,
            subject,
            period,
            amount_minor=minor,
            energy_wh=wh,
            by="Aino",
        )


async def bars(scene: Scene, card: Token) -> frozenset[Bar]:
    async with scene.begin() as work:
        key = (card.party, card.uid)
        return (await drivers.tokens_of(work, {key}))[key].bars


async def stops(scene: Scene) -> list[str]:
    async with scene.begin() as work:
        rows = await work.all("SELECT placed_by FROM order_view WHERE kind = 'StopCharging'")
    return [row["placed_by"] for row in rows]


@pytest.mark.parametrize(("minor", "wh"), [(490, None), (None, 10_000)])
async def test_a_session_stops_and_the_card_opens_nothing_until_tomorrow(
    scene: Scene, minor: int | None, wh: int | None
) -> None:
    card = await a_card(scene, "04A1B2C3")
    await limit(scene, card.id, Period.DAY, minor=minor, wh=wh)
    await scene.starts(TokenUid(card.uid.lower()))
    await scene.settles()

    scene.clock.jump(timedelta(hours=1))
    await scene.meters(59_000)
    assert await budgets.keep_all(scene.begin) == 0
    scene.clock.jump(timedelta(minutes=10))
    await scene.meters(60_000, seq=2)
    stopped = [await budgets.keep_all(scene.begin) for _ in range(2)]
    during = await bars(scene, card)
    await scene.ends(60_000, seq=3)
    await scene.settles()
    await budgets.keep_all(scene.begin)
    after = await bars(scene, card)
    scene.clock.jump(timedelta(days=1))
    await budgets.keep_all(scene.begin)

    assert (stopped, await stops(scene)) == ([1, 0], ["budget"])
    assert during == after == {Bar.LIMIT}
    assert await bars(scene, card) == frozenset()


async def test_a_budget_of_a_session_stops_it_and_bars_nothing(scene: Scene) -> None:
    card = await a_card(scene, "04A1B2C3")
    await limit(scene, card.id, Period.SESSION, wh=10_000)
    await scene.starts(card.uid)
    scene.clock.jump(timedelta(hours=1))
    await scene.meters(60_000)

    assert await budgets.keep_all(scene.begin) == 1
    assert await bars(scene, card) == frozenset()


async def test_a_budget_of_a_contract_bars_its_cards_and_no_others(scene: Scene) -> None:
    party = scene.station.party.id
    card, other = await a_card(scene, "04A1B2C3"), await a_card(scene, "04A1B2C4")
    async with scene.begin() as work:
        made = await contracts.add_contract(work, party, "FI-VLT-C1")
        await contracts.stands_for(work, card.id, made.id)
        named = await budgets.subject_named(work, party, Scope.CONTRACT, "FI-VLT-C1 ")
    await limit(scene, named, Period.MONTH, scope=Scope.CONTRACT, wh=1)
    await scene.starts(card.uid)
    scene.clock.jump(timedelta(hours=1))
    await scene.meters(60_000)
    await budgets.keep_all(scene.begin)

    assert (named, await stops(scene)) == (made.id, ["budget"])
    assert await bars(scene, card) == {Bar.LIMIT}
    assert await bars(scene, other) == frozenset()


async def test_all_cards_of_a_fleet_share_its_budget_and_a_bill_counts_as_billed(
    scene: Scene,
) -> None:
    party = scene.station.party.id
    first, second = await a_card(scene, "04A1B2C3"), await a_card(scene, "04A1B2C4")
    async with scene.begin() as work:
        fleet = await contracts.add_fleet(work, party, "Vans")
        made = await contracts.add_contract(work, party, "FI-VLT-C1", fleet=fleet.id)
        for card in (first, second):
            await contracts.stands_for(work, card.id, made.id)
    await limit(scene, fleet.id, Period.MONTH, scope=Scope.FLEET, minor=900)
    await scene.starts(first.uid, ref="a")
    scene.clock.jump(timedelta(hours=1))
    await scene.ends(60_000, ref="a")  # 4.90
    await scene.settles()
    await budgets.keep_all(scene.begin)
    between = await bars(scene, second)

    await scene.starts(second.uid, ref="b", wh=60_000)
    scene.clock.jump(timedelta(hours=1))
    await scene.meters(69_000, ref="b")  # 4.41 more
    await budgets.keep_all(scene.begin)

    assert between == frozenset()
    assert await stops(scene) == ["budget"]
    assert await bars(scene, first) == await bars(scene, second) == {Bar.LIMIT}


async def test_a_budget_that_is_taken_away_or_raised_limits_no_more(scene: Scene) -> None:
    card = await a_card(scene, "04A1B2C3")
    await limit(scene, card.id, Period.DAY, wh=1)
    await scene.starts(card.uid)
    scene.clock.jump(timedelta(hours=1))
    await scene.ends(60_000)
    await scene.settles()
    await budgets.keep_all(scene.begin)
    barred = await bars(scene, card)

    await limit(scene, card.id, Period.DAY, wh=20_000)
    await budgets.keep_all(scene.begin)
    raised = await bars(scene, card)
    await limit(scene, card.id, Period.DAY, wh=1)
    await budgets.keep_all(scene.begin)
    async with scene.begin() as work:
        [one] = await budgets.of_party(work, card.party)
        await budgets.take_away(work, card.party, one.id)

    assert (sorted(barred), sorted(raised)) == ([Bar.LIMIT], [])
    assert await bars(scene, card) == frozenset()


async def test_a_card_that_leaves_a_fleet_is_not_barred_by_its_budget_any_more(
    scene: Scene,
) -> None:
    party = scene.station.party.id
    card = await a_card(scene, "04A1B2C3")
    async with scene.begin() as work:
        fleet = await contracts.add_fleet(work, party, "Vans")
        of_fleet = await contracts.add_contract(work, party, "FI-VLT-C1", fleet=fleet.id)
        await contracts.stands_for(work, card.id, of_fleet.id)
    await limit(scene, fleet.id, Period.MONTH, scope=Scope.FLEET, wh=1)
    await scene.starts(card.uid)
    scene.clock.jump(timedelta(hours=1))
    await scene.ends(60_000)
    await scene.settles()
    await budgets.keep_all(scene.begin)
    before = await bars(scene, card)

    async with scene.begin() as work:
        ann = await contracts.add_driver(work, party, "Ann")
        hers = await contracts.add_contract(work, party, "FI-VLT-C3", driver=ann.id)
        await contracts.stands_for(work, card.id, hers.id)
    await budgets.keep_all(scene.begin)

    assert before == {Bar.LIMIT}
    assert await bars(scene, card) == frozenset()


async def test_what_is_no_budget_or_nobodys_is_refused(scene: Scene) -> None:
    card = await a_card(scene, "04A1B2C3")
    with pytest.raises(budgets.LimitsNothing):
        await limit(scene, card.id, Period.DAY)
    with pytest.raises(budgets.LimitsNothing):
        await limit(scene, card.id, Period.DAY, minor=0)
    async with scene.begin() as work:
        for scope in Scope:
            with pytest.raises(budgets.NobodySo):
                await budgets.subject_named(work, card.party, scope, "nobody")
        found = await budgets.subject_named(work, card.party, Scope.TOKEN, " 04a1b2c3 ")
    assert found == card.id
