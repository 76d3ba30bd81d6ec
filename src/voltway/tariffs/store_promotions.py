"""The SQL of promotion codes and of who holds one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import PartyId, SessionId, TokenUid
from voltway.kernel.money import Currency
from voltway.runtime.work import Row, Work
from voltway.tariffs.model_promotions import Claim, Grant, GrantKind, Promotion


async def add(work: Work, made: Promotion) -> bool:
    """Whether the party had no such code yet."""
    return bool(
        await work.run(
            """
            INSERT INTO promotion (id, party_id, code, kind, value, currency, since, until,
                                   uses_max, per_driver_max, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                ON CONFLICT DO NOTHING
            """,
            made.id,
            made.party,
            made.code,
            made.kind.value,
            made.value,
            made.currency,
            made.since,
            made.until,
            made.uses_max,
            made.per_driver_max,
            made.created_at,
        )
    )


async def lock(work: Work, party: PartyId, code: str) -> Promotion | None:
    """The code, locked until the work ends, so that its uses are counted by one at a time."""
    await work.one(
        "SELECT pg_advisory_xact_lock(hashtextextended($1 || ':' || $2, 27)) AS locked",
        str(party),
        code,
    )
    return await named(work, party, code)


async def named(work: Work, party: PartyId, code: str) -> Promotion | None:
    row = await work.one("SELECT * FROM promotion WHERE party_id = $1 AND code = $2", party, code)
    return None if row is None else _promotion(row)


async def of_driver(work: Work, driver: str) -> Sequence[Row]:
    """The codes that somebody holds or used: ``code``, ``claimed_at``, ``used_at``."""
    return await work.all(
        """
        SELECT p.code, c.claimed_at, c.used_at
          FROM promotion_claim c JOIN promotion p ON p.id = c.promotion_id
         WHERE c.driver = $1 AND c.released_at IS NULL ORDER BY c.claimed_at
        """,
        driver.lower(),
    )


async def forget_driver(work: Work, driver: str) -> None:
    await work.run("UPDATE promotion_claim SET driver = NULL WHERE driver = $1", driver.lower())


async def counted(work: Work, promotion: UUID, driver: str | None) -> tuple[int, int]:
    """How often a code is held or used, by all and by this driver."""
    row = await work.one(
        """
        SELECT count(*)::int AS of_all, count(*) FILTER (WHERE driver = $2)::int AS of_one
          FROM promotion_claim WHERE promotion_id = $1 AND released_at IS NULL
        """,
        promotion,
        driver,
    )
    return (row["of_all"], row["of_one"]) if row else (0, 0)


async def keep_claim(work: Work, claim: Claim) -> None:
    await work.run(
        """
        INSERT INTO promotion_claim (id, party_id, promotion_id, token_uid, driver, claimed_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        claim.id,
        claim.party,
        claim.promotion,
        claim.token,
        claim.driver,
        claim.claimed_at,
    )


async def grants(
    work: Work, shown: Collection[tuple[PartyId, TokenUid]]
) -> Mapping[tuple[PartyId, TokenUid], Grant]:
    """What the codes of these visits take off, those let go left out."""
    rows = await work.all(
        """
        SELECT c.id, c.party_id, c.token_uid, p.code, p.kind, p.value
          FROM unnest($1::uuid[], $2::text[]) AS w (party_id, token_uid)
          JOIN promotion_claim c ON c.party_id = w.party_id AND c.token_uid = w.token_uid
          JOIN promotion p ON p.id = c.promotion_id
         WHERE c.released_at IS NULL
        """,
        [party for party, _ in shown],
        [token for _, token in shown],
    )
    return {(row["party_id"], row["token_uid"]): _grant(row) for row in rows}


async def used_by(work: Work, sessions: Collection[SessionId]) -> Mapping[SessionId, Grant]:
    rows = await work.all(
        """
        SELECT c.id, c.session_id, p.code, p.kind, p.value
          FROM promotion_claim c JOIN promotion p ON p.id = c.promotion_id
         WHERE c.session_id = ANY($1::uuid[])
        """,
        list(sessions),
    )
    return {SessionId(row["session_id"]): _grant(row) for row in rows}


async def use(work: Work, used: Mapping[UUID, SessionId], at: datetime) -> int:
    return await work.run(
        """
        UPDATE promotion_claim c SET session_id = w.session_id, used_at = $3
          FROM unnest($1::uuid[], $2::uuid[]) AS w (id, session_id)
         WHERE c.id = w.id AND c.used_at IS NULL AND c.released_at IS NULL
        """,
        list(used),
        list(used.values()),
        at,
    )


async def release(work: Work, party: PartyId, token: TokenUid, at: datetime) -> None:
    await work.run(
        """
        UPDATE promotion_claim SET released_at = $3
         WHERE party_id = $1 AND token_uid = $2 AND used_at IS NULL AND released_at IS NULL
        """,
        party,
        token,
        at,
    )


def _grant(row: Row) -> Grant:
    return Grant(
        kind=GrantKind(row["kind"]), value=row["value"], name=row["code"], source=row["id"]
    )


def _promotion(row: Row) -> Promotion:
    return Promotion(
        id=row["id"],
        party=PartyId(row["party_id"]),
        code=row["code"],
        kind=GrantKind(row["kind"]),
        value=row["value"],
        currency=Currency(row["currency"]),
        since=row["since"],
        until=row["until"],
        uses_max=row["uses_max"],
        per_driver_max=row["per_driver_max"],
        created_at=row["created_at"],
    )
