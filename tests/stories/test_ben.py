"""Ben's station fails while he charges: his phone and his mail send him to one that is free."""

from datetime import timedelta

from tests.stories.world import World
from voltway.alerts import actions as alerts
from voltway.alerts import devices, pushing
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway_world.push import PushService

UID, BEN = "04A1B2C3", "ben@example.org"


async def test_bens_station_fails_and_he_is_sent_to_one_that_is_free(world: World) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    failing, taken = await world.station("1.6"), await world.station("2.0.1", evses=1)
    await world.station("2.0.1")
    await world.card("04FFFFFF")
    async with PushService() as service:
        async with world.house.begin() as work:
            card = await drivers.add_token(work, world.party.id, UID)
            ben = await contracts.add_driver(work, world.party.id, "Ben", BEN)
            contract = await contracts.add_contract(
                work, world.party.id, "FI-VLT-C1", driver=ben.id
            )
            await contracts.stands_for(work, card.id, contract.id)
            phone = service.subscribe(await pushing.public_key(work))
            await devices.add(
                work,
                BEN,
                endpoint=phone.endpoint,
                p256dh=phone.p256dh,
                auth=phone.subscription["keys"]["auth"],
                label="Ben's phone",
                hosts=service.url,
            )
        await world.within(taken.outside.present_token(1, "04FFFFFF"))
        await world.within(taken.outside.plug_in(1))
        await world.within(failing.outside.present_token(1, UID))
        await world.within(failing.outside.plug_in(1))
        bay = failing.outside.forecourt.bay(1)
        bay.set_register(bay.register_wh + 4_000)
        world.clock.jump(timedelta(minutes=10))
        await world.within(failing.outside.meter(1, bay.register_wh, world.clock.now()))
        failing.outside.power_cycle()

        while not phone.shown or phone.shown[-1]["title"] != "Charging stopped early":
            await world.within(phone.came.get())
        world.clock.jump(timedelta(minutes=20))  # Ben does not look at his phone
        await alerts.wake_waiting(world.house.begin)
        [mail] = await world.within(world.mail.box.wait_for(BEN))

    pushed = phone.shown[-1]["body"]
    assert mail.subject.startswith("Charging stopped early")
    assert pushed.endswith(
        "The power at the station failed. Free now: Market Square"
        " (0\N{NO-BREAK SPACE}km; €0.50 per kWh; 90\N{NO-BREAK SPACE}% sure)."
    ), "one place is free: at the other somebody charges"
    assert pushed in (mail.text or "")
