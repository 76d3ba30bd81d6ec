"""Money: payments as they move, what needs a person, and what was taken today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, ServerSentEvent

from voltway.kernel.ids import PaymentId
from voltway.ledger import actions as ledger
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments import actions
from voltway.runtime.work import Row, Work
from voltway.web.console import money_filters, revenue_views
from voltway.web.console.books import Booked, booked
from voltway.web.console.door import console_page, uuid_of
from voltway.web.console.money_filters import HIDDEN, KINDS, Filters
from voltway.web.console.money_views import (
    Tally,
    Transaction,
    tally,
    transaction,
    transactions,
)
from voltway.web.console.payment_story import Happened, asked_of, story_of
from voltway.web.formats import Formats
from voltway.web.house import House
from voltway.web.pages import HttpRequest, draw, formats_of

#: A page that follows a busy network is drawn again once in so many seconds, however much moves.
REDRAW_S: Final = 1.0
#: What is summed up over the day is worked out again after this time; the list is always new.
SUMS_FOR: Final = timedelta(seconds=10)
LIVE_LINES: Final = 50


@dataclass(frozen=True, slots=True)
class Drawer:
    """The chosen transaction beside the list."""

    chosen: Transaction
    story: Sequence[Happened]
    entries: tuple[Booked, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """What moves slowly: figures over the day, and what needs a person."""

    at: datetime
    tally: Tally
    taken: revenue_views.Taken
    alarms: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer."""

    places: Sequence[Row]
    ways: Sequence[str]
    providers: Sequence[str]


@get("/money", include_in_schema=False)
async def payments(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    """Payments, the newest first; the chosen one in the drawer, by its address."""
    actor.must(Permission.SEE_MONEY)
    formats = formats_of(request, house)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, actor.party)
        filters = _filters(request, party.time_zone, party.currency)
        found = await transactions(work, formats, filters)
        on = str(request.query_params.get("on", ""))
        knows: dict[str, Any] = {
            "sums": await _sums(work, formats, party.time_zone, party.currency),
            "choices": await _choices(work),
            "drawer": await _drawer(work, found, uuid_of(on), formats),
        }
    return await console_page(
        request,
        house,
        actor,
        "console/money.html",
        place="money",
        transactions=found,
        filters=filters,
        kinds={kind: word for kind, word in KINDS.items() if kind not in HIDDEN},
        **knows,
    )


@get("/money/live", include_in_schema=False)
async def payments_live(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> ServerSentEvent:
    """The same again as payments of this party move: once a second at the most, and the sums less
    often, so that a page costs the same however much moves."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, actor.party)
    filters = _filters(request, party.time_zone, party.currency)
    kept: list[Sums] = []

    async def view() -> str:
        formats = formats_of(request, house)
        async with house.begin(actor.party) as work:
            found = await transactions(work, formats, filters, most=LIVE_LINES)
            if not kept or work.now - kept[0].at >= SUMS_FOR:
                kept[:] = [await _sums(work, formats, party.time_zone, party.currency)]
        return draw(
            request,
            house,
            "console/money_view.html",
            transactions=found,
            filters=filters,
            sums=kept[0],
            drawer=None,
            zone=party.time_zone,
        )

    subjects = (f"payments:{actor.party}",)
    return house.streams.live(house.touches, subjects, view, redraw_s=REDRAW_S)


def _filters(request: HttpRequest, zone: str, currency: str) -> Filters:
    asked: Mapping[str, Any] = request.query_params
    told = {name: str(value) for name, value in asked.items()}
    return money_filters.read(told, zone=zone, currency=currency)


async def _sums(work: Work, formats: Formats, zone: str, currency: str) -> Sums:
    return Sums(
        at=work.now,
        tally=await tally(work, formats),
        taken=await revenue_views.taken(work, formats, zone=zone, currency=currency),
        alarms=await work.all(
            """
            SELECT kind, about, said, raised_at FROM payment_alarm_view
             WHERE closed_at IS NULL ORDER BY raised_at DESC LIMIT 20
            """
        ),
    )


async def _choices(work: Work) -> Choices:
    ways = await work.all(
        "SELECT DISTINCT method FROM payment_quarter_view WHERE method <> '' ORDER BY method"
    )
    providers = await work.all(
        """
        SELECT DISTINCT provider FROM (
            SELECT provider FROM payment_monitor_view ORDER BY created_at DESC LIMIT 1000) AS recent
        """
    )
    return Choices(
        places=await work.all("SELECT id, name FROM location_view ORDER BY name LIMIT 500"),
        ways=[row["method"] for row in ways],
        providers=sorted(row["provider"] for row in providers),
    )


async def _drawer(
    work: Work, found: Sequence[Transaction], on: UUID | None, formats: Formats
) -> Drawer | None:
    if on is None:
        return None
    chosen = next((each for each in found if each.id == on), None)
    chosen = chosen or await transaction(work, formats, on)
    if chosen is None:
        return None
    return Drawer(
        chosen,
        await asked_of(work, chosen.id, chosen.currency, formats),
        await _entries(work, chosen, formats),
    )


async def _entries(work: Work, chosen: Transaction, formats: Formats) -> tuple[Booked, ...]:
    kept = []
    if chosen.session:
        kept += await ledger.entries_about(work, "session", str(chosen.session))
    kept += await ledger.entries_about(work, "payment", str(chosen.id))
    entries = {each.id: each for each in kept}
    return booked(entries.values(), formats)


@get("/payments/{payment:uuid}", include_in_schema=False)
async def payment(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    payment: FromPath[UUID],
) -> Response[str]:
    """One payment by itself: all that happened, and what the books have of it."""
    return await console_page(
        request,
        house,
        actor,
        "console/payment.html",
        place="money",
        **await _one(request, house, actor, payment),
    )


@get("/payments/{payment:uuid}/live", include_in_schema=False)
async def payment_live(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    payment: FromPath[UUID],
) -> ServerSentEvent:
    await _one(request, house, actor, payment)

    async def view() -> str:
        knows = await _one(request, house, actor, payment)
        return draw(request, house, "console/payment_view.html", **knows)

    return house.streams.live(house.touches, (f"payment:{payment}",), view)


async def _one(request: HttpRequest, house: House, actor: Actor, payment: UUID) -> dict[str, Any]:
    """What the page of one payment knows. Raises ``NoSuchPayment``."""
    actor.must(Permission.SEE_MONEY)
    formats = formats_of(request, house)
    async with house.begin(actor.party) as work:
        await actions.payment(work, PaymentId(payment))
        t = await transaction(work, formats, payment)
        assert t is not None, "what is there can be shown"
        row = await work.one("SELECT * FROM payment_monitor_view WHERE id = $1", payment)
        return {
            "t": t,
            "row": row,
            "story": await story_of(work, payment, formats),
            "entries": await _entries(work, t, formats),
        }
