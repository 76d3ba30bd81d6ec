"""What partners are told and which sessions they pay for, as rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from voltway.kernel.ids import PartyId, SessionId, TokenId, new_id
from voltway.partners.model import Event, EventState
from voltway.runtime.work import Row, Work

#: So long one who delivers an event may take, before another tries it.
LEASE = timedelta(seconds=30)
#: No CDR waits so long to be told of.
UNTOLD_SINCE = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A session that a partner pays for."""

    session: SessionId
    partner: UUID
    token: TokenId
    limit_minor: int | None
    limit_wh: int | None
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """How a session stood when it was told: whether it ran, and what it cost."""

    running: bool
    minor: int


async def claim(work: Work, sessions: Mapping[SessionId, TokenId]) -> None:
    """Keep which of these sessions are partners', with the limits that they were allowed."""
    await work.run(
        """
        INSERT INTO partner_session (session_id, party_id, partner_id, token_id, limit_minor,
                                     limit_wh, told_at)
        SELECT w.session_id, c.party_id, c.partner_id, c.token_id, c.limit_minor, c.limit_wh, $3
          FROM unnest($1::uuid[], $2::uuid[]) AS w (session_id, token_id)
          JOIN partner_contract c ON c.token_id = w.token_id
            ON CONFLICT (session_id) DO UPDATE SET running = true
        """,
        list(sessions.keys()),
        list(sessions.values()),
        work.now,
    )


async def limit(
    work: Work, session: UUID, *, limit_minor: int | None, limit_wh: int | None
) -> None:
    """A partner was asked for a session that runs already, and allowed so much of it."""
    await work.run(
        "UPDATE partner_session SET limit_minor = $2, limit_wh = $3 WHERE session_id = $1",
        session,
        limit_minor,
        limit_wh,
    )


async def paid(work: Work, sessions: Collection[SessionId]) -> list[Paid]:
    rows = await work.all(
        """
        SELECT * FROM partner_session WHERE session_id = ANY($1::uuid[]) ORDER BY session_id
        """,
        list(sessions),
    )
    return [_paid(row) for row in rows]


async def running(work: Work, told_before: datetime, *, at_most: int = 500) -> list[Paid]:
    """Running sessions of which nothing was told since then, those that wait longest first."""
    rows = await work.all(
        """
        SELECT * FROM partner_session WHERE running AND told_at <= $1 ORDER BY told_at LIMIT $2
        """,
        told_before,
        at_most,
    )
    return [_paid(row) for row in rows]


async def limited(work: Work) -> list[Paid]:
    """Running sessions that may not go on for ever, and were not asked to end."""
    rows = await work.all(
        """
        SELECT * FROM partner_session
         WHERE running AND stopped_at IS NULL AND num_nonnulls(limit_minor, limit_wh) > 0
        """
    )
    return [_paid(row) for row in rows]


async def note_stopped(work: Work, session: SessionId) -> None:
    await work.run(
        "UPDATE partner_session SET stopped_at = $2 WHERE session_id = $1", session, work.now
    )


async def note_told(work: Work, sessions: Mapping[SessionId, Told]) -> None:
    """These were told just now, as they stood."""
    await work.run(
        """
        UPDATE partner_session p SET told_at = $4, running = w.running, so_far_minor = w.minor
          FROM unnest($1::uuid[], $2::bool[], $3::bigint[]) AS w (session_id, running, minor)
         WHERE p.session_id = w.session_id
        """,
        list(sessions.keys()),
        [told.running for told in sessions.values()],
        [told.minor for told in sessions.values()],
        work.now,
    )


async def sessions(work: Work, ids: Collection[SessionId]) -> list[Row]:
    """Sessions as they stand, each with the contract that began it."""
    return list(
        await work.all(
            """
            SELECT s.*, p.partner_id, c.kind, c.contract
              FROM session_view s
              JOIN partner_session p ON p.session_id = s.id
              LEFT JOIN partner_contract_view c ON c.id = p.token_id
             WHERE s.id = ANY($1::uuid[]) ORDER BY s.started_at, s.id
            """,
            list(ids),
        )
    )


async def untold_cdrs(work: Work, *, at_most: int = 500) -> list[Row]:
    """CDRs, credits too, of partners' sessions that were not told yet, in their order."""
    return list(
        await work.all(
            """
            SELECT o.id, o.session_id, o.document, o.credits, p.partner_id, p.party_id, p.token_id,
                   c.uid, c.kind, c.contract
              FROM partner_session p
              JOIN ocpi_cdr_view o ON o.session_id = p.session_id
              LEFT JOIN partner_contract_view c ON c.id = p.token_id
             WHERE o.made_at > $2
               AND NOT EXISTS (SELECT FROM partner_event e
                                WHERE e.partner_id = p.partner_id AND e.once = 'cdr:' || o.id)
             ORDER BY o.made_at, o.credits IS NULL, o.id LIMIT $1
            """,
            at_most,
            work.now - UNTOLD_SINCE,
        )
    )


async def tell(
    work: Work,
    partner: UUID,
    party: PartyId,
    *,
    kind: str,
    subject: str,
    body: str,
    once: str | None = None,
) -> bool:
    """Let a partner be told; whether it was not already (``once``)."""
    work.touch(f"partner:{partner}")
    return bool(
        await work.run(
            """
            INSERT INTO partner_event (id, party_id, partner_id, kind, subject, once, body, state,
                                       made_at, next_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $8)
                ON CONFLICT (partner_id, once) DO NOTHING
            """,
            new_id(work.now),
            party,
            partner,
            kind,
            subject,
            once,
            body,
            work.now,
        )
    )


async def waiting(work: Work) -> list[UUID]:
    """Partners who are to be told something now."""
    rows = await work.all(
        "SELECT DISTINCT partner_id FROM partner_event WHERE state = 'waiting' AND next_at <= $1",
        work.now,
    )
    return [row["partner_id"] for row in rows]


async def take(work: Work, partner: UUID, *, at_most: int = 50) -> list[Event]:
    """The next events of a partner, of each subject the oldest alone, and hold them for a while."""
    rows = await work.all(
        """
        UPDATE partner_event e SET next_at = $2 + $3
         WHERE e.id IN (SELECT w.id FROM partner_event w
                         WHERE w.partner_id = $1 AND w.state = 'waiting' AND w.next_at <= $2
                           AND NOT EXISTS (SELECT FROM partner_event b
                                            WHERE b.partner_id = $1 AND b.state = 'waiting'
                                              AND b.subject = w.subject AND b.number < w.number)
                         ORDER BY w.number LIMIT $4 FOR UPDATE SKIP LOCKED)
        RETURNING e.*
        """,
        partner,
        work.now,
        LEASE,
        at_most,
    )
    found = [
        Event(
            id=row["id"],
            number=row["number"],
            partner=row["partner_id"],
            kind=row["kind"],
            subject=row["subject"],
            body=row["body"],
            made_at=row["made_at"],
            tries=row["tries"],
        )
        for row in rows
    ]
    return sorted(found, key=lambda event: event.number)


async def note_delivered(work: Work, events: Sequence[UUID]) -> None:
    await work.run(
        """
        UPDATE partner_event
           SET state = 'delivered', delivered_at = $2, tries = tries + 1, trouble = ''
         WHERE id = ANY($1::uuid[])
        """,
        list(events),
        work.now,
    )


async def note_failed(work: Work, event: UUID, next_at: datetime | None, trouble: str) -> None:
    """Told in vain: tried again then, or laid aside."""
    state = EventState.DEAD if next_at is None else EventState.WAITING
    await work.run(
        """
        UPDATE partner_event SET state = $2, next_at = coalesce($3, next_at), tries = tries + 1,
               trouble = $4
         WHERE id = $1
        """,
        event,
        state.value,
        next_at,
        trouble[:200],
    )


async def again(work: Work, partner: UUID, event: UUID) -> bool:
    """Tell it once more, now; whether there is such an event that was not delivered."""
    return bool(
        await work.run(
            """
            UPDATE partner_event SET state = 'waiting', next_at = $3, made_at = $3, tries = 0
             WHERE id = $2 AND partner_id = $1 AND state <> 'delivered'
            """,
            partner,
            event,
            work.now,
        )
    )


async def forget(work: Work, before: datetime) -> int:
    """Forget what was delivered before this, CDRs and statements apart: those are told once."""
    return await work.run(
        "DELETE FROM partner_event WHERE state = 'delivered' AND once IS NULL AND made_at < $1",
        before,
    )


def _paid(row: Row) -> Paid:
    return Paid(
        session=SessionId(row["session_id"]),
        partner=row["partner_id"],
        token=TokenId(row["token_id"]),
        limit_minor=row["limit_minor"],
        limit_wh=row["limit_wh"],
        stopped_at=row["stopped_at"],
    )
