"""Tariffs: what is offered where, as drivers read it."""

from dataclasses import dataclass

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Response

from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Row
from voltway.tariffs.ocpi import read_tariff
from voltway.web import prices
from voltway.web.console.door import console_page
from voltway.web.console.tariff_where import standing
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of
from voltway.web.prices import PriceShown


@dataclass(frozen=True, slots=True)
class TariffLine:
    """The newest version of a tariff, and where it holds."""

    row: Row
    price: PriceShown
    places: tuple[str, ...]


@get("/tariffs", include_in_schema=False)
async def list_tariffs(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    formats = formats_of(request, house)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, actor.party)
        rows = await work.all("SELECT * FROM tariff_view WHERE newest ORDER BY tariff_ident")
        drafts = await work.all("SELECT * FROM tariff_draft_view ORDER BY saved_at DESC LIMIT 200")
        where = [line for line in await standing(work) if not line.begins_later]
    lines = [
        TariffLine(
            row,
            prices.shown(
                read_tariff(row["document"]), at=formats.now, zone=party.time_zone, formats=formats
            ),
            tuple(
                each.name or "Everywhere else"
                for each in where
                if each.what == row["tariff_ident"] and not each.is_group
            ),
        )
        for row in rows
    ]
    return await console_page(
        request,
        house,
        actor,
        "console/tariffs.html",
        place="tariffs",
        tab="list",
        tariffs=lines,
        drafts=drafts,
        may_edit=actor.may(Permission.EDIT_TARIFFS),
    )
