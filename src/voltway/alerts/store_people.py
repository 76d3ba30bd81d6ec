"""What is kept of people for their alerts: browsers, wishes, and what was told lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from uuid import UUID

from voltway.alerts.model_events import Channel, Device, Event, Wishes
from voltway.alerts.rules_refused import AGAIN_AFTER
from voltway.runtime.work import Row, Work

_OF_PEOPLE: Final = (
    "alert_device",
    "alert_wish",
    "alert_person",
    "alert_number",
    "alert_number_code",
    "alert_guest_mail",
)


async def add_device(work: Work, device: Device) -> None:
    """Keep a browser; the same one again has new keys, and is there again."""
    await work.run(
        """
        INSERT INTO alert_device (id, holder, endpoint, p256dh, auth, label, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (holder, endpoint) DO UPDATE
           SET p256dh = excluded.p256dh, auth = excluded.auth, label = excluded.label,
               gone_at = NULL, last_trouble = NULL, refused_at = NULL, asked_at = NULL
        """,
        device.id,
        device.holder,
        device.endpoint,
        device.p256dh,
        device.auth,
        device.label,
        device.made_at,
    )


async def devices(work: Work, holder: str) -> list[Device]:
    """The browsers of a person that hear us, the oldest first."""
    return [each for each in await kept_devices(work, holder) if each.hears]


async def kept_devices(work: Work, holder: str) -> list[Device]:
    """The same, and those for which our key is refused, so that their owner sees it."""
    rows = await work.all(
        """
        SELECT * FROM alert_device
         WHERE holder = $1 AND (gone_at IS NULL OR refused_at IS NOT NULL) ORDER BY made_at, id
        """,
        holder,
    )
    return [_device(row) for row in rows]


async def devices_of(work: Work, holders: Sequence[str]) -> dict[str, list[Device]]:
    """The browsers by which these people are told now, the oldest first: those that hear us, and
    those that are asked again whether they do. Who has none is not among them."""
    rows = await work.all(
        """
        SELECT * FROM alert_device
         WHERE holder = ANY($1::text[]) AND gone_at IS NULL
           AND (asked_at IS NULL OR asked_at <= $2) ORDER BY made_at, id
        """,
        holders,
        work.now - AGAIN_AFTER,
    )
    found: dict[str, list[Device]] = {}
    for row in rows:
        found.setdefault(row["holder"], []).append(_device(row))
    return found


async def by_ids(work: Work, ids: Sequence[UUID]) -> dict[UUID, Device]:
    """Those of these browsers that there are."""
    rows = await work.all("SELECT * FROM alert_device WHERE id = ANY($1::uuid[])", ids)
    return {row["id"]: _device(row) for row in rows}


async def gone(work: Work, id: UUID, why: str) -> None:
    await work.run(
        "UPDATE alert_device SET gone_at = $2, last_trouble = $3 WHERE id = $1", id, work.now, why
    )


async def move_device(
    work: Work, was: str, was_auth: str, *, endpoint: str, p256dh: str, auth: str
) -> bool:
    """Give a browser its new address and keys, wherever it is; whether it was anywhere. Who has
    that address already has this browser already."""
    doubled = await work.run(
        """
        DELETE FROM alert_device d USING alert_device n
         WHERE d.endpoint = $1 AND d.auth = $2 AND n.holder = d.holder AND n.endpoint = $3
           AND n.id <> d.id
        """,
        was,
        was_auth,
        endpoint,
    )
    moved = await work.run(
        """
        UPDATE alert_device
           SET endpoint = $3, p256dh = $4, auth = $5, gone_at = NULL, last_trouble = NULL,
               refused_at = NULL, asked_at = NULL
         WHERE endpoint = $1 AND auth = $2
        """,
        was,
        was_auth,
        endpoint,
        p256dh,
        auth,
    )
    return bool(moved or doubled)


async def remove_device(
    work: Work, holder: str, *, endpoint: str = "", id: UUID | None = None
) -> None:
    await work.run(
        "DELETE FROM alert_device WHERE holder = $1 AND (endpoint = $2 OR id = $3)",
        holder,
        endpoint,
        id,
    )


async def wishes(work: Work, holders: Sequence[str]) -> dict[str, Wishes]:
    """What these people chose; who chose nothing is not among them."""
    people = await work.all("SELECT * FROM alert_person WHERE holder = ANY($1::text[])", holders)
    rows = await work.all("SELECT * FROM alert_wish WHERE holder = ANY($1::text[])", holders)
    known = set(Event)
    chosen: dict[str, dict[tuple[Event, Channel], bool]] = {}
    for row in rows:
        if row["event"] in known:
            wish = (Event(row["event"]), Channel(row["channel"]))
            chosen.setdefault(row["holder"], {})[wish] = row["wanted"]
    return {
        each["holder"]: Wishes(
            holder=each["holder"],
            time_zone=each["time_zone"],
            quiet_from=each["quiet_from"],
            quiet_until=each["quiet_until"],
            leave_key=each["leave_key"],
            chosen=chosen.get(each["holder"], {}),
        )
        for each in people
    }


async def add_person(work: Work, holder: str, leave_key: str, zone: str) -> None:
    await work.run(
        """
        INSERT INTO alert_person (holder, leave_key, time_zone) VALUES ($1, $2, $3)
            ON CONFLICT (holder) DO NOTHING
        """,
        holder,
        leave_key,
        zone,
    )


async def by_leave_key(work: Work, key: str) -> str | None:
    row = await work.one("SELECT holder FROM alert_person WHERE leave_key = $1", key)
    return None if row is None else str(row["holder"])


async def set_quiet(
    work: Work, holder: str, zone: str, begin: time | None, end: time | None
) -> None:
    await work.run(
        """
        UPDATE alert_person SET time_zone = $2, quiet_from = $3, quiet_until = $4 WHERE holder = $1
        """,
        holder,
        zone,
        begin,
        end,
    )


async def choose(work: Work, holder: str, chosen: dict[tuple[Event, Channel], bool]) -> None:
    await work.run(
        """
        INSERT INTO alert_wish (holder, event, channel, wanted)
        SELECT $1, event, channel, wanted
          FROM unnest($2::text[], $3::text[], $4::boolean[]) AS w (event, channel, wanted)
            ON CONFLICT (holder, event, channel) DO UPDATE SET wanted = excluded.wanted
        """,
        holder,
        [event for event, _ in chosen],
        [channel for _, channel in chosen],
        list(chosen.values()),
    )


async def forget(work: Work, holder: str) -> None:
    """Keep nothing of a person but what was told, which is forgotten in time."""
    for table in _OF_PEOPLE:
        await work.run(f"DELETE FROM {table} WHERE holder = $1", holder)


async def told_since(
    work: Work, holders: Sequence[str], event: Event, about: str, since: datetime
) -> set[str]:
    """Whom the same was told of the same thing since then, and what was dropped does not count."""
    rows = await work.all(
        """
        SELECT DISTINCT holder FROM alert
         WHERE holder = ANY($1::text[]) AND event = $2 AND about = $3 AND created_at > $4
           AND state <> 'dropped'
        """,
        holders,
        event,
        about,
        since,
    )
    return {row["holder"] for row in rows}


async def tried_since(work: Work, holder: str, event: Event, since: datetime) -> int:
    """How often a person tried the words of an event since then."""
    row = await work.one(
        """
        SELECT count(*)::int AS n FROM alert
         WHERE holder = $1 AND event = $2 AND about LIKE 'test:%' AND created_at > $3
        """,
        holder,
        event,
        since,
    )
    assert row is not None, "a count is always there"
    return int(row["n"])


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who was told of something; ``wait``: by what they left at the page of this too."""

    holder: str
    locale: str
    wait: str


async def told_about(work: Work, event: Event, about: str) -> list[Told]:
    """Who was told of this event about this, and reached as far as is known, by name. What still
    waits is not told, and what was dropped never will be."""
    assert event in (Event.DISRUPTION, Event.WORK_PLANNED), "the index has these alone"
    rows = await work.all(
        """
        SELECT DISTINCT ON (holder) holder, locale, coalesce(facts ->> 'wait', '') AS wait
          FROM alert
         WHERE about = $1 AND event IN ('disruption', 'work_planned') AND event = $2
           AND state IN ('sent', 'delivered') ORDER BY holder, facts ->> 'wait', id
        """,
        about,
        event,
    )
    return [Told(row["holder"], row["locale"], row["wait"]) for row in rows]


async def push_key(work: Work) -> str | None:
    row = await work.one("SELECT pem FROM alert_push_key")
    return None if row is None else str(row["pem"])


async def keep_push_key(work: Work, pem: str) -> None:
    """Keep the key; the first that is kept stays."""
    await work.run("INSERT INTO alert_push_key (pem) VALUES ($1) ON CONFLICT DO NOTHING", pem)


def _device(row: Row) -> Device:
    return Device(
        id=row["id"],
        holder=row["holder"],
        endpoint=row["endpoint"],
        p256dh=row["p256dh"],
        auth=row["auth"],
        label=row["label"],
        made_at=row["made_at"],
        gone_at=row["gone_at"],
        last_trouble=row["last_trouble"],
        refused_at=row["refused_at"],
        asked_at=row["asked_at"],
    )
