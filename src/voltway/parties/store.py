"""The SQL of parties, operators, their sign-ins, keys and the audit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import OperatorId, PartyId
from voltway.kernel.money import Currency
from voltway.kernel.units import EnergyWh
from voltway.parties.model import Actor, ActorKind, ApiKey, Audited, Operator, Party, Role
from voltway.runtime.work import Row, Work

_PARTY = """id, country_code, ident, name, legal_name, vat_id, address, currency,
            time_zone, locale, hold_minor, no_charge_below_wh, created_at"""


def _party(row: Row) -> Party:
    return Party(
        id=PartyId(row["id"]),
        country_code=row["country_code"],
        ident=row["ident"],
        name=row["name"],
        legal_name=row["legal_name"],
        vat_id=row["vat_id"],
        address=row["address"],
        currency=Currency(row["currency"]),
        time_zone=row["time_zone"],
        locale=row["locale"],
        hold_minor=row["hold_minor"],
        no_charge_below_wh=EnergyWh(row["no_charge_below_wh"]),
        created_at=row["created_at"],
    )


async def add_party(work: Work, party: Party) -> bool:
    """Whether it is new: a second party of one name (country, ident) is not."""
    return bool(
        await work.run(
            """
            INSERT INTO party (id, country_code, ident, name, legal_name, vat_id, address, currency,
                               time_zone, locale, hold_minor, no_charge_below_wh, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                ON CONFLICT DO NOTHING
            """,
            party.id,
            party.country_code,
            party.ident,
            party.name,
            party.legal_name,
            party.vat_id,
            dict(party.address),
            party.currency,
            party.time_zone,
            party.locale,
            party.hold_minor,
            party.no_charge_below_wh,
            party.created_at,
        )
    )


async def save_party(work: Work, party: Party) -> None:
    """What may change of a party: not its country, ident and currency."""
    await work.run(
        """
        UPDATE party
           SET name = $2, legal_name = $3, vat_id = $4, address = $5, time_zone = $6,
               hold_minor = $7
         WHERE id = $1
        """,
        party.id,
        party.name,
        party.legal_name,
        party.vat_id,
        dict(party.address),
        party.time_zone,
        party.hold_minor,
    )


async def parties(work: Work, ids: Iterable[PartyId] | None) -> list[Party]:
    """These parties, or all that this work may see; the oldest first."""
    rows = await work.all(
        f"""
        SELECT {_PARTY}
          FROM party
         WHERE $1::uuid[] IS NULL OR id = ANY($1::uuid[])
         ORDER BY created_at, id
        """,
        None if ids is None else list(ids),
    )
    return [_party(row) for row in rows]


def _operator(row: Row) -> Operator:
    return Operator(
        id=OperatorId(row["id"]),
        party=PartyId(row["party_id"]),
        email=row["email"],
        name=row["name"],
        role=Role(row["role"]),
        active=row["active"],
    )


async def add_operator(work: Work, operator: Operator, password_hash: str, at: datetime) -> bool:
    """Whether the e-mail was free."""
    return bool(
        await work.run(
            """
            INSERT INTO operator (id, party_id, email, name, role, password_hash, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT DO NOTHING
            """,
            operator.id,
            operator.party,
            operator.email,
            operator.name,
            operator.role.value,
            password_hash,
            at,
        )
    )


async def operator_by_email(work: Work, email: str) -> tuple[Operator, str] | None:
    """The operator and the hash of the password."""
    row = await work.one(
        """
        SELECT id, party_id, email, name, role, active, password_hash
          FROM operator
         WHERE lower(email) = lower($1)
        """,
        email,
    )
    return None if row is None else (_operator(row), row["password_hash"])


async def operators(work: Work, party: PartyId | None = None) -> list[Operator]:
    """The operators of a party, or all, locked: who may stay owner is decided on them."""
    rows = await work.all(
        """
        SELECT id, party_id, email, name, role, active
          FROM operator
         WHERE $1::uuid IS NULL OR party_id = $1
         ORDER BY id
           FOR UPDATE
        """,
        party,
    )
    return [_operator(row) for row in rows]


async def save_operator(work: Work, operator: Operator) -> None:
    await work.run(
        "UPDATE operator SET name = $2, role = $3, active = $4 WHERE id = $1",
        operator.id,
        operator.name,
        operator.role.value,
        operator.active,
    )


async def save_password(work: Work, operator: OperatorId, password_hash: str) -> None:
    await work.run("UPDATE operator SET password_hash = $2 WHERE id = $1", operator, password_hash)


async def keep_sign_in(
    work: Work, operator: Operator, token_hash: bytes, expires_at: datetime
) -> None:
    await work.run(
        """
        INSERT INTO sign_in (token_hash, party_id, operator_id, created_at, seen_at, expires_at)
        VALUES ($1, $2, $3, $4, $4, $5)
        """,
        token_hash,
        operator.party,
        operator.id,
        work.now,
        expires_at,
    )


async def signed_in(work: Work, token_hash: bytes) -> tuple[Operator, datetime, datetime] | None:
    """Who signed in with this token, when last seen, and until when it holds."""
    row = await work.one(
        """
        SELECT o.id, o.party_id, o.email, o.name, o.role, o.active, s.seen_at, s.expires_at
          FROM sign_in s
          JOIN operator o ON o.id = s.operator_id
         WHERE s.token_hash = $1
        """,
        token_hash,
    )
    return None if row is None else (_operator(row), row["seen_at"], row["expires_at"])


async def saw(work: Work, token_hash: bytes, expires_at: datetime) -> None:
    await work.run(
        "UPDATE sign_in SET seen_at = $2, expires_at = $3 WHERE token_hash = $1",
        token_hash,
        work.now,
        expires_at,
    )


async def forget_sign_in(work: Work, token_hash: bytes) -> None:
    await work.run("DELETE FROM sign_in WHERE token_hash = $1", token_hash)


async def forget_sign_ins_of(work: Work, operator: OperatorId) -> None:
    await work.run("DELETE FROM sign_in WHERE operator_id = $1", operator)


async def forget_old_sign_ins(work: Work) -> int:
    return await work.run("DELETE FROM sign_in WHERE expires_at <= $1", work.now)


_KEY = "id, party_id, name, role, created_at, last_used_at, expires_at, revoked_at"


def _key(row: Row) -> ApiKey:
    return ApiKey(
        id=row["id"],
        party=PartyId(row["party_id"]),
        name=row["name"],
        role=Role(row["role"]),
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )


async def add_key(work: Work, key: ApiKey, secret_hash: bytes) -> None:
    await work.run(
        """
        INSERT INTO api_key (id, party_id, name, role, secret_hash, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        key.id,
        key.party,
        key.name,
        key.role.value,
        secret_hash,
        key.created_at,
        key.expires_at,
    )


async def key(work: Work, id: UUID) -> tuple[ApiKey, bytes] | None:
    row = await work.one(f"SELECT {_KEY}, secret_hash FROM api_key WHERE id = $1", id)
    return None if row is None else (_key(row), row["secret_hash"])


async def keys(work: Work, party: PartyId) -> list[ApiKey]:
    rows = await work.all(
        f"SELECT {_KEY} FROM api_key WHERE party_id = $1 ORDER BY id",
        party,
    )
    return [_key(row) for row in rows]


async def used_key(work: Work, id: UUID) -> None:
    await work.run("UPDATE api_key SET last_used_at = $2 WHERE id = $1", id, work.now)


async def revoke_key(work: Work, party: PartyId, id: UUID) -> bool:
    return bool(
        await work.run(
            """
            UPDATE api_key SET revoked_at = $3
             WHERE id = $1 AND party_id = $2 AND revoked_at IS NULL
            """,
            id,
            party,
            work.now,
        )
    )


async def keep_first_run(work: Work, secret_hash: bytes) -> None:
    """A new secret takes the place of one that nobody used: it was shown and may be lost."""
    await work.run(
        """
        INSERT INTO first_run (secret_hash, made_at)
        VALUES ($1, $2)
            ON CONFLICT (only_one) DO UPDATE
           SET secret_hash = EXCLUDED.secret_hash, made_at = EXCLUDED.made_at
        """,
        secret_hash,
        work.now,
    )


async def first_run_secret(work: Work) -> bytes | None:
    """Locked, so that two who come at once are one who comes first."""
    row = await work.one("SELECT secret_hash FROM first_run FOR UPDATE")
    return None if row is None else row["secret_hash"]


async def forget_first_run(work: Work) -> None:
    await work.run("DELETE FROM first_run")


async def keep_audit(
    work: Work, id: UUID, actor: Actor, did: str, on: str, detail: Mapping[str, str]
) -> None:
    await work.run(
        """
        INSERT INTO audit_entry (id, party_id, at, actor_kind, actor_id, actor_name, did, on_what,
                                 detail)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        id,
        actor.party,
        work.now,
        actor.kind.value,
        actor.id,
        actor.name,
        did,
        on,
        dict(detail),
    )


async def audited(work: Work, party: PartyId, limit: int) -> Sequence[Audited]:
    rows = await work.all(
        """
        SELECT at, actor_name, actor_kind, did, on_what, detail
          FROM audit_entry
         WHERE party_id = $1
         ORDER BY at DESC, id DESC
         LIMIT $2
        """,
        party,
        limit,
    )
    return [
        Audited(
            at=row["at"],
            who=row["actor_name"],
            kind=ActorKind(row["actor_kind"]),
            did=row["did"],
            on=row["on_what"],
            detail=row["detail"],
        )
        for row in rows
    ]
