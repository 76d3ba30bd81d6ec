"""What was told lately, for who would be told again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from voltway.alerts.model_events import Event
from voltway.runtime.work import Work


async def lately(
    work: Work, holders: Sequence[str], event: Event, about: str, since: datetime
) -> dict[str, bool]:
    """Whom the same was told of the same thing since then, and whether that still waits (by a way
    that makes no noise). What was dropped does not count."""
    rows = await work.all(
        """
        SELECT holder, bool_or(state = 'queued' AND channel NOT IN ('push', 'sms')) AS waits
          FROM alert
         WHERE holder = ANY($1::text[]) AND event = $2 AND about = $3 AND created_at > $4
           AND state <> 'dropped'
         GROUP BY holder
        """,
        holders,
        event,
        about,
        since,
    )
    return {row["holder"]: row["waits"] for row in rows}


async def told_of_many(
    work: Work, holders: Sequence[str], event: Event, since: datetime, most: int
) -> set[str]:
    """Who was told of this event since then, of so many things or more."""
    rows = await work.all(
        """
        SELECT holder FROM alert
         WHERE holder = ANY($1::text[]) AND event = $2 AND created_at > $3 AND state <> 'dropped'
         GROUP BY holder HAVING count(DISTINCT about) >= $4
        """,
        holders,
        event,
        since,
        most,
    )
    return {row["holder"] for row in rows}


async def to_be_told_back(
    work: Work, begun: Event, over: Mapping[str, datetime]
) -> Collection[str]:
    """Of which of these, by when it was over, somebody was told that it began, or was about to be
    told then."""
    assert begun in (Event.STATION_OFFLINE, Event.PORT_FAULTED), "the index has these alone"
    rows = await work.all(
        """
        SELECT DISTINCT about FROM alert
          JOIN unnest($1::text[], $3::timestamptz[]) AS o (about, at) USING (about)
         WHERE event IN ('station_offline', 'port_faulted') AND event = $2
           AND (state IN ('sent', 'delivered') OR state = 'queued' AND next_try_at <= o.at)
        """,
        list(over),
        begun,
        list(over.values()),
    )
    return {row["about"] for row in rows}


async def knows(
    work: Work, holder: str, begun: Event, back: Event, about: str, before: datetime
) -> bool:
    """Whether this one was told that it began, and not yet that it is over."""
    row = await work.one(
        """
        SELECT 1 AS knows FROM alert b
         WHERE b.holder = $1 AND b.event = $2 AND b.about = $4 AND b.created_at <= $5
           AND b.state IN ('sent', 'delivered')
           AND NOT EXISTS (SELECT FROM alert o
                            WHERE o.holder = $1 AND o.event = $3 AND o.about = $4
                              AND o.created_at > b.created_at AND o.created_at < $5
                              AND o.state IN ('sent', 'delivered'))
         LIMIT 1
        """,
        holder,
        begun,
        back,
        about,
        before,
    )
    return row is not None
