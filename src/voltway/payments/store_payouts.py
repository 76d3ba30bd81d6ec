"""Providers' reports as rows, and what the books have for the payments that they name."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from voltway.kernel.ids import EntryId, PartyId, PaymentId, new_id
from voltway.kernel.money import Currency, Money
from voltway.payments.model_payouts import (
    Booked,
    Doubt,
    KeptLine,
    LineKind,
    Paid,
    Report,
    ReportLine,
    Verdict,
)
from voltway.runtime.work import Row, Work

#: Line, its type, and its value: what is kept of a line as it was told.
_TOLD: Final = """
    ref text, payout_ref text, kind text, currency text, gross_minor bigint, fee_minor bigint,
    at timestamptz, hold text, reference text, source text
"""
_NAMES: Final = ", ".join(each.split()[0] for each in _TOLD.split(","))
_TYPES: Final = [each.split()[1] for each in _TOLD.split(",")]


async def lock(work: Work, key: str) -> None:
    """One report of an account at a time, until this work ends."""
    await work.one("SELECT pg_advisory_xact_lock(hashtextextended($1, 51)) AS locked", key)


async def add_report(
    work: Work, party: PartyId, report: Report, *, source: str, by: str, fresh: int
) -> UUID:
    id = new_id(work.now)
    await work.run(
        """
        INSERT INTO payout_report (id, party_id, provider, source, taken_by, taken_at, lines, fresh)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        id,
        party,
        report.provider,
        source,
        by,
        work.now,
        len(report.lines),
        fresh,
    )
    return id


async def add_lines(
    work: Work, party: PartyId, report: UUID, provider: str, lines: Sequence[ReportLine]
) -> None:
    """Keep lines that nobody told before."""
    await work.run(
        f"""
        INSERT INTO payout_line (id, party_id, report_id, provider, first_at, {_NAMES})
        SELECT id, $2, $3, $4, $5, {_NAMES}
          FROM unnest($1::uuid[], {", ".join(f"${n}::{t}[]" for n, t in enumerate(_TYPES, 6))})
               AS told (id, {_NAMES})
        """,
        [new_id(work.now) for _ in lines],
        party,
        report,
        provider,
        work.now,
        *zip(*(_told(line) for line in lines), strict=True),
    )


def _told(line: ReportLine) -> tuple[Any, ...]:
    return (
        line.ref,
        line.payout,
        line.kind,
        line.gross.currency,
        line.gross.minor,
        line.fee.minor,
        line.at,
        line.hold,
        line.reference,
        line.source,
    )


async def lines_named(
    work: Work, party: PartyId, provider: str, refs: Collection[str]
) -> dict[str, KeptLine]:
    rows = await work.all(
        "SELECT * FROM payout_line WHERE party_id = $1 AND provider = $2 AND ref = ANY($3::text[])",
        party,
        provider,
        list(refs),
    )
    return {row["ref"]: _line(row) for row in rows}


async def lines_of(
    work: Work, party: PartyId, provider: str, payouts: Collection[str]
) -> list[KeptLine]:
    """The lines that these payouts paid."""
    rows = await work.all(
        """
        SELECT * FROM payout_line
         WHERE party_id = $1 AND provider = $2 AND payout_ref = ANY($3::text[])
        """,
        party,
        provider,
        list(payouts),
    )
    return [_line(row) for row in rows]


async def unexplained(work: Work, party: PartyId, provider: str, most: int) -> list[KeptLine]:
    """Lines that nothing explains yet, the oldest first."""
    rows = await work.all(
        """
        SELECT * FROM payout_line
         WHERE party_id = $1 AND provider = $2 AND doubt IS NOT NULL AND closed_at IS NULL
         ORDER BY first_at, id LIMIT $3
        """,
        party,
        provider,
        most,
    )
    return [_line(row) for row in rows]


async def line(work: Work, id: UUID) -> KeptLine | None:
    row = await work.one("SELECT * FROM payout_line WHERE id = $1 FOR UPDATE", id)
    return _line(row) if row else None


async def paid_out(work: Work, lines: Mapping[UUID, str]) -> None:
    """Note by which payout lines were paid, of which that was not known."""
    await work.run(
        """
        UPDATE payout_line l SET payout_ref = w.payout
          FROM unnest($1::uuid[], $2::text[]) AS w (id, payout)
         WHERE l.id = w.id AND l.payout_ref IS NULL
        """,
        list(lines),
        list(lines.values()),
    )


async def judged(
    work: Work, verdicts: Sequence[tuple[KeptLine, PaymentId | None, Verdict]]
) -> None:
    """Keep what lines came to; the fees of those that are explained are in the books now."""
    await work.run(
        """
        UPDATE payout_line l
           SET payment_id = w.payment, entry_id = w.entry, doubt = w.doubt, said = w.said,
               posted_at = CASE WHEN w.doubt IS NULL THEN coalesce(l.posted_at, $6::timestamptz)
                                ELSE l.posted_at END
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
               AS w (id, payment, entry, doubt, said)
         WHERE l.id = w.id
        """,
        [kept.id for kept, _, _ in verdicts],
        [payment for _, payment, _ in verdicts],
        [verdict.entry for _, _, verdict in verdicts],
        [verdict.doubt for _, _, verdict in verdicts],
        [verdict.said for _, _, verdict in verdicts],
        work.now,
    )


async def doubted(work: Work, lines: Mapping[UUID, str], doubt: Doubt) -> None:
    """Put lines before a person, though an entry explains them."""
    await work.run(
        """
        UPDATE payout_line l SET doubt = $3, said = w.said, closed_at = NULL, closed_by = NULL,
               why = NULL
          FROM unnest($1::uuid[], $2::text[]) AS w (id, said)
         WHERE l.id = w.id
        """,
        list(lines),
        list(lines.values()),
        doubt,
    )


async def close(work: Work, line: UUID, *, by: str, why: str) -> None:
    await work.run(
        """
        UPDATE payout_line
           SET closed_at = $2, closed_by = $3, why = $4, posted_at = coalesce(posted_at, $2)
         WHERE id = $1
        """,
        line,
        work.now,
        by,
        why,
    )


async def payments_named(
    work: Work, party: PartyId, provider: str, lines: Collection[ReportLine]
) -> tuple[dict[str, Paid], dict[str, Paid]]:
    """The payments that lines name: by the provider's name for each, and by ours."""
    rows = await work.all(
        """
        SELECT id, provider_ref, currency FROM payment
         WHERE party_id = $1 AND provider = $2
           AND (provider_ref = ANY($3::text[]) OR id = ANY($4::uuid[]))
        """,
        party,
        provider,
        list({each.hold for each in lines if each.hold}),
        [id for each in lines for id in _ids(each.reference)],
    )
    paid = [
        (
            row["provider_ref"],
            Paid(id=PaymentId(row["id"]), currency=Currency(row["currency"])),
        )
        for row in rows
    ]
    return (
        {ref: each for ref, each in paid if ref is not None},
        {str(each.id): each for _, each in paid},
    )


def _ids(reference: str | None) -> Iterator[UUID]:
    """The payment that a reference names, if it is the name of one."""
    with suppress(ValueError):
        yield UUID(reference or "")


async def booked(
    work: Work, party: PartyId, account: str, payments: Collection[PaymentId]
) -> dict[PaymentId, list[Booked]]:
    """What the books have on a provider's account for these payments, the oldest first."""
    rows = await work.all(
        """
        SELECT e.id, e.once, e.payment, e.currency, e.minor, s.detail AS refund
          FROM unnest($3::uuid[]) AS asked (payment)
         CROSS JOIN LATERAL (
                SELECT id, once, place, asked.payment, currency,
                       evidence ->> 'payment_step' AS step,
                       sum(CASE WHEN debit = $2 THEN amount_minor ELSE -amount_minor END)::bigint
                           AS minor
                  FROM entry_view
                 WHERE party_id = $1 AND (debit = $2 OR credit = $2)
                   AND evidence @> jsonb_build_object('payment', asked.payment::text)
                   AND NOT evidence ? 'payout_line'
                 GROUP BY id, once, place, currency, evidence) AS e
          LEFT JOIN payment_step s
            ON s.once = e.step AND s.verb = 'refund' AND s.answer IN ('done', 'returned')
         ORDER BY e.place
        """,
        party,
        account,
        list(payments),
    )
    found: dict[PaymentId, list[Booked]] = {}
    for row in rows:
        found.setdefault(PaymentId(row["payment"]), []).append(
            Booked(
                entry=EntryId(row["id"]),
                amount=Money(row["minor"], Currency(row["currency"])),
                source=row["refund"],
            )
        )
    return found


async def explaining(work: Work, entries: Collection[EntryId]) -> dict[EntryId, UUID]:
    """Which of these entries explain a line already, and which line."""
    rows = await work.all(
        "SELECT id, entry_id FROM payout_line WHERE entry_id = ANY($1::uuid[])", list(entries)
    )
    return {EntryId(row["entry_id"]): row["id"] for row in rows}


async def waiting(work: Work) -> list[tuple[PartyId, str]]:
    """Whose reports have something open: party and provider."""
    rows = await work.all(
        """
        SELECT party_id, provider FROM payout_line WHERE doubt IS NOT NULL AND closed_at IS NULL
         UNION
        SELECT party_id, provider FROM payout WHERE doubt IS NOT NULL
        """
    )
    return [(PartyId(row["party_id"]), row["provider"]) for row in rows]


async def owners(work: Work, provider: str) -> list[PartyId]:
    """Whose money a provider has taken: two at most, for more are as many as two here."""
    rows = await work.all(
        """
        SELECT party_id
          FROM ((SELECT DISTINCT party_id FROM payment WHERE provider = $1 LIMIT 2) UNION
                (SELECT DISTINCT party_id FROM collection WHERE provider = $1 LIMIT 2)) AS known
         LIMIT 2
        """,
        provider,
    )
    return [PartyId(row["party_id"]) for row in rows]


def _line(row: Row) -> KeptLine:
    currency = Currency(row["currency"])
    return KeptLine(
        id=row["id"],
        party=PartyId(row["party_id"]),
        provider=row["provider"],
        line=ReportLine(
            ref=row["ref"],
            kind=LineKind(row["kind"]),
            gross=Money(row["gross_minor"], currency),
            fee=Money(row["fee_minor"], currency),
            at=row["at"],
            payout=row["payout_ref"],
            hold=row["hold"],
            reference=row["reference"],
            source=row["source"],
        ),
        payment=PaymentId(row["payment_id"]) if row["payment_id"] else None,
        entry=EntryId(row["entry_id"]) if row["entry_id"] else None,
        posted=row["posted_at"] is not None,
        doubt=Doubt(row["doubt"]) if row["doubt"] else None,
        closed=row["closed_at"] is not None,
    )
