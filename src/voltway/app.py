"""Where all parts meet: chooses them, plugs them together, starts and stops them.

``open_house`` is the whole house as one block: ``voltway serve``, the demo, replays and stories all
open the same one. Nothing else knows which parts there are.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from voltway.alerts.delivering import Post
from voltway.billing import actions as billing
from voltway.billing import checking, monthly, own_companies, runs, simulation_runs
from voltway.billing.invoicing import GIVE_BACK
from voltway.billing.vies import Vies
from voltway.drivers.revocation import issuers_of
from voltway.evidence import actions as evidence
from voltway.kernel.errors import Misconfigured
from voltway.ocpp import gateways
from voltway.ocpp.afterwards import Afterwards
from voltway.ocpp.hearing import heard_again
from voltway.ocpp.server import OcppServer
from voltway.partners.asking import ask as ask_partner
from voltway.payments import accounts, choosing, disputing, returning
from voltway.payments import actions as payments
from voltway.payments.choosing import AnyProvider, Offer, Providers
from voltway.payments.provider import Provider
from voltway.payments.providers.balance import BalanceProvider
from voltway.payments.providers.none import NoProvider
from voltway.payments.providers.simulated import SimulatedProvider
from voltway.payments.providers.terminal import TerminalProvider
from voltway.payments.rerouting import Rerouting
from voltway.rounds import plug_rounds
from voltway.runtime.bus import Bus
from voltway.runtime.clock import SystemClock
from voltway.runtime.database import Database, connect_owner, open_database
from voltway.runtime.drain import Drain
from voltway.runtime.ending import end
from voltway.runtime.health import DatabaseHealth
from voltway.runtime.jobs import Jobs, free_jobs
from voltway.runtime.jobs_seen import TELL_AGAIN
from voltway.runtime.lasting import lasting
from voltway.runtime.migrate import migrate
from voltway.runtime.periodic import Periodic
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.runtime.relay import Alone, Relay
from voltway.runtime.settings import Settings
from voltway.runtime.wire import Wire
from voltway.runtime.wire_nats import NatsWire
from voltway.runtime.wire_notify import NotifyWire
from voltway.runtime.work import BeginWork, Clock
from voltway.watchers import plug_watchers
from voltway.web.api.site import API, openapi_config
from voltway.web.house import House
from voltway.web.serving import WebServer, address_of, listen
from voltway.web.site import make_health_site, make_site

#: What a process of a role does.
GATEWAY: Final = frozenset({"all", "gateway"})
WEB: Final = frozenset({"all", "web"})
WORKER: Final = frozenset({"all", "worker"})


@dataclass(eq=False)
class NoSharedDatabase(Misconfigured):
    """
    A process with the role "{role}" works on a database that others reach too: set
    VOLTWAY_DATABASE_URL, or let `voltway serve --workers N` start all roles on this machine.
    """

    role: str


@dataclass(eq=False)
class NoPublicAddress(Misconfigured):
    """A worker names the address of the pages in what it sends: set VOLTWAY_PUBLIC_URL."""


@dataclass(frozen=True, slots=True)
class OpenHouse:
    """A running Voltway, or the process of one that has a role."""

    database: Database
    bus: Bus
    jobs: Jobs
    provider: AnyProvider
    clock: Clock
    http: str  # http://HOST:PORT
    ocpp: str  # ws://HOST:PORT/ocpp, and empty where no stations are served

    @property
    def begin(self) -> BeginWork:
        return self.database.begin


@asynccontextmanager
async def open_house(
    settings: Settings, clock: Clock | None = None, *, rounds: bool = True
) -> AsyncIterator[OpenHouse]:
    """Start every part, and stop them in the opposite order, within ``settings.drain_s``.

    Raises ``Misconfigured`` with a sentence for whoever starts us. When the block ends, stations
    and pages are let go first, then the work at hand is finished, then the database closes.
    Where the clock jumps over days in no time, as in replays, there are no ``rounds``: they would
    find everything forgotten and overdue.
    """
    if settings.role != "all" and not settings.database_url:
        raise NoSharedDatabase(settings.role)
    if settings.role == "worker" and not settings.public_url:
        raise NoPublicAddress
    drain = Drain(settings.drain_s)
    try:
        yield await _start(settings, clock or SystemClock(), drain, with_rounds=rounds)
    finally:
        await drain.stop()


@asynccontextmanager
async def open_ground(settings: Settings) -> AsyncIterator[str]:
    """The migrated database that the processes of this machine will share: its address.

    Where it is an embedded one, no other process can be at work on it, so what a killed Voltway
    left behind is taken up at once.
    """
    drain = Drain(settings.drain_s)
    try:
        url = await _found_database(settings, drain)
        if not settings.database_url:
            database = await open_database(url, connections=4)
            await gateways.lose_all_gateways(database.begin)
            await free_jobs(database.begin)
            await database.close()
        yield url
    finally:
        await drain.stop()


async def _start(settings: Settings, clock: Clock, drain: Drain, *, with_rounds: bool) -> OpenHouse:
    role = settings.role
    listener = listen("VOLTWAY_HTTP", settings.http, shares_port=role == "web")
    drain.part("listener", partial(_let_go, listener))
    http = address_of(listener)
    settings = replace(settings, public_url=settings.public_url or http)
    database = await _open_database(settings, clock, drain)
    provider = _provider(settings, database.begin)
    drain.part("provider", partial(choosing.close, provider))
    if settings.providers and isinstance(provider, Providers):
        rerouting = Rerouting(Path(settings.providers), provider)
        _lasts(drain, "rerouting", rerouting.run)
    # With a database of our own there is no other process whose jobs we might take for dead.
    is_sole = not settings.database_url
    bus, jobs = Bus(database, sole=is_sole), Jobs(database, sole=is_sole)
    plug_watchers(bus)
    _plug_jobs(jobs, bus, settings, provider)
    _plug_post(jobs, database, settings, drain)
    relay = await _open_relay(settings, database, bus, drain) if with_rounds else None
    if role in WORKER:
        await _start_work(settings, database, bus, jobs, provider, drain, with_rounds=with_rounds)
    house = House(
        begin=database.begin,
        touches=bus.touches,
        clock=clock,
        settings=settings,
        provider=provider,
        register=_register_of(settings),
        reach=relay or Alone(),
    )
    if relay is not None:
        house.health.note("others", lambda: relay.trouble)
    await _look_after(database, house)
    site = make_site(house, more=API, openapi=openapi_config()) if role in WEB else None
    web = WebServer(site or make_health_site(house), listener)
    await web.start()
    drain.part("pages", web.stop)
    if with_rounds and not is_sole:
        watch = gateways.GatewayWatch(database.begin)
        _lasts(drain, "gateway watch", watch.run)
    ocpp = ""
    if role in GATEWAY:
        ingest = await database.for_ingest()
        drain.part("ingest", ingest.close)
        gateway = OcppServer(
            database.begin,
            bus.touches,
            clock,
            settings,
            ingest=ingest.begin,
            reach=relay,
            is_sole=is_sole,
            shares_port=role == "gateway",
            afterwards=_afterwards(house),
        )
        ocpp = await gateway.start()
        house.health.note("lines", lambda: gateway.trouble)
        drain.part("stations", gateway.drain)
    drain.part("live pages", partial(_close, house))
    return OpenHouse(database, bus, jobs, provider, clock, http, ocpp)


def _afterwards(house: House) -> Afterwards:
    """Whom stations' questions go on to."""
    partners = partial(ask_partner, house.begin)
    return Afterwards(partners, house.register, issuers_of(house.begin, house.settings))


async def _open_relay(
    settings: Settings, database: Database, bus: Bus, drain: Drain
) -> Relay | None:
    """The way to the other processes, where there can be any."""
    if settings.nats_url:
        wire: Wire = NatsWire(settings.nats_url, settings.nats_prefix)
    elif settings.database_url:
        wire = NotifyWire(database)
    else:
        return None
    # Who places an order by the API begins to wait for its end when that may have come already.
    always = frozenset({"order:*"}) if settings.role in WEB else frozenset()
    relay = Relay(wire, bus, hears_facts=settings.role in WORKER, always=always)
    await relay.start()
    database.when_kept(relay.carry)
    drain.part("relay", relay.stop)
    return relay


async def _start_work(
    settings: Settings,
    database: Database,
    bus: Bus,
    jobs: Jobs,
    provider: AnyProvider,
    drain: Drain,
    *,
    with_rounds: bool,
) -> None:
    """What nobody waits for: facts told, jobs done, rounds gone."""
    rounds = Periodic(database)
    plug_rounds(rounds, bus, jobs, settings, provider, database.begin)
    await bus.start()
    drain.part("bus", bus.stop)
    await jobs.start()
    drain.part("jobs", jobs.stop)
    if with_rounds:
        await rounds.start()
        drain.part("rounds", rounds.stop)


async def _found_database(settings: Settings, drain: Drain) -> str:
    """Where the database is, embedded or named by the settings, with today's tables."""
    url = settings.database_url
    if not url:
        postgres = EmbeddedPostgres(settings.data)
        # In this thread, for the server ends with the thread that started it.
        url = postgres.start()
        drain.part("postgres", partial(asyncio.to_thread, postgres.stop))
        _lasts(drain, "postgres watch", postgres.keep_running)
    owner = await connect_owner(url)
    try:
        await migrate(owner)
    finally:
        await owner.close()
    return url


async def _open_database(settings: Settings, clock: Clock, drain: Drain) -> Database:
    url = await _found_database(settings, drain)
    database = await open_database(url, clock, connections=settings.database_connections)
    drain.part("database", database.close)
    return database


def _provider(settings: Settings, begin: BeginWork) -> AnyProvider:
    """One provider, or those that a file names, and balances beside them. Raises
    ``Misconfigured``."""
    own: Sequence[Provider] = [BalanceProvider(begin), TerminalProvider(begin)]
    if settings.providers:
        return accounts.providers(accounts.read(Path(settings.providers)), own=own)
    if not settings.provider_url:
        return Providers([Offer(provider=NoProvider())], own=own)
    simulated = SimulatedProvider(
        settings.provider_url,
        secret=settings.provider_secret,
        webhook_secret=settings.provider_webhook_secret,
    )
    return Providers(
        [Offer(provider=simulated, pages=choosing.origin_of(settings.provider_url))], own=own
    )


async def _look_after(database: Database, house: House) -> None:
    """Whether the database answers, and keeps what it says; who starts us reads of it at once."""
    kept = DatabaseHealth(database)
    house.health.check("database", kept.check)
    house.health.note("what is kept", lambda: kept.trouble)
    await kept.check()


async def _let_go(listener: socket.socket) -> None:
    """Where the pages were never served, nobody else closes their socket."""
    listener.close()


async def _close(house: House) -> None:
    house.health.begin_to_drain()
    house.streams.close()


def _lasts(drain: Drain, name: str, part: Callable[[], Awaitable[None]]) -> None:
    """Let a part run until the house closes."""
    drain.part(name, partial(_cancel, asyncio.create_task(lasting(name, part))))


async def _cancel(task: asyncio.Task[None]) -> None:
    await end({task})


def _plug_post(jobs: Jobs, database: Database, settings: Settings, drain: Drain) -> None:
    """Who sends alerts, by lines that stay open until the house closes."""
    post = Post(database.begin, settings)
    drain.part("post", post.close)
    post.plug(jobs)


def _register_of(settings: Settings) -> Vies | None:
    """The register of VAT ids, where one is to be asked."""
    return Vies(settings.vies_url) if settings.vies_url else None


def _plug_jobs(jobs: Jobs, bus: Bus, settings: Settings, provider: AnyProvider) -> None:
    """Which jobs there are, and who does them."""

    async def settle(
        begin: BeginWork, bodies: Sequence[Mapping[str, str]]
    ) -> Sequence[Exception | None]:
        return await billing.settle_many(begin, provider, bodies)

    async def check_books(begin: BeginWork, body: Mapping[str, str]) -> None:
        await checking.check_asked(begin, heard_again, body)

    async def tell_again(begin: BeginWork, body: Mapping[str, str]) -> None:
        await bus.tell_again(int(body["fact"]))

    async def give_back_adjusted(begin: BeginWork, body: Mapping[str, str]) -> None:
        await billing.give_back_adjusted(begin, provider, body)

    async def give_back_tax(begin: BeginWork, body: Mapping[str, str]) -> None:
        await billing.give_back_tax(begin, provider, body)

    async def hold_saved(begin: BeginWork, body: Mapping[str, str]) -> None:
        await payments.hold_saved(begin, provider, body)

    async def let_go(begin: BeginWork, body: Mapping[str, str]) -> None:
        await payments.let_go(begin, provider, body)

    jobs.handle_many("settle", settle)

    async def read_disputes(begin: BeginWork, body: Mapping[str, str]) -> None:
        await disputing.read_job(begin, provider, body)

    async def read_refunds(begin: BeginWork, body: Mapping[str, str]) -> None:
        await returning.read_job(begin, provider, body)

    jobs.handle(returning.JOB, read_refunds)
    jobs.handle(payments.HOLD_SAVED, hold_saved)
    jobs.handle(payments.LET_GO, let_go)
    jobs.handle(disputing.JOB, read_disputes)

    async def own_company(begin: BeginWork, body: Mapping[str, str]) -> None:
        await own_companies.write_job(begin, _register_of(settings), body)

    jobs.handle(own_companies.JOB, own_company)
    jobs.handle(GIVE_BACK, give_back_tax)
    jobs.handle(billing.GIVE_BACK_ADJUSTED, give_back_adjusted)
    jobs.handle(evidence.CHECK_UNCHECKED, evidence.check_unchecked)
    jobs.handle(billing.HEAR_CORRECTION, billing.hear_correction)
    jobs.handle(checking.JOB, check_books)
    jobs.handle(runs.JOB, monthly.write_job, at_once=1)
    jobs.handle(simulation_runs.JOB, simulation_runs.run_job, at_once=1)
    jobs.handle(TELL_AGAIN, tell_again)
