"""The door for stations as a process of its own, to be killed: ``python -m … DATABASE_URL``."""

import asyncio
import sys

import uvloop

from voltway.ocpp.server import OcppServer
from voltway.runtime.bus import Bus
from voltway.runtime.clock import SystemClock
from voltway.runtime.database import open_database
from voltway.runtime.settings import Settings


async def serve(url: str) -> None:
    database = await open_database(url)
    server = OcppServer(
        database.begin,
        Bus(database).touches,
        SystemClock(),
        Settings(ocpp="127.0.0.1:0"),
        is_sole=True,
    )
    sys.stdout.write(await server.start() + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
