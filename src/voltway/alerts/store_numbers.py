"""Phone numbers, codes that prove them, and texts as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from voltway.alerts.model_numbers import Number, NumberCode
from voltway.kernel.ids import AlertId, PartyId, new_id
from voltway.runtime.work import Row, Work


async def keep(work: Work, number: Number) -> None:
    """Keep a person's number in place of the one that they had."""
    await work.run(
        """
        INSERT INTO alert_number (holder, number, verified_at) VALUES ($1, $2, $3)
            ON CONFLICT (holder) DO UPDATE
           SET number = excluded.number, verified_at = excluded.verified_at, gone_at = NULL,
               last_trouble = NULL
        """,
        number.holder,
        number.number,
        number.verified_at,
    )


async def number_of(work: Work, holder: str) -> Number | None:
    row = await work.one("SELECT * FROM alert_number WHERE holder = $1", holder)
    return None if row is None else _number(row)


async def good_numbers(work: Work, holders: Sequence[str]) -> dict[str, str]:
    """The numbers of these people, as far as they have one that takes texts."""
    rows = await work.all(
        """
        SELECT holder, number FROM alert_number
         WHERE holder = ANY($1::text[]) AND gone_at IS NULL
        """,
        holders,
    )
    return {row["holder"]: row["number"] for row in rows}


async def gone(work: Work, number: str, why: str) -> None:
    """Send nothing more to a number."""
    await work.run(
        """
        UPDATE alert_number SET gone_at = $2, last_trouble = $3
         WHERE number = $1 AND gone_at IS NULL
        """,
        number,
        work.now,
        why,
    )


async def remove(work: Work, holder: str) -> None:
    await work.run("DELETE FROM alert_number WHERE holder = $1", holder)
    await end_codes(work, holder)


async def add_code(work: Work, code: NumberCode) -> None:
    await work.run(
        """
        INSERT INTO alert_number_code (id, holder, number, code, made_at, until)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        code.id,
        code.holder,
        code.number,
        code.code,
        code.made_at,
        code.until,
    )


async def code(work: Work, id: UUID) -> NumberCode | None:
    """A code that is good still."""
    row = await work.one(
        "SELECT * FROM alert_number_code WHERE id = $1 AND until > $2", id, work.now
    )
    return None if row is None else _code(row)


async def count_codes(work: Work, holder: str, number: str) -> tuple[int, int]:
    """How many codes are kept that went to this person, and to this number. Who asks at the same
    moment waits."""
    for whose in sorted((holder, number)):
        await work.one("SELECT pg_advisory_xact_lock(hashtext('alert_number ' || $1))", whose)
    row = await work.one(
        """
        SELECT count(*) FILTER (WHERE holder = $1) AS of_holder,
               count(*) FILTER (WHERE number = $2) AS of_number
          FROM alert_number_code WHERE holder = $1 OR number = $2
        """,
        holder,
        number,
    )
    assert row is not None, "a count is always there"
    return row["of_holder"], row["of_number"]


async def lock_codes(work: Work, holder: str, wrong_max: int) -> list[NumberCode]:
    """The codes of a person that are good still, the newest first, locked until the work ends."""
    rows = await work.all(
        """
        SELECT * FROM alert_number_code
         WHERE holder = $1 AND until > $2 AND wrong < $3
         ORDER BY made_at DESC, id DESC
           FOR UPDATE
        """,
        holder,
        work.now,
        wrong_max,
    )
    return [_code(row) for row in rows]


async def was_wrong(work: Work, holder: str) -> None:
    await work.run("UPDATE alert_number_code SET wrong = wrong + 1 WHERE holder = $1", holder)


async def end_codes(work: Work, holder: str) -> None:
    """End the codes of a person. They count still as sent."""
    await work.run(
        "UPDATE alert_number_code SET until = least(until, $2) WHERE holder = $1", holder, work.now
    )


async def forget_codes(work: Work, before: datetime) -> None:
    await work.run("DELETE FROM alert_number_code WHERE made_at < $1", before)


@dataclass(frozen=True, slots=True)
class Aside:
    """A text before its carrier is asked to take it."""

    alert: AlertId
    party: PartyId
    day: date
    words: str
    parts: int


async def set_aside(work: Work, text: Aside, per_day: int) -> bool:
    """Count the parts of a text among those of its party's day, once; whether there was room."""
    await work.one("SELECT pg_advisory_xact_lock(hashtext('alert_text ' || $1))", str(text.party))
    row = await work.one(
        "SELECT coalesce(sum(parts), 0) AS n FROM alert_text WHERE party_id = $1 AND day = $2",
        text.party,
        text.day,
    )
    assert row is not None, "a sum is always there"
    if row["n"] + text.parts > per_day:
        return False
    await work.run(
        """
        INSERT INTO alert_text (id, alert_id, party_id, day, parts, words)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        new_id(work.now),
        text.alert,
        text.party,
        text.day,
        text.parts,
        text.words,
    )
    return True


async def text(work: Work, alert: AlertId) -> Row | None:
    """The text that carries an alert now; one that failed does not any more."""
    return await work.one("SELECT * FROM alert_text WHERE alert_id = $1 AND NOT failed", alert)


async def taken(work: Work, alert: AlertId, ref: str) -> None:
    """The carrier has taken a text, and calls it so."""
    await work.run(
        """
        UPDATE alert_text SET ref = $2, words = NULL
         WHERE alert_id = $1 AND NOT failed AND ref IS NULL
        """,
        alert,
        ref,
    )


async def failed(work: Work, alert: AlertId) -> None:
    """The text did not arrive. It is paid for all the same."""
    await work.run(
        "UPDATE alert_text SET failed = true, words = NULL WHERE alert_id = $1 AND NOT failed",
        alert,
    )


async def not_taken(work: Work, alert: AlertId) -> None:
    """The carrier refused a text, so it costs nothing."""
    await work.run("DELETE FROM alert_text WHERE alert_id = $1 AND NOT failed", alert)


async def known(work: Work, refs: Sequence[str]) -> set[str]:
    """Which of these texts of the carrier's are texts that we know already."""
    rows = await work.all("SELECT ref FROM alert_text WHERE ref = ANY($1::text[])", refs)
    return {row["ref"] for row in rows}


def _number(row: Row) -> Number:
    return Number(
        holder=row["holder"],
        number=row["number"],
        verified_at=row["verified_at"],
        gone_at=row["gone_at"],
        last_trouble=row["last_trouble"],
    )


def _code(row: Row) -> NumberCode:
    return NumberCode(
        id=row["id"],
        holder=row["holder"],
        number=row["number"],
        code=row["code"],
        made_at=row["made_at"],
        until=row["until"],
    )
