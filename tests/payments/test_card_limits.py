"""How much one card may do: what is too much is let go at once, and nothing starts."""

import asyncio
from datetime import timedelta

import pytest

from tests.network import a_location
from tests.payments.scene import Scene
from voltway.kernel.ids import LocationId
from voltway.payments import card_limits
from voltway.payments.card_limits import CardRule, CardUse, too_much
from voltway.payments.model import Payment, PaymentState, Why
from voltway.stations import actions as stations

OTHER = "5555 5555 5555 4444"


async def rules(scene: Scene, rule: CardRule, *, here: bool = False) -> None:
    async with scene.begin() as work:
        place = await stations.place_of(work, scene.station.evse())
        location = LocationId(place.location) if here else None
        await card_limits.set_rule(work, place.party, location, rule, by="Aino")


async def tries(scene: Scene, number: str = "4242 4242 4242 4242", *, bay: int = 1) -> Payment:
    """A driver pays, and everybody has heard of it."""
    visit = await scene.opens(bay=bay)
    await scene.pays(visit, number)
    await scene.settles()
    return await scene.payment(visit)


@pytest.mark.parametrize(
    ("rule", "use", "found"),
    [
        (CardRule(open_max=2), CardUse(open=2, day=9, minor=9), None),
        (CardRule(open_max=2), CardUse(open=3, day=3, minor=9), Why.CARD_OPEN),
        (CardRule(day_max=3), CardUse(open=1, day=3, minor=9), None),
        (CardRule(day_max=3), CardUse(open=1, day=4, minor=9), Why.CARD_OFTEN),
        (CardRule(minor_max=9), CardUse(open=1, day=4, minor=9), None),
        (CardRule(minor_max=9), CardUse(open=1, day=4, minor=10), Why.CARD_MONEY),
        (CardRule(), CardUse(open=99, day=99, minor=99), None),
    ],
)
def test_the_limit_itself_is_within(rule: CardRule, use: CardUse, found: Why | None) -> None:
    assert too_much(rule, use) is found


@pytest.mark.parametrize("here", [False, True], ids=["everywhere", "at the place"])
async def test_a_hold_too_many_is_let_go_and_starts_nothing(scene: Scene, here: bool) -> None:
    await rules(scene, CardRule(open_max=1), here=here)

    first, second = await tries(scene), await tries(scene, bay=2)
    other = await tries(scene, OTHER, bay=2)

    assert (first.state, first.order is not None) == (PaymentState.HELD, True)
    assert (second.state, second.why) == (PaymentState.RELEASED, Why.CARD_OPEN)
    assert (second.order, second.hold_open) == (None, False)
    assert other.state is PaymentState.HELD
    async with scene.begin() as work:
        assert await card_limits.refused_lately(work, first.party) == 1


async def test_what_was_let_go_does_not_count_and_a_day_later_nothing_does(scene: Scene) -> None:
    await rules(scene, CardRule(day_max=1))
    first = await tries(scene)
    await scene.starts(first.token)
    await scene.ends(60_000)
    await scene.settles()

    again, once_more = await tries(scene), await tries(scene)
    scene.clock.jump(timedelta(hours=25))
    tomorrow = await tries(scene)

    assert [each.why for each in (again, once_more)] == [Why.CARD_OFTEN] * 2
    assert tomorrow.state is PaymentState.HELD


async def test_money_counts_as_taken_or_as_held_still(scene: Scene) -> None:
    await rules(scene, CardRule(minor_max=6000))  # a hold is 50.00 EUR, and 4.90 are taken
    first = await tries(scene)
    beside = await tries(scene, bay=2)
    await scene.starts(first.token)
    await scene.ends(60_000)
    await scene.settles()

    after = await tries(scene)

    assert (beside.why, after.state) == (Why.CARD_MONEY, PaymentState.HELD)


async def test_two_holds_that_are_heard_of_at_once_are_judged_one_after_the_other(
    scene: Scene,
) -> None:
    await rules(scene, CardRule(open_max=1))
    visits = [await scene.opens(), await scene.opens(bay=2)]

    await asyncio.gather(*(scene.pays(visit) for visit in visits))
    await scene.settles()

    states = sorted([(await scene.payment(visit)).state for visit in visits])
    assert states == [PaymentState.HELD, PaymentState.RELEASED]


async def test_a_place_somewhere_else_does_not_limit(scene: Scene) -> None:
    async with scene.begin() as work:
        place = await stations.place_of(work, scene.station.evse())
        elsewhere = await a_location(work, scene.station.party, name="Pasila")
        rule = CardRule(open_max=1)
        await card_limits.set_rule(work, place.party, elsewhere.id, rule, by="Aino")

    assert [(await tries(scene, bay=bay)).state for bay in (1, 2)] == [PaymentState.HELD] * 2
