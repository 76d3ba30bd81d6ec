"""A month of the books for a bookkeeper, with the numbers of the receipts behind its entries."""

import io
from datetime import date
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo
from zoneinfo import ZoneInfo

from voltway.kernel.ids import EntryId
from voltway.ledger import exporting
from voltway.parties.model import Party
from voltway.runtime.work import Work


async def datev_files(work: Work, party: Party, month: date) -> list[bytes]:
    """A month of a party's books as DATEV Buchungsstapel, in the party's currency."""
    zone = ZoneInfo(party.time_zone)
    begins, ends = exporting.month_of(month, zone)
    # The number is found by the settlement that an entry's evidence names.
    rows = await work.all(
        """
        SELECT e.id, i.number
          FROM entry_view e
          JOIN invoice i ON i.settlement_id::text = e.evidence ->> 'settlement'
         WHERE e.party_id = $1 AND e.number = 1 AND e.at >= $2 AND e.at < $3
         ORDER BY i.place DESC
        """,
        party.id,
        begins,
        ends,
    )
    documents = {EntryId(UUID(str(row["id"]))): row["number"] for row in rows}
    return await exporting.datev_files(work, party.id, zone, party.currency, month, documents)


async def datev_archive(work: Work, party: Party, month: date) -> tuple[str, bytes]:
    """The same as one file: its name, and what is in it; several files are put into an archive.

    They are dated as the month, so that the same books make the same archive whenever it is asked.
    """
    files = await datev_files(work, party, month)
    if len(files) == 1:
        return exporting.datev_name(month, 1, 1), files[0]
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for number, content in enumerate(files, start=1):
            name = exporting.datev_name(month, number, len(files))
            archive.writestr(
                ZipInfo(name, (month.year, month.month, 1, 0, 0, 0)), content, ZIP_DEFLATED
            )
    return f"EXTF_Buchungsstapel_{month:%Y-%m}.zip", out.getvalue()
