"""A card charges the car of its driver, where they keep one alone; so a charge by a card is told in
time too."""

from datetime import timedelta

import pytest

from tests.network import AStation, a_party, a_station, a_tariff
from tests.sessions.telling import CARD, Line, minute, reading, started, updated
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.work import BeginWork
from voltway.sessions import targets, time_to_done, whose_car
from voltway.sessions.model import SessionStarted
from voltway.vehicles import actions as vehicles
from voltway.vehicles.catalogue import found
from voltway.vehicles.model import Charges, Source

ANN = "ann@example.org"
ONE, OTHER = found("hyundai ioniq 5")[0], found("volkswagen id.3")[0]


@pytest.fixture
async def here(begin: BeginWork, clock: JumpingClock) -> AStation:
    """A station of AC, at which Ann's card charges."""
    clock.jump_to(minute(120))
    async with begin() as work:
        party = await a_party(work)
        await a_tariff(work, party)
        card = await drivers.add_token(work, party.id, CARD)
        ann = await contracts.add_driver(work, party.id, "Ann", ANN)
        contract = await contracts.add_contract(work, party.id, "C-1", driver=ann.id)
        await contracts.stands_for(work, card.id, contract.id)
        return await a_station(work, party, power_w=11_000)


@pytest.fixture
def line(database: Database, here: AStation) -> Line:
    return Line(database.begin, here.station.id, None)


async def begins(begin: BeginWork, line: Line, here: AStation) -> Charges | None:
    """Her card starts a session; the car that it is known to charge then, told twice."""
    await line.tell(started("tx", 0, 120, 0))
    session = await line.one()
    async with begin() as work:
        fact = SessionStarted(
            party=here.party.id,
            at=work.now,
            session=session.id,
            station=here.station.id,
            evse=session.evse,
            location=here.location.id,
            token=session.token,
        )
        await whose_car.hears_session_started(work, [fact, fact])
        await whose_car.hears_session_started(work, [fact])
        return (await vehicles.charging(work, [(here.party.id, CARD)])).get((here.party.id, CARD))


async def test_the_only_car_of_a_driver_charges_by_their_card_and_is_told_about(
    begin: BeginWork, line: Line, here: AStation, clock: JumpingClock
) -> None:
    async with begin() as work:
        car = await vehicles.add(work, ANN, ONE.id)

    charges = await begins(begin, line, here)
    for each in range(1, 11):
        clock.jump_to(minute(120 + each))
        told = reading(120 + each, 180 * each, power_w=10_800)
        await line.tell(updated("tx", each, 120 + each, told.register_wh or 0))
    await targets.look(begin)

    assert charges is not None
    assert (charges.model, charges.vehicle, charges.target_percent) == (ONE.id, car.id, 80)
    session = await line.one()
    async with begin() as work:
        done = await time_to_done.of_id(work, session.id)
    assert done is not None
    assert done.time.source is Source.ENERGY, "a card does not say how full it came"
    assert await line.count("session_target") == 1


@pytest.mark.parametrize("models", [[], [ONE, OTHER]], ids=["none", "two"])
async def test_who_keeps_no_car_or_several_charges_none_that_is_known(
    begin: BeginWork, line: Line, here: AStation, models: list[object]
) -> None:
    async with begin() as work:
        for model in (ONE, OTHER)[: len(models)]:
            await vehicles.add(work, ANN, model.id)

    assert await begins(begin, line, here) is None


async def test_what_was_said_for_this_visit_stays_and_what_was_said_long_ago_does_not(
    begin: BeginWork, line: Line, here: AStation
) -> None:
    async with begin() as work:
        car = await vehicles.add(work, ANN, ONE.id)
        said = Charges(here.party.id, CARD, OTHER.id, None, 90, 30)
        await vehicles.charges(work, said)
    told = await begins(begin, line, here)
    assert told is not None
    assert (told.model, told.comes_with_percent) == (OTHER.id, 30)

    async with begin() as work:
        await work.run("UPDATE token_car SET at = $1", work.now - timedelta(days=1))
    later = await begins(begin, line, here)
    assert later is not None
    assert (later.model, later.vehicle, later.target_percent) == (ONE.id, car.id, 90)
    assert later.comes_with_percent is None


async def test_a_card_of_nobody_in_particular_says_no_car(
    begin: BeginWork, line: Line, here: AStation
) -> None:
    async with begin() as work:
        await vehicles.add(work, ANN, ONE.id)
        card = (await drivers.tokens_of(work, [(here.party.id, CARD)]))[here.party.id, CARD]
        await contracts.stands_for(work, card.id, None)

    assert await begins(begin, line, here) is None
