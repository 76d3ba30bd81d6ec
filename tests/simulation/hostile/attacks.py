"""The ways to abuse a line. Each is what to send first, and what to go on with."""

import json
import os
import random
import struct
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat

MEBIBYTE = 1024 * 1024

TEXT, CONTINUATION, PING = 1, 0, 9
_MASK = bytes(4)


def handshake(identity: str, key: str, *, deflate: bool = False) -> bytes:
    """A request that a station makes."""
    lines = [
        f"GET /ocpp/{identity} HTTP/1.1",
        "Host: csms",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: ocpp1.6",
        f"Authorization: Basic {b64encode(f'{identity}:{key}'.encode()).decode()}",
        *(["Sec-WebSocket-Extensions: permessage-deflate"] if deflate else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def frame(
    payload: bytes,
    opcode: int = TEXT,
    *,
    fin: bool = True,
    packed: bool = False,
    promised: int | None = None,
) -> bytes:
    """A masked frame (RFC 6455 §5.2); ``promised`` is the length that its header tells."""
    size = len(payload) if promised is None else promised
    first = opcode | (0x80 if fin else 0) | (0x40 if packed else 0)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + _MASK + payload


def in_pieces(payload: bytes, pieces: int) -> bytes:
    """A message in so many fragments."""
    parts = [payload[at : at + 1] for at in range(len(payload))] + [b""] * (pieces - len(payload))
    return b"".join(
        frame(part, CONTINUATION if at else TEXT, fin=at == pieces - 1)
        for at, part in enumerate(parts)
    )


@dataclass(frozen=True, slots=True)
class Attack:
    """``knows_key``: it comes as a station that was let in. ``goes_on`` goes on, so many
    bytes ``a_second``; a line that is ``deaf`` reads nothing. One that ``vanishes`` does so when
    it has said that: it is there no more, and its kernel acknowledges nothing."""

    name: str
    knows_key: bool
    goes_on: Callable[[], Iterator[bytes]]
    a_second: int = MEBIBYTE
    deaf: bool = False
    deflate: bool = False
    vanishes: bool = False


def _forever(data: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: repeat(data)


def _once(data: bytes, then: bytes = b"") -> Callable[[], Iterator[bytes]]:
    """First this; then a byte now and then, or nothing."""

    def told() -> Iterator[bytes]:
        yield data
        yield from repeat(then)

    return told


def _letter_by_letter() -> Iterator[bytes]:
    for byte in handshake("SLOW", "0123456789abcdef"):
        yield bytes([byte])


def _nobodies() -> Iterator[bytes]:
    while True:
        yield handshake(f"NOBODY-{os.urandom(4).hex()}", "x" * 16)


def bomb() -> bytes:
    packer = zlib.compressobj(level=9, wbits=-15)
    packed = packer.compress(b" " * (64 * MEBIBYTE)) + packer.flush(zlib.Z_SYNC_FLUSH)
    return frame(packed.removesuffix(b"\x00\x00\xff\xff"), packed=True)


def _garbage(seed: int) -> bytes:
    dice = random.Random(seed)
    return b"".join(frame(dice.randbytes(dice.randrange(20, 400))) for _ in range(64))


def large_data() -> bytes:
    """A valid call, nearly as long as a message may be."""
    payload = {"vendorId": "Acme", "messageId": "log", "data": "x" * (MEBIBYTE - 200)}
    return frame(json.dumps([2, "d", "DataTransfer", payload]).encode())


def large_readings() -> bytes:
    """As many values as a payload may have members, in valid meter values of a mebibyte."""
    value = {"value": "7", "context": "Sample.Periodic", "measurand": "Temperature"}
    padded = {**value, "value": "7" + " " * 350}
    told = [{"timestamp": "2026-03-02T12:00:00Z", "sampledValue": [padded] * 2300}]
    payload = {"connectorId": 0, "meterValue": told}
    return frame(json.dumps([2, "m", "MeterValues", payload]).encode())


def attacks() -> list[Attack]:
    """Every way that we know of."""
    noise = random.Random(1).randbytes(16_384)
    heartbeat = b'[2,"p","Heartbeat",{}]'
    calls = b"".join(frame(f'[2,"{number}","Heartbeat",{{}}]'.encode()) for number in range(512))
    return [
        Attack("garbage in good frames", True, _forever(_garbage(2))),
        Attack("garbage that is no frame", True, _forever(noise)),
        Attack("an unknown action", True, _forever(frame(b'[2,"x","MakeCoffee",{}]') * 64)),
        Attack("replies that nobody asked for", True, _forever(frame(b'[3,"x",{}]') * 64)),
        Attack("a mebibyte of broken JSON", True, _forever(frame(b"[2," + b" " * 1_000_000))),
        Attack("frames in a thousand pieces", True, _forever(in_pieces(heartbeat, 1000))),
        Attack("fragments without end", True, _forever(frame(b"", CONTINUATION, fin=False) * 512)),
        Attack("one-byte fragments", True, _once(frame(b"[", fin=False), b"")),
        Attack("a promise of a mebibyte", True, _once(frame(b"[", promised=1_000_000))),
        Attack("all but the last of it", True, _once(frame(b" " * 999_000, promised=1_000_000))),
        Attack("a compression bomb", True, _forever(bomb()), deflate=True),
        Attack("pings", True, _forever(frame(b"", PING) * 512)),
        Attack("a mebibyte of valid data", True, _forever(large_data())),
        Attack("a mebibyte of valid readings", True, _forever(large_readings())),
        Attack("gone after the handshake", True, _once(b""), vanishes=True),
        Attack("gone before the answers", True, _once(calls), vanishes=True),
        Attack("calls without reading the answers", True, _forever(calls), deaf=True),
        Attack("garbage for a handshake", False, _forever(noise)),
        Attack("a handshake letter by letter", False, _letter_by_letter, a_second=20),
        Attack("silence", False, _once(b"")),
        Attack("unknown names", False, _nobodies, a_second=4096),
    ]
