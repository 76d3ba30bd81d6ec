"""The SQL of tokens."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from voltway.drivers.model import Bar, Token, TokenKind, TokenStatus
from voltway.kernel.ids import ContractId, DriverId, PartyId, StationId, TokenId, TokenUid
from voltway.runtime.work import Row, Work

_COLUMNS = """t.id, t.party_id, t.uid, t.kind, t.label, t.status, t.valid_until,
              t.tariff_version_id, t.email, t.created_at, t.contract_id, c.driver_id, c.fleet_id,
              t.bars, t.on_account, t.lost_at,
              EXISTS (SELECT FROM charging_rule r
                       WHERE r.subject_id IN (t.id, t.contract_id, c.driver_id, c.fleet_id))
              AS is_kept"""
#: With the contract that a token stands for.
_CONTRACT = "LEFT JOIN contract c ON c.id = t.contract_id"


def _token(row: Row) -> Token:
    return Token(
        id=TokenId(row["id"]),
        party=PartyId(row["party_id"]),
        uid=TokenUid(row["uid"]),
        kind=TokenKind(row["kind"]),
        label=row["label"],
        status=TokenStatus(row["status"]),
        created_at=row["created_at"],
        valid_until=row["valid_until"],
        tariff_version_id=row["tariff_version_id"],
        email=row["email"],
        contract=row["contract_id"],
        driver=row["driver_id"],
        fleet=row["fleet_id"],
        bars=frozenset(map(Bar, row["bars"])),
        on_account=row["on_account"],
        is_kept=row["is_kept"],
        lost_at=row["lost_at"],
    )


async def add(work: Work, token: Token, sameness: str) -> bool:
    """Whether the party had no such token yet."""
    return bool(
        await work.run(
            """
            INSERT INTO token (id, party_id, uid, sameness, kind, label, status, valid_until,
                               tariff_version_id, email, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                ON CONFLICT DO NOTHING
            """,
            token.id,
            token.party,
            token.uid,
            sameness,
            token.kind.value,
            token.label,
            token.status.value,
            token.valid_until,
            token.tariff_version_id,
            token.email,
            token.created_at,
        )
    )


async def by_sameness(
    work: Work, wanted: Collection[tuple[PartyId, str]]
) -> Mapping[tuple[PartyId, str], Token]:
    rows = await work.ask(
        f"""
        SELECT {_COLUMNS}, t.sameness
          FROM unnest($1::uuid[], $2::text[]) AS w (party_id, sameness)
          JOIN token t ON t.party_id = w.party_id AND t.sameness = w.sameness
          {_CONTRACT}
        """,
        [party for party, _ in wanted],
        [sameness for _, sameness in wanted],
    )
    return {(PartyId(row["party_id"]), row["sameness"]): _token(row) for row in rows}


async def by_station(
    work: Work, wanted: Collection[tuple[StationId, str]]
) -> Mapping[tuple[StationId, str], Token]:
    """The tokens of each station's own party: no other party's token opens it."""
    rows = await work.all(
        f"""
        SELECT {_COLUMNS}, t.sameness, w.station_id
          FROM unnest($1::uuid[], $2::text[]) AS w (station_id, sameness)
          JOIN station_view s ON s.id = w.station_id
          JOIN token t ON t.party_id = s.party_id AND t.sameness = w.sameness
          {_CONTRACT}
        """,
        [station for station, _ in wanted],
        [sameness for _, sameness in wanted],
    )
    return {(StationId(row["station_id"]), row["sameness"]): _token(row) for row in rows}


async def by_id(work: Work, id: TokenId) -> Token | None:
    row = await work.one(
        f"SELECT {_COLUMNS} FROM token t {_CONTRACT} WHERE t.id = $1 FOR UPDATE OF t", id
    )
    return None if row is None else _token(row)


async def of_party(work: Work, party: PartyId) -> list[Token]:
    rows = await work.all(
        f"SELECT {_COLUMNS} FROM token t {_CONTRACT} WHERE t.party_id = $1 ORDER BY t.id DESC",
        party,
    )
    return [_token(row) for row in rows]


async def of_driver(work: Work, party: PartyId, driver: DriverId) -> list[Token]:
    """Tokens that stand for a driver's contracts, the newest first."""
    rows = await work.all(
        f"""
        SELECT {_COLUMNS} FROM token t {_CONTRACT}
         WHERE t.party_id = $1 AND c.driver_id = $2 ORDER BY t.id DESC
        """,
        party,
        driver,
    )
    return [_token(row) for row in rows]


async def price(
    work: Work,
    party: PartyId,
    uid: TokenUid,
    tariff_version_id: UUID | None,
    valid_until: datetime | None,
) -> bool:
    """Give a guest's token this price and time; whether there is such a token."""
    return bool(
        await work.run(
            """
            UPDATE token SET tariff_version_id = $3, valid_until = $4
             WHERE party_id = $1 AND uid = $2 AND kind = 'ad_hoc'
            """,
            party,
            uid,
            tariff_version_id,
            valid_until,
        )
    )


async def set_status(work: Work, id: TokenId, status: TokenStatus) -> None:
    """One that is let in again, or whose use is over, is not lost any more."""
    await work.run(
        """
        UPDATE token
           SET status = $2, lost_at = CASE WHEN $2 = 'blocked' THEN lost_at END,
               lost_by = CASE WHEN $2 = 'blocked' THEN lost_by END
         WHERE id = $1
        """,
        id,
        status.value,
    )


async def set_label(work: Work, id: TokenId, label: str) -> None:
    await work.run("UPDATE token SET label = $2 WHERE id = $1", id, label)


async def set_lost(work: Work, id: TokenId, by: str) -> None:
    await work.run(
        "UPDATE token SET status = 'blocked', lost_at = $2, lost_by = $3 WHERE id = $1",
        id,
        work.now,
        by,
    )


async def set_validity(
    work: Work, id: TokenId, status: TokenStatus, valid_until: datetime | None
) -> None:
    await work.run(
        "UPDATE token SET status = $2, valid_until = $3 WHERE id = $1",
        id,
        status.value,
        valid_until,
    )


async def bar(work: Work, tokens: Collection[TokenId], why: Bar) -> list[TokenId]:
    """Those of them that were not barred for this yet, and are now. In one order for all."""
    rows = await work.all(
        """
        UPDATE token SET bars = array_append(bars, $2)
         WHERE id IN (SELECT id FROM token
                       WHERE id = ANY($1::uuid[]) AND NOT $2 = ANY(bars)
                       ORDER BY id FOR UPDATE)
        RETURNING id
        """,
        list(tokens),
        why.value,
    )
    return [TokenId(row["id"]) for row in rows]


async def lift(work: Work, tokens: Collection[TokenId], why: Bar) -> list[TokenId]:
    """Those of them that were barred for this, and are no more."""
    rows = await work.all(
        """
        UPDATE token SET bars = array_remove(bars, $2)
         WHERE id IN (SELECT id FROM token
                       WHERE id = ANY($1::uuid[]) AND $2 = ANY(bars)
                       ORDER BY id FOR UPDATE)
        RETURNING id
        """,
        list(tokens),
        why.value,
    )
    return [TokenId(row["id"]) for row in rows]


async def set_on_account(work: Work, tokens: Collection[TokenId], on_account: bool) -> None:
    await work.run(
        "UPDATE token SET on_account = $2 WHERE id = ANY($1::uuid[])", list(tokens), on_account
    )


async def set_contract(work: Work, id: TokenId, contract: ContractId | None) -> None:
    await work.run("UPDATE token SET contract_id = $2 WHERE id = $1", id, contract)


async def expire(work: Work, tokens: Collection[tuple[PartyId, str]]) -> None:
    """Tokens of guests; each party's token by its sameness, in one order for all."""
    await work.run(
        """
        UPDATE token SET status = 'expired'
         WHERE id IN (SELECT t.id
                        FROM unnest($1::uuid[], $2::text[]) AS w (party_id, sameness)
                        JOIN token t ON t.party_id = w.party_id AND t.sameness = w.sameness
                                    AND t.kind = 'ad_hoc'
                       ORDER BY t.id
                         FOR UPDATE OF t)
        """,
        [party for party, _ in tokens],
        [sameness for _, sameness in tokens],
    )


async def forget_guests(work: Work, tokens: Collection[tuple[PartyId, str]]) -> None:
    await work.run(
        """
        DELETE FROM token t
         USING unnest($1::uuid[], $2::text[]) AS w (party_id, sameness)
         WHERE t.party_id = w.party_id AND t.sameness = w.sameness AND t.kind = 'ad_hoc'
        """,
        [party for party, _ in tokens],
        [sameness for _, sameness in tokens],
    )
