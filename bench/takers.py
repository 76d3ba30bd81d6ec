"""``python -m bench.takers``: a mail server and a push service that take all and remember when.

They do as little as such a server can, so that what is measured is who hands over. The mail server
says ``PIPELINING`` (RFC 2920) as Postfix and Exim do. ``GET /told`` tells all that was taken, in
its order; ``POST /down`` and ``POST /up`` take both out of service and back.
"""

import asyncio
import json
import re
import time
from typing import Final, cast

import uvloop

from voltway_world.addresses import asked_to_stop, say

_MESSAGE_ID: Final = re.compile(rb"\r\nMessage-ID: <([^@>]+)@", re.IGNORECASE)
_TOPIC: Final = re.compile(rb"\r\ntopic: ([^\r]+)\r", re.IGNORECASE)
_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)\r", re.IGNORECASE)
_TO: Final = re.compile(rb"<([^>]*)>")


class Taken:
    """What was taken: by which way, for whom, its key, and when by the machine's clock."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, str, float]] = []
        self.down = False

    def add(self, way: str, to: bytes, key: bytes) -> None:
        self.all.append((way, to.decode(), key.decode(), time.time()))


class MailTaker(asyncio.Protocol):
    """One line of an SMTP client."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._held = b""
        self._in_data = False
        self._to = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is of no such class
        self._transport.write(b"421 down\r\n" if self._taken.down else b"220 takers\r\n")

    def data_received(self, data: bytes) -> None:
        self._held += data
        said = []
        while (answer := self._next()) is not None:
            said.append(answer)
        if said:
            self._transport.write(b"".join(said))

    def _next(self) -> bytes | None:
        if self._in_data and self._held.startswith(b".\r\n"):
            self._in_data, self._held = False, self._held[3:]
            return b"554 no mail\r\n"
        end = b"\r\n.\r\n" if self._in_data else b"\r\n"
        at = self._held.find(end)
        if at < 0:
            return None
        line, self._held = self._held[:at], self._held[at + len(end) :]
        if self._in_data:
            self._in_data = False
            if self._taken.down:
                return b"451 down\r\n"
            found = _MESSAGE_ID.search(line)
            self._taken.add("mail", self._to, found[1] if found else b"")
            return b"250 taken\r\n"
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-takers\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        if verb == b"RCPT":
            found = _TO.search(line)
            self._to = found[1] if found else b""
        elif verb == b"DATA":
            self._in_data = True
            return b"354 go on\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n"


class PushTaker(asyncio.Protocol):
    """One line of an HTTP client: of a push service, and of who asks what was taken."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is of no such class

    def data_received(self, data: bytes) -> None:
        self._held += data
        while True:
            at = self._held.find(b"\r\n\r\n")
            if at < 0:
                return
            head = self._held[: at + 2]
            length = _LENGTH.search(head)
            end = at + 4 + (int(length[1]) if length else 0)
            if len(self._held) < end:
                return
            self._held = self._held[end:]
            self._answer(head.split(b" ", 2)[1], head)

    def _answer(self, path: bytes, head: bytes) -> None:
        status, body = b"201 Created", b""
        if path == b"/told":
            status, body = b"200 OK", json.dumps(self._taken.all).encode()
        elif path == b"/count":
            status, body = b"200 OK", str(len(self._taken.all)).encode()
        elif path in (b"/down", b"/up"):
            self._taken.down = path == b"/down"
        elif self._taken.down:
            status = b"503 Down"
        else:
            topic = _TOPIC.search(head)
            self._taken.add("push", path, topic[1] if topic else b"")
        self._transport.write(
            b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)
        )


async def _main() -> None:
    taken = Taken()
    loop = asyncio.get_running_loop()
    mail = await loop.create_server(lambda: MailTaker(taken), "127.0.0.1", 0)
    push = await loop.create_server(lambda: PushTaker(taken), "127.0.0.1", 0)
    ports = [server.sockets[0].getsockname()[1] for server in (mail, push)]
    say(f"ready {ports[0]} http://127.0.0.1:{ports[1]}")
    await asked_to_stop()


if __name__ == "__main__":
    uvloop.run(_main())
