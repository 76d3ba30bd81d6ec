"""A car that is known by its address: offered to who charged with a card, charges by itself from a
yes on, and is stopped when it shows itself at two places at once."""

import itertools
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.stories.world import Post, World
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway_world.mail.box import Mail

BEN, CARD, MAC = "ben@example.org", "04A1B2C3", "001122AABBCC"
CODE = re.compile(r"(\d{4}) (\d{4})")
#: How stations tell a car's address: as a kind of token of its own, or as an idTag.
BY_CABLE = {"2.0.1": (MAC, "MacAddress"), "1.6": (f"VID:{MAC}", "ISO14443")}


async def enters(world: World) -> None:
    """Ben signs in by the code of his mail."""
    await world.browser.post("/me/code", data={"email": BEN})
    mail = await world.within(mailed(world, lambda mail: CODE.search(mail.subject) is not None))
    code = CODE.search(mail.subject)
    assert code is not None
    await world.browser.post("/me/enter", data={"email": BEN, "code": code[1] + code[2]})


async def charges(world: World, post: Post) -> None:
    """Ten kilowatt-hours within an hour, and the car leaves."""
    world.clock.jump(timedelta(hours=1))
    bay = post.outside.forecourt.bay(1)
    bay.set_register(bay.register_wh + 10_000)
    await world.within(post.outside.unplug(1))


@pytest.mark.parametrize("version", list(BY_CABLE))
async def test_a_car_charges_by_itself_after_its_driver_said_yes_and_not_at_two_places_at_once(
    world: World, version: str
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.49})
    async with world.house.begin() as work:
        ben = await contracts.add_driver(work, world.party.id, "Ben", BEN)
        made = await contracts.add_contract(work, world.party.id, "FI-VLT-C1", driver=ben.id)
        card = await drivers.add_token(work, world.party.id, CARD)
        await contracts.stands_for(work, card.id, made.id)
    here = await world.station(version)

    await world.within(here.outside.plug_in(1))
    await world.within(here.outside.present_token(1, *BY_CABLE[version]))
    assert not await world.sessions(), "nobody knows this car"
    await world.within(here.outside.present_token(1, CARD))
    await charges(world, here)
    await world.bills(1)

    await enters(world)
    page = (await world.browser.get("/me")).text
    [yes] = re.findall(r'action="(/me/cars/[\w-]+/yes)"', page)
    said = await world.browser.post(yes, headers={"Sec-Fetch-Site": "same-origin"})
    assert said.status_code == 303, said.text

    await world.within(here.outside.plug_in(1))
    await world.within(here.outside.present_token(1, *BY_CABLE[version]))
    await charges(world, here)
    bills = await world.bills(2)
    assert {bill.token for bill in bills} == {CARD, f"VID:{MAC}"}
    assert len({bill.total for bill in bills}) == 1, "the same price by card and by car"

    far = await world.station(version)
    async with world.house.begin() as work:
        await work.run(
            "UPDATE location SET name = 'Tampere', lat = 61.5, lon = 23.76 WHERE id = $1",
            far.inside.location.id,
        )
    for post in (here, far):
        await world.within(post.outside.plug_in(1))
        await world.within(post.outside.present_token(1, *BY_CABLE[version]))

    async def is_barred() -> bool:
        async with world.house.begin() as work:
            rows = await work.all("SELECT said FROM car_finding_view")
        return bool(rows)

    await world.until("holder:*", is_barred)
    await world.within(mailed(world, lambda mail: "Tampere" in (mail.text or "")))
    await world.until("session:*", lambda: ended_at(world, far))
    assert await world.books_balance()


async def mailed(world: World, is_it: Callable[[Mail], bool]) -> Mail:
    """The mail to Ben that is meant, once it came; he is also told that his car is full."""
    for count in itertools.count(1):
        mails = await world.mail.box.wait_for(BEN, count=count)
        if found := [mail for mail in mails if is_it(mail)]:
            return found[0]
    raise AssertionError


async def ended_at(world: World, post: Post) -> bool:
    """Whether what began at a station last was stopped."""
    identity = post.inside.station.identity
    found = [each for each in await world.sessions() if each["identity"] == identity]
    return bool(found) and found[-1]["ended_at"] is not None
