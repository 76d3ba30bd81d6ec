"""Columns of JSON on a connection: they hold and give Python values."""

from typing import Any

import asyncpg
import msgspec


async def teach_json(connection: "asyncpg.Connection[Any]") -> None:
    """Columns of JSON hold and give Python values, not text."""
    # In the binary format, because COPY knows no other.
    await connection.set_type_codec(
        "json",
        schema="pg_catalog",
        encoder=msgspec.json.encode,
        decoder=msgspec.json.decode,
        format="binary",
    )
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_to_jsonb, decoder=_of_jsonb, format="binary"
    )


def _to_jsonb(value: object) -> bytes:
    return b"\x01" + msgspec.json.encode(value)  # the version of the format, jsonb_send


def _of_jsonb(sent: bytes) -> object:
    return msgspec.json.decode(memoryview(sent)[1:])
