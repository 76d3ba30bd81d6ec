"""Platforms of stand-alone terminals, as rows."""

from collections.abc import Collection
from uuid import UUID

from voltway.kernel.ids import EvseId, PartyId
from voltway.runtime.work import Row, Work


async def add_platform(work: Work, id: UUID, party: PartyId, name: str, secret: bytes) -> None:
    await work.run(
        """
        INSERT INTO terminal_provider (id, party_id, name, secret_hash, made_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        id,
        party,
        name,
        secret,
        work.now,
    )


async def platform(work: Work, id: UUID) -> Row | None:
    return await work.one("SELECT * FROM terminal_provider WHERE id = $1", id)


async def lock_platform(work: Work, id: UUID) -> Row | None:
    return await work.one("SELECT * FROM terminal_provider WHERE id = $1 FOR UPDATE", id)


async def renew_key(work: Work, id: UUID, secret: bytes, before: bytes) -> None:
    await work.run(
        """
        UPDATE terminal_provider SET secret_hash = $2, before_hash = $3,
               registered_at = coalesce(registered_at, $4) WHERE id = $1
        """,
        id,
        secret,
        before,
        work.now,
    )


async def forget_key_before(work: Work, id: UUID) -> None:
    await work.run("UPDATE terminal_provider SET before_hash = NULL WHERE id = $1", id)


async def revoke_platform(work: Work, party: PartyId, id: UUID) -> bool:
    return bool(
        await work.run(
            "UPDATE terminal_provider SET revoked_at = $3"
            " WHERE id = $1 AND party_id = $2 AND revoked_at IS NULL",
            id,
            party,
            work.now,
        )
    )


async def keep_kiosk(
    work: Work, platform: UUID, party: PartyId, terminal: str, document: str
) -> None:
    await work.run(
        """
        INSERT INTO kiosk (provider_id, terminal_id, party_id, document, changed_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (provider_id, terminal_id)
        DO UPDATE SET document = excluded.document, changed_at = excluded.changed_at
        """,
        platform,
        terminal,
        party,
        document,
        work.now,
    )


async def has_kiosk(work: Work, party: PartyId, platform: UUID, terminal: str) -> bool:
    """Whether there is such a terminal; it is locked."""
    row = await work.one(
        "SELECT 1 FROM kiosk WHERE provider_id = $1 AND terminal_id = $2 AND party_id = $3"
        " FOR UPDATE",
        platform,
        terminal,
        party,
    )
    return row is not None


async def assign(
    work: Work, party: PartyId, platform: UUID, terminal: str, evses: Collection[EvseId]
) -> None:
    await work.run(
        "DELETE FROM kiosk_evse WHERE provider_id = $1 AND terminal_id = $2", platform, terminal
    )
    await work.run_many(
        "INSERT INTO kiosk_evse (provider_id, terminal_id, evse_id, party_id)"
        " VALUES ($1, $2, $3, $4)",
        [(platform, terminal, evse, party) for evse in dict.fromkeys(evses)],
    )
    await work.run(
        "UPDATE kiosk SET changed_at = $3 WHERE provider_id = $1 AND terminal_id = $2",
        platform,
        terminal,
        work.now,
    )


async def serves(work: Work, platform: UUID, evse: EvseId) -> bool:
    row = await work.one(
        "SELECT 1 FROM kiosk_evse WHERE provider_id = $1 AND evse_id = $2", platform, evse
    )
    return row is not None


async def keep_advice(work: Work, platform: UUID, party: PartyId, id: str, document: str) -> bool:
    """Whether this was not told before."""
    return bool(
        await work.run(
            """
            INSERT INTO terminal_advice (provider_id, id, party_id, document, told_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
            """,
            platform,
            id,
            party,
            document,
            work.now,
        )
    )


async def kiosk(work: Work, platform: UUID, terminal: str) -> Row | None:
    return await work.one(
        "SELECT * FROM kiosk_view WHERE provider_id = $1 AND terminal_id = $2", platform, terminal
    )


async def advice(work: Work, platform: UUID, id: str) -> Row | None:
    return await work.one(
        "SELECT document FROM terminal_advice WHERE provider_id = $1 AND id = $2", platform, id
    )
