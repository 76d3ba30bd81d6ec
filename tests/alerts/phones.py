"""People with phones in the tests of alerts, and what sends to them."""

from collections.abc import Mapping

from tests.payments.scene import Scene
from voltway.alerts import (
    actions,
    devices,
    driver_events,
    meter_events,
    operator_events,
    pushing,
)
from voltway.alerts.model_events import Device
from voltway.alerts.queueing import MANY, ONE
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork
from voltway.sessions import faults
from voltway.sessions.model import SessionEnded
from voltway.stations.model import PortStatusChanged
from voltway_world.push import Phone, PushService


def plug_events(scene: Scene, settings: Settings) -> None:
    """Let alerts of events hear the scene, and send by these settings."""
    bus = scene.bus
    bus.watch_many("alerts.sessions", driver_events.SESSION_FACTS, driver_events.hears_session)
    bus.watch_many("alerts.money", driver_events.MONEY_FACTS, driver_events.hears_money)
    bus.watch_many("alerts.stations", operator_events.STATION_FACTS, operator_events.hears_station)
    bus.watch_many("sessions.faults", [SessionEnded, PortStatusChanged], faults.hears)
    bus.watch_many("alerts.meters", [SessionEnded], meter_events.hears_ended)
    plug_sending(scene, settings)


def plug_sending(scene: Scene, settings: Settings) -> None:
    """Do the jobs of alerts by these settings, each by lines of its own."""

    async def send(begin: BeginWork, body: Mapping[str, str]) -> None:
        await actions.send(begin, settings, body)

    scene.jobs.handle(ONE, send)
    scene.jobs.handle(MANY, send)


async def has_phone(scene: Scene, service: PushService, holder: str) -> tuple[Phone, Device]:
    """A phone of this holder's subscribes at the push service, and is told to us."""
    async with scene.begin() as work:
        phone = service.subscribe(await pushing.public_key(work))
        device = await devices.add(
            work,
            holder,
            endpoint=phone.endpoint,
            p256dh=phone.p256dh,
            auth=phone.subscription["keys"]["auth"],
            label="Ann's phone",
            hosts=service.url,
        )
    return phone, device
