"""The EU's register of VAT ids, simulated: every id is registered but those that end in 000.

It answers as VIES does over REST. ``silent`` makes it say that a country's register is closed.
"""

import argparse
import sys
from typing import Any

import uvloop
from litestar import Litestar, get
from litestar.params import FromPath

from voltway_world.addresses import asked_to_stop, host_and_port, say
from voltway_world.serving import Served, Serving
from voltway_world.web import quiet_site


class ViesServer(Served):
    """The register inside this event loop: ``async with ViesServer() as vies: vies.url``."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.silent = False
        self.asked: list[str] = []
        self._serving = Serving(self._app(), host=host, port=port)

    def _app(self) -> Litestar:
        @get("/ms/{country:str}/vat/{number:str}", sync_to_thread=False)
        def look_up(country: FromPath[str], number: FromPath[str]) -> dict[str, Any]:
            self.asked.append(country + number)
            if self.silent:
                return {"isValid": False, "userError": "MS_UNAVAILABLE", "vatNumber": number}
            valid = not number.endswith("000")
            return {
                "isValid": valid,
                "userError": "VALID" if valid else "INVALID",
                "vatNumber": number,
                "name": f"Company {number}" if valid else "---",
            }

        return quiet_site([look_up])


async def _serve(host: str, port: int) -> None:
    async with ViesServer(host=host, port=port) as register:
        say(f"ready {register.url}")
        await asked_to_stop()


def main() -> int:
    """``python -m voltway_world.vies``: the register as a process of its own."""
    words = argparse.ArgumentParser(prog="voltway_world.vies", description="Knows VAT ids.")
    words.add_argument("--http", type=host_and_port, default=("127.0.0.1", 0), metavar="HOST:PORT")
    try:
        uvloop.run(_serve(*words.parse_args().http))
    except OSError as error:
        print(f"The register cannot start: {error}.", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
