"""From which sum on a second person is needed, as rows."""

from enum import StrEnum

from voltway.kernel.ids import PartyId
from voltway.runtime.work import Work


class Rule(StrEnum):
    """What a party's rule is about, by its table."""

    REFUND = "refund_rule"
    WRITE_OFF = "write_off_rule"


async def above(work: Work, rule: Rule, party: PartyId) -> int | None:
    """In the party's currency; ``None``: nobody second is needed."""
    row = await work.one(f"SELECT above_minor FROM {rule} WHERE party_id = $1", party)
    return None if row is None else int(row["above_minor"])


async def set_above(
    work: Work, rule: Rule, party: PartyId, above_minor: int | None, by: str
) -> None:
    if above_minor is None:
        await work.run(f"DELETE FROM {rule} WHERE party_id = $1", party)
        return
    await work.run(
        f"""
        INSERT INTO {rule} (party_id, above_minor, set_by, set_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (party_id) DO UPDATE
           SET above_minor = excluded.above_minor, set_by = excluded.set_by,
               set_at = excluded.set_at
        """,
        party,
        above_minor,
        by,
        work.now,
    )
