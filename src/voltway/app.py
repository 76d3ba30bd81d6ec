"""Where all parts meet: chooses them, plugs them together, starts and stops them.

``open_house`` is the whole house as one block: ``voltway serve``, the demo, replays and stories all
open the same one. Nothing else knows which parts there are.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from msgspec.structs import replace

from voltway.alerts import actions as alerts
from voltway.alerts.watchers import hears_hold_released, hears_invoice_issued
from voltway.billing import actions as billing
from voltway.billing.model import InvoiceIssued
from voltway.billing.sweeps import wake_resting
from voltway.billing.watchers import hears_session_ended as opens_settlement
from voltway.ocpp.server import OcppServer
from voltway.parties import actions as parties
from voltway.payments import sweeps as payments
from voltway.payments.model import HoldReleased
from voltway.payments.provider import Provider
from voltway.payments.providers.none import NoProvider
from voltway.payments.providers.simulated import SimulatedProvider
from voltway.payments.watchers import hears_session_ended, hears_session_started
from voltway.runtime.bus import Bus
from voltway.runtime.clock import SystemClock
from voltway.runtime.database import Database, open_migrated
from voltway.runtime.jobs import Jobs
from voltway.runtime.periodic import Periodic
from voltway.runtime.postgres import run_postgres
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork, Clock
from voltway.sessions import sweeps as sessions
from voltway.sessions.model import SessionEnded, SessionStarted
from voltway.stations import actions as stations
from voltway.web.api.site import API, openapi_config
from voltway.web.house import House
from voltway.web.serving import WebServer, address_of, listen
from voltway.web.site import make_site
from voltway.web.streams import Streams

#: How often the rounds go, in seconds.
SOON: Final = 2
OFTEN: Final = 15
SELDOM: Final = 600


@dataclass(frozen=True, slots=True)
class OpenHouse:
    """A running Voltway."""

    database: Database
    bus: Bus
    jobs: Jobs
    provider: Provider
    clock: Clock
    http: str  # http://HOST:PORT
    ocpp: str  # ws://HOST:PORT/ocpp

    @property
    def begin(self) -> BeginWork:
        return self.database.begin


@asynccontextmanager
async def open_house(settings: Settings, clock: Clock | None = None) -> AsyncIterator[OpenHouse]:
    """Start every part, and stop them in the opposite order.

    Raises ``Misconfigured`` with a sentence for whoever starts us. When the block ends: stations
    and pages are let go first, then the work at hand is finished, then the database closes.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(listen("VOLTWAY_HTTP", settings.http))
        http = address_of(listener)
        settings = replace(settings, public_url=settings.public_url or http)
        url = await stack.enter_async_context(run_postgres(settings))
        database = await stack.enter_async_context(open_migrated(url, clock, settings))
        provider = await stack.enter_async_context(_provider(settings))
        bus, jobs, rounds = Bus(database), Jobs(database), Periodic(database)
        _plug_watchers(bus)
        _plug_jobs(jobs, settings, provider)
        _plug_rounds(rounds, bus, settings, provider, database.begin)
        await bus.start()
        stack.push_async_callback(bus.stop)
        await jobs.start()
        stack.push_async_callback(jobs.stop)
        await rounds.start()
        stack.push_async_callback(rounds.stop)
        streams = Streams()
        house = House(
            begin=database.begin,
            touches=bus.touches,
            clock=clock,
            settings=settings,
            provider=provider,
            streams=streams,
        )
        web = WebServer(make_site(house, more=API, openapi=openapi_config()), listener)
        await web.start()
        stack.push_async_callback(web.stop)
        gateway = OcppServer(database.begin, bus.touches, clock, settings)
        ocpp = await gateway.start()
        stack.push_async_callback(gateway.drain)
        stack.callback(streams.close)
        yield OpenHouse(database, bus, jobs, provider, clock, http, ocpp)


@asynccontextmanager
async def _provider(settings: Settings) -> AsyncIterator[Provider]:
    if not settings.provider_url:
        yield NoProvider()
        return
    provider = SimulatedProvider(
        settings.provider_url,
        secret=settings.provider_secret,
        webhook_secret=settings.provider_webhook_secret,
    )
    try:
        yield provider
    finally:
        await provider.close()


def _plug_watchers(bus: Bus) -> None:
    """Who hears which facts. A name keeps its watcher's place for ever: never give it away."""
    bus.watch("payments.session_started", [SessionStarted], hears_session_started)
    bus.watch("payments.session_ended", [SessionEnded], hears_session_ended)
    bus.watch("billing.session_ended", [SessionEnded], opens_settlement)
    bus.watch("alerts.invoice_issued", [InvoiceIssued], hears_invoice_issued)
    bus.watch("alerts.hold_released", [HoldReleased], hears_hold_released)


def _plug_jobs(jobs: Jobs, settings: Settings, provider: Provider) -> None:
    """Which jobs there are, and who does them."""

    async def settle(begin: BeginWork, body: Mapping[str, str]) -> None:
        await billing.settle(begin, provider, body)

    async def send_alert(begin: BeginWork, body: Mapping[str, str]) -> None:
        await alerts.send(begin, settings, body)

    jobs.handle("settle", settle)
    jobs.handle("send_alert", send_alert)


def _plug_rounds(
    rounds: Periodic, bus: Bus, settings: Settings, provider: Provider, begin: BeginWork
) -> None:
    """What is done again and again, whether or not anybody asks."""

    def every(seconds: float, name: str, do: Callable[..., Awaitable[object]]) -> None:
        rounds.every(seconds, name, do)

    within_s = settings.start_within_s
    every(SOON, "orders.overdue", partial(stations.end_overdue_orders, begin))
    every(SOON, "payments.limit", partial(payments.stop_at_limit, begin))
    every(
        SOON,
        "payments.unstarted",
        partial(payments.release_unstarted, begin, provider, within_s=within_s),
    )
    every(OFTEN, "payments.unknown", partial(payments.resolve_unknown, begin, provider))
    every(OFTEN, "billing.resting", partial(wake_resting, begin))
    every(OFTEN, "sessions.forgotten", partial(sessions.end_forgotten, begin))
    every(SELDOM, "payments.leftovers", partial(payments.void_leftovers, begin, provider))
    every(SELDOM, "parties.sign_ins", partial(parties.forget_old_sign_ins, begin))
    every(SELDOM, "frames.old", partial(stations.forget_old_frames, begin))
    every(SELDOM, "outbox.old", partial(bus.trim, timedelta(hours=settings.keep_facts_h)))
