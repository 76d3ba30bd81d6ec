"""``voltway serve``: the whole house in one process, one role of it, or many processes."""

import asyncio
import gc
import os
import signal
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from voltway.app import WEB, OpenHouse, open_house
from voltway.cli.workers import serve_many
from voltway.parties import actions as parties
from voltway.runtime import logs
from voltway.runtime import settings as configuration
from voltway.runtime.settings import Settings


def serve_command(
    data: Annotated[
        Path | None, typer.Option(help="Folder of the embedded PostgreSQL and of secrets.")
    ] = None,
    http: Annotated[
        str | None, typer.Option(help="HOST:PORT of pages and API; port 0 takes a free one.")
    ] = None,
    ocpp: Annotated[
        str | None, typer.Option(help="HOST:PORT where stations connect; port 0 takes a free one.")
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(help="gateway, web or worker: one part of it, beside others elsewhere."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="So many gateway processes, one for the pages and one for the rest."),
    ] = None,
) -> int:
    """Run Voltway until it is told to stop (SIGTERM or Ctrl C).

    Prints one line `ready` with both addresses once it accepts connections; `-` stands for
    stations' where a role serves none.
    """
    given = {"data": data, "http": http, "ocpp": ocpp, "role": role, "workers": workers}
    settings = configuration.load(given={k: v for k, v in given.items() if v is not None})
    logs.set_up(settings.log_level, settings.log_format)
    if settings.role != "all":
        logs.name_process(f"{settings.role} {os.getpid()}")
    return uvloop.run(serve(settings))


async def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT, then drain."""
    stop = asked_to_stop()
    if settings.workers:
        return await serve_many(settings, stop)
    async with open_house(settings) as house:
        if settings.role in WEB:
            await _welcome(house)
        _settle_memory()
        typer.echo(f"ready {house.http} {house.ocpp or '-'}")
        await stop.wait()
    return 0


def _settle_memory() -> None:
    """What is loaded by now stays: the collector need not walk it again with every frame."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


def asked_to_stop() -> asyncio.Event:
    """Set when the process is told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(asked, stop.set)
    return stop


async def _welcome(house: OpenHouse) -> None:
    """At the first start: the one-time secret with which the owner lets themselves in."""
    secret = await parties.make_first_run_secret(house.begin)
    if secret is not None:
        typer.echo(f"first run: open {house.http}/console/first-run and enter {secret}")
