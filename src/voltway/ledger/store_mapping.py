"""A party's bookkeeper, and which of the bookkeeper's accounts ours are, as rows."""

from collections.abc import Mapping

from voltway.kernel.ids import PartyId
from voltway.ledger.exporting_datev import Bookkeeper, Mapped
from voltway.runtime.work import Work


async def bookkeeper(work: Work, party: PartyId) -> Bookkeeper | None:
    row = await work.one("SELECT * FROM ledger_export_setting WHERE party_id = $1", party)
    if row is None:
        return None
    return Bookkeeper(
        row["consultant"],
        row["client"],
        row["account_length"],
        row["year_begins"],
        row["chart"],
    )


async def keep_bookkeeper(work: Work, party: PartyId, known: Bookkeeper) -> None:
    await work.run(
        """
        INSERT INTO ledger_export_setting
               (party_id, consultant, client, account_length, year_begins, chart)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (party_id) DO UPDATE
           SET consultant = $2, client = $3, account_length = $4, year_begins = $5, chart = $6
        """,
        party,
        known.consultant,
        known.client,
        known.account_length,
        known.year_begins,
        known.chart,
    )


async def mapping(work: Work, party: PartyId) -> dict[str, Mapped]:
    rows = await work.all(
        "SELECT path, account, tax_key FROM ledger_mapping WHERE party_id = $1 ORDER BY path", party
    )
    return {row["path"]: Mapped(row["account"], row["tax_key"]) for row in rows}


async def keep_mapping(work: Work, party: PartyId, known: Mapping[str, Mapped]) -> None:
    """Keep the mapping whole: what it does not name any more is gone."""
    await work.run("DELETE FROM ledger_mapping WHERE party_id = $1", party)
    await work.run_many(
        "INSERT INTO ledger_mapping (party_id, path, account, tax_key) VALUES ($1, $2, $3, $4)",
        [(party, path, mapped.account, mapped.tax_key) for path, mapped in known.items()],
    )
