"""What came of a replay: sessions, energy, revenue, agreement with the past, the books' sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from voltway.app import OpenHouse
from voltway.cli.replay.past import PastSession
from voltway.kernel.ids import PaymentId
from voltway.ledger import actions as ledger

EXAMPLES_MAX = 5


@dataclass(frozen=True, slots=True)
class Count:
    """The figures that the command prints."""

    sessions: int
    metered: int
    receipts: int
    captured: int
    energy_wh: int
    energy_past_wh: int
    revenue_minor: int
    currency: str
    equal: int
    doubtful: int
    unbalanced: int
    entries: int
    missing: tuple[str, ...]
    seconds: float

    @property
    def is_whole(self) -> bool:
        """No session is missing, no watt-hour is lost, and the books balance."""
        return (
            not self.missing
            and self.sessions == self.metered == self.receipts
            and self.energy_wh == self.energy_past_wh
            and self.unbalanced == 0
        )

    def told(self) -> str:
        lines = [
            f"sessions        {self.metered:,} of {self.sessions:,}",
            f"receipts        {self.receipts:,}",
            f"energy          {Decimal(self.energy_wh) / 1000:,.2f} kWh"
            f" of {Decimal(self.energy_past_wh) / 1000:,.2f} kWh",
            f"revenue         {Decimal(self.revenue_minor) / 100:,.2f} {self.currency}"
            f" in {self.captured:,} captures",
            f"as really paid  {self.equal:,} of {self.sessions:,} amounts are equal",
            f"for review      {self.doubtful:,} sessions",
            f"ledger          {self.entries:,} entries, sums differ from zero by {self.unbalanced}",
            f"time            {self.seconds:.1f} s",
        ]
        if self.missing:
            shown = ", ".join(self.missing[:EXAMPLES_MAX])
            lines.append(f"missing         {len(self.missing):,}, such as {shown}")
        return "\n".join(lines)


async def count(
    house: OpenHouse,
    past: Sequence[PastSession],
    paid: Mapping[str, PaymentId],
    *,
    seconds: float = 0,
) -> Count:
    """Compare what is stored with what was played."""
    async with house.begin() as work:
        rows = await work.all(
            """
            SELECT payment.id, payment.captured_minor, payment.currency,
                   session.id AS session_id, session.energy_wh, session.doubts,
                   invoice.total_minor
              FROM payment_view payment
              LEFT JOIN session_view session ON session.id = payment.session_id
              LEFT JOIN invoice_view invoice ON invoice.session_id = payment.session_id
            """
        )
        balance = await ledger.trial_balance(work)
        entries = await work.one("SELECT count(*) AS n FROM entry_view")
    assert entries is not None
    by_payment = {row["id"]: row for row in rows}
    found = [(session, by_payment.get(paid.get(session.name))) for session in past]
    whole = [(session, row) for session, row in found if row and row["total_minor"] is not None]
    metered = {UUID(str(row["session_id"])) for _, row in found if row and row["session_id"]}
    return Count(
        sessions=len(past),
        metered=len(metered),
        receipts=len(whole),
        captured=sum(1 for _, row in whole if row["captured_minor"]),
        energy_wh=sum(row["energy_wh"] for _, row in whole),
        energy_past_wh=sum(session.energy_wh for session in past),
        revenue_minor=sum(row["total_minor"] for _, row in whole),
        currency=whole[0][1]["currency"] if whole else "",
        equal=sum(1 for session, row in whole if row["total_minor"] == session.paid_cents),
        doubtful=sum(1 for _, row in whole if row["doubts"]),
        unbalanced=sum(abs(minor) for minor in balance.sums.values()),
        entries=entries["n"],
        missing=tuple(
            session.name for session, row in found if row is None or row["total_minor"] is None
        ),
        seconds=seconds,
    )
