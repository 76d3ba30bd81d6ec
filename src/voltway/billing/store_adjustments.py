"""What was made of facts that came after a bill, as rows: added, never changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.billing import store_documents
from voltway.billing.model import Invoice
from voltway.billing.rules_charge import ChargeRule
from voltway.billing.store_fleets import PAYER
from voltway.kernel.ids import PartyId, SessionId, SettlementId
from voltway.kernel.money import Currency
from voltway.runtime.work import Row, Work


class Made(StrEnum):
    """What a person made of what came after the bill."""

    ADJUSTED = "adjusted"
    LEFT = "left"
    CHARGED = "charged"  # raised, by a supplementary invoice
    GIVEN = "given"  # owed, and given away


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A signed adjustment of a bill and its evidence, or the bill left as it is."""

    id: UUID
    party: PartyId
    session: SessionId
    settlement: SettlementId
    place: int
    choice: Made
    before_minor: int
    told_minor: int
    before_wh: int
    told_wh: int
    currency: Currency
    reason: str
    by: str
    at: datetime

    @property
    def after_minor(self) -> int:
        return self.told_minor if self.changed else self.before_minor

    @property
    def changed(self) -> bool:
        """Whether the bill is another since."""
        return self.choice in (Made.ADJUSTED, Made.CHARGED)

    @property
    def delta_minor(self) -> int:
        return self.after_minor - self.before_minor


async def keep(work: Work, made: Adjustment, document: bytes, sha256: str) -> None:
    await work.run(
        """
        INSERT INTO adjustment (id, party_id, session_id, settlement_id, place, choice,
                                before_minor, after_minor, told_minor, before_wh, told_wh, currency,
                                reason, document, sha256, decided_by, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        """,
        made.id,
        made.party,
        made.session,
        made.settlement,
        made.place,
        made.choice.value,
        made.before_minor,
        made.after_minor,
        made.told_minor,
        made.before_wh,
        made.told_wh,
        made.currency,
        made.reason,
        document.decode(),
        sha256,
        made.by,
        made.at,
    )


async def of_session(work: Work, session: SessionId) -> list[Adjustment]:
    """The adjustments of a session, in their order."""
    rows = await work.all("SELECT * FROM adjustment WHERE session_id = $1 ORDER BY place", session)
    return [_adjustment(row) for row in rows]


async def document_of(work: Work, id: UUID) -> bytes:
    """The CDR as it was by an adjustment: its evidence."""
    row = await work.one("SELECT document FROM adjustment WHERE id = $1", id)
    assert row is not None, "an adjustment is never removed"
    return str(row["document"]).encode()


async def charge_rule(work: Work, party: PartyId) -> ChargeRule | None:
    row = await work.one(
        "SELECT most_minor, within_days FROM charge_rule WHERE party_id = $1", party
    )
    return ChargeRule(row["most_minor"], row["within_days"]) if row else None


async def set_charge_rule(work: Work, party: PartyId, rule: ChargeRule, by: str) -> None:
    await work.run(
        """
        INSERT INTO charge_rule (party_id, most_minor, within_days, since, set_by)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (party_id) DO UPDATE
           SET most_minor = EXCLUDED.most_minor, within_days = EXCLUDED.within_days,
               since = EXCLUDED.since, set_by = EXCLUDED.set_by
        """,
        party,
        rule.most_minor,
        rule.within_days,
        work.now,
        by,
    )


async def customer_of(work: Work, account: str, begins: str) -> UUID | None:
    """The customer whose the card of this account in the books was for what began then."""
    row = await work.one(
        f"""
        SELECT payer.customer_id
          FROM (SELECT jsonb_build_object(
                           'account', $1::text,
                           'visit', jsonb_build_object('begins', $2::text)) AS made) d
         CROSS JOIN {PAYER}
        """,
        account,
        begins,
    )
    return row["customer_id"] if row else None


async def supplements_of(work: Work, session: SessionId) -> list[Invoice]:
    """The supplementary invoices of a session, the newest first."""
    rows = await work.all(
        """
        SELECT id FROM invoice
         WHERE session_id = $1 AND kind = 'invoice' AND once LIKE 'adjustment:%:supplement'
         ORDER BY place DESC
        """,
        session,
    )
    return [await store_documents.invoice(work, row["id"]) for row in rows]


async def customer_charged(work: Work, invoice: UUID) -> UUID:
    """Whom a supplementary invoice charged."""
    row = await work.one(
        "SELECT evidence ->> 'customer' AS customer FROM entry_view WHERE once = $1 LIMIT 1",
        f"{invoice}:supplement",
    )
    assert row is not None, "a supplementary invoice is in the books"
    return UUID(row["customer"])


def _adjustment(row: Row) -> Adjustment:
    return Adjustment(
        id=row["id"],
        party=PartyId(row["party_id"]),
        session=SessionId(row["session_id"]),
        settlement=SettlementId(row["settlement_id"]),
        place=row["place"],
        choice=Made(row["choice"]),
        before_minor=row["before_minor"],
        told_minor=row["told_minor"],
        before_wh=row["before_wh"],
        told_wh=row["told_wh"],
        currency=Currency(row["currency"]),
        reason=row["reason"],
        by=row["decided_by"],
        at=row["decided_at"],
    )
