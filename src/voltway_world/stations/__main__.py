"""``python -m voltway_world.stations``: a fleet of simulated stations with a control page."""

import argparse
import sys
from pathlib import Path

import uvloop

from voltway_world.addresses import asked_to_stop, host_and_port, say
from voltway_world.serving import Serving
from voltway_world.stations.control import make_control
from voltway_world.stations.fleet import Fleet
from voltway_world.stations.plan import BadPlan, Plan, read_plan


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
    async with Fleet(options.url, plan, speed=options.speed) as fleet:
        serving = Serving(make_control(fleet), host=host, port=port)
        say(f"ready {await serving.start()}")
        await asked_to_stop()
        await serving.stop()


def main() -> int:
    options = _options()
    try:
        plan = read_plan(options.plan.read_bytes())
        uvloop.run(_main(options, plan))
    except (OSError, BadPlan) as error:
        print(f"The stations cannot start: {error}.", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
