"""The tables of what belongs to sessions: readings, states, and orphans."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Final
from uuid import UUID

from voltway.kernel.ids import SessionId, new_id
from voltway.runtime import parts
from voltway.runtime.work import Work
from voltway.sessions import rules_flow
from voltway.sessions.desk import Desk, Flow
from voltway.sessions.model import Row as Kept
from voltway.sessions.model import Session
from voltway.sessions.rules_packing import CONTEXT_PLACE, CONTEXTS, KeptReading
from voltway.sessions.store_packs import SET_BACK_MAX, packed_readings

_READING: Final = (
    ("received_at", "timestamptz"),
    ("at", "timestamptz"),
    ("register_wh", "bigint"),
    ("power_w", "int"),
    ("current_ma", "int"),
    ("voltage_mv", "int"),
    ("soc_percent", "smallint"),
    ("context", "smallint"),
    ("party_id", "uuid"),
    ("session_id", "uuid"),
    ("evse_id", "uuid"),
    ("station_id", "uuid"),
    ("rest", "text"),
)


async def keep_readings(work: Work, desks: Iterable[Desk]) -> None:
    """Append readings as they came. See Note [Kept twice]."""
    rows = [
        (
            one.received_at,
            one.at,
            (told := one.reading).register_wh,
            told.power_w,
            told.current_ma,
            told.voltage_mv,
            told.soc_percent,
            CONTEXT_PLACE[told.context],
            desk.place.party,
            one.session,
            one.evse,
            None if one.session or one.evse else desk.place.station,
            told.rest,
        )
        for desk in desks
        for one in desk.readings
    ]
    if rows:
        await work.append("session_reading", _READING, rows)


# Note [Kept twice]
# ~~~~~~~~~~~~~~~~~
# To refuse a reading that was told twice, each would have to be looked up in an index while
# thousands a second come in. They are rare, and a reading told twice says the same: so both are
# kept, and whoever reads a session's readings tells them apart by their content.


async def readings(work: Work, sessions: Collection[Session]) -> dict[SessionId, list[Kept]]:
    """The readings of these sessions, hot and packed, by what the record needs of them."""
    found: dict[SessionId, list[Kept]] = {each.id: [] for each in sessions}
    if not sessions:
        return found
    rows = await work.all(
        """
        SELECT DISTINCT session_id, at, register_wh, power_w, context
          FROM session_reading
         WHERE session_id = ANY($1::uuid[]) AND received_at BETWEEN $2 AND $3
        """,
        list(found),
        min(each.created_at for each in sessions) - SET_BACK_MAX,
        max(each.heard_at for each in sessions) + SET_BACK_MAX,
    )
    for row in rows:
        found[row["session_id"]].append(
            Kept(row["at"], row["register_wh"], row["power_w"], CONTEXTS[row["context"]])
        )
    # See Note [Hot, packed, or both]: these second.
    for id, packed in (await packed_readings(work, sessions)).items():
        found[id] = list({*found[id], *(each.row for each in packed)})
    return found


async def whole_readings(work: Work, session: Session) -> list[KeptReading]:
    """All that is kept of a session's readings, each once, in the order of their moments."""
    rows = await work.all(
        """
        SELECT received_at, at, register_wh, power_w, current_ma, voltage_mv, soc_percent, context,
               rest
          FROM session_reading
         WHERE session_id = $1 AND received_at BETWEEN $2 AND $3
        """,
        session.id,
        session.created_at - SET_BACK_MAX,
        session.heard_at + SET_BACK_MAX,
    )
    found = {KeptReading._make(row.values()) for row in rows}
    found.update((await packed_readings(work, [session])).get(session.id, ()))
    return sorted(found, key=KeptReading.place)


def keep_flows(work: Work, desks: Iterable[Desk]) -> None:
    """When energy began to flow or ceased. Told twice, it is kept once, where it came first, under
    its highest number."""
    flows = [(flow, desk.place.party) for desk in desks for flow in rules_flow.once(desk.flows)]
    if not flows:
        return
    work.later(
        """
        INSERT INTO session_state AS kept
                    (session_id, party_id, at, charging, by_vehicle, seq, withheld)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bool[], $5::bool[],
                             $6::integer[], $7::bool[])
            ON CONFLICT (session_id, at, charging, by_vehicle)
            DO UPDATE SET seq = EXCLUDED.seq, withheld = EXCLUDED.withheld
         WHERE EXCLUDED.seq > coalesce(kept.seq, -1)
        """,
        [flow.session for flow, _ in flows],
        [party for _, party in flows],
        [flow.at for flow, _ in flows],
        [flow.charging for flow, _ in flows],
        [bool(flow.by_vehicle) for flow, _ in flows],
        [flow.seq for flow, _ in flows],
        [not flow.charging and flow.by_vehicle is False for flow, _ in flows],
    )


async def flows(work: Work, sessions: Collection[SessionId]) -> dict[SessionId, list[Flow]]:
    """When energy began to flow and ceased in these sessions, as it came."""
    rows = await work.all(
        """
        SELECT session_id, at, charging, by_vehicle, seq
          FROM session_state
         WHERE session_id = ANY($1::uuid[])
         ORDER BY session_id, arrival
        """,
        list(sessions),
    )
    found: dict[SessionId, list[Flow]] = {}
    for row in rows:
        found.setdefault(row["session_id"], []).append(Flow(*row.values()))
    return found


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


async def keep_orphans(work: Work, desks: Iterable[Desk]) -> None:
    """What fits no session. Told again, it is counted."""
    rows = [(desk.place, orphan) for desk in desks for orphan in desk.orphans]
    await work.run_many(
        """
        INSERT INTO orphan (id, party_id, station_id, kind, ref, claimed_at, evse_number,
                            register_wh, report, first_at, last_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
            ON CONFLICT (station_id, kind, ref, claimed_at) DO UPDATE
           SET told = orphan.told + 1, last_at = EXCLUDED.last_at,
               register_wh = coalesce(EXCLUDED.register_wh, orphan.register_wh)
        """,
        [
            (
                new_id(work.now),
                place.party,
                place.station,
                one.kind,
                one.ref,
                one.claimed_at or _EPOCH,
                one.evse_number,
                one.register_wh,
                one.report,
                one.heard_at,
            )
            for place, one in rows
        ],
    )


async def ensure_days(work: Work, days: Collection[date]) -> None:
    await parts.ensure_days(work, "session_reading", days)


async def forget_orphans(work: Work, before: datetime, each_max: int, limit: int) -> int:
    """Forget orphans that somebody looked at before this, and the oldest of a station that has
    more than so many; how many."""
    old = """
        DELETE FROM orphan
         WHERE id IN (SELECT id FROM orphan WHERE reviewed_at < $1 ORDER BY id LIMIT $2)
    """
    surplus = """
        DELETE FROM orphan
         WHERE id IN (
            SELECT surplus.id
              FROM (SELECT station_id FROM orphan GROUP BY station_id HAVING count(*) > $1) crowded
              JOIN LATERAL (SELECT id FROM orphan o
                             WHERE o.station_id = crowded.station_id
                             ORDER BY last_at DESC, id DESC OFFSET $1 LIMIT $2) surplus ON true)
    """
    return await work.run(old, before, limit) + await work.run(surplus, each_max, limit)


async def review_orphan(work: Work, id: UUID) -> int:
    return await work.run(
        "UPDATE orphan SET reviewed_at = $2 WHERE id = $1 AND reviewed_at IS NULL", id, work.now
    )
