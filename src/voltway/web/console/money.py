"""Money: payments as they run, bills that rest, and the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Response

from voltway.ledger import actions as ledger
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Work
from voltway.web.console.books import Booked, booked
from voltway.web.console.door import console_page, uuid_of
from voltway.web.console.money_views import (
    Asked,
    Tally,
    Transaction,
    story_of,
    tally,
    transactions,
)
from voltway.web.driver.views import like
from voltway.web.formats import Formats
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of

KINDS: Final = (
    ("", "All"),
    ("held", "Held"),
    ("needs", "Needs you"),
    ("done", "Done"),
)


@dataclass(frozen=True, slots=True)
class Drawer:
    """The chosen transaction beside the list."""

    chosen: Transaction
    story: Sequence[Asked]
    entries: tuple[Booked, ...]


@get("/money", include_in_schema=False)
async def payments(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    words: Annotated[str, QueryParameter(name="q")] = "",
    kind: FromQuery[str] = "",
    on: FromQuery[str] = "",
) -> Response[str]:
    """Payments, the newest first; the chosen one in the drawer, by its address."""
    actor.must(Permission.SEE_MONEY)
    formats = formats_of(request, house)
    async with house.begin(actor.party) as work:
        found = await transactions(work, formats, words=like(words), kind=kind)
        totals: Tally = await tally(work, formats)
        drawer = await _drawer(work, found, uuid_of(on), formats)
    return await console_page(
        request,
        house,
        actor,
        "console/money.html",
        place="money",
        transactions=found,
        tally=totals,
        drawer=drawer,
        kinds=KINDS,
        asked={"q": words[:80], "kind": kind},
    )


async def _drawer(
    work: Work, found: Sequence[Transaction], on: UUID | None, formats: Formats
) -> Drawer | None:
    chosen = next((each for each in found if each.id == on), None)
    if chosen is None:
        return None
    kept = []
    if chosen.session:
        kept += await ledger.entries_about(work, "session", str(chosen.session))
    kept += await ledger.entries_about(work, "payment", str(chosen.id))
    entries = {each.id: each for each in kept}
    return Drawer(
        chosen,
        await story_of(work, chosen, formats),
        booked(entries.values(), formats),
    )
