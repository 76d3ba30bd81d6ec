"""A day at a kiosk: two bays at once, one that nobody plugs in at, a card that is declined, and a
platform that is silent for a while. At the end the books balance and nothing rests."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.stories.world import Post, World, open_world
from voltway.kernel.money import EUR
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account
from voltway.partners import platform_lines, platforms
from voltway.payments import kiosks
from voltway.payments import sweeps as payments
from voltway.payments.actions_visit import START_WITHIN_S
from voltway.runtime.clock import JumpingClock
from voltway.stations import actions as stations
from voltway_world.terminals import Platform, gross
from voltway_world.terminals_ear import Ear


@dataclass
class Kiosk:
    world: World
    post: Post
    platform: Platform
    ear: Ear

    async def sells(self, bay: int, reference: str) -> Any:
        return await self.platform.sells(str(self.post.inside.evses[bay].evse), reference)

    async def begins(self, bay: int, reference: str) -> str:
        """A card is held, the bay started, and the car plugged in; the session as it was told."""
        await self.sells(bay, reference)
        at = self.post.outside.forecourt.bay(bay)
        subject = f"station:{self.post.inside.station.id}"
        async with self.world.house.bus.touches.listen(subject) as touched:
            while at.token is None:
                await self.world.within(anext(touched))
        await self.world.within(self.post.outside.plug_in(bay))
        return str(await self.told(lambda: self._session_of(reference)))

    def _session_of(self, reference: str) -> str | None:
        found = [
            id
            for id, said in self.ear.sessions.items()
            if said["authorization_reference"] == reference
        ]
        return found[0] if found else None

    async def told(self, is_so: Callable[[], Any]) -> Any:
        """Let what waits be told, until the platform has heard enough."""
        touches = self.world.house.bus.touches
        async with touches.listen("platform:*") as touched:
            while True:
                await platform_lines.deliver_due(self.world.house.begin)
                if found := is_so():
                    return found
                await self.world.within(anext(touched))

    async def charges(self, bay: int, wh: int) -> None:
        at = self.post.outside.forecourt.bay(bay)
        at.set_register(at.register_wh + wh)

    def cdr_of(self, reference: str) -> dict[str, Any] | None:
        found = [
            cdr for cdr in self.ear.cdrs.values() if cdr["authorization_reference"] == reference
        ]
        return found[0] if found else None

    async def rests(self) -> list[Any]:
        async with self.world.house.begin() as work:
            return list(await work.all("SELECT * FROM settlement_view WHERE state <> 'done'"))


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    """Without rounds: one that tells the platform in vain just when the clock jumps would have it
    told again at a time that never comes."""
    async with open_world(database_url, tmp_path, clock, rounds=False) as opened:
        yield opened


@pytest.fixture
async def kiosk(world: World) -> AsyncIterator[Kiosk]:
    await world.prices({"type": "ENERGY", "price": 0.50})
    post = await world.station("2.0.1", evses=4)
    async with Ear() as ear:
        async with world.house.begin() as work:
            id, key = await kiosks.add_platform(work, world.party.id, "Kiosk Oy")
            await platforms.set_line(work, world.party.id, id, ear.url, ear.token)
        platform = Platform(world.house.http, key, ear.url)
        await platform.ships("T-1")
        async with world.house.begin() as work:
            bays = [post.inside.evses[number].evse for number in range(1, 5)]
            await platforms.assign(work, world.party.id, id, "T-1", bays)
        yield Kiosk(world, post, platform, ear)


async def test_a_day_at_a_kiosk_ends_with_balanced_books_and_nothing_that_rests(
    kiosk: Kiosk,
) -> None:
    world, ear, platform = kiosk.world, kiosk.ear, kiosk.platform
    # Two bays at once.
    ann = await kiosk.begins(1, "ann")
    bob = await kiosk.begins(2, "bob")
    # Cid pays and drives away: his card is let go, and the platform is told that nothing began.
    await kiosk.sells(3, "cid")
    # The platform is silent while they charge, and Ann leaves.
    ear.fault = "down"
    world.clock.jump(timedelta(seconds=START_WITHIN_S + 60))
    await stations.end_overdue_orders(world.house.begin)
    await payments.release_unstarted(
        world.house.begin, world.house.provider, within_s=START_WITHIN_S
    )
    world.clock.jump(timedelta(hours=1))
    await kiosk.charges(1, 10_000)
    await kiosk.charges(2, 20_000)
    await world.within(kiosk.post.outside.unplug(1))
    assert await platform_lines.deliver_due(world.house.begin) == 0
    while_silent = dict(ear.cdrs)
    # It is there again; Bob's card is used up, so the platform ends his session.
    ear.fault = ""
    world.clock.jump(timedelta(minutes=15))
    said = await platform.stops(bob, "bob-stop")
    again = await platform.stops(bob, "bob-stop")
    foreign = await platform.stops(str(world.party.id), "no")
    first = await kiosk.told(lambda: kiosk.cdr_of("ann"))
    second = await kiosk.told(lambda: kiosk.cdr_of("bob"))
    await kiosk.told(lambda: "bob-stop" in ear.results and "cid" in ear.results)
    # Ann's card pays. Bob's is declined, and pays when the platform tries once more.
    await platform.confirms("ann", first["total_cost"])
    await platform.confirms("bob", second["total_cost"], status="FAILED")
    world.clock.jump(timedelta(minutes=1))
    bills = await world.bills(2)
    await platform.confirms("bob", second["total_cost"])

    assert (while_silent, said["result"], again["result"]) == ({}, "ACCEPTED", "ACCEPTED")
    assert foreign["result"] == "UNKNOWN_SESSION"
    assert ear.results == {"ann": "ACCEPTED", "bob": "ACCEPTED", "bob-stop": "ACCEPTED"} | {
        "cid": ear.results["cid"]
    }
    assert ear.results["cid"] in {"FAILED", "TIMEOUT"}
    assert [(bill.evse, bill.total) for bill in bills] == [(1, "5.00 EUR"), (2, "10.00 EUR")]
    assert [gross(cdr["total_cost"]) for cdr in (first, second)] == [Decimal(5), Decimal(10)]
    assert kiosk.cdr_of("cid") is None
    assert {ear.sessions[id]["status"] for id in (ann, bob)} == {"COMPLETED"}
    assert max(ear.came.values()) == 1
    async with world.house.begin() as work:
        holds = await work.all("SELECT psp_ref, state FROM terminal_hold_view")
        owed = await ledger.balance(work, Account("provider:terminal:due"))
        drivers = await ledger.balance(work, Account("driver:*:receivable"))
        unheard = await work.all("SELECT * FROM platform_push_view WHERE state <> 'delivered'")
    assert {row["psp_ref"]: row["state"] for row in holds} == {
        "ann": "settled",
        "bob": "settled",
        "cid": "canceled",
    }
    assert owed[EUR].minor == 1_500
    assert all(money.minor == 0 for money in drivers.values())
    assert unheard == []
    assert await kiosk.rests() == []
    assert await world.books_balance()
