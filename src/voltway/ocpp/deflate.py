"""permessage-deflate (RFC 7692), which OCPP-J 2.0.1 and 2.1 ask of a CSMS (part 4 §3.3).

We agree on it without context takeover on both sides: messages are small, and the memory of a
context for each of ten thousand sockets buys nothing.
"""

import zlib
from dataclasses import dataclass

EXTENSION = "permessage-deflate"

#: The four bytes that end a flushed block and are left out on the wire (RFC 7692 §7.2.1).
_TAIL = b"\x00\x00\xff\xff"

#: Shorter messages grow by compression, or save less than it costs.
WORTH_BYTES = 256

_WINDOW_BITS = range(9, 16)  # zlib cannot do 8


class TooBig(Exception):
    """The message is larger than the cap, however small it came."""


@dataclass(frozen=True, slots=True)
class Deflate:
    """What was agreed. ``answer`` is the header that says so."""

    window_bits: int
    answer: str

    def pack(self, text: bytes) -> bytes:
        packer = zlib.compressobj(level=1, wbits=-self.window_bits, memLevel=8)
        return (packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_TAIL)

    def unpack(self, data: bytes, bytes_max: int) -> bytes:
        """Raises ``TooBig`` or ``zlib.error``."""
        text = zlib.decompressobj(wbits=-15).decompress(data + _TAIL, bytes_max + 1)
        if len(text) > bytes_max:
            raise TooBig
        return text


def agree(header: str) -> Deflate | None:
    """The first offer that we can keep (RFC 7692 §5.1, §7.1)."""
    for offer in header.split(","):
        name, *parameters = (part.strip() for part in offer.split(";"))
        if name.lower() == EXTENSION and (agreed := _agree(parameters)) is not None:
            return agreed
    return None


def _agree(parameters: list[str]) -> Deflate | None:
    window_bits, asked = 15, ""
    seen = set()
    for parameter in parameters:
        key, _, value = (part.strip() for part in parameter.partition("="))
        value = value.strip('"')
        if key in seen:
            return None
        seen.add(key)
        match key:
            case "server_no_context_takeover" | "client_no_context_takeover" if not value:
                pass
            case "client_max_window_bits":
                pass  # we unpack whatever window the station chose
            case "server_max_window_bits" if value.isdigit() and int(value) in _WINDOW_BITS:
                window_bits, asked = int(value), f"; server_max_window_bits={value}"
            case _:
                return None
    answer = f"{EXTENSION}; server_no_context_takeover; client_no_context_takeover{asked}"
    return Deflate(window_bits, answer)
