"""Gateways, pages and a worker as processes of their own: what each does when another is gone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.nats_server import NatsServer, a_nats_server
from tests.network import AStation, a_party, a_station
from tests.simulation.house import HOST, port_of_its_own
from tests.simulation.network import Desk, a_desk, a_network
from tests.simulation.waiting import comes_true
from voltway.kernel.ids import OrderId
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.stations import actions as stations
from voltway.stations.orders import ClearCache, OrderState
from voltway_world.calling import a_line
from voltway_world.stations import Options, Station

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

WITHIN_S = 30
GONE_WITHIN_S = 10
#: Far sooner than a page looks by itself while all is well.
LOOKS_WITHIN_S = 15


@pytest.fixture(params=["notify", "nats"])
async def nats(request: pytest.FixtureRequest) -> AsyncIterator[NatsServer | None]:
    if request.param == "notify":
        yield None
        return
    async with a_nats_server() as server:
        yield server


async def inside(desk: Desk) -> AStation:
    async with desk.database.begin() as work:
        return await a_station(work, await a_party(work))


def outside(known: AStation, ocpp: str) -> Station:
    return Station(
        f"ws://{ocpp}/ocpp",
        known.station.identity,
        known.key,
        options=Options(tick_s=0, meter_interval_s=0, reconnect_s=0.1, reconnect_s_max=0.5),
    )


async def order(desk: Desk, known: AStation) -> OrderId:
    async with desk.database.begin() as work:
        return await stations.place_order(work, known.station.id, ClearCache(), "Olga")


async def is_done(desk: Desk, placed: OrderId) -> bool:
    async with desk.database.begin() as work:
        return (await stations.order(work, placed)).state is OrderState.DONE


async def is_connected(desk: Desk, known: AStation) -> bool:
    async with desk.database.begin() as work:
        return (await stations.station(work, known.station.id)).connected


async def held(desk: Desk, known: AStation) -> None:
    async def is_held() -> bool:
        return bool(await desk.holder(known.station.id))

    assert await comes_true(is_held, WITHIN_S)


async def comes_done(desk: Desk, placed: OrderId) -> None:
    async def done() -> bool:
        return await is_done(desk, placed)

    assert await comes_true(done, WITHIN_S)


async def test_orders_find_a_station_that_moves_and_the_stations_of_a_killed_gateway_are_gone(
    data_folder: Path, database_url: str, nats: NatsServer | None
) -> None:
    url = nats.url if nats else ""
    async with (
        a_desk(database_url, url) as desk,
        a_network(data_folder, database_url, url) as network,
    ):
        await network.add("first", "gateway")
        other = f"{HOST}:{port_of_its_own()}"
        second = await network.add("second", "gateway", ocpp=other)
        known = await inside(desk)
        async with outside(known, network.ocpp) as station:
            await asyncio.wait_for(station.online(), WITHIN_S)
            await held(desk, known)
            await comes_done(desk, await order(desk, known))
            before = await desk.holder(known.station.id)

            station.go_offline()
            waits = await order(desk, known)
            station.url = f"ws://{other}/ocpp"
            station.come_back()
            await comes_done(desk, waits)
            assert await desk.holder(known.station.id) not in ("", before)

            # A gateway that is killed says nothing of its end, and the others notice.
            await second.kill()

            async def is_gone() -> bool:
                return not await is_connected(desk, known)

            assert await comes_true(is_gone, GONE_WITHIN_S)
            waits = await order(desk, known)
            await second.start()
            await comes_done(desk, waits)


class LivePage:
    """A page that somebody looks at, and how often it was drawn."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.drawn = 0

    async def look(self) -> None:
        async with (
            a_line(timeout=None) as browser,
            browser.stream("GET", self._address) as answer,
        ):
            async for line in answer.aiter_lines():
                self.drawn += line == "event: view"

    async def changes_after(self, drawn: int) -> None:
        async def changed() -> bool:
            return self.drawn > drawn

        assert await comes_true(changed, LOOKS_WITHIN_S)


async def test_while_nats_is_down_charging_goes_on_and_an_operator_hears_why_an_order_is_refused(
    data_folder: Path, database_url: str
) -> None:
    async with (
        a_nats_server() as nats,
        a_desk(database_url, nats.url) as desk,
        a_network(data_folder, database_url, nats.url) as network,
    ):
        await network.add("gateway", "gateway")
        await network.add("web", "web")
        known = await inside(desk)
        async with desk.database.begin() as work:
            _, key = await parties.add_api_key(
                work, known.party.id, name="Olga", role=Role.OPERATOR
            )
        async with (
            outside(known, network.ocpp) as station,
            a_line(
                base_url=f"http://{network.pages}/api/v1",
                headers={"Authorization": f"Bearer {key}"},
            ) as browser,
        ):
            await asyncio.wait_for(station.online(), WITHIN_S)
            await held(desk, known)
            asked = f"/stations/{known.station.id}/orders"

            async def place() -> httpx.Response:
                return await browser.post(asked, json={"kind": "clear_cache"}, params={"wait": 10})

            answer = await place()
            assert (answer.status_code, answer.json()["state"]) == (200, "done"), answer.text

            # A page of the web process moves with what a station tells the gateway process.
            page = LivePage(f"http://{network.pages}/e/{known.evses[1].public_id}/live")
            looking = asyncio.create_task(page.look())
            await page.changes_after(0)
            drawn = page.drawn
            await station.fault(1)
            await page.changes_after(drawn)

            await nats.kill()

            async def is_refused() -> bool:
                return (await place()).status_code == 503

            assert await comes_true(is_refused, WITHIN_S)
            answer = await place()
            assert "Nothing was sent" in answer.json()["detail"]
            # What the house itself asks for, such as the start of a paid charge, is found anyhow.
            await comes_done(desk, await order(desk, known))
            drawn = page.drawn
            await station.repair(1)
            await page.changes_after(drawn)
            looking.cancel()

            await nats.start()

            async def is_taken() -> bool:
                return (await place()).status_code == 200

            assert await comes_true(is_taken, WITHIN_S)
