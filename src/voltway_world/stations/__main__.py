"""``python -m voltway_world.stations``: a fleet of simulated stations with a control page."""

import argparse
import asyncio
import sys
from pathlib import Path

import msgspec
import uvloop

from voltway_world.addresses import asked_to_stop, host_and_port, say
from voltway_world.serving import Serving
from voltway_world.stations.control import make_control
from voltway_world.stations.fleet import Fleet
from voltway_world.stations.plan import BadPlan, Plan, read_plan

#: How long the stations may take to tell their last words.
SHUT_DOWN_S = 2.0
REMEMBER_S = 10.0


def _options() -> argparse.Namespace:
    words = argparse.ArgumentParser(
        prog="voltway_world.stations", description="Simulated charging stations."
    )
    words.add_argument("--url", required=True, help="ws://HOST:PORT/ocpp of the central system")
    words.add_argument("--plan", type=Path, required=True, help="JSON file: see README.md")
    words.add_argument("--http", type=host_and_port, default=("127.0.0.1", 0), metavar="HOST:PORT")
    words.add_argument(
        "--speed", type=float, default=1.0, help="how much faster than in life cars charge"
    )
    return words.parse_args()


async def _main(options: argparse.Namespace, plan: Plan) -> None:
    host, port = options.http
    memory = options.plan.with_suffix(".registers.json")
    fleet = Fleet(options.url, plan, speed=options.speed)
    if memory.exists():
        fleet.go_on_from(msgspec.json.decode(memory.read_bytes(), type=dict[str, list[int]]))
    serving = Serving(make_control(fleet), host=host, port=port)
    say(f"ready {await serving.start()}")
    async with fleet:
        keeper = asyncio.create_task(_remember(fleet, memory))
        await asked_to_stop()
        keeper.cancel()
        await fleet.shut_down(within_s=SHUT_DOWN_S)
        _keep(fleet, memory)
    await serving.stop()


async def _remember(fleet: Fleet, memory: Path) -> None:
    while True:
        await asyncio.sleep(REMEMBER_S)
        _keep(fleet, memory)


def _keep(fleet: Fleet, memory: Path) -> None:
    """Write the registers beside the old ones first, so that a crash leaves one of the two."""
    fresh = memory.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(fleet.registers))
    fresh.replace(memory)


def main() -> int:
    options = _options()
    try:
        plan = read_plan(options.plan.read_bytes())
        uvloop.run(_main(options, plan))
    except (OSError, BadPlan, msgspec.DecodeError) as error:
        print(f"The stations cannot start: {error}.", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
