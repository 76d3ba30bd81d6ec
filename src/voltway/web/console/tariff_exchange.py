"""Tariffs in and out of the console as OCPI JSON, looked over before they are kept."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery
from litestar.response import Redirect, Response

from voltway.kernel.errors import Refusal
from voltway.kernel.units import PowerW
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.tariffs import actions_exchange as exchange
from voltway.tariffs import rules
from voltway.tariffs.actions_exchange import Given, OcpiVersion
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.rules_afir import FAST_W
from voltway.tariffs.rules_lint import Finding
from voltway.web import prices
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, see_other
from voltway.web.prices import PriceShown
from voltway.web.problems import STATUS

#: A form with a file in it.
Files = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]

OCPI_MAX = 1000


@dataclass(frozen=True, slots=True)
class Looked:
    """A tariff as it would be kept, and what there is to say of it."""

    given: Given
    price: PriceShown
    flaws: tuple[Finding, ...]
    fast: tuple[str, ...]  # what AFIR forbids at 50 kW and more

    @property
    def wrong(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.flaws if each.is_wrong)

    @property
    def to_look_at(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.flaws if not each.is_wrong)


async def text_of(data: dict[str, Any]) -> str:
    """What was pasted, or what stands in the file. A file goes before a text."""
    file = data.get("file")
    if isinstance(file, UploadFile) and (content := await file.read()):
        return content.decode("utf-8-sig", errors="replace")
    return str(data.get("text") or "")


@get("/tariffs/import", include_in_schema=False)
async def import_form(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _form(request, house, actor)


@post("/tariffs/import", include_in_schema=False)
async def import_tariffs(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    data: Files,
) -> Response[str] | Redirect:
    """Look the document over; with ``keep``, keep what is in it, all or none."""
    actor.must(Permission.EDIT_TARIFFS)
    text = await text_of(data)
    try:
        given = exchange.given(text)
        async with house.begin(actor.party) as work:
            if data.get("keep") == "yes":
                for added in await exchange.add_all(work, actor.party, given):
                    on = f"tariff:{added.ident}"
                    await parties.audit(work, actor, "imported a version of a tariff", on)
                return see_other("/console/tariffs")
            flaws = [await exchange.looked_over(work, actor.party, each.tariff) for each in given]
    except Refusal as no:
        status = STATUS[no.kind]
        return await _form(request, house, actor, text=text, trouble=str(no), status=status)
    zone = await _zone(house, actor)
    formats = formats_of(request, house)
    looked = [
        Looked(
            each,
            prices.shown(each.tariff, at=formats.now, zone=zone, formats=formats),
            found,
            rules.lint_afir(each.tariff, PowerW(FAST_W)),
        )
        for each, found in zip(given, flaws, strict=True)
    ]
    return await _form(request, house, actor, text=text, looked=looked)


async def _zone(house: House, actor: Actor) -> str:
    async with house.begin(actor.party) as work:
        return (await parties.party(work, actor.party)).time_zone


async def _form(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    text: str = "",
    trouble: str = "",
    looked: list[Looked] | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    return await console_page(
        request,
        house,
        actor,
        "console/tariff_import.html",
        status=status,
        place="tariffs",
        text=text,
        trouble=trouble,
        looked=looked or [],
        may_edit=actor.may(Permission.EDIT_TARIFFS),
    )


@get("/tariffs/export", include_in_schema=False)
async def export_tariffs(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    ocpi: FromQuery[OcpiVersion] = OcpiVersion.V221,
    ident: FromQuery[str] = "",
) -> Response[str]:
    """The newest versions as a file of OCPI objects."""
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            """
            SELECT document FROM tariff_view
             WHERE newest AND ($1 = '' OR tariff_ident = $1)
             ORDER BY tariff_ident LIMIT $2
            """,
            ident.replace("\x00", "")[:36],
            OCPI_MAX,
        )
    text = exchange.exported([read_tariff(row["document"]) for row in rows], ocpi)
    headers = {"Content-Disposition": f'attachment; filename="tariffs-ocpi-{ocpi.value}.json"'}
    return Response(text, media_type="application/json", headers=headers)
