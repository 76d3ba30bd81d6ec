"""A bay, a driver with a card, the simulated provider, and the rooms that hear of each other.

Everything is real but the station, whose reports are told directly, and time, which jumps.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.network import AStation, a_party, a_station
from tests.payments.hosted_page import pay
from tests.payments.providers import Closable
from voltway.billing import actions as billing
from voltway.billing.invoicing import GIVE_BACK
from voltway.billing.model import CdrIssued
from voltway.evidence import actions as evidence
from voltway.kernel.errors import Outage, Trouble
from voltway.kernel.ids import SessionId, TokenUid, TransactionRef
from voltway.kernel.units import RegisterWh
from voltway.payments import actions as payments
from voltway.payments import choosing
from voltway.payments.model import Payment, PaymentDeclined, PaymentRefunded, Visit
from voltway.payments.model_methods import MethodsChanged
from voltway.runtime.bus import Bus
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.jobs import Jobs
from voltway.runtime.jobs_seen import TELL_AGAIN
from voltway.runtime.work import BeginWork
from voltway.sessions import actions as sessions
from voltway.sessions.model import SessionCorrected, SessionEnded, SessionStarted
from voltway.sessions.sweeps import end_forgotten
from voltway.stations.reports import Context, Ended, Heard, Metered, Reading, Report, Started
from voltway.tariffs import actions as tariffs
from voltway_world.provider import ProviderServer
from voltway_world.serving import Serving

PATIENCE_S = 20

TARIFF = """{"id": "DAY", "currency": "EUR", "tax_included": "YES", "elements": [
    {"price_components": [
        {"type": "ENERGY", "price": 0.49, "vat": 25.5, "step_size": 1},
        {"type": "PARKING_TIME", "price": 6.00, "vat": 25.5, "step_size": 1}]}]}"""


@dataclass(slots=True)
class Scene:
    begin: BeginWork
    clock: JumpingClock
    bank: ProviderServer
    provider: Closable
    station: AStation
    bus: Bus
    jobs: Jobs
    database: Database
    calls: int = 0
    door: str = ""
    webhooks: list[int] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def opens(self, *, email: str | None = None, locale: str = "en", bay: int = 1) -> Visit:
        """The driver chooses a bay and is sent to the provider's page."""
        return await payments.open_visit(
            self.begin,
            self.provider,
            evse=self.station.evse(bay),
            email=email,
            locale=locale,
            return_url="http://127.0.0.1:1/v/{visit_key}",
            cancel_url="http://127.0.0.1:1/e/x",
        )

    async def pays(self, visit: Visit, number: str = "4242 4242 4242 4242") -> Payment:
        """The driver pays there and comes back."""
        await pay(visit.hosted_url, number)
        payment = await self.payment(visit)
        return await payments.refresh(self.begin, self.provider, payment.id)

    async def payment(self, visit: Visit) -> Payment:
        async with self.begin() as work:
            return await payments.visit(work, visit.visit_key)

    async def starts(self, token: TokenUid, *, ref: str = "tx-1", wh: int = 50_000) -> SessionId:
        """The car is plugged in and charges."""
        start = Started(
            ref=TransactionRef(ref),
            evse=1,
            connector=1,
            token=token,
            at=self.now,
            readings=(self.reading(wh, Context.BEGIN),),
            seq=0,
            charging=True,
        )
        await self.told(start)
        async with self.begin() as work:
            row = await work.one("SELECT id FROM session_view WHERE ref = $1", ref)
        assert row is not None
        return SessionId(row["id"])

    async def meters(self, wh: int, *, ref: str = "tx-1", seq: int = 1) -> None:
        await self.told(
            Metered(
                ref=TransactionRef(ref),
                evse=1,
                readings=(self.reading(wh, Context.PERIODIC),),
                at=self.now,
                seq=seq,
            )
        )

    async def ends(
        self,
        wh: int | None,
        *,
        ref: str = "tx-1",
        minutes: int = 30,
        seq: int = 1,
        reason: str = "EVDisconnected",
    ) -> None:
        """The car leaves; without a register its end is not complete."""
        self.clock.jump(timedelta(minutes=minutes))
        readings = () if wh is None else (self.reading(wh, Context.END),)
        await self.told(
            Ended(
                ref=TransactionRef(ref),
                reason=reason,
                at=self.now,
                readings=readings,
                seq=seq,
            )
        )

    def reading(self, wh: int, context: Context) -> Reading:
        return Reading(self.now, register_wh=RegisterWh(wh), context=context)

    async def told(self, report: Report) -> None:
        self.calls += 1
        heard = Heard(0, self.station.station.id, "TransactionEvent", self.now, [report])
        async with self.begin() as work:
            await sessions.record(work, [heard])

    async def settles(self) -> None:
        """Everybody hears what happened and does what follows, until nothing more does."""
        while True:
            await self.bus.catch_up()
            if not await self.jobs.catch_up():
                return

    async def sweeps(self) -> None:
        """The house's rounds, once."""
        await end_forgotten(self.begin)
        await billing.wake_resting(self.begin)
        await payments.release_unstarted(self.begin, self.provider)
        await payments.resolve_unknown(self.begin, self.provider)
        await payments.void_leftovers(self.begin, self.provider)

    async def count(self, sql: str) -> int:
        async with self.begin() as work:
            row = await work.one(f"SELECT count(*) AS n FROM {sql}")
        assert row is not None
        return int(row["n"])

    async def webhook_answered(self, status: int, times: int = 1) -> None:
        """Wait until webhooks came and were answered so."""
        async with asyncio.timeout(PATIENCE_S), self.news:
            await self.news.wait_for(lambda: self.webhooks.count(status) >= times)

    @property
    def moved_minor(self) -> int:
        """What the provider's own books say has reached us."""
        return sum(move.amount_minor for move in self.bank.books.transactions.values())


@asynccontextmanager
async def a_scene(
    database: Database,
    clock: JumpingClock,
    bank: ProviderServer,
    provider: Closable,
    *,
    tariff: str = TARIFF,
) -> AsyncIterator[Scene]:
    address = {"street": "Salomonkatu 1", "postal_code": "00100", "city": "Helsinki"}
    async with database.begin() as work:
        party = await a_party(work, address=address)
        await tariffs.add_version(work, party.id, tariff)
        await tariffs.assign(work, party.id, "DAY")
        station = await a_station(work, party)
    bus, jobs = Bus(database), Jobs(database)
    scene = Scene(database.begin, clock, bank, provider, station, bus, jobs, database)
    bus.watch_many("payments.started", [SessionStarted], payments.hears_session_started)
    bus.watch_many("payments.ended", [SessionEnded], payments.hears_session_ended)
    bus.watch_many("billing.ended", [SessionEnded], billing.hears_session_ended)
    bus.watch_many("billing.cdrs", [CdrIssued], billing.freezes_cdrs)
    bus.watch_many("billing.corrected", [SessionCorrected], billing.hears_session_corrected)
    bus.watch("billing.refunded", [PaymentRefunded], billing.hears_payment_refunded)

    async def settle(begin: BeginWork, bodies: Any) -> Any:
        return await billing.settle_many(begin, scene.provider, bodies)

    async def tell_again(begin: BeginWork, body: Any) -> None:
        await bus.tell_again(int(body["fact"]))

    async def give_back_adjusted(begin: BeginWork, body: Any) -> None:
        await billing.give_back_adjusted(begin, scene.provider, body)

    async def give_back_tax(begin: BeginWork, body: Any) -> None:
        await billing.give_back_tax(begin, scene.provider, body)

    async def hold_saved(begin: BeginWork, body: Any) -> None:
        await payments.hold_saved(begin, scene.provider, body)

    async def let_go(begin: BeginWork, body: Any) -> None:
        await payments.let_go(begin, scene.provider, body)

    jobs.handle(payments.LET_GO, let_go)
    bus.watch_many("payments.declined", [PaymentDeclined], payments.hears_payment_declined)
    bus.watch_many("payments.methods", [MethodsChanged], payments.hears_methods_changed)
    jobs.handle(payments.HOLD_SAVED, hold_saved)
    jobs.handle_many("settle", settle)
    jobs.handle(GIVE_BACK, give_back_tax)
    jobs.handle(billing.GIVE_BACK_ADJUSTED, give_back_adjusted)
    jobs.handle(TELL_AGAIN, tell_again)
    jobs.handle(evidence.CHECK_UNCHECKED, evidence.check_unchecked)
    jobs.handle(billing.HEAR_CORRECTION, billing.hear_correction)
    door = Serving(webhook_door(scene))
    scene.door = await door.start()
    bank.send_webhooks_to(scene.door)
    yield scene
    await door.stop()


def webhook_door(
    scene: Scene,
) -> Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]:
    """The least that a web door does with a webhook."""

    async def door(
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        body = (await receive())["body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        try:
            [first, *_] = choosing.every(scene.provider)
            await payments.hear_webhook(scene.begin, first, headers, body)
            status = 200
        except Outage:
            status = 503
        except Trouble:
            status = 403
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        async with scene.news:
            scene.webhooks.append(status)
            scene.news.notify_all()

    return door
