"""The SQL of groups of tariffs."""

from collections.abc import Iterable, Mapping

import msgspec

from voltway.kernel.ids import PartyId
from voltway.runtime.work import Row, Work
from voltway.tariffs.model_versions import GroupMember, GroupVersion


async def keep_group(work: Work, group: GroupVersion) -> None:
    await work.run(
        """
        INSERT INTO tariff_group_version (id, party_id, group_ident, version, members, valid_from,
                                          created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        group.id,
        group.party,
        group.ident,
        group.version,
        list(group.members),
        group.valid_from,
        group.created_at,
    )


async def groups_of(
    work: Work, wanted: Iterable[tuple[PartyId, str]]
) -> Mapping[tuple[PartyId, str], list[GroupVersion]]:
    """All versions of these groups, each group's in their order."""
    pairs = sorted(set(wanted))
    rows = await work.all(
        """
        SELECT * FROM tariff_group_version
         WHERE (party_id, group_ident) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))
         ORDER BY version
        """,
        [party for party, _ in pairs],
        [ident for _, ident in pairs],
    )
    found: dict[tuple[PartyId, str], list[GroupVersion]] = {}
    for row in rows:
        each = group_of(row)
        found.setdefault((each.party, each.ident), []).append(each)
    return found


def group_of(row: Row) -> GroupVersion:
    return GroupVersion(
        id=row["id"],
        party=PartyId(row["party_id"]),
        ident=row["group_ident"],
        version=row["version"],
        members=tuple(msgspec.convert(row["members"], list[GroupMember])),
        valid_from=row["valid_from"],
        created_at=row["created_at"],
    )
