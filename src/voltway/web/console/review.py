"""The review: what the house put aside for a person, and the click that closes it."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import actions as billing
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.money import Currency, Money, payable
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.sessions import actions as sessions
from voltway.stations import actions as stations
from voltway.web.appearance import Form
from voltway.web.console import review_views
from voltway.web.console.door import console_page
from voltway.web.console.review_views import DID
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other

_HERE: Final = "/console/review"
REASON_MAX: Final = 200

#: What may be charged after a bill: so much, and for three years, when most claims lapse.
MOST_MAX: Final = 10_000
DAYS_MAX: Final = 1_095


class NoReasonGiven(Refusal):
    """Say in a few words why this needs no more looking at; then close it again."""

    kind = Kind.INVALID


class NoLimits(Refusal):
    """Write an amount up to 10,000 such as 25.00, and a number of days up to 1,095, such as 30."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NoSuchFrame(Refusal):
    """No frame {frame} waits for somebody to look at it."""

    kind: ClassVar[Kind] = Kind.ABSENT

    frame: UUID


@get("/review", include_in_schema=False)
async def list_aside(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        aside = await review_views.put_aside(work)
        rule = await billing.charge_rule(work, actor.party)
        party = await parties.party(work, actor.party)
    return await console_page(
        request,
        house,
        actor,
        "console/review.html",
        place="review",
        aside=aside,
        lines_max=review_views.LINES,
        reason_max=REASON_MAX,
        may_close=actor.may(Permission.EDIT_NETWORK),
        rule=rule,
        most=f"{Money(rule.most_minor, party.currency).decimal:f}",
        currency=party.currency,
        may_rule=actor.may(Permission.CLOSE_BOOKS),
    )


@post("/review/charging", include_in_schema=False)
async def rule_charging(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Redirect:
    """How much may be charged after a bill, and for how long. Nothing: nobody is charged."""
    actor.must(Permission.CLOSE_BOOKS)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, actor.party)
        most, days = _limits(data, party.currency)
        await billing.set_charge_rule(
            work, party.id, most_minor=most.minor, within_days=days, by=actor.name
        )
        detail = {"most": str(most), "days": str(days)}
        await parties.audit(
            work, actor, "limited what is charged after a bill", f"party:{party.id}", detail
        )
    return see_other(_HERE)


def _limits(data: Any, currency: Currency) -> tuple[Money, int]:
    """An amount of money and a number of days, as somebody typed them."""
    try:
        most = Decimal(data.get("most", "").strip().replace(",", ".") or "0")
        days = int(data.get("days", "").strip() or "0")
    except (InvalidOperation, ValueError) as error:
        raise NoLimits from error
    if not most.is_finite() or not 0 <= most <= MOST_MAX or not 0 <= days <= DAYS_MAX:
        raise NoLimits
    return payable(most, currency), days


@post("/review/orphans/{orphan:uuid}/close", include_in_schema=False)
async def close_orphan(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    orphan: FromPath[UUID],
    data: Form,
) -> Redirect:
    """Somebody has looked, and says what it was. The reason is kept in the audit."""
    actor.must(Permission.EDIT_NETWORK)
    reason = data.get("reason", "").replace("\x00", "").strip()[:REASON_MAX]
    if not reason:
        raise NoReasonGiven
    async with house.begin(actor.party) as work:
        if not await sessions.review_orphan(work, orphan):
            raise sessions.NoSuchOrphan(orphan)
        await parties.audit(work, actor, DID, f"orphan:{orphan}", {"reason": reason})
    return see_other(_HERE)


@post("/review/frames/{frame:uuid}/close", include_in_schema=False)
async def close_frame(
    house: NamedDependency[House], actor: NamedDependency[Actor], frame: FromPath[UUID]
) -> Redirect:
    """Somebody has looked. The frame itself is kept."""
    actor.must(Permission.EDIT_NETWORK)
    async with house.begin(actor.party) as work:
        if not await stations.mark_reviewed(work, frame):
            raise NoSuchFrame(frame)
        await parties.audit(work, actor, "looked at a frame", f"frame:{frame}")
    return see_other(_HERE)
