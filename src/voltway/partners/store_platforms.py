"""Where platforms of terminals hear us, and what they are told, as rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from voltway.kernel.ids import OrderId, PartyId, SessionId, new_id
from voltway.runtime.work import Row, Work

#: So long one who delivers may take, before another tries it.
LEASE: Final = timedelta(seconds=30)
#: No CDR waits so long to be told of.
UNTOLD_SINCE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Where a platform hears us."""

    provider: UUID
    party: PartyId
    name: str
    url: str
    token: str
    endpoints: Mapping[str, str] = field(default_factory=dict)  # by module, where it told them

    @property
    def is_registered(self) -> bool:
        """Whether a stranger's program told us where, and nobody of ours typed it."""
        return bool(self.endpoints)

    def address_of(self, path: str) -> str:
        """Where a path is that begins with its module, such as ``/cdrs``."""
        module, _, rest = path.lstrip("/").partition("/")
        at = self.endpoints.get(module, f"{self.url}/{module}")
        return f"{at}/{rest}" if rest else at


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Something that a platform is told: a request of OCPI to an address below the platform's."""

    id: UUID
    kind: str
    method: str
    path: str
    body: str
    made_at: datetime
    tries: int


async def set_line(
    work: Work,
    provider: UUID,
    party: PartyId,
    url: str,
    token: str,
    endpoints: Mapping[str, str] | None = None,
) -> None:
    await work.run(
        """
        INSERT INTO platform_line (provider_id, party_id, url, token, endpoints)
        VALUES ($1, $2, $3, $4, $5::jsonb)
            ON CONFLICT (provider_id)
            DO UPDATE SET url = excluded.url, token = excluded.token, trouble = '',
                          endpoints = excluded.endpoints
        """,
        provider,
        party,
        url,
        token,
        msgspec.json.encode(endpoints or {}).decode(),
    )


async def drop_line(work: Work, provider: UUID) -> None:
    await work.run("DELETE FROM platform_line WHERE provider_id = $1", provider)
    await work.run(
        "DELETE FROM platform_push WHERE provider_id = $1 AND state <> 'delivered'", provider
    )
    await work.run("DELETE FROM platform_command WHERE provider_id = $1", provider)


async def line(work: Work, provider: UUID) -> Line | None:
    row = await work.one(
        """
        SELECT l.*, p.name FROM platform_line l
          JOIN terminal_provider_view p ON p.id = l.provider_id
         WHERE l.provider_id = $1 AND p.revoked_at IS NULL
        """,
        provider,
    )
    return (
        Line(
            provider=row["provider_id"],
            party=PartyId(row["party_id"]),
            name=row["name"],
            url=row["url"],
            token=row["token"],
            endpoints=msgspec.json.decode(row["endpoints"], type=dict[str, str]),
        )
        if row
        else None
    )


async def note_heard(work: Work, provider: UUID, trouble: str) -> None:
    """It answered (no trouble), or why it is taken for silent."""
    await work.run(
        """
        UPDATE platform_line
           SET trouble = $2, heard_at = CASE WHEN $2 = '' THEN $3 ELSE heard_at END
         WHERE provider_id = $1
        """,
        provider,
        trouble[:200],
        work.now,
    )


async def tell(
    work: Work,
    line: Line,
    *,
    kind: str,
    method: str,
    path: str,
    subject: str,
    body: str,
    once: str | None = None,
) -> None:
    """Let a platform be told, once where that has a name."""
    work.touch(f"platform:{line.provider}")
    await work.run(
        """
        INSERT INTO platform_push (id, party_id, provider_id, kind, method, path, subject, once,
                                   body, state, made_at, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10, $10)
            ON CONFLICT (provider_id, once) DO NOTHING
        """,
        new_id(work.now),
        line.party,
        line.provider,
        kind,
        method,
        path,
        subject,
        once,
        body,
        work.now,
    )


async def claim(work: Work, sessions: Collection[SessionId]) -> None:
    """Keep which of these sessions are paid at terminals of platforms that hear us."""
    await work.run(
        """
        INSERT INTO platform_session (session_id, party_id, provider_id, psp_ref, told_at)
        SELECT s.id, s.party_id, h.provider_id, h.psp_ref, $2
          FROM session_view s
          JOIN payment_view p ON p.party_id = s.party_id
                             AND lower(p.token_uid) = lower(s.token_uid)
          JOIN terminal_hold_view h ON h.payment_id = p.id
          JOIN platform_line l ON l.provider_id = h.provider_id
         WHERE s.id = ANY($1::uuid[])
            ON CONFLICT (session_id) DO UPDATE SET running = true
        """,
        list(sessions),
        work.now,
    )


async def sessions(work: Work, ids: Collection[SessionId]) -> list[Row]:
    """Sessions of platforms as they stand, each with the platform's reference."""
    return list(
        await work.all(
            """
            SELECT s.*, p.provider_id, p.psp_ref
              FROM platform_session p JOIN session_view s ON s.id = p.session_id
             WHERE p.session_id = ANY($1::uuid[]) ORDER BY s.started_at, s.id
            """,
            list(ids),
        )
    )


async def running(work: Work, told_before: datetime, *, at_most: int = 500) -> list[SessionId]:
    """Running sessions of which nothing was told since then and of which nothing waits: a platform
    that was silent hears how they stand, and not how they stood at each minute."""
    rows = await work.all(
        """
        SELECT p.session_id FROM platform_session p
         WHERE p.running AND p.told_at <= $1
           AND NOT EXISTS (SELECT FROM platform_push w
                            WHERE w.provider_id = p.provider_id AND w.state = 'waiting'
                              AND w.subject = 'session:' || p.session_id)
         ORDER BY p.told_at LIMIT $2
        """,
        told_before,
        at_most,
    )
    return [SessionId(row["session_id"]) for row in rows]


async def note_told(work: Work, told: Mapping[SessionId, bool]) -> None:
    """These were told just now; each is running or is not."""
    await work.run(
        """
        UPDATE platform_session p SET told_at = $3, running = w.running
          FROM unnest($1::uuid[], $2::bool[]) AS w (session_id, running)
         WHERE p.session_id = w.session_id
        """,
        list(told.keys()),
        list(told.values()),
        work.now,
    )


async def is_own_session(work: Work, provider: UUID, session: UUID) -> bool:
    """Whether a terminal of this platform pays this session."""
    row = await work.one(
        """
        SELECT 1 FROM terminal_hold_view h JOIN payment_view p ON p.id = h.payment_id
         WHERE h.provider_id = $1 AND p.session_id = $2
        """,
        provider,
        session,
    )
    return row is not None


async def stop_asked(work: Work, session: UUID) -> OrderId | None:
    """The order that asks for the end of this session already, if one is under way."""
    row = await work.one(
        """
        SELECT o.id FROM order_view o JOIN session_view s ON s.id = $1
         WHERE o.station_id = s.station_id AND o.ref = s.ref AND o.kind = 'StopCharging'
           AND o.ended_at IS NULL AND s.running
         ORDER BY o.number LIMIT 1
        """,
        session,
    )
    return OrderId(row["id"]) if row else None


async def untold_cdrs(work: Work, *, at_most: int = 500) -> list[Row]:
    """CDRs, credits too, of platforms' sessions that were not told yet, in their order."""
    return list(
        await work.all(
            """
            SELECT o.*, p.provider_id, p.psp_ref, h.payment_id
              FROM platform_session p
              JOIN ocpi_cdr_view o ON o.session_id = p.session_id
              JOIN terminal_hold_view h
                ON h.party_id = p.party_id AND h.psp_ref = p.psp_ref
              JOIN platform_line l ON l.provider_id = p.provider_id
             WHERE o.made_at > $2
               AND NOT EXISTS (SELECT FROM platform_push e
                                WHERE e.provider_id = p.provider_id AND e.once = 'cdr:' || o.id)
             ORDER BY o.made_at, o.credits IS NULL, o.id LIMIT $1
            """,
            at_most,
            work.now - UNTOLD_SINCE,
        )
    )


async def await_order(work: Work, line: Line, order: OrderId, url: str) -> None:
    await work.run(
        """
        INSERT INTO platform_command (order_id, url, party_id, provider_id, asked_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
        """,
        order,
        url,
        line.party,
        line.provider,
        work.now,
    )


async def commands(work: Work, orders: Collection[OrderId]) -> list[Row]:
    """Who waits for these orders; they wait no more."""
    return list(
        await work.all(
            "DELETE FROM platform_command WHERE order_id = ANY($1::uuid[]) RETURNING *",
            list(orders),
        )
    )


async def waiting(work: Work) -> list[UUID]:
    """Platforms that are to be told something now."""
    rows = await work.all(
        """
        SELECT DISTINCT w.provider_id FROM platform_push w
          JOIN platform_line l ON l.provider_id = w.provider_id
          JOIN terminal_provider_view p ON p.id = w.provider_id
         WHERE w.state = 'waiting' AND w.next_at <= $1 AND p.revoked_at IS NULL
        """,
        work.now,
    )
    return [row["provider_id"] for row in rows]


async def take(work: Work, provider: UUID, *, at_most: int) -> list[Push]:
    """The next of a platform, of each subject the oldest alone, and hold them for a while."""
    rows = await work.all(
        """
        UPDATE platform_push e SET next_at = $2 + $3
         WHERE e.id IN (SELECT w.id FROM platform_push w
                         WHERE w.provider_id = $1 AND w.state = 'waiting' AND w.next_at <= $2
                           AND NOT EXISTS (SELECT FROM platform_push b
                                            WHERE b.provider_id = $1 AND b.state = 'waiting'
                                              AND b.subject = w.subject AND b.number < w.number)
                         ORDER BY w.number LIMIT $4 FOR UPDATE SKIP LOCKED)
        RETURNING e.*
        """,
        provider,
        work.now,
        LEASE,
        at_most,
    )
    return [
        Push(
            id=row["id"],
            kind=row["kind"],
            method=row["method"],
            path=row["path"],
            body=row["body"],
            made_at=row["made_at"],
            tries=row["tries"],
        )
        for row in sorted(rows, key=_number)
    ]


def _number(row: Row) -> Any:
    return row["number"]


async def note_delivered(work: Work, pushes: Sequence[UUID]) -> None:
    await work.run(
        """
        UPDATE platform_push
           SET state = 'delivered', delivered_at = $2, tries = tries + 1, trouble = ''
         WHERE id = ANY($1::uuid[])
        """,
        list(pushes),
        work.now,
    )


async def note_failed(work: Work, push: UUID, next_at: datetime | None, trouble: str) -> None:
    """Told in vain: tried again then, or laid aside."""
    await work.run(
        """
        UPDATE platform_push
           SET state = CASE WHEN $2::timestamptz IS NULL THEN 'dead' ELSE 'waiting' END,
               next_at = coalesce($2, next_at), tries = tries + 1, trouble = $3
         WHERE id = $1
        """,
        push,
        next_at,
        trouble[:200],
    )


async def again(work: Work, provider: UUID, push: UUID) -> bool:
    """Tell it once more, now; whether there is such a one that was not heard."""
    return bool(
        await work.run(
            """
            UPDATE platform_push SET state = 'waiting', next_at = $3, made_at = $3, tries = 0
             WHERE id = $2 AND provider_id = $1 AND state <> 'delivered'
            """,
            provider,
            push,
            work.now,
        )
    )


async def forget(work: Work, before: datetime) -> int:
    """Forget what was heard before this; of CDRs it is kept that they were told."""
    return await work.run(
        "DELETE FROM platform_push WHERE state = 'delivered' AND once IS NULL AND made_at < $1",
        before,
    )
