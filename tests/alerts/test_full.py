"""Whose car is full and stays plugged in is told then, and not at the end; a pause is no end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import ANN, alerts, mails, settings_for
from tests.payments.scene import TARIFF, Scene
from voltway.alerts import wishing
from voltway.alerts.model import AlertState
from voltway.alerts.model_events import Channel, Event, visit_holder
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.kernel.ids import PartyId, TokenUid, TransactionRef
from voltway.runtime.work import BeginWork, Work
from voltway.sessions import full
from voltway.stations.reports import Context, Metered
from voltway.tariffs import actions as tariffs
from voltway.vehicles import actions as vehicles
from voltway.vehicles.catalogue import models
from voltway.vehicles.model import Charges
from voltway_world.mail import MailCatcher
from voltway_world.push import Phone, PushService

#: Standing is free for twenty minutes, and for ever.
PATIENT = TARIFF.replace(
    '"step_size": 1},\n',
    '"step_size": 1}]}, {"voltway_idle": {"grace": 1200}, "price_components": [',
)
FREE = """{"id": "DAY", "currency": "EUR", "tax_included": "YES", "elements": [
    {"price_components": [{"type": "ENERGY", "price": 0.49, "vat": 25.5, "step_size": 1}]}]}"""
COMPLETE, EARLY = "Charging is complete", "Charging stopped early"


@dataclass(slots=True)
class Guest:
    """A guest whose car charges, and their phone; what the station tells is numbered."""

    scene: Scene
    phone: Phone
    holder: str
    seq: int = 0

    async def told(
        self, wh: int, *, charging: bool, by_vehicle: bool = True, soc: int | None = None
    ) -> None:
        self.seq += 1
        reading = replace(self.scene.reading(wh, Context.PERIODIC), soc_percent=soc)
        told = Metered(
            ref=TransactionRef("tx-1"),
            evse=1,
            readings=(reading,),
            at=self.scene.now,
            seq=self.seq,
            charging=charging,
            by_vehicle=by_vehicle,
        )
        await self.scene.told(told)

    async def waits(self, *, seconds: float) -> None:
        """Time passes, and the rounds of two processes look at once."""
        self.scene.clock.jump(timedelta(seconds=seconds))
        await asyncio.gather(full.look(self.scene.begin), full.look(self.scene.begin))
        await self.scene.settles()

    async def ends(self, wh: int, *, reason: str = "EVDisconnected") -> None:
        self.seq += 1
        await self.scene.ends(wh, minutes=30, seq=self.seq, reason=reason)
        await self.scene.settles()

    def titles(self) -> list[str]:
        return [each["title"] for each in self.phone.shown if each["title"] in (COMPLETE, EARLY)]

    def shown(self) -> list[str]:
        """What was shown of the end, in the order in which it came."""
        return [each["body"] for each in self.phone.shown if each["title"] in (COMPLETE, EARLY)]


async def guest_at(scene: Scene, mail: MailCatcher, service: PushService, tariff: str) -> Guest:
    plug_events(scene, settings_for(mail))
    async with scene.begin() as work:
        await tariffs.add_version(work, scene.station.party.id, tariff)
    payment = await scene.pays(await scene.opens())
    holder = visit_holder(payment.id)
    phone, _ = await has_phone(scene, service, holder)
    await scene.starts(payment.token)
    scene.clock.jump(timedelta(minutes=60))
    return Guest(scene, phone, holder)


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


@pytest.fixture
async def guest(scene: Scene, mail: MailCatcher, service: PushService) -> Guest:
    return await guest_at(scene, mail, service, FREE)


async def test_a_full_car_that_stays_plugged_in_is_told_with_its_cost_and_the_fee_to_come(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    guest = await guest_at(scene, mail, service, PATIENT)
    await guest.told(70_000, charging=False)

    await guest.waits(seconds=59)
    assert guest.shown() == []

    await guest.waits(seconds=1)
    await guest.waits(seconds=600)
    [body] = guest.shown()
    assert body == (
        "Market Square: 20.00\N{NO-BREAK SPACE}kWh. €9.80 so far."
        " From 15:20 on standing costs €0.10 per minute. Please free the bay."
    )

    await guest.ends(70_000)
    assert len(guest.shown()) == 1


async def test_where_standing_is_free_no_fee_is_named(guest: Guest) -> None:
    await guest.told(70_000, charging=False)

    await guest.waits(seconds=90)

    [body] = guest.shown()
    assert body.endswith("€9.80 so far. Please free the bay.")


async def test_a_car_that_never_stood_is_told_at_its_end(guest: Guest) -> None:
    await guest.waits(seconds=90)
    await guest.ends(70_000)

    [body] = guest.shown()
    assert body == "Market Square: 20.00\N{NO-BREAK SPACE}kWh. Please free the bay."


async def test_what_the_station_withholds_is_no_full_car(guest: Guest) -> None:
    await guest.told(60_000, charging=False, by_vehicle=False)
    await guest.waits(seconds=900)
    assert guest.shown() == []

    await guest.ends(60_000)

    assert len(guest.shown()) == 1


async def test_a_car_that_waits_for_its_own_timer_is_not_full(guest: Guest) -> None:
    await guest.told(50_000, charging=False)

    await guest.waits(seconds=900)

    assert guest.shown() == []


async def test_a_car_that_is_topped_up_a_little_is_told_once(guest: Guest) -> None:
    await guest.told(70_000, charging=False)
    await guest.waits(seconds=90)
    await guest.told(70_000, charging=True)
    await guest.waits(seconds=600)
    await guest.told(70_300, charging=False)
    await guest.waits(seconds=90)

    await guest.ends(70_300)

    assert len(guest.shown()) == 1


async def test_a_car_that_only_paused_and_charged_on_is_told_at_its_end_too(guest: Guest) -> None:
    await guest.told(60_000, charging=False)
    await guest.waits(seconds=90)
    await guest.told(60_000, charging=True)
    await guest.ends(75_000)

    first, last = guest.shown()
    assert "10.00\N{NO-BREAK SPACE}kWh" in first
    assert "25.00\N{NO-BREAK SPACE}kWh" in last


async def test_a_car_that_paused_is_told_again_when_it_is_full_and_not_when_it_leaves(
    guest: Guest,
) -> None:
    await guest.told(60_000, charging=False)
    await guest.waits(seconds=90)
    await guest.told(60_000, charging=True)
    await guest.waits(seconds=1_800)
    await guest.told(75_000, charging=False)
    await guest.waits(seconds=90)
    await guest.waits(seconds=90)

    first, full_now = guest.shown()
    assert "10.00\N{NO-BREAK SPACE}kWh" in first
    assert "25.00\N{NO-BREAK SPACE}kWh" in full_now

    await guest.ends(75_000)
    assert len(guest.shown()) == 2


@pytest.mark.parametrize(("soc", "times"), [(40, 0), (77, 0), (78, 1), (None, 1)])
async def test_a_car_that_told_a_charge_below_its_target_has_only_paused(
    guest: Guest, soc: int | None, times: int
) -> None:
    await guest.told(51_000, charging=False, soc=soc)

    await guest.waits(seconds=900)

    assert len(guest.shown()) == times


async def test_of_a_charge_told_long_before_nobody_says_that_it_is_a_pause(guest: Guest) -> None:
    await guest.told(51_000, charging=True, soc=40)
    await guest.waits(seconds=1_800)
    await guest.told(80_000, charging=False)

    await guest.waits(seconds=90)

    assert len(guest.shown()) == 1


async def test_the_target_that_its_driver_chose_says_what_is_a_pause(
    scene: Scene, guest: Guest
) -> None:
    async with scene.begin() as work:
        row = await work.one("SELECT token_uid FROM session_view")
        assert row is not None
        party, token = scene.station.party.id, TokenUid(row["token_uid"])
        await vehicles.charges(work, Charges(party, token, next(iter(models())), None, 50))
    await guest.told(60_000, charging=False, soc=49)

    await guest.waits(seconds=90)

    assert len(guest.shown()) == 1


async def test_a_fault_after_the_car_was_full_stopped_nothing_early(guest: Guest) -> None:
    await guest.told(70_000, charging=False)
    await guest.waits(seconds=90)

    await guest.ends(70_000, reason="PowerLoss")

    [body] = guest.shown()
    assert "Please free the bay." in body


@pytest.mark.parametrize("reason", ["PowerLoss", "GroundFault", "DeAuthorized"])
async def test_what_ended_a_car_that_charged_on_a_little_is_told(guest: Guest, reason: str) -> None:
    await guest.told(70_000, charging=False)
    await guest.waits(seconds=90)
    await guest.told(70_000, charging=True)

    await guest.ends(70_400, reason=reason)

    assert guest.titles() == [COMPLETE, EARLY]


async def test_of_a_car_that_charges_on_before_it_is_told_nothing_is_told_then(
    guest: Guest,
) -> None:
    scene = guest.scene
    async with scene.begin() as work:
        await wishing.set_quiet(work, guest.holder, "UTC", "00:00", "18:00")
    await guest.told(60_000, charging=False)
    await guest.waits(seconds=90)
    await guest.told(60_000, charging=True)
    scene.clock.jump(timedelta(hours=6))
    await guest.told(75_000, charging=True)
    await scene.settles()

    assert guest.shown() == []
    [dropped] = [each for each in await alerts(scene) if each.state is AlertState.DROPPED]
    assert dropped.last_trouble == "The car charged on before it was told."

    await guest.ends(76_000)
    [body] = guest.shown()
    assert "26.00\N{NO-BREAK SPACE}kWh" in body


async def test_a_driver_with_an_account_who_wants_mails_gets_one(
    scene: Scene, mail: MailCatcher
) -> None:
    plug_events(scene, settings_for(mail))
    card = await anns_card(scene)
    await scene.starts(card)
    scene.clock.jump(timedelta(minutes=60))
    suspended = Metered(
        ref=TransactionRef("tx-1"),
        evse=1,
        readings=(scene.reading(70_000, Context.PERIODIC),),
        at=scene.now,
        seq=1,
        charging=False,
        by_vehicle=True,
    )
    await scene.told(suspended)
    scene.clock.jump(timedelta(seconds=90))
    await full.look(scene.begin)
    await scene.settles()
    await scene.ends(70_000, seq=2)
    await scene.settles()

    [caught] = await mails(mail)
    text = caught.get_body(("plain",))
    assert caught["Subject"].startswith(COMPLETE)
    assert text is not None
    said = "€9.95 so far. The idle fee runs since 15:00: €0.10 per minute."
    assert said in text.get_content()
    assert len(mail.box.to(ANN)) == 1


async def anns_card(scene: Scene) -> TokenUid:
    """A card of Ann's contract, who wants to be told by mail when a charge is complete."""
    party = scene.station.party.id
    async with scene.begin() as work:
        token = await drivers.add_token(work, party, "04A1B2C3")
        ann = await contracts.add_driver(work, party, "Ann", ANN)
        contract = await contracts.add_contract(work, party, ident="C-1", driver=ann.id)
        await contracts.stands_for(work, token.id, contract.id)
        wishes = {(Event.COMPLETE, Channel.MAIL)}
        await wishing.choose(work, ANN, wishes, among=wishing.events_for(operators=False))
    return token.uid


class Killed(BaseException):
    """The process died."""


def dying(begin: BeginWork) -> BeginWork:
    """Work of a process that dies before it is kept."""

    @asynccontextmanager
    async def begins(party: PartyId | None = None) -> AsyncIterator[Work]:
        async with begin(party) as work:
            yield work
            raise Killed

    return begins


async def test_a_process_that_dies_before_it_is_kept_tells_nothing_and_another_tells_it_once(
    guest: Guest,
) -> None:
    await guest.told(70_000, charging=False)
    guest.scene.clock.jump(timedelta(seconds=90))

    with pytest.raises(Killed):
        await full.look(dying(guest.scene.begin))
    await guest.scene.settles()
    assert guest.shown() == []
    assert await guest.scene.count("session_full") == 0

    await guest.waits(seconds=1)
    assert len(guest.shown()) == 1
    assert await guest.scene.count("outbox WHERE kind = 'SessionFull'") == 1
