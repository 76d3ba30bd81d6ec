"""Visits in each of their states: from the payment to the receipt, and wherever one stops."""

from datetime import timedelta
from typing import Final

from tests.evidence.signing import Meter
from tests.payments.readers import at, serves
from tests.payments.scene import TARIFF, Scene
from tests.web.everywhere import ANN, Everywhere
from tests.web.test_battery import told_once
from tests.web.test_idle_fee import stands
from tests.web.test_invoices import COMPANY
from tests.web.test_meters import FIRST, LAST, a_signed_visit
from voltway.evidence import actions as evidence
from voltway.kernel.ids import TransactionRef
from voltway.payments import actions as payments
from voltway.payments.model import Payment
from voltway.sessions import faults, full
from voltway.sessions.model import SessionEnded
from voltway.stations import actions as stations
from voltway.stations.model import PortStatusChanged
from voltway.stations.orders import Answered, Outcome
from voltway.stations.reports import Context, Metered
from voltway.tariffs import actions as tariffs
from voltway.vehicles import actions as vehicles
from voltway.vehicles.catalogue import found
from voltway.vehicles.model import Charges
from voltway_world.provider.faults import Fault

VISIT: Final = "/v/{key:str}"
#: More than the hold of 50 EUR covers, at 0.49 EUR a kWh.
MUCH_WH: Final = 130_000


async def held(place: Scene) -> Payment:
    """A guest has paid and can plug in."""
    return await place.pays(await place.opens(email=ANN))


async def charging(place: Scene, *, minutes: int = 10) -> Payment:
    """With 18 kW for so long."""
    payment = await held(place)
    await place.starts(payment.token)
    await place.settles()
    for nth in range(1, minutes + 1):
        place.clock.jump(timedelta(minutes=1))
        await place.meters(50_000 + 300 * nth, seq=nth)
    return payment


async def over(world: Everywhere) -> None:
    """Visits that are over."""
    await _never_began(world)
    await _charged(world)
    await _with_documents(world)


async def _never_began(world: Everywhere) -> None:
    page = await (await world.elsewhere()).opens()
    unplugged = await held(await world.elsewhere())
    at_once = await world.elsewhere()
    faster, outrun = await at_once.opens(), await at_once.opens()
    for each in (faster, outrun):
        await at_once.pays(each)
    world.scene.clock.jump(timedelta(hours=25))
    await world.scene.sweeps()
    await payments.close_pages(world.scene.begin, world.scene.provider)
    await world.scene.settles()
    for key, state in (
        (page.visit_key, "expired"),
        (unplugged.visit_key, "not started"),
        (outrun.visit_key, "outrun"),
    ):
        world.shows(VISIT, f"/v/{key}", state)
    world.shows(f"{VISIT}/stop", f"/v/{page.visit_key}/stop", "nothing charges")
    world.shows(f"{VISIT}/receipt", f"/v/{page.visit_key}/receipt", "none")
    world.shows(VISIT, "/v/no-such-visit", "unknown", status=404)


async def _charged(world: Everywhere) -> None:
    world.scene.bus.watch_many("sessions.faults", [SessionEnded, PortStatusChanged], faults.hears)
    for state, wh, reason in (
        ("paid", 60_000, "EVDisconnected"),
        ("free", 50_000, "EVDisconnected"),
        ("owed", 50_000 + MUCH_WH, "EVDisconnected"),
        ("ended by a fault", 60_000, "GroundFault"),
    ):
        place = await world.elsewhere()
        payment = await held(place)
        await place.starts(payment.token)
        await place.ends(wh, minutes=400 if state == "owed" else 60, reason=reason)
        await place.settles()
        world.shows(VISIT, f"/v/{payment.visit_key}", state)
        if state == "paid":
            world.shows(f"{VISIT}/receipt", f"/v/{payment.visit_key}/receipt")
            world.shows(f"{VISIT}/invoice", f"/v/{payment.visit_key}/invoice")


async def _with_documents(world: Everywhere) -> None:
    """A visit of which the meter signed, and for which a company has its invoice."""
    meter, place = Meter(), await world.elsewhere()
    async with place.begin() as work:
        await evidence.register_key(work, place.station.station.id, meter.public, by="Olga")
    visit, _ = await a_signed_visit(place, meter.ocmf(FIRST, LAST))
    path = f"/v/{visit.visit_key}"
    world.shows(f"{VISIT}/check", f"{path}/check")
    answer = await world.browser.sends(f"{path}/invoice", **COMPANY)
    assert answer.status_code == 303, answer.text
    world.shows(f"{VISIT}/documents/{{number:str}}", answer.headers["location"])
    world.shows(VISIT, path, "with an invoice")
    world.shows(f"{VISIT}/documents/{{number:str}}", f"{path}/documents/X-1", "none", status=404)


async def under_way(world: Everywhere) -> None:
    """Visits that go on; the clock moves no more than a car needs."""
    await _full(world)
    await _counted(world)
    await _told_once(world)
    charges = await charging(await world.elsewhere())
    world.shows(VISIT, f"/v/{charges.visit_key}", "charging")
    world.shows(f"{VISIT}/stop", f"/v/{charges.visit_key}/stop", "asks")
    world.shows(f"{VISIT}/alerts", f"/v/{charges.visit_key}/alerts", "nothing is left")
    world.shows(f"{VISIT}/came", f"/v/{charges.visit_key}/came")
    stopping = await charging(await world.elsewhere(), minutes=1)
    await world.browser.sends(f"/v/{stopping.visit_key}/stop")
    here = f"/v/{stopping.visit_key}/alerts"
    await world.browser.sends(f"{here}/mail", email="tourist@example.org")
    world.shows(f"{VISIT}/alerts", here, "an address is left")
    world.shows(VISIT, f"/v/{stopping.visit_key}", "stop asked")
    await _idle(world)
    await _without_contact(world)
    await _before_the_plug(world)
    await _at_a_reader(world)


async def closing(world: Everywhere) -> None:
    """One whose bill is being written, as long as nobody goes on."""
    place = await world.elsewhere()
    payment = await charging(place, minutes=1)
    await place.ends(50_600, minutes=1, seq=9)
    world.shows(VISIT, f"/v/{payment.visit_key}", "closing")


async def _at_18_kw(place: Scene, minutes: int) -> Payment:
    """What a station of AC gives, told once a minute, and no charge."""
    payment = await held(place)
    await place.starts(payment.token)
    await place.settles()
    for nth in range(1, minutes + 1):
        place.clock.jump(timedelta(minutes=1))
        await place.meters(50_000 + 300 * nth, seq=nth)
    return payment


async def _full(world: Everywhere) -> None:
    place = await world.elsewhere()
    payment = await _at_18_kw(place, 2)
    await _stops(place, 50_600)
    await full.look(world.scene.begin)
    world.shows(VISIT, f"/v/{payment.visit_key}", "full")


async def _counted(world: Everywhere) -> None:
    """Cars that do not tell their charge, with and without a word of how full they came."""
    for state, percent in (("guessed", None), ("counted", 35)):
        place = await world.elsewhere()
        payment = await _at_18_kw(place, 5)
        car = Charges(payment.party, payment.token, found("polestar 2")[0].id, None, 80, percent)
        async with place.begin() as work:
            await vehicles.charges(work, car)
        world.shows(VISIT, f"/v/{payment.visit_key}", state)


async def _told_once(world: Everywhere) -> None:
    """Cars that told their charge at the start alone: one is counted on, the other is unknown."""
    for known, state in ((True, "battery counted on"), (False, "battery of then")):
        payment = await told_once(await world.elsewhere(), 16, known=known)
        world.shows(VISIT, f"/v/{payment.visit_key}", state)


async def _idle(world: Everywhere) -> None:
    place = await world.elsewhere()
    payment = await charging(place, minutes=2)
    await _stops(place, 50_600)
    world.shows(VISIT, f"/v/{payment.visit_key}", "idle")
    place = await world.elsewhere()
    free = await stands(place, minutes=2)
    async with place.begin() as work:  # the others' prices are what they were
        await tariffs.add_version(work, place.station.party.id, TARIFF)
    world.shows(VISIT, f"/v/{free.visit_key}", "idle, and free for a while")


async def _stops(place: Scene, wh: int) -> None:
    """The car takes nothing by itself, since two minutes."""
    reading = place.reading(wh, Context.PERIODIC)
    await place.told(
        Metered(
            ref=TransactionRef("tx-1"),
            evse=1,
            readings=(reading,),
            at=place.now,
            seq=8,
            charging=False,
            by_vehicle=True,
        )
    )
    place.clock.jump(timedelta(minutes=2))


async def _without_contact(world: Everywhere) -> None:
    place = await world.elsewhere()
    payment = await charging(place, minutes=1)
    async with place.begin() as work:
        await work.run(
            "UPDATE station SET disconnected_at = $1 WHERE id = $2",
            work.now,
            place.station.station.id,
        )
    world.shows(VISIT, f"/v/{payment.visit_key}", "no contact")


async def _before_the_plug(world: Everywhere) -> None:
    place = await world.elsewhere()
    payment = await held(place)
    world.shows(VISIT, f"/v/{payment.visit_key}", "plug in")
    refusing = await world.elsewhere()
    payment = await held(refusing)
    async with refusing.begin() as work:
        [order] = await stations.take_orders(work, [refusing.station.station.id])
        no = Outcome(Answered.REJECTED, "Rejected")
        reply = stations.Reply(order.id, refusing.station.station.id, no, work.now)
        await stations.record_replies(work, [reply])
    world.shows(VISIT, f"/v/{payment.visit_key}", "the bay refused")
    waiting = await (await world.elsewhere()).opens()
    world.shows(VISIT, f"/v/{waiting.visit_key}", "paying")
    await _asking(world)


async def _asking(world: Everywhere) -> None:
    """The provider was asked, and nobody knows whether it heard."""
    place = await world.elsewhere()
    world.scene.bank.faults.set([Fault(on="hold", kind="error_500", times=9)])
    answer = await world.browser.sends(f"/e/{place.station.evses[1].public_id}/start")
    assert answer.status_code == 503, answer.text
    world.scene.bank.faults.set([])
    async with place.begin() as work:
        [row] = await work.all(
            "SELECT id FROM payment_view WHERE evse_id = $1", place.station.evse()
        )
        payment = await payments.payment(work, row["id"])
    world.shows(VISIT, f"/v/{payment.visit_key}", "asking")


async def _at_a_reader(world: Everywhere) -> None:
    for state, happens in (("shows", ""), ("declined", "tap_declined"), ("leaves", "busy")):
        place = await world.elsewhere()
        reader = await serves(place)
        bay = place.station.evses[1].public_id
        if state == "shows":
            world.shows("/e/{public_id:str}", f"/e/{bay}", "with a terminal")
        answer = await world.browser.sends(f"/e/{bay}/start", reader=str(reader.id))
        path = answer.headers["location"]
        if happens:
            await at(world.scene.bank, reader.ref, happens)
        if happens == "busy":
            await world.browser.sends(f"{path}/elsewhere")
        world.shows(VISIT, path, f"at a terminal: {state}")
