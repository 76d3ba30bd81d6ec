"""The floor of an order's way: a process that answers each request on NATS at once.

``python -m bench.nats_echo nats://HOST:PORT``
"""

import asyncio
import sys

import nats
import uvloop
from nats.aio.msg import Msg


async def serve(url: str) -> None:
    client = await nats.connect(url)

    async def answer(message: Msg) -> None:
        await message.respond(b"")

    await client.subscribe("bench.echo", cb=answer)
    await client.flush()
    sys.stdout.write("ready - -\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
