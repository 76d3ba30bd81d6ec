"""Which gateway holds which station, and what becomes of a dead one's; on a real PostgreSQL."""

from uuid import UUID

import pytest

from tests.conftest import NOON
from tests.stations.floor import a_station, facts
from voltway.kernel.ids import GatewayId, StationId
from voltway.runtime.work import BeginWork, Work
from voltway.stations import actions
from voltway.stations.model import LinkClosed, LinkOpened, Station
from voltway.stations.orders import ClearCache

EAST, WEST = GatewayId(UUID(int=1)), GatewayId(UUID(int=2))


@pytest.fixture(autouse=True)
async def gateways(begin: BeginWork) -> None:
    async with begin() as work:
        for gateway in (EAST, WEST):
            await actions.join_gateways(work, gateway, "here", {})


async def come(work: Work, station: Station, gateway: GatewayId) -> int:
    """The station's socket at this gateway is the newest: its generation."""
    (number,) = await actions.number_links(work, 1)
    await actions.record_links(
        work, [LinkOpened(station.id, number, "1.6", "10.0.0.1", NOON, gateway=gateway)]
    )
    return number


async def is_connected(begin: BeginWork, station: StationId) -> bool:
    async with begin() as work:
        return (await actions.station(work, station)).connected


async def test_a_lost_gateways_stations_are_gone_and_those_of_others_are_not(
    begin: BeginWork,
) -> None:
    async with begin() as work:
        first, second = await a_station(work, "CS1"), await a_station(work, "CS2")
        await come(work, first, EAST)
        await come(work, second, WEST)

    async with begin() as work:
        assert await actions.lose_gateway(work, EAST) == 1
    async with begin() as work:
        assert await actions.lose_gateway(work, EAST) is None, "once is enough"

    assert not await is_connected(begin, first.id)
    assert await is_connected(begin, second.id)
    assert await facts(begin, "StationLost") == 1


async def test_a_gateway_that_beat_meanwhile_is_not_lost(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        await come(work, station, EAST)
        seen = await actions.gateway_beats(work)
    async with begin() as work:
        await actions.beat(work, EAST)

    async with begin() as work:
        assert await actions.lose_gateway(work, EAST, seen[EAST]) is None
    assert await is_connected(begin, station.id)


async def test_a_station_that_moves_is_at_the_new_gateway_and_the_old_one_hears_of_it_once(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        old = await come(work, station, EAST)
    async with begin() as work:
        new = await come(work, station, WEST)
    assert new > old

    async with begin() as work:
        assert await actions.beat(work, EAST) == {station.id: new}
        assert await actions.beat(work, WEST) == {}
    async with begin() as work:
        assert await actions.beat(work, EAST) == {}
        await actions.record_links(work, closed=[LinkClosed(station.id, old, NOON)])
        await actions.lose_gateway(work, EAST)

    assert await is_connected(begin, station.id)
    assert await facts(begin, "StationLost") == 0


async def test_a_station_that_hung_up_before_it_came_elsewhere_has_left_nothing_behind(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        old = await come(work, station, EAST)
        await actions.record_links(work, closed=[LinkClosed(station.id, old, NOON)])
        await come(work, station, WEST)
        assert await actions.beat(work, EAST) == {}


async def test_a_gateway_that_was_called_dead_can_open_nothing_until_it_begins_anew(
    begin: BeginWork,
) -> None:
    async with begin() as work:
        stays, moves = await a_station(work, "CS1"), await a_station(work, "CS2")
        held = {each.id: await come(work, each, EAST) for each in (stays, moves)}
        await actions.lose_gateway(work, EAST)
        await come(work, moves, WEST)

    with pytest.raises(actions.GatewayForgotten):
        async with begin() as work:
            await actions.beat(work, EAST)
    with pytest.raises(actions.GatewayForgotten):
        async with begin() as work:
            await come(work, stays, EAST)
    again = GatewayId(UUID(int=3))
    async with begin() as work:
        assert await actions.join_gateways(work, again, "here", held) == {stays.id}

    assert await facts(begin, "StationConnected") == 4, "two came, one moved, one was never gone"
    assert await is_connected(begin, stays.id)
    async with begin() as work:
        await actions.lose_gateway(work, again)
    assert not await is_connected(begin, stays.id)
    assert await is_connected(begin, moves.id)


async def test_an_order_is_taken_only_by_the_gateway_that_holds_the_newest_socket(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        await come(work, station, EAST)
        await come(work, station, WEST)
        order = await actions.place_order(work, station.id, ClearCache(), "ann")

    async with begin() as work:
        assert await actions.stations_with_orders(work, of=EAST) == []
        assert await actions.take_orders(work, [station.id], by=EAST) == []
        assert await actions.stations_with_orders(work, of=WEST) == [station.id]
        assert [each.id for each in await actions.take_orders(work, [station.id], by=WEST)] == [
            order
        ]


async def test_a_changed_credential_is_learned_whatever_the_clock_of_who_changed_it_said(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        horizon = await actions.credentials_horizon(work)
        assert await actions.credentials(work, horizon) == []
    async with begin() as slow:
        await actions.set_subprotocols(slow, station.id, pin="ocpp1.6")
        async with begin() as work:
            horizon = await actions.credentials_horizon(work)
            assert await actions.credentials(work, horizon) == [], "it is not committed yet"
            await work.run("SELECT pg_current_xact_id()")

    async with begin() as work:
        (learned,) = await actions.credentials(work, horizon)
    assert learned.pin_subprotocol == "ocpp1.6"
