"""What the console shows of sessions: lists, and one session from plug to paid receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from voltway.billing import actions as billing
from voltway.billing.actions import Decision
from voltway.billing.model import Invoice, Settlement, SettlementState, Step
from voltway.evidence import actions as evidence
from voltway.evidence import keys
from voltway.evidence.model import Dossier, Verdict
from voltway.kernel.ids import SessionId
from voltway.ledger import actions as ledger
from voltway.payments import actions as payments
from voltway.payments.model import Payment, StepTaken
from voltway.runtime.work import Row, Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import SAYS, Doubt
from voltway.sessions.rules_evidence import Evidence
from voltway.tariffs.model import MeterPoint
from voltway.web import series
from voltway.web.console.books import Booked, booked
from voltway.web.console.card_refund_views import refunds_of
from voltway.web.console.cdrs import CdrLine, lines_of
from voltway.web.formats import Formats
from voltway.web.series import Chart

LINES: Final = 60
READINGS_SHOWN: Final = 200
TEXTS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in the list."""

    row: Row
    glyph: str
    word: str
    cost: str


async def lines(
    work: Work, formats: Formats, *, words: str, kind: str, before: UUID | None
) -> tuple[list[SessionLine], UUID | None]:
    """The sessions that fit, and the id that the next page begins after."""
    rows = await work.all(
        """
        SELECT v.*, s.total_minor, s.currency, s.state AS bill_state, s.invoice_number
          FROM session_view v
          LEFT JOIN settlement_view s ON s.session_id = v.id
         WHERE ($1 = '' OR concat_ws(' ', v.location_name, v.city, v.identity, v.public_id, v.ref,
                                     v.token_uid, s.invoice_number, v.id) ILIKE '%' || $1 || '%')
           AND ($2 <> 'running' OR v.running)
           AND ($2 <> 'ended' OR NOT v.running)
           AND ($2 <> 'doubtful' OR cardinality(v.doubts) > 0)
           AND ($3::uuid IS NULL OR v.id < $3)
         ORDER BY v.id DESC LIMIT $4
        """,
        words,
        kind,
        before,
        LINES + 1,
    )
    shown = [_line(row, formats) for row in rows[:LINES]]
    return shown, rows[LINES - 1]["id"] if len(rows) > LINES else None


def _line(row: Row, formats: Formats) -> SessionLine:
    cost = ""
    if row["total_minor"] is not None:
        cost = formats.amount(row["total_minor"], row["currency"])
    glyph, word = _stand(row)
    return SessionLine(row, glyph, word, cost)


def _stand(row: Row) -> tuple[str, str]:
    match row["state"]:
        case "charging":
            return "charging", "Charging"
        case "idle":
            return "idle", "Idle"
        case "ending":
            return "unknown", "Ending, no word yet"
        case _:
            return "available", "Ended"


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One thing that happened, with its moment and its amount."""

    icon: str
    title: str
    detail: str
    at: datetime | None
    amount: str = ""


@dataclass(frozen=True, slots=True)
class WalkedStep:
    """One step of a settlement."""

    word: str
    mark: str  # done, bad, none


@dataclass(frozen=True, slots=True)
class SignedView:
    """What the meter signed of a session, and what was found of it."""

    glyph: str
    word: str
    says: tuple[str, ...]
    format: str
    records: int
    energy: str
    meter: str
    key: str
    sha256: str
    texts: tuple[str, ...]
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class BilledView:
    """What a bill says of a session where a person decided of it, or adjusted it."""

    energy_wh: int
    cost: str
    duration_s: int
    charging_s: int
    idle_s: int
    reason: str


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One session, whole."""

    row: Row
    glyph: str
    word: str
    energy_wh: int
    cost: str
    lines: tuple[tuple[str, str], ...]
    chart: Chart | None
    readings: tuple[MeterPoint, ...]
    readings_n: int
    evidence: Evidence
    doubts: tuple[str, ...]
    payment: Payment | None
    steps: tuple[StepTaken, ...]
    settlement: Settlement | None
    decision: Decision | None
    walked: tuple[WalkedStep, ...]
    entries: tuple[Booked, ...]
    cdrs: tuple[CdrLine, ...]
    invoice_id: UUID | None
    invoice_number: str
    beside: tuple[Invoice, ...]  # what replaces or credits the receipt
    story: tuple[StoryLine, ...]
    duration_s: int
    billed: BilledView | None
    signed: SignedView | None

    @property
    def subjects(self) -> tuple[str, ...]:
        found = [f"session:{self.row['id']}", f"station:{self.row['station_id']}"]
        if self.payment:
            found.append(self.payment.subject)
        if self.settlement:
            found.append(self.settlement.subject)
        return tuple(found)

    @property
    def may_be_tried(self) -> bool:
        return self.settlement is not None and self.settlement.state in (
            SettlementState.RESTING,
            SettlementState.HELD,
        )


async def session(work: Work, id: SessionId, formats: Formats, *, sees_money: bool) -> SessionPage:
    """One session of this party, with its money where the role may see it."""
    await sessions.session(work, id)  # refuses with a sentence where there is none
    row = await work.one("SELECT * FROM session_view WHERE id = $1", id)
    assert row is not None, "a session has its line in the view"
    record, cost = await sessions.cost_so_far(work, id)
    payment = await payments.payment_of_session(work, id) if sees_money else None
    settlement = await billing.settlement_of(work, id) if sees_money else None
    invoice = await billing.invoice_of(work, id) if sees_money else None
    beside = await billing.standing_for(work, invoice) if invoice else []
    refunds = await refunds_of(work, invoice.id) if invoice else []
    steps = await payments.steps_of(work, payment.id) if payment else []
    glyph, word = _stand(row)
    powers = [(point.at, point.power_w) for point in record.points if point.power_w is not None]
    shown = powers or series.powers_of([(point.at, point.energy_wh) for point in record.points])
    return SessionPage(
        row=row,
        glyph=glyph,
        word=word,
        energy_wh=record.energy_wh,
        cost=formats.money(cost.payable),
        lines=tuple(
            (why, formats.price(amount, cost.currency))
            for why, amount in (
                *((line.why, line.after_taxes) for line in cost.lines),
                *((line.why, line.after_taxes) for line in cost.limits),
                *((line.why, line.after_taxes) for line in cost.deductions),
            )
        ),
        chart=series.power(shown, zone=row["zone"], words=_chart_words(shown, row, formats)),
        readings=record.points[-READINGS_SHOWN:][::-1],
        readings_n=len(record.points),
        evidence=await sessions.evidence_of(work, id),
        doubts=tuple(SAYS[Doubt(doubt)] for doubt in sorted(set(row["doubts"]))),
        payment=payment,
        steps=tuple(steps),
        settlement=settlement,
        decision=await billing.decision_of(work, settlement.id) if settlement else None,
        walked=_walked(settlement),
        entries=booked(
            await ledger.entries_about(work, "session", str(id)) if sees_money else (), formats
        ),
        cdrs=lines_of(await billing.kept_cdrs_of(work, id), formats) if sees_money else (),
        invoice_id=invoice.id if invoice else None,
        invoice_number=invoice.number if invoice else "",
        beside=tuple(beside),
        story=tuple(_story(row, payment, steps, settlement, refunds, formats)),
        duration_s=record.duration_s,
        billed=await _billed(work, id, formats) if sees_money else None,
        signed=signed_view(await evidence.dossier(work, id)),
    )


async def _billed(work: Work, id: SessionId, formats: Formats) -> BilledView | None:
    """The figures that are billed, where they are not those of the readings alone."""
    made = await billing.billed_now(work, id)
    standing = await billing.bill_standing(work, id)
    changed = [each for each in standing.adjustments if each.changed] if standing else []
    if made is None or not (made.decided or changed):
        return None
    visit = made.visit
    decided = made.decided.reason if made.decided else ""
    return BilledView(
        energy_wh=visit.energy_wh,
        cost=formats.amount(made.total_minor, made.currency),
        duration_s=visit.duration_s,
        charging_s=visit.charging_s,
        idle_s=visit.idle_s,
        reason=changed[-1].reason if changed else decided,
    )


_VERDICTS: Final = {
    Verdict.VALID: ("available", "Valid"),
    Verdict.NOT_BILLABLE: ("idle", "Genuine, not billable"),
    Verdict.INVALID: ("faulted", "Not valid"),
    Verdict.UNCHECKED: ("unknown", "Not checked"),
}


def signed_view(dossier: Dossier | None) -> SignedView | None:
    """What the meter signed of a session and what was found of it, in words."""
    if dossier is None:
        return None
    found = dossier.finding
    glyph, word = _VERDICTS[found.verdict]
    return SignedView(
        glyph=glyph,
        word=word,
        says=found.says,
        format=found.format.value if found.format else "",
        records=found.records,
        energy="" if found.energy_wh is None else f"{found.energy_wh / 1000:f}",
        meter=found.meter,
        key=keys.fingerprint(dossier.key.key) if dossier.key else "",
        sha256=found.sha256,
        texts=tuple(piece.text for piece in dossier.pieces[:TEXTS_SHOWN]),
        checked_at=dossier.checked_at,
    )


def _chart_words(powers: Sequence[tuple[datetime, int]], row: Row, formats: Formats) -> str:
    if not powers:
        return ""
    at, most = max(powers, key=lambda point: point[1])
    zone = row["zone"]
    return (
        f"Power from {formats.clock(powers[0][0], zone)} to {formats.clock(powers[-1][0], zone)}: "
        f"peak {formats.power(most)} kW at {formats.clock(at, zone)}"
    )


_STEPS: Final = {
    Step.PRICE: "Price",
    Step.CAPTURE: "Capture",
    Step.RELEASE: "Release",
    Step.POST: "Post",
    Step.INVOICE: "Receipt",
}


def _walked(settlement: Settlement | None) -> tuple[WalkedStep, ...]:
    if settlement is None:
        return ()
    stopped = settlement.state in (SettlementState.RESTING, SettlementState.HELD)
    return tuple(
        WalkedStep(
            _STEPS[step],
            "done"
            if nth < settlement.done
            else "bad"
            if nth == settlement.done and stopped
            else "none",
        )
        for nth, step in enumerate(settlement.route)
    )


_VERBS: Final = {
    "hold": ("hold", "Hold"),
    "increase": ("hold", "Increase of the hold"),
    "capture": ("check", "Capture"),
    "release": ("unlock", "Release"),
    "refund": ("money", "Refund"),
}


def _story(
    row: Row,
    payment: Payment | None,
    steps: Sequence[StepTaken],
    settlement: Settlement | None,
    refunds: Sequence[Row],
    formats: Formats,
) -> list[StoryLine]:
    """What happened, in the order of time."""
    told = [
        StoryLine(
            "plug", "Session started", f"Token {row['token_uid'] or 'not told'}", row["started_at"]
        )
    ]
    if row["ended_at"]:
        detail = f"{formats.energy(row['energy_wh'])} kWh"
        reason = f", {row['reason']}" if row["reason"] else ""
        told.append(StoryLine("stop", "Session ended", detail + reason, row["ended_at"]))
    if payment and payment.held_at:
        card = payment.card
        how = f"{card.wallet or card.brand} {card.last4}" if card else payment.provider
        hold = formats.money(payment.hold)
        told.append(StoryLine("hold", f"{hold} held", how, payment.held_at, hold))
    for step in steps:
        if payment is None or step.verb.value == "hold":
            continue
        icon, word = _VERBS[step.verb.value]
        amount = formats.amount(step.amount_minor, payment.currency) if step.amount_minor else ""
        told.append(
            StoryLine(
                icon,
                f"{word} asked",
                step.answer or "no answer yet",
                step.answered_at or step.asked_at,
                amount,
            )
        )
    if settlement and settlement.done_at:
        told.append(StoryLine("bill", "Settled", "All steps are kept", settlement.done_at))
    told += [_to_card(each, formats) for each in refunds]
    return sorted(told, key=lambda line: line.at or row["started_at"])


def _to_card(refund: Row, formats: Formats) -> StoryLine:
    detail = refund["why"] or refund["trouble"] or refund["state"]
    at = refund["ended_at"] or refund["asked_at"]
    amount = formats.amount(refund["amount_minor"], refund["currency"])
    return StoryLine("money", "Refund to the card that paid the statement", detail, at, amount)
