"""A whole world for stories: the open house, a payment provider, a mail catcher, stations.

Everything speaks by real sockets to a real PostgreSQL; only the clock is ours, and jumps.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from tests.network import AStation, a_party, a_station, a_token
from tests.simulation.house import HOST, port_of_its_own
from voltway.app import OpenHouse, open_house
from voltway.ledger import actions as ledger
from voltway.parties.model import Party
from voltway.runtime import settings as configuration
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import Row
from voltway.tariffs import actions as tariffs
from voltway_world.calling import a_line
from voltway_world.mail import MailCatcher
from voltway_world.ocsp import Responder
from voltway_world.provider import ProviderServer
from voltway_world.sms import TextService
from voltway_world.stations import EvseSpec, Options, Station

WAIT_S = 20
CARD = {"number": "4242 4242 4242 4242", "expiry": "12/40", "cvc": "123"}
SECRET, SIGNING = "a-secret-of-the-story", "a-signing-key-of-the-story"

ADDRESS = {"street": "Salomonkatu 1", "postal_code": "00100", "city": "Helsinki"}


@dataclass(frozen=True, slots=True)
class Bill:
    """What a session cost, as its receipt says."""

    identity: str
    evse: int
    token: str
    begins: datetime
    ends: datetime
    energy_wh: int
    total: str
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """A station of the world, with what Voltway calls it."""

    outside: Station
    inside: AStation


@dataclass
class World:
    house: OpenHouse
    clock: JumpingClock
    party: Party
    provider: ProviderServer
    mail: MailCatcher
    issuers: Responder
    browser: httpx.AsyncClient
    stack: AsyncExitStack

    async def prices(self, *components: Mapping[str, Any], vat: float = 25.5, **more: Any) -> None:
        """Let this tariff hold everywhere: gross prices, tax within."""
        document = {
            "country_code": "FI",
            "party_id": "VLT",
            "id": "STORY",
            "currency": "EUR",
            "tax_included": "YES",
            "elements": [
                {"price_components": [{"step_size": 1, "vat": vat, **each} for each in components]}
            ],
            "last_updated": "2026-01-01T00:00:00Z",
            **more,
        }
        async with self.house.begin() as work:
            since = work.now - timedelta(days=30)
            await tariffs.add_version(work, self.party.id, json.dumps(document), valid_from=since)
            await tariffs.assign(work, self.party.id, "STORY", since=since)

    async def station(
        self, version: str, *, evses: int = 2, power_w: int = 22_000, can_reserve: bool = False
    ) -> Post:
        """A station that is registered, switched on and online."""
        async with self.house.begin() as work:
            inside = await a_station(work, self.party, evses=evses, power_w=power_w)
        outside = Station(
            self.house.ocpp,
            inside.station.identity,
            inside.key,
            version,
            [EvseSpec(number, power_w) for number in range(1, evses + 1)],
            clock=self.clock.now,
            options=Options(
                tick_s=0, meter_interval_s=0, reconnect_s=0.05, can_reserve=can_reserve
            ),
        )
        await self.stack.enter_async_context(outside)
        await self.within(outside.online())
        return Post(outside, inside)

    async def card(self, uid: str) -> str:
        """A driver's card that may charge here, billed on account."""
        async with self.house.begin() as work:
            await a_token(work, self.party, uid)
        return uid

    async def within(self, awaited: Any) -> Any:
        """What comes of it, if it comes in time."""
        async with asyncio.timeout(WAIT_S):
            return await awaited

    async def until(self, subject: str, is_so: Callable[[], Any]) -> Any:
        """Wait, touched by the subject, until the asked-for is so."""
        async with asyncio.timeout(WAIT_S), self.house.bus.touches.listen(subject) as touched:
            while not (found := await is_so()):
                await anext(touched)
            return found

    async def bills(self, count: int) -> list[Bill]:
        """The receipts of all sessions, by station, EVSE and begin, once there are so many."""

        async def enough() -> Sequence[Row]:
            async with self.house.begin() as work:
                rows = await work.all(
                    """
                    SELECT s.identity, s.evse_number, s.token_uid, s.started_at, s.ended_at,
                           s.energy_wh, s.doubts, i.total_minor, i.currency
                      FROM session_view s JOIN invoice_view i ON i.session_id = s.id
                     ORDER BY s.identity, s.evse_number, s.started_at
                    """
                )
            return rows if len(rows) >= count else ()

        rows = await self.until("settlement:*", enough)
        assert len(rows) == count
        return [
            Bill(
                identity=row["identity"],
                evse=row["evse_number"],
                token=row["token_uid"],
                begins=row["started_at"],
                ends=row["ended_at"],
                energy_wh=row["energy_wh"],
                total=f"{Decimal(row['total_minor']).scaleb(-2)} {row['currency']}",
                doubts=tuple(row["doubts"]),
            )
            for row in rows
        ]

    async def sessions(self) -> Sequence[Row]:
        """All sessions as pages see them, by station, EVSE and begin."""
        async with self.house.begin() as work:
            return await work.all(
                "SELECT * FROM session_view ORDER BY identity, evse_number, started_at"
            )

    async def books_balance(self) -> bool:
        async with self.house.begin() as work:
            return (await ledger.trial_balance(work)).balances


@asynccontextmanager
async def open_world(
    url: str, folder: Path, clock: JumpingClock, **party: Any
) -> AsyncIterator[World]:
    """The world around the database at this address, with a party as told; ``pays_by`` says in
    which shape the house speaks to the payment provider, ``carrier`` who carries its texts,
    ``plug_first`` at which bays a car must be plugged in before somebody pays, and ``rounds``
    whether the house looks by itself for what is due: not where a story says when it looks."""
    rounds = party.pop("rounds", True)
    pays_by = party.pop("pays_by", "simulated")
    carrier: TextService | None = party.pop("carrier", None)
    plug_first = party.pop("plug_first", "learned")
    async with AsyncExitStack() as stack:
        http = f"{HOST}:{port_of_its_own()}"
        provider = await stack.enter_async_context(
            ProviderServer(
                folder / "provider",
                secret=SECRET,
                webhook=f"http://{http}/webhooks/payments/{pays_by}",
                webhook_secret=SIGNING,
                webhook_delay_s=0.05,
            )
        )
        mail = await stack.enter_async_context(MailCatcher(folder / "mail"))
        issuers = await stack.enter_async_context(Responder(clock=clock.now))
        settings = configuration.load(
            environment={},
            given={
                "data": folder,
                "database_url": url,
                "http": http,
                "ocpp": f"{HOST}:0",
                "providers": _providers(folder, pays_by, provider.url),
                "smtp_host": mail.smtp_host,
                "smtp_port": mail.smtp_port,
                "smtp_tls": "none",
                "log_level": "warning",
                "plug_first": plug_first,
                "hook_hosts": issuers.url,
                **(_texts(carrier) if carrier else {}),
            },
        )
        house = await stack.enter_async_context(open_house(settings, clock, rounds=rounds))
        async with house.begin() as work:
            operator = await a_party(work, **{"address": ADDRESS, **party})
        browser = await stack.enter_async_context(a_line(base_url=house.http, timeout=WAIT_S))
        async with AsyncExitStack() as stations:
            yield World(house, clock, operator, provider, mail, issuers, browser, stations)


def _texts(carrier: TextService) -> dict[str, str]:
    return {
        "sms_url": carrier.url,
        "sms_account": carrier.account,
        "sms_secret": carrier.secret,
    }


def _providers(folder: Path, kind: str, url: str) -> str:
    """The file of payment providers that the house is given."""
    file = folder / "providers.toml"
    file.write_text(
        f"""
        [[provider]]
        name = "{kind}"
        kind = "{kind}"
        url = "{url}"
        secret = "{SECRET}"
        webhook_secret = "{SIGNING}"
        """
    )
    return str(file)


def at(text: str) -> datetime:
    """``"2026-03-02 12:00"``, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
