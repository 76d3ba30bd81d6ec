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
        where = await work.all(
            """
            SELECT DISTINCT ON (a.scope, a.scope_id) a.tariff_ident, a.scope,
                   coalesce(l.name, s.identity, '') AS name
              FROM tariff_assignment_view a
              LEFT JOIN location_view l ON a.scope = 'location' AND l.id = a.scope_id
              LEFT JOIN station_view s ON a.scope = 'station' AND s.id = a.scope_id
             WHERE a.since <= $1
             ORDER BY a.scope, a.scope_id, a.since DESC, a.id DESC
            """,
            work.now,
        )
    lines = [
        TariffLine(
            row,
            prices.shown(
                read_tariff(row["document"]), at=formats.now, zone=party.time_zone, formats=formats
            ),
            tuple(
                each["name"] or "Everywhere else"
                for each in where
                if each["tariff_ident"] == row["tariff_ident"]
            ),
        )
        for row in rows
    ]
    return await console_page(
        request, house, actor, "console/tariffs.html", place="tariffs", tariffs=lines
    )
