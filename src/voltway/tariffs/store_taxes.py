"""The SQL of taxes that operators set, and of the country that a location lies in."""

from collections.abc import Collection, Mapping

from voltway.kernel.ids import LocationId, PartyId
from voltway.runtime.work import Row, Work
from voltway.tariffs.model_taxes import TaxDeclaration, TaxOverride


async def keep_override(work: Work, override: TaxOverride) -> None:
    await work.run(
        """
        INSERT INTO tax_override (id, party_id, country, rate, since, until, reason, made_by,
                                  created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        override.id,
        override.party,
        override.country,
        override.rate,
        override.since,
        override.until,
        override.reason,
        override.made_by,
        override.created_at,
    )


async def overrides_of(work: Work, parties: Collection[PartyId]) -> list[TaxOverride]:
    rows = await work.all(
        "SELECT * FROM tax_override WHERE party_id = ANY($1::uuid[]) ORDER BY created_at, told",
        list(parties),
    )
    return [_override(row) for row in rows]


async def keep_declaration(work: Work, declared: TaxDeclaration) -> None:
    await work.run(
        """
        INSERT INTO tax_declaration (id, party_id, country, applies, since, until, legal_basis,
                                     made_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        declared.id,
        declared.party,
        declared.country,
        declared.applies,
        declared.since,
        declared.until,
        declared.legal_basis,
        declared.made_by,
        declared.created_at,
    )


async def declarations_of(work: Work, parties: Collection[PartyId]) -> list[TaxDeclaration]:
    """What these parties declared, in the order in which they did."""
    rows = await work.all(
        "SELECT * FROM tax_declaration WHERE party_id = ANY($1::uuid[]) ORDER BY created_at, told",
        list(parties),
    )
    return [
        TaxDeclaration(
            id=row["id"],
            party=PartyId(row["party_id"]),
            country=row["country"],
            applies=row["applies"],
            since=row["since"],
            until=row["until"],
            legal_basis=row["legal_basis"],
            made_by=row["made_by"],
            created_at=row["created_at"],
        )
        for row in rows
    ]


async def places_of(
    work: Work, locations: Collection[LocationId]
) -> Mapping[LocationId, tuple[str, str]]:
    """The country and the time zone of these locations, of those that have or had a station."""
    rows = await work.all(
        """
        SELECT DISTINCT ON (location_id) location_id, country, time_zone
          FROM station_all_view WHERE location_id = ANY($1::uuid[])
        """,
        list(locations),
    )
    return {row["location_id"]: (row["country"], row["time_zone"]) for row in rows}


def _override(row: Row) -> TaxOverride:
    return TaxOverride(
        id=row["id"],
        party=PartyId(row["party_id"]),
        country=row["country"],
        rate=row["rate"],
        since=row["since"],
        until=row["until"],
        reason=row["reason"],
        made_by=row["made_by"],
        created_at=row["created_at"],
    )
