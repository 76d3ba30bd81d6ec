"""Alerts as rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from voltway.alerts.model import FORGOTTEN, Alert, AlertState, Template
from voltway.alerts.model_events import Channel, Event
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import AlertId, InvoiceId, OnceKey, PartyId, PaymentId
from voltway.runtime.work import Row, Work


@dataclass(eq=False)
class NoSuchAlert(Refusal):
    """There is no alert {alert}."""

    kind = Kind.ABSENT

    alert: AlertId


async def add(work: Work, alerts: Sequence[Alert]) -> set[AlertId]:
    """Keep new alerts; those that are new. What one is about is told once."""
    rows = await work.all(
        """
        INSERT INTO alert
            (id, party_id, once, channel, recipient, template, locale, payment_id, invoice_id,
             state, created_at, next_try_at, with_xml, event, about, facts, holder, too_late_at)
        SELECT id, party_id, once, channel, recipient, template, locale, payment_id, invoice_id,
               state, created_at, next_try_at, with_xml, event, about, facts::jsonb, holder,
               too_late_at
          FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
                      $7::uuid[], $8::uuid[], $9::text[], $10::timestamptz[], $11::timestamptz[],
                      $12::boolean[], $13::text[], $14::text[], $15::text[], $16::text[],
                      $17::text[], $18::timestamptz[])
               AS w (id, party_id, once, recipient, template, locale, payment_id, invoice_id,
                     state, created_at, next_try_at, with_xml, channel, event, about, facts,
                     holder, too_late_at)
            ON CONFLICT (once) DO NOTHING
        RETURNING id
        """,
        [each.id for each in alerts],
        [each.party for each in alerts],
        [each.once for each in alerts],
        [each.recipient for each in alerts],
        [each.template for each in alerts],
        [each.locale for each in alerts],
        [each.payment for each in alerts],
        [each.invoice for each in alerts],
        [each.state for each in alerts],
        [each.created_at for each in alerts],
        [each.next_try_at for each in alerts],
        [each.with_xml for each in alerts],
        [each.channel for each in alerts],
        [each.event for each in alerts],
        [each.about for each in alerts],
        [_facts(each) for each in alerts],
        [each.holder for each in alerts],
        [each.too_late_at for each in alerts],
    )
    return {AlertId(row["id"]) for row in rows}


async def load(work: Work, id: AlertId) -> Alert:
    row = await work.one("SELECT * FROM alert WHERE id = $1", id)
    if row is None:
        raise NoSuchAlert(id)
    return _alert(row)


async def about(work: Work, document: InvoiceId) -> list[Alert]:
    """The mails of a document, the newest first."""
    rows = await work.all(
        "SELECT * FROM alert WHERE invoice_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50",
        document,
    )
    return [_alert(row) for row in rows]


async def lock(work: Work, id: AlertId) -> Alert:
    """The alert, locked until the work ends, so that its tries are counted one at a time."""
    row = await work.one("SELECT * FROM alert WHERE id = $1 FOR UPDATE", id)
    if row is None:
        raise NoSuchAlert(id)
    return _alert(row)


async def load_many(work: Work, ids: Sequence[AlertId]) -> list[Alert]:
    """Those of these alerts that there are, in the order in which they were asked for."""
    rows = await work.all("SELECT * FROM alert WHERE id = ANY($1::uuid[])", ids)
    found = {row["id"]: row for row in rows}
    return [_alert(found[id]) for id in ids if id in found]


async def lock_many(work: Work, ids: Sequence[AlertId]) -> dict[AlertId, Alert]:
    """Those of these alerts that there are, locked until the work ends."""
    rows = await work.all(
        "SELECT * FROM alert WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", ids
    )
    return {AlertId(row["id"]): _alert(row) for row in rows}


async def save(work: Work, alert: Alert) -> None:
    await save_many(work, [alert])


async def save_many(work: Work, alerts: Sequence[Alert]) -> None:
    await work.run(
        """
        UPDATE alert
           SET state = w.state, tries = w.tries, next_try_at = w.next_try_at, sent_at = w.sent_at,
               last_trouble = w.last_trouble, delivered_at = w.delivered_at,
               read_at = w.read_at
          FROM unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[], $5::timestamptz[],
                      $6::text[], $7::timestamptz[], $8::timestamptz[])
               AS w (id, state, tries, next_try_at, sent_at, last_trouble, delivered_at, read_at)
         WHERE alert.id = w.id
        """,
        [each.id for each in alerts],
        [each.state for each in alerts],
        [each.tries for each in alerts],
        [each.next_try_at for each in alerts],
        [each.sent_at for each in alerts],
        [each.last_trouble for each in alerts],
        [each.delivered_at for each in alerts],
        [each.read_at for each in alerts],
    )


async def overdue(work: Work, before: datetime) -> list[Alert]:
    """Alerts whose time has come and gone: their job was lost."""
    rows = await work.all(
        """
        SELECT * FROM alert
         WHERE state = 'queued' AND next_try_at <= $1
         ORDER BY next_try_at
         LIMIT 500
           FOR UPDATE SKIP LOCKED
        """,
        before,
    )
    return [_alert(row) for row in rows]


async def waiting_beside(work: Work, alert: Alert, channel: Channel) -> list[Alert]:
    """What waits to tell the same to the same person by another channel, locked."""
    rows = await work.all(
        """
        SELECT * FROM alert
         WHERE holder = $1 AND event = $2 AND about = $3 AND created_at = $4 AND channel = $5
           AND state = 'queued'
           FOR UPDATE
        """,
        alert.holder,
        alert.event,
        alert.about,
        alert.created_at,
        channel,
    )
    return [_alert(row) for row in rows]


async def is_on_its_way(work: Work, alert: Alert) -> bool:
    """Whether another push of the same to the same person waits, or was taken by its service."""
    row = await work.one(
        """
        SELECT EXISTS (SELECT FROM alert
                        WHERE holder = $1 AND event = $2 AND about = $3 AND created_at = $4
                          AND channel = 'push' AND id <> $5
                          AND state IN ('queued', 'sent', 'delivered')) AS so
        """,
        alert.holder,
        alert.event,
        alert.about,
        alert.created_at,
        alert.id,
    )
    assert row is not None, "a truth is always there"
    return bool(row["so"])


async def lock_unread(work: Work, page: str, holders: Collection[str]) -> list[Alert]:
    """The pushes to these people that were handed over, lead to this page and were not read,
    locked."""
    rows = await work.all(
        """
        SELECT * FROM alert
         WHERE facts ->> 'page' = $1 AND channel = 'push' AND read_at IS NULL
           AND state IN ('sent', 'delivered') AND holder = ANY($2::text[])
         ORDER BY id FOR UPDATE
        """,
        page,
        list(holders),
    )
    return [_alert(row) for row in rows]


async def forget_recipients(
    work: Work,
    holders: Collection[str],
    *,
    texts_about: Collection[str] = (),
    texted_since: date = date.max,
) -> None:
    """Keep no address and no number to which something was sent to these guests or waits, nor those
    that texts about these went to since this day at the earliest; what failed rests no more."""
    blank = """
        UPDATE alert
           SET recipient = $2, once = 'forgotten:' || id,
               state = CASE state WHEN 'failed' THEN 'dropped' ELSE state END
         WHERE state <> 'queued' AND recipient <> '-'
    """
    left = "channel IN ('mail', 'sms') AND holder = ANY($1::text[]) AND holder LIKE '%:%'"
    await work.run(f"{blank} AND {left}", list(holders), FORGOTTEN)
    if texts_about:
        texted = (
            "about = ANY($1::text[]) AND id IN (SELECT alert_id FROM alert_text WHERE day >= $3)"
        )
        sql = f"{blank} AND channel = 'sms' AND {texted}"
        await work.run(sql, list(texts_about), FORGOTTEN, texted_since)


async def forget(work: Work, before: datetime, limit: int) -> int:
    """Forget the oldest alerts that were told or given up before this; how many."""
    return await work.run(
        """
        DELETE FROM alert
         WHERE id IN (SELECT id FROM alert ORDER BY id LIMIT $2)
           AND created_at < $1 AND state <> 'queued'
        """,
        before,
        limit,
    )


def _alert(row: Row) -> Alert:
    return Alert(
        id=AlertId(row["id"]),
        party=PartyId(row["party_id"]),
        once=OnceKey(row["once"]),
        recipient=row["recipient"],
        template=Template(row["template"]),
        locale=row["locale"],
        payment=PaymentId(row["payment_id"]) if row["payment_id"] else None,
        invoice=InvoiceId(row["invoice_id"]) if row["invoice_id"] else None,
        state=AlertState(row["state"]),
        created_at=row["created_at"],
        tries=row["tries"],
        next_try_at=row["next_try_at"],
        sent_at=row["sent_at"],
        last_trouble=row["last_trouble"],
        with_xml=row["with_xml"],
        channel=Channel(row["channel"]),
        event=Event(row["event"]) if row["event"] else None,
        about=row["about"],
        facts=row["facts"],
        holder=row["holder"],
        too_late_at=row["too_late_at"],
        delivered_at=row["delivered_at"],
        read_at=row["read_at"],
    )


def _facts(alert: Alert) -> str | None:
    return None if alert.facts is None else msgspec.json.encode(alert.facts).decode()
