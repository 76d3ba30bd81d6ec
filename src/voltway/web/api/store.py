"""The table of answers that the API keeps for requests that may come twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from voltway.runtime.work import Work


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What is known of a request under its key; without an end it is under way."""

    request_hash: bytes
    ended_at: datetime | None
    status: int | None
    headers: Mapping[str, str] | None
    nonce: bytes | None
    body: bytes | None


async def claim(
    work: Work, key: UUID, once: str, request_hash: bytes, *, lease: timedelta, keep: timedelta
) -> bool:
    """Whether the request is ours to do: it is new, long forgotten, or whoever did it died."""
    return bool(
        await work.run(
            """
            INSERT INTO api_answer AS kept (party_id, key_id, once, request_hash, began_at)
            VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (key_id, once) DO UPDATE
               SET request_hash = EXCLUDED.request_hash, began_at = EXCLUDED.began_at,
                   ended_at = NULL, status = NULL, headers = NULL, nonce = NULL, body = NULL
             WHERE kept.began_at < $7
                OR (kept.ended_at IS NULL AND kept.began_at < $6
                    AND kept.request_hash = EXCLUDED.request_hash)
            """,
            work.party,
            key,
            once,
            request_hash,
            work.now,
            work.now - lease,
            work.now - keep,
        )
    )


async def kept(work: Work, key: UUID, once: str) -> KeptAnswer | None:
    row = await work.one(
        """
        SELECT request_hash, ended_at, status, headers, nonce, body
          FROM api_answer
         WHERE key_id = $1 AND once = $2
        """,
        key,
        once,
    )
    return None if row is None else KeptAnswer(**row)


async def keep(
    work: Work,
    key: UUID,
    once: str,
    *,
    status: int,
    headers: Mapping[str, str],
    nonce: bytes,
    body: bytes,
) -> None:
    await work.run(
        """
        UPDATE api_answer SET ended_at = $3, status = $4, headers = $5, nonce = $6, body = $7
         WHERE key_id = $1 AND once = $2
        """,
        key,
        once,
        work.now,
        status,
        dict(headers),
        nonce,
        body,
    )


async def forget(work: Work, key: UUID, once: str) -> None:
    """Let the request be done again."""
    await work.run(
        "DELETE FROM api_answer WHERE key_id = $1 AND once = $2 AND ended_at IS NULL", key, once
    )


async def forget_before(work: Work, moment: datetime) -> int:
    return await work.run("DELETE FROM api_answer WHERE began_at < $1", moment)
