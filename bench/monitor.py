"""The page of payments while a hundred of them begin each second: how late it is, and its cost.

``python -m bench.monitor --rate 100 --viewers 5 --history 500000`` opens a house in this process on
an embedded PostgreSQL, with four weeks of past payments, lets payments begin and walk from the hold
to the capture at that rate by the room's own store, and looks at the page from another process, as
browsers do. A row's id tells the moment it was made, so a view tells how late it is.

The provider, the stations and the bills take no part: what they cost is in ``settlement.md``.
"""

import argparse
import asyncio
import json
import re
import resource
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID, uuid4

import httpx
import uvloop

from bench.furnish import Network, furnish
from voltway.app import open_house
from voltway.kernel.ids import EvseId, PartyId, PaymentId, StationId, TokenUid, new_id
from voltway.kernel.money import EUR
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.payments import monitoring, store
from voltway.payments.model import Payment, PaymentState
from voltway.payments.model_alarms import Limits
from voltway.payments.provider import Card
from voltway.runtime.database import connect_owner
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork

EMAIL: Final = "bench@voltway.test"
PASSWORD: Final = "a long enough password"
TICK_S: Final = 0.05
STEP_S: Final = 1.0
STATIONS: Final = 200
NEWEST: Final = re.compile(r'<tr id="t-([0-9a-f-]{36})"')
WALK: Final = (
    PaymentState.AWAITING,
    PaymentState.HELD,
    PaymentState.CAPTURING,
    PaymentState.CAPTURED,
)


@dataclass(slots=True)
class Walker:
    """A payment on its way, and how far it is."""

    payment: Payment
    step: int = 0


class Load:
    """Payments that begin at a rate, and move once a second until they are captured."""

    def __init__(
        self, begin: BeginWork, party: PartyId, evses: Sequence[tuple[UUID, UUID]]
    ) -> None:
        self._begin = begin
        self._party = party
        self._evses = evses
        self._walking: dict[int, deque[Walker]] = {step: deque() for step in range(len(WALK))}
        self.begun = 0
        self.moves = 0

    async def run(self, rate: int, until: float) -> None:
        began, before = time.monotonic(), self.begun
        while (now := time.monotonic()) < until:
            due = int((now - began) * rate) - (self.begun - before)
            await self._tick(due, now)
            await asyncio.sleep(max(TICK_S - (time.monotonic() - now), 0))

    async def _tick(self, fresh: int, now: float) -> None:
        async with self._begin() as work:
            for _ in range(fresh):
                made = self._payment(work.now)
                await store.add(work, made)
                self._walking[0].append(Walker(made))
                self.begun += 1
            moves: list[tuple[Payment, Payment]] = []
            went: list[Walker] = []
            for step in range(len(WALK)):
                line = self._walking[step]
                while line and work.now - line[0].payment.created_at > timedelta(
                    seconds=STEP_S * (step + 1)
                ):
                    walker = line.popleft()
                    after = _moved(walker.payment, WALK[step], work.now)
                    moves.append((walker.payment, after))
                    went.append(replace(walker, payment=after, step=step + 1))
            await store.move_many(work, moves)
        self.moves += len(moves)
        for walker in went:
            if walker.step < len(WALK):
                self._walking[walker.step].append(walker)

    def _payment(self, now: datetime) -> Payment:
        evse, station = self._evses[self.begun % len(self._evses)]
        return Payment(
            id=PaymentId(new_id(now)),
            party=self._party,
            visit_key=uuid4().hex,
            evse=EvseId(evse),
            station=StationId(station),
            token=TokenUid(uuid4().hex),
            tariff_version=UUID(int=1),
            locale="en",
            provider="simulated",
            state=PaymentState.ASKED,
            hold_minor=5000,
            currency=EUR,
            created_at=now,
            return_url="",
            cancel_url="",
            description="",
        )


def _moved(payment: Payment, state: PaymentState, now: datetime) -> Payment:
    after = replace(payment, state=state)
    match state:
        case PaymentState.HELD:
            card = Card("Visa", f"{payment.id.int % 10_000:04}")
            return replace(after, held_at=now, hold_open=True, card=card)
        case PaymentState.CAPTURED:
            minor = 500 + payment.id.int % 3000
            return replace(after, captured_minor=minor, hold_open=False, ended_at=now)
        case _:
            return after


async def _past(url: str, count: int) -> None:
    """Payments of the last four weeks, evenly, and the quarters summed up by the house."""
    owner = await connect_owner(url)
    try:
        await owner.execute(
            """
            INSERT INTO payment (id, party_id, visit_key, evse_id, station_id, token_uid,
                   tariff_version_id, locale, provider, return_url, cancel_url, description, state,
                   hold_minor, captured_minor, currency, created_at, held_at, ended_at,
                   card_brand, card_last4)
            SELECT gen_random_uuid(), p.id, gen_random_uuid()::text, e.id, e.station_id,
                   gen_random_uuid()::text, '00000000-0000-0000-0000-000000000001', 'en',
                   'simulated', '', '', '', CASE WHEN nth % 20 = 0 THEN 'declined' ELSE 'captured'
                   END, 5000, CASE WHEN nth % 20 = 0 THEN 0 ELSE 500 + nth % 3000 END, 'EUR', at,
                   CASE WHEN nth % 20 > 0 THEN at END, at, 'Visa',
                   lpad((nth % 10000)::text, 4, '0')
              FROM generate_series(1, $1::int) AS nth
             CROSS JOIN LATERAL (
                   SELECT now() - interval '5 minutes'
                          - nth * interval '28 days' / $1 AS at) AS past
             CROSS JOIN (SELECT id FROM party LIMIT 1) AS p
              JOIN (SELECT id, station_id, row_number() OVER () AS place FROM evse) AS e
                ON e.place = 1 + nth % (SELECT count(*) FROM evse)
            """,
            count,
        )
        await owner.execute("VACUUM ANALYZE")
    finally:
        await owner.close()


async def _watch(url: str, seat: str, viewers: int, seconds: float) -> dict[str, list[float]]:
    """What browsers see: for each view how late its newest row is, in ms, and how long it is."""
    late: list[float] = []
    sizes: list[float] = []
    counts: list[float] = []

    async def one(client: httpx.AsyncClient) -> None:
        seen, size = 0, 0
        newest: UUID | None = None
        until = time.monotonic() + seconds
        async with client.stream("GET", f"{url}/console/money/live") as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("data:"):
                    size += len(line)
                    if newest is None and (found := NEWEST.search(line)):
                        newest = UUID(found[1])
                elif not line and size:
                    seen += 1
                    sizes.append(size)
                    if newest is not None and newest.version == 7:
                        late.append(time.time() * 1000 - (newest.int >> 80))
                    newest, size = None, 0
                if time.monotonic() > until:
                    break
        counts.append(seen)

    headers = {"Cookie": seat, "Accept": "text/event-stream"}
    async with httpx.AsyncClient(headers=headers, timeout=seconds + 30) as client:
        await asyncio.gather(*(one(client) for _ in range(viewers)))
    return {"late": late, "sizes": sizes, "counts": counts}


class Pauses:
    """The longest time in which the event loop did nothing else."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def run(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            self.longest_s = max(self.longest_s, time.perf_counter() - before - 0.01)


async def _sign_in(http: str) -> str:
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.post(
            f"{http}/console/sign-in",
            data={"email": EMAIL, "password": PASSWORD, "back": "/console"},
            headers={"Sec-Fetch-Site": "same-origin", "Origin": http},
        )
        return answer.headers["set-cookie"].split(";")[0]


async def _bench(options: argparse.Namespace, folder: Path) -> dict[str, float]:
    postgres = EmbeddedPostgres(folder)
    url = postgres.start()
    try:
        await furnish(url, Network(STATIONS))
        await _past(url, options.history)
        settings = Settings(
            data=folder,
            database_url=url,
            http="127.0.0.1:0",
            ocpp="127.0.0.1:0",
            log_level="warning",
        )
        async with open_house(settings) as house:
            async with house.begin() as work:
                [party] = await parties.parties(work)
                await parties.add_operator(
                    work,
                    party.id,
                    email=EMAIL,
                    name="Bench",
                    role=Role.OWNER,
                    password=PASSWORD,
                )
                rows = await work.all("SELECT id, station_id FROM evse_view")
            for _ in range(6):
                await monitoring.look(house.begin, Limits())
            load = Load(house.begin, party.id, [(row["id"], row["station_id"]) for row in rows])
            return await _measured(options, house.http, load)
    finally:
        postgres.stop()


async def _measured(options: argparse.Namespace, http: str, load: Load) -> dict[str, float]:
    seat = await _sign_in(http)
    print(f"look at {http}/console/money as {EMAIL}, {PASSWORD}", file=sys.stderr)  # noqa: T201
    seconds: float = options.seconds
    pages = await _pages(http, seat)
    alone_s = await _cpu_of(load, options.rate, seconds)
    begun, moves = load.begun, load.moves
    watcher = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.monitor", "--watch", http, "--seat", seat),
        *("--viewers", str(options.viewers), "--seconds", str(seconds)),
        stdout=asyncio.subprocess.PIPE,
    )
    pauses = Pauses()
    pausing = asyncio.create_task(pauses.run())
    watched_s = await _cpu_of(load, options.rate, seconds + 2)
    out, _ = await watcher.communicate()
    pausing.cancel()
    seen = json.loads(out)
    late = sorted(seen["late"])
    views = sum(seen["counts"])
    return {
        "begun a second": (load.begun - begun) / (seconds + 2),
        "moves a second": (load.moves - moves) / (seconds + 2),
        "views a second and viewer": views / options.viewers / seconds,
        "late, median, ms": late[len(late) // 2],
        "late, p99, ms": late[int(len(late) * 0.99)],
        "late, most, ms": late[-1],
        "a view, kB": sum(seen["sizes"]) / len(seen["sizes"]) / 1000,
        "CPU of the house without viewers, s a second": alone_s / seconds,
        "CPU of the house with viewers, s a second": watched_s / (seconds + 2),
        "longest pause of the loop, ms": pauses.longest_s * 1000,
        **pages,
    }


async def _pages(http: str, seat: str) -> dict[str, float]:
    """How long the page takes to load, whole and by some signs of a payment, in ms."""
    asked = {
        "page": "",
        "page, by a card": "q=4242",
        "page, by a token's end": "q=abcdef12",
        "page, by a sign of none": "q=nothing like it",
        "page, by an amount": "least=34.99",
        "page, of the declined": "kind=declined",
    }
    told: dict[str, float] = {}
    async with httpx.AsyncClient(headers={"Cookie": seat}, timeout=120) as client:
        for name, query in asked.items():
            took = []
            for _ in range(3):
                began = time.perf_counter()
                (await client.get(f"{http}/console/money?{query}")).raise_for_status()
                took.append(time.perf_counter() - began)
            told[f"{name}, ms"] = min(took) * 1000
    return told


async def _cpu_of(load: Load, rate: int, seconds: float) -> float:
    """Processor time of this process while payments begin and move."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    await load.run(rate, time.monotonic() + seconds)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _options() -> argparse.Namespace:
    words = argparse.ArgumentParser(prog="bench.monitor", description="The page of payments live.")
    words.add_argument("--rate", type=int, default=100, help="payments that begin in a second")
    words.add_argument("--viewers", type=int, default=5)
    words.add_argument("--seconds", type=float, default=60)
    words.add_argument("--history", type=int, default=500_000, help="payments of four weeks")
    words.add_argument("--watch", help=argparse.SUPPRESS)
    words.add_argument("--seat", help=argparse.SUPPRESS)
    return words.parse_args()


def main() -> None:
    options = _options()
    if options.watch:
        seen = uvloop.run(_watch(options.watch, options.seat, options.viewers, options.seconds))
        print(json.dumps(seen))  # noqa: T201 - what the other process reads
        return
    with TemporaryDirectory(prefix="voltway-monitor-") as folder:
        Path(folder).chmod(0o711)
        told = uvloop.run(_bench(options, Path(folder)))
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")  # noqa: T201
    for name, value in told.items():
        print(f"{name:48} {value:10.2f}")  # noqa: T201 - this is the command's output


if __name__ == "__main__":
    main()
