"""Payments as rows; what was asked for them is in ``store_steps``."""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import (
    DriverId,
    EvseId,
    OrderId,
    PartyId,
    PaymentId,
    SessionId,
    StationId,
    TokenUid,
)
from voltway.kernel.money import Currency
from voltway.payments.model import Payment, PaymentState
from voltway.payments.provider import Card
from voltway.runtime.work import Row, Work


@dataclass(eq=False)
class NoSuchPayment(Refusal):
    """There is no payment {payment}."""

    kind = Kind.ABSENT

    payment: PaymentId


@dataclass(eq=False)
class NoSuchVisit(Refusal):
    """This visit does not exist, or its address was not copied whole."""

    kind = Kind.ABSENT


#: Column, and the field of ``Payment`` it keeps, where they are called the same.
SAME: Final = """
    visit_key locale email session_ended_at provider provider_ref hosted_url return_url cancel_url
    description state hold_minor captured_minor refunded_minor returned_minor currency created_at
    held_at ended_at expires_at hold_open can_grow why own_token
"""

COLUMNS: Final = (
    "id, party_id, evse_id, station_id, token_uid, tariff_version_id, session_id, order_id,"
    " card_brand, card_last4, card_wallet, card_fingerprint, method_id,"
    " driver_id, " + ", ".join(SAME.split())
)


async def add(work: Work, payment: Payment) -> None:
    await work.run(
        """
        INSERT INTO payment
            (id, party_id, visit_key, evse_id, station_id, token_uid, tariff_version_id, locale,
             email, provider, return_url, cancel_url, description, state, hold_minor, currency,
             created_at, method_id, own_token, session_id, driver_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                $19, $20, $21)
        """,
        payment.id,
        payment.party,
        payment.visit_key,
        payment.evse,
        payment.station,
        payment.token,
        payment.tariff_version,
        payment.locale,
        payment.email,
        payment.provider,
        payment.return_url,
        payment.cancel_url,
        payment.description,
        payment.state,
        payment.hold_minor,
        payment.currency,
        payment.created_at,
        payment.method,
        payment.own_token,
        payment.session,
        payment.driver,
    )
    work.touch(*_of_parties([payment]))


async def load(work: Work, payment: PaymentId) -> Payment:
    row = await work.one(f"SELECT {COLUMNS} FROM payment WHERE id = $1", payment)
    if row is None:
        raise NoSuchPayment(payment)
    return _payment(row)


async def lock(work: Work, payment: PaymentId) -> Payment:
    """The payment, locked until the work ends, so that its steps are decided one at a time."""
    row = await work.one(f"SELECT {COLUMNS} FROM payment WHERE id = $1 FOR NO KEY UPDATE", payment)
    if row is None:
        raise NoSuchPayment(payment)
    return _payment(row)


async def load_many(work: Work, payments: Collection[PaymentId]) -> dict[PaymentId, Payment]:
    rows = await work.all(
        f"SELECT {COLUMNS} FROM payment WHERE id = ANY($1::uuid[])", list(payments)
    )
    return {row["id"]: _payment(row) for row in rows}


async def lock_many(work: Work, payments: Collection[PaymentId]) -> dict[PaymentId, Payment]:
    """These payments, locked in the order of their ids, so that two batches cannot wait for each
    other; not against rows that only refer to them, such as webhooks."""
    rows = await work.all(
        f"SELECT {COLUMNS} FROM payment WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE",
        list(payments),
    )
    return {row["id"]: _payment(row) for row in rows}


async def by_visit(work: Work, visit_key: str) -> Payment:
    row = await work.one(f"SELECT {COLUMNS} FROM payment WHERE visit_key = $1", visit_key)
    if row is None:
        raise NoSuchVisit
    return _payment(row)


async def by_tokens(
    work: Work, tokens: Collection[tuple[PartyId, TokenUid]]
) -> dict[tuple[PartyId, TokenUid], Payment]:
    """The payments of the tokens of visits, locked; by the token in small letters."""
    wanted = {(party, token.lower()) for party, token in tokens}
    rows = await work.all(
        f"""
        SELECT {COLUMNS} FROM payment
         WHERE id IN (SELECT p.id
                        FROM unnest($1::uuid[], $2::text[]) AS w (party_id, token)
                        JOIN payment p
                          ON p.party_id = w.party_id AND lower(p.token_uid) = w.token
                         AND NOT p.own_token)
         ORDER BY id
           FOR NO KEY UPDATE
        """,
        [party for party, _ in wanted],
        [token for _, token in wanted],
    )
    found = [_payment(row) for row in rows]
    return {(payment.party, TokenUid(payment.token.lower())): payment for payment in found}


async def by_sessions(
    work: Work, sessions: Collection[SessionId], *, lock: bool = False
) -> dict[SessionId, Payment]:
    rows = await work.all(
        f"""
        SELECT {COLUMNS} FROM payment WHERE session_id = ANY($1::uuid[])
         ORDER BY id {"FOR NO KEY UPDATE" if lock else ""}
        """,
        list(sessions),
    )
    return {row["session_id"]: _payment(row) for row in rows}


async def by_session(work: Work, session: SessionId) -> Payment | None:
    row = await work.one(f"SELECT {COLUMNS} FROM payment WHERE session_id = $1", session)
    return _payment(row) if row else None


async def named(
    work: Work, provider: str, names: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Payment]:
    """The payments that a provider speaks of: by its name for each, or by ours."""
    rows = await work.all(
        f"""
        SELECT {COLUMNS} FROM payment WHERE provider = $1 AND provider_ref = ANY($2::text[])
         UNION ALL
        SELECT {COLUMNS} FROM payment
         WHERE provider = $1 AND id = ANY($3::uuid[])
        """,
        provider,
        [ref for ref, _ in names],
        _ours(reference for _, reference in names),
    )
    found = {name: _payment(row) for row in rows for name in (row["provider_ref"], str(row["id"]))}
    return {
        (ref, reference): found[ref] if ref in found else found[reference]
        for ref, reference in names
        if ref in found or reference in found
    }


def _ours(references: Iterable[str]) -> list[UUID]:
    """Those that can be names of ours. Other houses may share the account."""
    ids = []
    for reference in references:
        with suppress(ValueError):
            ids.append(UUID(reference))
    return ids


#: What changes in the life of a payment: column, its type, and its value.
_MOVES: Final[Sequence[tuple[str, str, Callable[[Payment], object]]]] = (
    ("state", "text", lambda p: p.state),
    ("provider", "text", lambda p: p.provider),
    ("provider_ref", "text", lambda p: p.provider_ref),
    ("hosted_url", "text", lambda p: p.hosted_url),
    ("captured_minor", "bigint", lambda p: p.captured_minor),
    ("refunded_minor", "bigint", lambda p: p.refunded_minor),
    ("returned_minor", "bigint", lambda p: p.returned_minor),
    ("hold_minor", "bigint", lambda p: p.hold_minor),
    ("held_at", "timestamptz", lambda p: p.held_at),
    ("ended_at", "timestamptz", lambda p: p.ended_at),
    ("expires_at", "timestamptz", lambda p: p.expires_at),
    ("hold_open", "boolean", lambda p: p.hold_open),
    ("can_grow", "boolean", lambda p: p.can_grow),
    ("why", "text", lambda p: p.why),
    ("order_id", "uuid", lambda p: p.order),
    ("session_id", "uuid", lambda p: p.session),
    ("session_ended_at", "timestamptz", lambda p: p.session_ended_at),
    ("card_brand", "text", lambda p: p.card.brand if p.card else None),
    ("card_last4", "text", lambda p: p.card.last4 if p.card else None),
    ("card_wallet", "text", lambda p: p.card.wallet if p.card else None),
    ("card_fingerprint", "text", lambda p: p.card.fingerprint if p.card else None),
)
_NAMES: Final = ", ".join(name for name, _, _ in _MOVES)
_MOVE: Final = f"""
    UPDATE payment p SET {", ".join(f"{name} = w.{name}" for name, _, _ in _MOVES)}
      FROM unnest($1::uuid[], $2::text[],
                  {", ".join(f"${n}::{type}[]" for n, (_, type, _) in enumerate(_MOVES, 3))})
           AS w (id, was, {_NAMES})
     WHERE p.id = w.id AND p.state = w.was
"""


async def move_many(work: Work, moves: Sequence[tuple[Payment, Payment]]) -> int:
    """Keep what became of payments, given as (before, after), each if it is still where we
    thought: compare and set. How many were."""
    if not moves:
        return 0
    count = await work.run(
        _MOVE,
        [before.id for before, _ in moves],
        [before.state for before, _ in moves],
        *([value(after) for _, after in moves] for _, _, value in _MOVES),
    )
    work.touch(*(before.subject for before, _ in moves), *_of_parties(each for each, _ in moves))
    return count


def _of_parties(payments: Iterable[Payment]) -> set[str]:
    """What pages look at that show all payments of a party."""
    return {f"payments:{each.party}" for each in payments}


async def looked(work: Work, payment: PaymentId) -> None:
    """Note that the provider's side was looked at now."""
    await work.run("UPDATE payment SET looked_at = $2 WHERE id = $1", payment, work.now)


async def waiting_at(work: Work, evse: EvseId, since: datetime) -> int:
    """How many visits were opened at an EVSE and are not paid."""
    row = await work.one(
        """
        SELECT count(*) AS visits FROM payment
         WHERE evse_id = $1 AND created_at >= $2 AND held_at IS NULL
        """,
        evse,
        since,
    )
    assert row is not None
    return int(row["visits"])


async def look_at_limit(work: Work, payment: PaymentId, at: datetime) -> None:
    """Note when the running cost is worth a look again."""
    await work.run("UPDATE payment SET limit_look_at = $2 WHERE id = $1", payment, at)


async def unstarted(work: Work, held_before: datetime) -> list[PaymentId]:
    """Held payments for which nothing has started."""
    rows = await work.all(
        "SELECT id FROM payment WHERE state = 'held' AND session_id IS NULL AND held_at <= $1",
        held_before,
    )
    return [PaymentId(row["id"]) for row in rows]


async def running(work: Work) -> list[Payment]:
    """Payments whose session runs and whose cost is worth a look now."""
    rows = await work.all(
        f"""
        SELECT {COLUMNS} FROM payment
         WHERE state = 'held' AND session_id IS NOT NULL AND session_ended_at IS NULL
           AND (limit_look_at IS NULL OR limit_look_at <= $1)
        """,
        work.now,
    )
    return [_payment(row) for row in rows]


async def to_look_at(work: Work, before: datetime) -> list[PaymentId]:
    """Payments of which we may have missed news: no webhook came, or it was lost."""
    rows = await work.all(
        """
        SELECT id FROM payment
         WHERE provider_ref IS NOT NULL
           AND (state IN ('awaiting', 'capturing', 'releasing', 'unknown')
                OR (state = 'held' AND expires_at <= $2))
           AND created_at <= $1
           AND (looked_at IS NULL OR looked_at <= $1)
         ORDER BY looked_at NULLS FIRST
         LIMIT 100
        """,
        before,
        work.now,
    )
    return [PaymentId(row["id"]) for row in rows]


async def left_open(work: Work, before: datetime) -> list[PaymentId]:
    """Visits that were begun so long ago, and whose page still waits for somebody to pay."""
    rows = await work.all(
        "SELECT id FROM payment WHERE state = 'awaiting' AND created_at <= $1 LIMIT 100", before
    )
    return [PaymentId(row["id"]) for row in rows]


async def left_over(work: Work, ended_before: datetime) -> list[Payment]:
    """Holds that stand open though nobody will take the money any more."""
    rows = await work.all(
        f"""
        SELECT {COLUMNS} FROM payment
         WHERE hold_open AND (state = 'capture_declined'
                              OR (state = 'held' AND session_ended_at <= $1))
        """,
        ended_before,
    )
    return [_payment(row) for row in rows]


async def sessions_of_token(work: Work, party: PartyId, token: TokenUid) -> Sequence[SessionId]:
    """Sessions that were started with a token, whether or not the news has come to us."""
    rows = await work.all(
        "SELECT id FROM session_view WHERE party_id = $1 AND lower(token_uid) = lower($2)",
        party,
        token,
    )
    return [SessionId(row["id"]) for row in rows]


def _payment(row: Row) -> Payment:
    card = None
    if row["card_last4"] is not None:
        card = Card(
            row["card_brand"], row["card_last4"], row["card_wallet"], row["card_fingerprint"]
        )
    return Payment(
        id=PaymentId(row["id"]),
        party=PartyId(row["party_id"]),
        visit_key=row["visit_key"],
        evse=EvseId(row["evse_id"]),
        station=StationId(row["station_id"]),
        token=TokenUid(row["token_uid"]),
        tariff_version=row["tariff_version_id"],
        locale=row["locale"],
        provider=row["provider"],
        state=PaymentState(row["state"]),
        hold_minor=row["hold_minor"],
        currency=Currency(row["currency"]),
        created_at=row["created_at"],
        return_url=row["return_url"],
        cancel_url=row["cancel_url"],
        description=row["description"],
        email=row["email"],
        session=SessionId(row["session_id"]) if row["session_id"] else None,
        session_ended_at=row["session_ended_at"],
        order=OrderId(row["order_id"]) if row["order_id"] else None,
        provider_ref=row["provider_ref"],
        hosted_url=row["hosted_url"],
        card=card,
        captured_minor=row["captured_minor"],
        refunded_minor=row["refunded_minor"],
        returned_minor=row["returned_minor"],
        held_at=row["held_at"],
        ended_at=row["ended_at"],
        expires_at=row["expires_at"],
        hold_open=row["hold_open"],
        can_grow=row["can_grow"],
        why=row["why"],
        method=row["method_id"],
        own_token=row["own_token"],
        driver=DriverId(row["driver_id"]) if row["driver_id"] else None,
    )
