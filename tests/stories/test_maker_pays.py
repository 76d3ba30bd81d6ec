"""A car of the maker Aurora charges on its contract: the maker is asked, sees it, ends it, pays."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.stories.world import Post, World
from voltway.billing import monthly
from voltway.drivers import certificates
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.partners import credit, delivering, telling
from voltway_world import pki
from voltway_world.maker import Maker, MakersApp

EMAID = "DE-AUR-C00000001-5"
REFUSED = "DE-AUR-C00000002-3"
AURORA = {
    "name": "Aurora Motors GmbH",
    "country_code": "DE",
    "party_id": "AUR",
    "street": "Werkstr. 1",
    "postal_code": "80331",
    "city": "München",
    "country": "DE",
    "vat_id": "DE123456788",
    "email": "billing@aurora.example",
}
HELSINKI = ZoneInfo("Europe/Helsinki")


@dataclass
class Story:
    world: World
    maker: Maker
    app: MakersApp
    partner: str
    owner: MakersApp

    async def told(self, is_so: Callable[[], Any]) -> Any:
        """Let what waits be told, until the maker has heard enough."""
        touches = self.world.house.bus.touches
        async with touches.listen("partner:*") as touched:
            while True:
                await delivering.deliver_due(self.world.house.begin)
                if found := is_so():
                    return found
                await self.world.within(anext(touched))

    async def charges(self, post: Post, wh: int, *, uid: str = EMAID) -> None:
        """A car shows its contract, and charges so much within an hour."""
        await post.outside.present_token(1, uid, "eMAID")
        await self.world.within(post.outside.plug_in(1))
        self.world.clock.jump(timedelta(hours=1))
        bay = post.outside.forecourt.bay(1)
        bay.set_register(bay.register_wh + wh)

    async def owed(self) -> int:
        _, me = await self.app.ask("GET")
        owed: int = me["owed"]["minor"]
        return owed


async def credit_looked_at(story: Story) -> int:
    await credit.look_at_all(story.world.house.begin)
    return await story.owed()


@pytest.fixture
async def story(world: World) -> AsyncIterator[Story]:
    world.clock.jump_to(datetime(2026, 3, 28, 10, tzinfo=HELSINKI))
    await world.prices({"type": "ENERGY", "price": 0.49})
    async with world.house.begin() as work:
        _, owner = await parties.add_api_key(work, world.party.id, name="it", role=Role.OWNER)
    async with Maker() as maker:
        headers = {"Authorization": f"Bearer {owner}"}
        made = await world.browser.post(
            "/api/v1/partners", json={**AURORA, "url": maker.url}, headers=headers
        )
        assert made.status_code == 201, made.text
        maker.secret = made.json()["secret"]
        yield Story(
            world,
            maker,
            MakersApp(world.house.http, made.json()["key"]),
            made.json()["id"],
            MakersApp(world.house.http, owner),
        )


async def test_a_maker_is_asked_sees_the_session_live_ends_it_and_its_statement_equals_its_cdrs(
    story: Story,
) -> None:
    world, maker, app = story.world, story.maker, story.app
    assert await app.registers(EMAID, whitelist="NEVER") == 200
    post = await world.station("2.0.1")

    await story.charges(post, 10_000)
    running = await story.told(
        lambda: next((s for s in maker.sessions.values() if s["status"] == "ACTIVE"), None)
    )
    assert maker.asked == [EMAID]
    assert (running["cdr_token"]["party_id"], running["cdr_token"]["uid"]) == ("AUR", EMAID)

    await world.within(post.outside.meter(1, 10_000, world.clock.now()))
    world.clock.jump(timedelta(minutes=1))
    await telling.tell_running(world.house.begin)
    await story.told(lambda: maker.sessions[running["id"]]["kwh"] == 10)

    status, order = await app.ask("POST", f"/sessions/{running['id']}/stop?wait=10")
    assert (status, order["took_effect"]) == (200, True), order
    await world.within(post.outside.unplug(1))
    [cdr] = await story.told(lambda: list(maker.cdrs.values()))
    assert maker.sessions[running["id"]]["status"] == "COMPLETED"
    assert (cdr["session_id"], cdr["total_energy"]) == (running["id"], 10)
    assert await story.owed() == 490

    world.clock.jump_to(datetime(2026, 4, 3, 8, tzinfo=HELSINKI))
    await monthly.write_due(world.house.begin)
    [statement] = await story.told(lambda: list(maker.statements.values()))
    assert (statement["month"], statement["lines"][0]["total_minor"]) == ("2026-03", 490)
    assert (statement["total_minor"], statement["rounding_minor"]) == (489, -1)  # net leads
    assert maker.disagreements("2026-03") == []
    assert (await app.ask("GET", f"/statements/{statement['id']}"))[1]["lines"]
    [mail] = await world.within(world.mail.box.wait_for(AURORA["email"]))
    assert "Aurora" in mail.text
    assert maker.forged == 0
    assert (await credit_looked_at(story)) == 489
    assert await world.books_balance()


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_car_shows_its_contract_by_the_cable_and_its_maker_pays(
    story: Story, version: str
) -> None:
    world, maker = story.world, story.maker
    assert await story.app.registers(EMAID, whitelist="NEVER") == 200
    ours = pki.an_operator("Aurora", world.issuers.url)
    world.issuers.knows(ours)
    strangers, car, stolen = pki.an_operator("Nobody"), ours.issue(EMAID), ours.issue(EMAID)
    world.issuers.revoked.add(stolen.certificate.serial_number)
    async with world.house.begin() as work:
        await certificates.add_anchor(work, world.party.id, ours.root.pem, by="Olga")
    post = await world.station(version)
    await world.within(post.outside.plug_in(1))

    await world.within(post.outside.present_contract(1, EMAID, strangers.contract(EMAID)))
    assert not await world.sessions(), "a contract that nobody here trusts starts nothing"

    await world.within(post.outside.present_contract(1, EMAID, stolen.pem + ours.sub.pem))
    assert not await world.sessions(), "one that its maker took back starts nothing either"

    await world.within(post.outside.present_contract(1, EMAID, car.pem + ours.sub.pem))
    world.clock.jump(timedelta(hours=1))
    bay = post.outside.forecourt.bay(1)
    bay.set_register(bay.register_wh + 10_000)
    await world.within(post.outside.unplug(1))

    [cdr] = await story.told(lambda: list(maker.cdrs.values()))
    assert (cdr["cdr_token"]["uid"], cdr["total_energy"]) == (EMAID, 10)
    assert await story.owed() == 490
    assert await world.books_balance()


async def test_a_contract_that_its_maker_refuses_charges_nothing_in_either_version(
    story: Story,
) -> None:
    world, maker = story.world, story.maker
    await story.app.registers(REFUSED, type="RFID")
    maker.answers[REFUSED] = {"allowed": "NO_CREDIT"}
    newer, older = await world.station("2.0.1"), await world.station("1.6")

    said = await world.within(
        newer.outside.call("Authorize", {"idToken": {"idToken": REFUSED, "type": "eMAID"}})
    )
    assert said["idTokenInfo"]["status"] == "NoCredit"
    said = await world.within(older.outside.call("Authorize", {"idTag": REFUSED}))
    assert said["idTagInfo"]["status"] == "Blocked"
    assert maker.asked == [REFUSED], "its word holds for a while"
    assert not await world.sessions()


async def test_while_a_maker_is_down_for_an_hour_its_drivers_charge_and_it_hears_all_of_it_later(
    story: Story,
) -> None:
    world, maker = story.world, story.maker
    await story.app.registers(EMAID)
    await story.app.registers(REFUSED, whitelist="NEVER")
    maker.faults = {"authorize": "down", "events": "down"}
    post = await world.station("2.0.1")

    await story.charges(post, 5_000)
    await world.within(post.outside.unplug(1))
    await world.bills(1)
    said = await world.within(
        post.outside.call("Authorize", {"idToken": {"idToken": REFUSED, "type": "eMAID"}})
    )
    assert said["idTokenInfo"]["status"] == "Blocked"
    await delivering.deliver_due(world.house.begin)
    assert maker.heard == {}

    maker.faults = {"events": "lost_answer"}  # it comes back, and its first answers are lost
    world.clock.jump(timedelta(hours=1))
    await story.told(lambda: maker.came)
    maker.faults = {}
    world.clock.jump(timedelta(hours=1))
    await story.told(lambda: maker.cdrs)
    [session] = maker.sessions.values()
    assert session["status"] == "COMPLETED"
    assert max(maker.came.values()) > 1
    assert len(maker.heard) == len(maker.came)


async def test_a_slow_maker_keeps_its_own_drivers_station_waiting_and_no_other(
    story: Story,
) -> None:
    world, maker = story.world, story.maker
    await story.app.registers(REFUSED, whitelist="NEVER")
    card = await world.card("04A1B2C3D4E5F6")
    newer, older = await world.station("2.0.1"), await world.station("1.6")
    maker.faults = {"authorize": "slow"}

    waiting = asyncio.create_task(
        newer.outside.call("Authorize", {"idToken": {"idToken": REFUSED, "type": "eMAID"}})
    )
    for _ in range(3):
        said = await world.within(older.outside.call("Authorize", {"idTag": card}))
        assert said["idTagInfo"]["status"] == "Accepted"
    assert not waiting.done()
    assert (await world.within(waiting))["idTokenInfo"]["status"] == "Blocked"


async def test_an_answer_that_is_not_signed_by_the_maker_opens_nothing(story: Story) -> None:
    world, maker = story.world, story.maker
    await story.app.registers(REFUSED, whitelist="NEVER")
    post = await world.station("1.6")
    for fault, status in (
        ("wrong_signature", "Blocked"),
        ("error_500", "Blocked"),
        ("", "Accepted"),
    ):
        maker.faults = {"authorize": fault}
        said = await world.within(post.outside.call("Authorize", {"idTag": REFUSED}))
        assert said["idTagInfo"]["status"] == status, fault
