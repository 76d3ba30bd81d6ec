"""The SQL of tariff versions and of their assignments."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import PartyId, TariffId
from voltway.runtime.work import Row, Work
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_versions import Assignment, Scope, TariffVersion

_COLUMNS = """id, party_id, tariff_ident, version, document, valid_from, valid_until, created_at"""

#: Reads the document of a version, or remembers it: a version never changes.
Read = Callable[[str], Tariff]


def _version(row: Row, read: Read) -> TariffVersion:
    return TariffVersion(
        id=TariffId(row["id"]),
        party=PartyId(row["party_id"]),
        ident=row["tariff_ident"],
        version=row["version"],
        document=row["document"],
        tariff=read(row["document"]),
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        created_at=row["created_at"],
    )


async def lock_tariff(work: Work, party: PartyId, ident: str) -> None:
    """Let one version of a tariff be added at a time, so that their numbers have no gap."""
    await work.one(
        "SELECT pg_advisory_xact_lock(hashtextextended($1 || ':' || $2, 5)) AS locked",
        str(party),
        ident,
    )


async def last_of(work: Work, party: PartyId, ident: str, read: Read) -> TariffVersion | None:
    row = await work.one(
        f"""
        SELECT {_COLUMNS}
          FROM tariff_version
         WHERE party_id = $1 AND tariff_ident = $2
         ORDER BY version DESC
         LIMIT 1
        """,
        party,
        ident,
    )
    return None if row is None else _version(row, read)


async def has_tariff(work: Work, party: PartyId, ident: str) -> bool:
    return bool(
        await work.one(
            "SELECT 1 AS one FROM tariff_version WHERE party_id = $1 AND tariff_ident = $2 LIMIT 1",
            party,
            ident,
        )
    )


async def keep_version(work: Work, version: TariffVersion) -> None:
    await work.run(
        """
        INSERT INTO tariff_version (id, party_id, tariff_ident, version, currency, document,
                                    valid_from, valid_until, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        version.id,
        version.party,
        version.ident,
        version.version,
        version.tariff.currency,
        version.document,
        version.valid_from,
        version.valid_until,
        version.created_at,
    )


async def version(work: Work, id: TariffId, read: Read) -> TariffVersion | None:
    row = await work.one(f"SELECT {_COLUMNS} FROM tariff_version WHERE id = $1", id)
    return None if row is None else _version(row, read)


async def versions_of(
    work: Work, wanted: Iterable[tuple[PartyId, str]], read: Read
) -> Mapping[tuple[PartyId, str], list[TariffVersion]]:
    """All versions of these tariffs, each tariff's in their order."""
    pairs = sorted(set(wanted))
    rows = await work.all(
        f"""
        SELECT {_COLUMNS}
          FROM tariff_version
         WHERE (party_id, tariff_ident) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))
         ORDER BY version
        """,
        [party for party, _ in pairs],
        [ident for _, ident in pairs],
    )
    found: dict[tuple[PartyId, str], list[TariffVersion]] = {}
    for row in rows:
        each = _version(row, read)
        found.setdefault((each.party, each.ident), []).append(each)
    return found


async def keep_assignment(work: Work, id: UUID, assignment: Assignment) -> None:
    await work.run(
        """
        INSERT INTO tariff_assignment (id, party_id, scope, scope_id, tariff_ident, since,
                                       created_at, group_ident, until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        id,
        assignment.party,
        assignment.scope.value,
        assignment.scope_id,
        assignment.ident,
        assignment.since,
        work.now,
        assignment.group,
        assignment.until,
    )


async def assignments_to(
    work: Work, scope_ids: Iterable[UUID], until: datetime
) -> Mapping[UUID, list[Assignment]]:
    """What was ever assigned to these by this moment, in the order in which it was told: also of
    one moment, whose clock says nothing of it."""
    return (await told_to(work, scope_ids, until))[0]


async def told_to(
    work: Work, scope_ids: Iterable[UUID], until: datetime
) -> tuple[Mapping[UUID, list[Assignment]], frozenset[UUID]]:
    """The same, and which of these have or had a plan by then, which may bring another tariff."""
    rows = await work.ask(
        """
        SELECT party_id, scope, scope_id, tariff_ident, since, group_ident, until, created_at, told,
               false AS by_plan
          FROM tariff_assignment
         WHERE scope_id = ANY($1::uuid[]) AND since <= $2
         UNION ALL
        SELECT party_id, scope, subscriber, NULL, begins, NULL, ends, created_at, 0, true
          FROM subscription
         WHERE subscriber = ANY($1::uuid[]) AND begins <= $2
         ORDER BY created_at, told
        """,
        sorted(set(scope_ids)),
        until,
    )
    found: dict[UUID, list[Assignment]] = {}
    for row in rows:
        if row["by_plan"]:
            continue
        each = Assignment(
            party=PartyId(row["party_id"]),
            scope=Scope(row["scope"]),
            scope_id=row["scope_id"],
            ident=row["tariff_ident"],
            since=row["since"],
            group=row["group_ident"],
            until=row["until"],
        )
        found.setdefault(each.scope_id, []).append(each)
    return found, frozenset(row["scope_id"] for row in rows if row["by_plan"])
