"""What stations' terminals took, and what was told of it, as rows."""

from collections.abc import Collection
from uuid import UUID

from voltway.kernel.ids import EvseId, PartyId, PaymentId, StationId, TokenUid, new_id
from voltway.kernel.money import Currency
from voltway.payments.rules_terminals import TerminalHold, TerminalState, Verdict
from voltway.runtime.work import Row, Work
from voltway.stations.reports import SettlementTold

_SELECT = """
    SELECT h.id, h.party_id, h.station_id, h.psp_ref, h.token_uid, h.transaction_ref, h.payment_id,
           h.held_minor, h.state, h.settled_minor, h.card_brand, h.card_last4, h.told_at,
           h.provider_id, p.currency
      FROM terminal_hold h JOIN party_view p ON p.id = h.party_id
"""


async def leave_settling(work: Work, stations: Collection[StationId]) -> set[StationId]:
    """Those of these stations whose terminal leaves settling to us (``SettlementByCSMS``)."""
    rows = await work.all(
        """
        SELECT station_id FROM variable_view
         WHERE station_id = ANY($1::uuid[]) AND component = 'PaymentCtrlr'
           AND name = 'SettlementByCSMS' AND attribute = 'Actual' AND lower(value) = 'true'
        """,
        list(stations),
    )
    return {StationId(row["station_id"]) for row in rows}


async def add(work: Work, hold: TerminalHold) -> None:
    """Keep a card that a terminal took."""
    await work.run(
        """
        INSERT INTO terminal_hold
            (id, party_id, station_id, psp_ref, token_uid, held_minor, state, card_brand,
             card_last4, told_at, provider_id)
        VALUES ($1, $2, $3, $4, $5, $6, 'held', $7, $8, $9, $10)
        """,
        hold.id,
        hold.party,
        hold.station,
        hold.psp_ref,
        hold.token,
        hold.held_minor,
        hold.brand,
        hold.last4,
        hold.told_at,
        hold.provider,
    )


async def lock(work: Work, party: PartyId, psp_ref: str) -> TerminalHold | None:
    row = await work.one(
        f"{_SELECT} WHERE h.party_id = $1 AND h.psp_ref = $2 FOR NO KEY UPDATE OF h",
        party,
        psp_ref,
    )
    return _hold(row) if row else None


async def lock_transaction(work: Work, station: StationId, ref: str) -> TerminalHold | None:
    """The hold behind a transaction of a station."""
    row = await work.one(
        f"{_SELECT} WHERE h.station_id = $1 AND h.transaction_ref = $2 AND h.state = 'held'"
        " FOR NO KEY UPDATE OF h",
        station,
        ref,
    )
    return _hold(row) if row else None


async def by_id(work: Work, hold: UUID) -> TerminalHold | None:
    row = await work.one(f"{_SELECT} WHERE h.id = $1", hold)
    return _hold(row) if row else None


async def save(work: Work, hold: TerminalHold) -> None:
    await work.run(
        """
        UPDATE terminal_hold
           SET state = $2, settled_minor = $3, held_minor = $4, payment_id = $5,
               transaction_ref = $6, card_brand = $7, card_last4 = $8,
               ended_at = CASE WHEN $2 = 'held' THEN NULL ELSE coalesce(ended_at, $9) END
         WHERE id = $1
        """,
        hold.id,
        hold.state,
        hold.settled_minor,
        hold.held_minor,
        hold.payment,
        hold.transaction,
        hold.brand,
        hold.last4,
        work.now,
    )


async def keep_told(
    work: Work,
    party: PartyId,
    station: StationId | None,
    told: SettlementTold,
    verdict: Verdict,
) -> None:
    """Keep a settlement as it was told, whatever became of it."""
    await work.run(
        """
        INSERT INTO terminal_settlement
            (id, party_id, station_id, psp_ref, status, amount, settled_at, said, receipt_id,
             receipt_url, vat_number, vat_company, verdict, told_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        new_id(work.now),
        party,
        station,
        told.psp_ref,
        told.status[:20],
        f"{told.amount:f}"[:40] if told.amount.is_finite() else str(told.amount),
        told.at,
        told.said,
        told.receipt_id,
        told.receipt_url,
        told.vat_number,
        told.vat_company,
        verdict,
        work.now,
    )


async def company_told(work: Work, payment: PaymentId) -> Row | None:
    """The VAT number and the company that were typed at the terminal for a payment, last."""
    return await work.one(
        """
        SELECT s.vat_number, s.vat_company
          FROM terminal_hold h
          JOIN terminal_settlement s ON s.party_id = h.party_id AND s.psp_ref = h.psp_ref
                                    AND s.station_id = h.station_id
         WHERE h.payment_id = $1 AND (s.vat_number <> '' OR s.vat_company <> '')
         ORDER BY s.told_at DESC LIMIT 1
        """,
        payment,
    )


async def evse_at(work: Work, station: StationId, number: int | None) -> EvseId | None:
    """The EVSE of this number; where the station did not say which yet, its first."""
    row = await work.one(
        """
        SELECT id FROM evse_view WHERE station_id = $1
         ORDER BY (number = $2) DESC NULLS LAST, number LIMIT 1
        """,
        station,
        number,
    )
    return EvseId(row["id"]) if row else None


def _hold(row: Row) -> TerminalHold:
    return TerminalHold(
        id=row["id"],
        party=PartyId(row["party_id"]),
        station=StationId(row["station_id"]),
        psp_ref=row["psp_ref"],
        token=TokenUid(row["token_uid"]),
        held_minor=row["held_minor"],
        currency=Currency(row["currency"]),
        state=TerminalState(row["state"]),
        settled_minor=row["settled_minor"],
        payment=PaymentId(row["payment_id"]) if row["payment_id"] else None,
        transaction=row["transaction_ref"],
        brand=row["card_brand"],
        last4=row["card_last4"],
        told_at=row["told_at"],
        provider=row["provider_id"],
    )
