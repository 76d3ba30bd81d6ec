"""Hosts, agreements and shares as rows. What was agreed and shared is added, never changed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from voltway.billing.model_hosts import Agreement, Host, Part, Share, ShareKind, Terms
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId, PartyId, SessionId
from voltway.kernel.money import Currency
from voltway.runtime.work import Row, Work


@dataclass(eq=False)
class NoSuchHost(Refusal):
    """There is no host {host}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    host: UUID


async def add_host(work: Work, host: Host) -> bool:
    """Whether the party had no host of this name yet."""
    return bool(
        await work.run(
            """
            INSERT INTO host (id, party_id, name, street, postal_code, city, country, vat_id, email,
                              locale, pay_days, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                ON CONFLICT (party_id, name) DO NOTHING
            """,
            host.id,
            host.party,
            host.name,
            host.street,
            host.postal_code,
            host.city,
            host.country,
            host.vat_id,
            host.email,
            host.locale,
            host.pay_days,
            host.created_at,
        )
    )


async def reach_host(work: Work, id: UUID, *, email: str | None, locale: str) -> None:
    """Where a host's settlements go from now on."""
    if not await work.run(
        "UPDATE host SET email = $2, locale = $3 WHERE id = $1", id, email, locale
    ):
        raise NoSuchHost(id)


async def lock_host(work: Work, id: UUID) -> Host:
    """The host, locked: its agreements are numbered by one work at a time."""
    row = await work.one("SELECT * FROM host WHERE id = $1 FOR UPDATE", id)
    if row is None:
        raise NoSuchHost(id)
    return host_of(row)


async def lock_place(work: Work, location: LocationId) -> None:
    """Let one work at a time agree for a place, with whichever host."""
    await work.one("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"place:{location}")


async def hosts(work: Work, ids: Collection[UUID]) -> dict[UUID, Host]:
    rows = await work.all("SELECT * FROM host WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: host_of(row) for row in rows}


async def keep_agreement(work: Work, agreement: Agreement) -> None:
    terms = agreement.terms
    await work.run(
        """
        INSERT INTO host_agreement (id, party_id, host_id, location_id, version, valid_from,
                                    valid_until, percent, per_session, per_kwh, per_month, currency,
                                    vat_rate, made_at, made_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,
        agreement.id,
        agreement.party,
        agreement.host,
        agreement.location,
        agreement.version,
        agreement.valid_from,
        agreement.valid_until,
        terms.percent,
        terms.per_session,
        terms.per_kwh,
        terms.per_month,
        agreement.currency,
        agreement.vat_rate,
        agreement.made_at,
        agreement.made_by,
    )


async def agreements_at(work: Work, locations: Collection[LocationId]) -> list[Agreement]:
    """All versions of all agreements for these places."""
    rows = await work.all(
        "SELECT * FROM host_agreement WHERE location_id = ANY($1::uuid[]) ORDER BY version",
        list(locations),
    )
    return [_agreement(row) for row in rows]


async def agreements_with(work: Work, host: UUID) -> list[Agreement]:
    rows = await work.all(
        "SELECT * FROM host_agreement WHERE host_id = $1 ORDER BY location_id, version", host
    )
    return [_agreement(row) for row in rows]


async def agreements(work: Work, ids: Collection[UUID]) -> dict[UUID, Agreement]:
    rows = await work.all("SELECT * FROM host_agreement WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: _agreement(row) for row in rows}


async def shared_places(work: Work, sessions: Collection[SessionId]) -> dict[SessionId, LocationId]:
    """Where these sessions were, as far as an agreement was ever made for the place."""
    any_at_all = await work.one("SELECT FROM host_agreement LIMIT 1")
    if any_at_all is None:
        return {}
    rows = await work.all(
        """
        SELECT s.id, s.location_id FROM session_view s
         WHERE s.id = ANY($1::uuid[])
           AND EXISTS (SELECT FROM host_agreement a
                        WHERE a.party_id = s.party_id AND a.location_id = s.location_id)
        """,
        list(sessions),
    )
    return {row["id"]: row["location_id"] for row in rows}


async def keep_shares(work: Work, shares: Sequence[Share]) -> set[UUID]:
    """Keep shares; the ids of those that are new. What one is for is shared once."""
    rows = await work.all(
        """
        INSERT INTO host_share (id, party_id, host_id, agreement_id, kind, once, session_id, cdr_id,
                                corrected_by, at, revenue_minor, energy_wh, percent_minor,
                                session_minor, energy_minor, month_minor, amount_minor, currency,
                                kept_at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[],
                             $6::text[], $7::uuid[], $8::uuid[], $9::uuid[], $10::timestamptz[],
                             $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],
                             $15::bigint[], $16::bigint[], $17::bigint[], $18::text[],
                             $19::timestamptz[])
            ON CONFLICT (party_id, once) DO NOTHING
        RETURNING id
        """,
        *(list(column) for column in zip(*map(_values, shares), strict=True)),
    )
    return {row["id"] for row in rows}


def _values(share: Share) -> tuple[object, ...]:
    part = share.part
    return (
        share.id,
        share.party,
        share.host,
        share.agreement,
        share.kind,
        share.once,
        share.session,
        share.cdr,
        share.corrected_by,
        share.at,
        share.revenue_minor,
        share.energy_wh,
        part.percent_minor,
        part.session_minor,
        part.energy_minor,
        part.month_minor,
        part.amount_minor,
        share.currency,
        share.kept_at,
    )


async def shares_of(work: Work, sessions: Collection[SessionId]) -> list[Share]:
    """What was shared of these sessions, the first first."""
    rows = await work.all(
        "SELECT * FROM host_share WHERE session_id = ANY($1::uuid[]) ORDER BY kept_at, id",
        list(sessions),
    )
    return [share_of(row) for row in rows]


def host_of(row: Row) -> Host:
    return Host(
        id=row["id"],
        party=PartyId(row["party_id"]),
        name=row["name"],
        street=row["street"],
        postal_code=row["postal_code"],
        city=row["city"],
        country=row["country"],
        vat_id=row["vat_id"],
        email=row["email"],
        locale=row["locale"],
        pay_days=row["pay_days"],
        created_at=row["created_at"],
    )


def _agreement(row: Row) -> Agreement:
    return Agreement(
        id=row["id"],
        party=PartyId(row["party_id"]),
        host=row["host_id"],
        location=LocationId(row["location_id"]),
        version=row["version"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        terms=Terms(
            percent=row["percent"],
            per_session=row["per_session"],
            per_kwh=row["per_kwh"],
            per_month=row["per_month"],
        ),
        currency=Currency(row["currency"]),
        vat_rate=row["vat_rate"],
        made_at=row["made_at"],
        made_by=row["made_by"],
    )


def share_of(row: Row) -> Share:
    return Share(
        id=row["id"],
        party=PartyId(row["party_id"]),
        host=row["host_id"],
        agreement=row["agreement_id"],
        kind=ShareKind(row["kind"]),
        once=row["once"],
        session=SessionId(row["session_id"]) if row["session_id"] else None,
        cdr=row["cdr_id"],
        corrected_by=row["corrected_by"],
        at=row["at"],
        revenue_minor=row["revenue_minor"],
        energy_wh=row["energy_wh"],
        part=Part(
            percent_minor=row["percent_minor"],
            session_minor=row["session_minor"],
            energy_minor=row["energy_minor"],
            month_minor=row["month_minor"],
        ),
        currency=Currency(row["currency"]),
        kept_at=row["kept_at"],
    )


async def pay_by(work: Work, host: UUID, provider: str | None, account: str | None) -> None:
    """Where a host is paid from now on; nothing: from the bank by hand."""
    if not await work.run(
        "UPDATE host SET transfer_provider = $2, transfer_account = $3 WHERE id = $1",
        host,
        provider,
        account,
    ):
        raise NoSuchHost(host)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a settlement says is owed to a host, and where they are paid."""

    settlement: UUID
    number: str
    party: PartyId
    host: UUID
    host_name: str
    total_minor: int
    currency: Currency
    provider: str | None
    account: str | None


_DUE = """
    SELECT s.id, s.number, s.party_id, s.host_id, s.recipient, s.total_minor, s.currency,
           h.transfer_provider, h.transfer_account
      FROM statement_view s JOIN host_view h ON h.id = s.host_id
"""


async def due(work: Work, settlement: UUID) -> Due | None:
    row = await work.one(f"{_DUE} WHERE s.id = $1", settlement)
    return None if row is None else _due(row)


async def due_now(work: Work, now: datetime) -> list[Due]:
    """Those whose day has come where the party is, for which nothing was asked yet, and whose host
    has an account. Corrections may make one negative: that is set off by hand."""
    rows = await work.all(
        f"""
        {_DUE} JOIN party_view p ON p.party_id = s.party_id
         WHERE h.transfer_account IS NOT NULL AND s.total_minor > 0
           AND s.due_on <= ($1 AT TIME ZONE p.time_zone)::date
           AND NOT EXISTS (SELECT FROM transfer_view t WHERE t.about = s.id)
         ORDER BY s.due_on, s.number LIMIT 100
        """,
        now,
    )
    return [_due(row) for row in rows]


def _due(row: Row) -> Due:
    return Due(
        settlement=row["id"],
        number=row["number"],
        party=PartyId(row["party_id"]),
        host=row["host_id"],
        host_name=row["recipient"],
        total_minor=row["total_minor"],
        currency=Currency(row["currency"]),
        provider=row["transfer_provider"],
        account=row["transfer_account"],
    )
