"""A fleet's card: turned away where and when it may not charge, stopped when its budget ends."""

import itertools
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from tests.billing.months import GIVEN
from tests.stories.world import Post, World, open_world
from voltway.billing import actions as billing
from voltway.billing import budgets
from voltway.billing.rules_budgets import Period
from voltway.billing.rules_budgets import Scope as OfBudget
from voltway.drivers import actions as drivers
from voltway.drivers import contracts, when_where
from voltway.drivers.rules_when_where import Allowed
from voltway.drivers.when_where import Scope
from voltway.kernel.ids import TokenId
from voltway.runtime.clock import JumpingClock
from voltway.stations import actions as stations
from voltway.stations.model import Direction

UID, FLEET = "04A1B2C3", "fleet@example.org"
#: A Monday at noon in Helsinki.
NOON = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    clock.jump_to(NOON)
    async with open_world(database_url, tmp_path, clock) as opened:
        await opened.prices({"type": "ENERGY", "price": 0.50})
        yield opened


async def a_fleet(world: World) -> tuple[UUID, TokenId]:
    """A fleet with one card, whose company pays on account."""
    party = world.party.id
    async with world.house.begin() as work:
        card = await drivers.add_token(work, party, UID)
        fleet = await contracts.add_fleet(work, party, "Vans")
        made = await contracts.add_contract(work, party, "FI-VLT-C1", fleet=fleet.id)
        await contracts.stands_for(work, card.id, made.id)
        customer = billing.new_customer(work, party, {**GIVEN, "email": FLEET, "locale": "en"})
        await billing.add_customer(work, customer)
        await billing.give_cards(work, customer.id, [UID])
    return fleet.id, card.id


async def answered(world: World, post: Post) -> list[str]:
    """How the card stood each time that the station asked, but for the last, which is kept with
    what it says next."""
    await world.within(post.outside.present_token(1, UID))
    async with world.house.begin() as work:
        frames = await stations.last_frames(work, post.inside.station.id, 50)
    said = [frame.text.decode() for frame in reversed(frames) if frame.direction is Direction.SAID]
    told = (re.search(r'"id(?:Tag|Token)Info":{"status":"(\w+)"', text) for text in said)
    return [word for word, _ in itertools.groupby(found[1] for found in told if found)]


async def shows_it(world: World, post: Post) -> None:
    await world.within(post.outside.present_token(1, UID))


async def test_a_fleets_card_is_kept_to_its_place_its_hours_and_its_budget(world: World) -> None:
    (fleet, card), party = await a_fleet(world), world.party.id
    depot, street = await world.station("2.0.1"), await world.station("1.6")
    async with world.house.begin() as work:
        allowed = Allowed(
            days=frozenset({1, 2, 3, 4, 5}), places=frozenset({depot.inside.location.id})
        )
        await when_where.keep_to(work, party, Scope.FLEET, fleet, allowed, by="Aino")
        await budgets.set_budget(
            work,
            party,
            OfBudget.FLEET,
            fleet,
            Period.DAY,
            amount_minor=None,
            energy_wh=10_000,
            by="Aino",
        )

    await shows_it(world, street)
    await shows_it(world, depot)
    await world.within(depot.outside.plug_in(1))
    bay = depot.outside.forecourt.bay(1)
    world.clock.jump(timedelta(hours=1))
    bay.set_register(bay.register_wh + 10_000)
    await world.within(depot.outside.meter(1, bay.register_wh, world.clock.now()))
    await budgets.keep_all(world.house.begin)

    async def has_stopped() -> bool:
        return not [each for each in await world.sessions() if each["running"]]

    await world.until("session:*", has_stopped)
    await world.within(depot.outside.unplug(1))
    await shows_it(world, depot)
    [mail] = await world.within(world.mail.box.wait_for(FLEET))
    world.clock.jump(timedelta(days=5))  # a Saturday
    await budgets.keep_all(world.house.begin)
    await shows_it(world, depot)

    assert await answered(world, street) == ["Blocked"]
    assert await answered(world, depot) == ["Accepted", "NoCredit", "NotAtThisTime"]
    assert "The budget is used up: Vans" in str(mail.message["Subject"])
    [session] = await world.sessions()
    assert (session["energy_wh"], session["token_word"]) == (10_000, "accepted")

    at = world.clock.now()  # a station with a list of its own does not ask
    await world.within(street.outside.start(2, UID, 0, at))
    async with world.house.begin() as work:
        away = (await when_where.last_turned_away(work, [card]))[card]
    assert (away["word"], away["at"]) == ("not_at_this_location", at)
