"""``python -m voltway_world.load``: stations that tell meter values as fast as they are answered.

Says on its output ``up N`` when all are connected and in a session, ``begin`` and ``end {…}``
around the measured time (whoever measures the other side looks then), and ``done`` when all
sessions are over.
"""

import argparse
import asyncio
import contextlib
import random
import resource
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import uvloop

from voltway_world.addresses import say
from voltway_world.load.station import LoadStation, Measured, NotAnswered, Order

AT_ONCE = 64  # handshakes under way


def _options() -> argparse.Namespace:
    words = argparse.ArgumentParser(
        prog="voltway_world.load", description="Stations that tell meter values (OCPP 1.6J)."
    )
    add = words.add_argument
    add("--url", required=True, help="ws://HOST:PORT/ocpp of the central system")
    add("--stations", type=int, default=100)
    add("--first", type=int, default=1, help="the number of the first: CS00001, TAG00001")
    add("--password", default="", help="of each station; {} is its number")
    add("--rate", type=float, default=0.0, help="calls a second over all; 0: the next at once")
    add("--warmup", type=float, default=2.0, metavar="SECONDS")
    add("--duration", type=float, default=10.0, metavar="SECONDS")
    add("--echo", action="store_true", help="there is an echo only: any frame is an answer")
    return words.parse_args()


async def _main(options: argparse.Namespace) -> None:
    order = Order(
        url=options.url,
        echo=options.echo,
        password=options.password,
        interval_s=options.stations / options.rate if options.rate else 0.0,
    )
    measured = Measured()
    numbers = range(options.first, options.first + options.stations)
    stations = [LoadStation(order, number, measured) for number in numbers]
    await _each(stations, _bring_up)
    up = [station for station in stations if station.is_up]
    say(f"up {len(up)}")
    loop = asyncio.get_running_loop()
    # Spread over one interval, so that a pace is a pace; without one, over a second.
    spread_s = order.interval_s or min(1.0, options.warmup)
    order_of_starts = random.Random(options.stations)
    for station in up:
        station.work(loop.time() + order_of_starts.random() * spread_s)
    await asyncio.sleep(options.warmup)
    measured.lost = 0
    measured.on, began_s = True, loop.time()
    say("begin")
    await asyncio.sleep(options.duration)
    measured.on, ended_s = False, loop.time()
    say(f"end {msgspec.json.encode(_figures(measured, ended_s - began_s)).decode()}")
    await _each([station for station in up if station.is_up], LoadStation.end)
    for station in up:
        station.close()
    say("done")


async def _bring_up(station: LoadStation) -> None:
    await station.connect()
    await station.begin()


async def _each(
    stations: Sequence[LoadStation], do: Callable[[LoadStation], Awaitable[None]]
) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(station: LoadStation) -> None:
        async with gate:
            with contextlib.suppress(NotAnswered, OSError, TimeoutError):
                await do(station)
                return
        station.close()

    await asyncio.gather(*map(one, stations))


def _figures(measured: Measured, lasted_s: float) -> dict[str, float]:
    latencies = sorted(measured.latencies_s)

    def quantile_ms(share: float) -> float:
        place = min(len(latencies) - 1, int(share * len(latencies)))
        return round(latencies[place] * 1000, 3) if latencies else 0.0

    return {
        "calls": len(latencies),
        "measured_s": round(lasted_s, 3),
        "calls_per_s": round(len(latencies) / lasted_s, 1),
        "refused": measured.refused,
        "lost": measured.lost,
        "asked": measured.asked,
        "p50_ms": quantile_ms(0.5),
        "p99_ms": quantile_ms(0.99),
        "max_ms": quantile_ms(1.0),
    }


def main() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard) if soft < hard else (soft, hard))
    uvloop.run(_main(_options()))


if __name__ == "__main__":
    main()
