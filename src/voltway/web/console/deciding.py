"""A doubtful session before the person who decides of it: the evidence, the choices, the reason."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import actions as billing
from voltway.billing.actions import Adjustment, Choice, Decision, Made
from voltway.billing.model import Settlement, SettlementState
from voltway.billing.rules_review import REASON_MAX
from voltway.evidence import actions as meters
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import SessionId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Row, Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import SAYS, SessionRecord
from voltway.sessions.rules_evidence import Evidence, Part
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.console.session_views import SignedView, signed_view
from voltway.web.formats import Formats
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, see_other

READINGS_SHOWN: Final = 400

#: What a reading was good for, in words.
PARTS: Final = {
    Part.BEGIN: "Begin",
    Part.END: "End",
    Part.SHAPE: "Between",
    Part.POWER: "Power alone",
    Part.ASIDE: "Set aside",
}


class NotAnEnergy(Refusal):
    """Write the energy as a number of kWh, such as 12.5."""

    kind: ClassVar[Kind] = Kind.INVALID


class NoChoiceMade(Refusal):
    """Choose one of the ways that are offered."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(frozen=True, slots=True)
class After:
    """What came after the bill: what it says, what it would say now, what was made of it."""

    billed_wh: int
    billed: str
    told_wh: int
    told: str
    difference: str
    is_open: bool
    may_adjust: bool
    charge: str  # how much may be charged after a bill at most; nothing: none
    made: tuple[tuple[str, str, Adjustment], ...]  # what was done, by how much, of what


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that somebody needs before they decide, and what was decided."""

    row: Row
    doubts: tuple[str, ...]
    evidence: Evidence
    by_readings: str
    settlement: Settlement | None
    decision: Decision | None
    after: After | None
    signed: SignedView | None

    @property
    def is_open(self) -> bool:
        return self.settlement is not None and self.settlement.state is SettlementState.HELD


@get("/review/sessions/{session:uuid}", include_in_schema=False)
async def judge(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    session: FromPath[UUID],
) -> Response[str]:
    """The evidence of a session, and what may be decided of it."""
    actor.must(Permission.SEE_MONEY)
    formats = formats_of(request, house)
    async with house.begin(actor.party) as work:
        seen = await _judgement(work, SessionId(session), formats)
    return await console_page(
        request,
        house,
        actor,
        "console/decide.html",
        place="review",
        j=seen,
        parts=PARTS,
        readings_max=READINGS_SHOWN,
        reason_max=REASON_MAX,
        may_decide=actor.may(Permission.MOVE_MONEY),
        may_charge=actor.may(Permission.CLOSE_BOOKS),
    )


async def _judgement(work: Work, id: SessionId, formats: Formats) -> Judgement:
    await sessions.session(work, id)  # refuses with a sentence where there is none
    row = await work.one("SELECT * FROM session_view WHERE id = $1", id)
    assert row is not None, "a session has its line in the view"
    record, cost = await sessions.cost_so_far(work, id)
    settlement = await billing.settlement_of(work, id)
    return Judgement(
        row=row,
        doubts=_doubts(record, settlement),
        evidence=await sessions.evidence_of(work, id),
        by_readings=formats.money(cost.payable),
        settlement=settlement,
        decision=await billing.decision_of(work, settlement.id) if settlement else None,
        after=await _after(work, id, formats),
        signed=signed_view(await meters.dossier(work, id)),
    )


def _doubts(record: SessionRecord, settlement: Settlement | None) -> tuple[str, ...]:
    """What is odd about it; and why it is held, where that is something else."""
    said = tuple(SAYS[doubt] for doubt in record.doubts)
    if settlement is None or settlement.state is not SettlementState.HELD or record.held_by:
        return said
    return (*filter(None, [settlement.last_trouble]), *said)


async def _after(work: Work, id: SessionId, formats: Formats) -> After | None:
    found = await billing.bill_standing(work, id)
    if found is None or not (found.is_another or found.adjustments):
        return None
    currency = found.cdr.currency
    rule = await billing.charge_rule(work, found.settlement.party)
    may_charge = found.settlement.payment is None and rule.most_minor
    return After(
        billed_wh=found.before_wh,
        billed=formats.amount(found.before_minor, currency),
        told_wh=found.told.record.energy_wh,
        told=formats.amount(found.told_minor, currency),
        difference=formats.amount(found.delta_minor, currency),
        is_open=found.is_another,
        may_adjust=found.delta_minor <= 0,
        charge=formats.amount(rule.most_minor, currency) if may_charge else "",
        made=tuple(
            (each.choice.value, formats.amount(each.delta_minor, currency), each)
            for each in found.adjustments
        ),
    )


@post("/review/sessions/{session:uuid}/decide", include_in_schema=False)
async def decide(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    session: FromPath[UUID],
    data: Form,
) -> Redirect:
    """The decision, once, under the name of whoever made it."""
    actor.must(Permission.MOVE_MONEY)
    choice, energy_wh = _choice(data)
    reason = data.get("reason", "")
    async with house.begin(actor.party) as work:
        settlement = await billing.settlement_of(work, SessionId(session))
        if settlement is None:
            raise billing.NothingToDecide("not open yet")
        await billing.decide(
            work, settlement.id, choice, reason=reason, energy_wh=energy_wh, by=actor.name
        )
        detail: dict[str, str] = {"choice": choice, "reason": reason.strip()[:REASON_MAX]}
        if energy_wh is not None:
            detail["energy_wh"] = str(energy_wh)
        await parties.audit(
            work,
            actor,
            "decided how a held session is billed",
            f"settlement:{settlement.id}",
            detail,
        )
    return see_other(f"/console/review/sessions/{session}")


@post("/review/sessions/{session:uuid}/adjust", include_in_schema=False)
async def adjust(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    session: FromPath[UUID],
    data: Form,
) -> Redirect:
    """What came after the bill: adjust it, or leave it, under the name of whoever decides."""
    actor.must(Permission.MOVE_MONEY)
    try:
        choice = Made(data.get("choice", ""))
    except ValueError as error:
        raise NoChoiceMade from error
    if choice is Made.CHARGED:
        actor.must(Permission.CLOSE_BOOKS)
    async with house.begin(actor.party) as work:
        made = await billing.adjust(
            work, SessionId(session), choice, reason=data.get("reason", ""), by=actor.name
        )
        detail = {"choice": choice.value, "reason": made.reason, "minor": str(made.delta_minor)}
        await parties.audit(
            work, actor, "decided of what came after a bill", f"session:{session}", detail
        )
    return see_other(f"/console/review/sessions/{session}")


def _choice(data: Any) -> tuple[Choice, int | None]:
    try:
        choice = Choice(data.get("choice", ""))
    except ValueError as error:
        raise NoChoiceMade from error
    if choice is not Choice.ENERGY:
        return choice, None
    return choice, _wh(data.get("kwh", ""))


def _wh(text: str) -> int:
    """Kilowatt-hours as somebody typed them, with a point or a comma, as whole watt-hours."""
    try:
        kwh = Decimal(text.strip().replace(",", "."))
    except InvalidOperation as error:
        raise NotAnEnergy from error
    if not kwh.is_finite() or not 0 <= kwh <= 1_000_000 or kwh * 1000 != int(kwh * 1000):
        raise NotAnEnergy
    return int(kwh * 1000)
