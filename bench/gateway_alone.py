"""The door for stations alone, as a process: ``python -m bench.gateway_alone DATABASE_URL``.

It hears, keeps and answers as the house does, and announces what it heard; nobody in this process
settles, bills or draws pages of it.
"""

import asyncio
import gc
import sys

import uvloop

from voltway.ocpp.server import OcppServer
from voltway.runtime.bus import Bus
from voltway.runtime.clock import SystemClock
from voltway.runtime.database import open_database
from voltway.runtime.settings import Settings


async def _serve(url: str) -> None:
    database = await open_database(url)
    bus = Bus(database)
    await bus.start()
    server = OcppServer(database.begin, bus.touches, SystemClock(), Settings(ocpp="127.0.0.1:0"))
    address = await server.start()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)
    sys.stdout.write(f"ready - {address}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
