"""Settlements as rows. Everything that walks takes many at once; documents are in
``store_documents``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from voltway.billing.model import Settlement, SettlementState, Step
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, PaymentId, SessionId, SettlementId
from voltway.runtime.work import Row, Work


@dataclass(eq=False)
class NoSuchSettlement(Refusal):
    """There is no settlement {settlement}."""

    kind = Kind.ABSENT

    settlement: SettlementId


async def open_settlements(
    work: Work, settlements: Sequence[Settlement], route: Sequence[Step]
) -> set[SettlementId]:
    """Keep new settlements, all on one route; those that are new. A session has one."""
    rows = await work.all(
        """
        INSERT INTO settlement (id, party_id, session_id, route, state, opened_at, next_try_at)
        SELECT id, party_id, session_id, $7, state, opened_at, next_try_at
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[],
                      $6::timestamptz[])
               AS w (id, party_id, session_id, state, opened_at, next_try_at)
            ON CONFLICT (session_id) DO NOTHING
        RETURNING id
        """,
        [each.id for each in settlements],
        [each.party for each in settlements],
        [each.session for each in settlements],
        [each.state for each in settlements],
        [each.opened_at for each in settlements],
        [each.next_try_at for each in settlements],
        list(route),
    )
    return {SettlementId(row["id"]) for row in rows}


async def lock(work: Work, id: SettlementId) -> Settlement:
    """The settlement, locked until the work ends, so that each step is taken once."""
    found = await lock_many(work, [id])
    if not found:
        raise NoSuchSettlement(id)
    return found[id]


async def lock_many(work: Work, ids: Collection[SettlementId]) -> dict[SettlementId, Settlement]:
    """These settlements, locked in the order of their ids, so that two batches cannot wait for
    each other."""
    rows = await work.all(
        "SELECT * FROM settlement WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", list(ids)
    )
    return {row["id"]: _settlement(row) for row in rows}


async def of_session(work: Work, session: SessionId) -> Settlement | None:
    row = await work.one("SELECT * FROM settlement WHERE session_id = $1", session)
    return _settlement(row) if row else None


async def save(work: Work, *settlements: Settlement) -> None:
    """Keep where locked settlements are now."""
    await work.run(
        """
        UPDATE settlement s
           SET payment_id = w.payment_id, route = string_to_array(w.route, ','), done = w.done,
               state = w.state, next_try_at = w.next_try_at, tries = w.tries,
               last_trouble = w.last_trouble, done_at = w.done_at, reviewed_by = w.reviewed_by
          FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[],
                      $6::timestamptz[], $7::int[], $8::text[], $9::timestamptz[], $10::text[])
               AS w (id, payment_id, route, done, state, next_try_at, tries, last_trouble, done_at,
                     reviewed_by)
         WHERE s.id = w.id
        """,
        [each.id for each in settlements],
        [each.payment for each in settlements],
        [",".join(each.route) for each in settlements],
        [each.done for each in settlements],
        [each.state for each in settlements],
        [each.next_try_at for each in settlements],
        [each.tries for each in settlements],
        [each.last_trouble for each in settlements],
        [each.done_at for each in settlements],
        [each.reviewed_by for each in settlements],
    )
    work.touch(*(each.subject for each in settlements))


async def overdue(work: Work, before: datetime) -> list[Settlement]:
    """Settlements whose time has come and gone: their job was lost, or its worker died. Locked;
    one that somebody walks at this moment is not lost."""
    rows = await work.all(
        """
        SELECT * FROM settlement
         WHERE state NOT IN ('done', 'held') AND next_try_at <= $1
         ORDER BY next_try_at
         LIMIT 500
           FOR UPDATE SKIP LOCKED
        """,
        before,
    )
    return [_settlement(row) for row in rows]


def _settlement(row: Row) -> Settlement:
    return Settlement(
        id=SettlementId(row["id"]),
        party=PartyId(row["party_id"]),
        session=SessionId(row["session_id"]),
        payment=PaymentId(row["payment_id"]) if row["payment_id"] else None,
        route=tuple(Step(step) for step in row["route"]),
        done=row["done"],
        state=SettlementState(row["state"]),
        opened_at=row["opened_at"],
        next_try_at=row["next_try_at"],
        tries=row["tries"],
        last_trouble=row["last_trouble"],
        reviewed_by=row["reviewed_by"],
        done_at=row["done_at"],
    )
