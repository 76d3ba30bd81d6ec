"""Tariffs in and out as OCPI JSON: many at once, all or none."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Router
from litestar.params import QueryParameter
from msgspec import Meta

from voltway.parties.model import Permission
from voltway.tariffs import actions_exchange as exchange
from voltway.tariffs.actions_exchange import OcpiVersion
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.rules_lint import Finding, Flaw
from voltway.web.api.caller import Calling
from voltway.web.api.operations import BODY, adds, reads
from voltway.web.api.shapes import NO_NUL, Moment, Shown, utc
from voltway.web.pages import HttpRequest

#: So many tariffs go out at once.
TARIFFS_MAX: Final = 1000


class FlawShown(Shown):
    """One thing in a tariff that looks wrong, or that should be looked at."""

    flaw: Flaw
    wrong: Annotated[bool, Meta(description="Whether it cannot have been meant.")]
    element: Annotated[int | None, Meta(description="Counted from 1; null is the whole tariff.")]
    dimension: str | None
    says: Annotated[str, Meta(examples=["Element 3 never prices energy: element 1 comes …"])]


class AddedTariff(Shown):
    """A version as it was added."""

    id: UUID
    ident: str
    version: int
    valid_from: Moment
    flaws: list[FlawShown]


class AddedTariffs(Shown):
    """What was added; what already was the newest version is told as it is."""

    tariffs: list[AddedTariff]


def flaws_shown(findings: tuple[Finding, ...]) -> list[FlawShown]:
    return [
        FlawShown(
            flaw=each.flaw,
            wrong=each.is_wrong,
            element=each.element,
            dimension=each.dimension,
            says=each.says,
        )
        for each in findings
    ]


@adds(
    "/tariffs/import",
    "Add tariffs from an OCPI document",
    Permission.EDIT_TARIFFS,
    opt={BODY: dict[str, Any] | list[dict[str, Any]]},
)
async def import_tariffs(
    caller: Calling,
    request: HttpRequest,
    valid_from: Annotated[
        datetime | None, QueryParameter(description="Only a first version may begin in the past.")
    ] = None,
) -> AddedTariffs:
    """The body is an OCPI Tariff object, a list of them, or OCPI's response around either. All
    of them are added, or none; the first fault is told with its tariff and its field."""
    given = exchange.given(await request.body())
    begins = None if valid_from is None else utc(valid_from)
    async with caller.begin() as work:
        added = await exchange.add_all(work, caller.actor.party, given, valid_from=begins)
        for each in added:
            await caller.audit(work, "imported a version of a tariff", f"tariff:{each.ident}")
        return AddedTariffs(
            tariffs=[
                AddedTariff(
                    id=each.id,
                    ident=each.ident,
                    version=each.version,
                    valid_from=each.valid_from,
                    flaws=flaws_shown(
                        await exchange.looked_over(work, caller.actor.party, each.tariff)
                    ),
                )
                for each in added
            ]
        )


@reads("/tariffs/export", "Give the newest tariffs as OCPI objects")
async def export_tariffs(
    caller: Calling,
    ocpi: Annotated[
        str,
        QueryParameter(
            pattern=r"^(2\.1\.1|2\.2\.1|2\.3\.0)$",
            description="OCPI's version: 2.1.1, 2.2.1 or 2.3.0.",
        ),
    ] = "2.2.1",
    ident: Annotated[str | None, QueryParameter(max_length=36, pattern=NO_NUL)] = None,
    plain: Annotated[
        bool, QueryParameter(description="Without fields of ours: refused where one is needed.")
    ] = False,
) -> list[msgspec.Raw]:
    """A list of Tariff objects. What no version of OCPI can say stands in fields of ours whose
    names begin with voltway_; OCPI's own fields then say the most that it can cost."""
    async with caller.begin() as work:
        rows = await work.all(
            """
            SELECT document FROM tariff_view
             WHERE newest AND ($1::text IS NULL OR tariff_ident = $1)
             ORDER BY tariff_ident LIMIT $2
            """,
            ident,
            TARIFFS_MAX,
        )
    tariffs = [read_tariff(row["document"]) for row in rows]
    said = exchange.exported_each(tariffs, OcpiVersion(ocpi), plain=plain)
    return [msgspec.Raw(each.encode()) for each in said]


ROUTER = Router("/", tags=["tariffs"], route_handlers=[import_tariffs, export_tariffs])
