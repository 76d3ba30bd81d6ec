"""Promotion codes: what each takes off, and how often it was used."""

from decimal import Decimal
from http import HTTPStatus
from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response

from voltway.kernel.errors import Kind, Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.tariffs import promotions
from voltway.tariffs.model_promotions import GrantKind
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.console.form_fields import count_of, moment_of, number_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/tariffs/codes"

KINDS: Final = (
    (GrantKind.PERCENT, "percent off"),
    (GrantKind.AMOUNT, "off, with tax"),
    (GrantKind.ENERGY, "kWh free"),
)
WORDS: Final = {kind.value: word for kind, word in KINDS}


class NothingOff(Refusal):
    """Say what the code takes off: a kind, and how much."""

    kind = Kind.INVALID


@get("/tariffs/codes", include_in_schema=False)
async def list_codes(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _page(request, house, actor)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    given: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        rows = await work.all("SELECT * FROM promotion_view ORDER BY id DESC LIMIT 500")
        now = work.now
    return await console_page(
        request,
        house,
        actor,
        "console/promotions.html",
        status=status,
        place="tariffs",
        tab="codes",
        codes=rows,
        at=now,
        kinds=KINDS,
        words=WORDS,
        may_edit=actor.may(Permission.EDIT_TARIFFS),
        trouble=trouble,
        given=given or {},
    )


@post("/tariffs/codes", include_in_schema=False)
async def add_code(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """A new code."""
    actor.must(Permission.EDIT_TARIFFS)
    try:
        async with house.begin(actor.party) as work:
            zone = (await parties.party(work, actor.party)).time_zone
            made = await promotions.add(
                work,
                actor.party,
                data.get("code", ""),
                _kind(data.get("kind", "")),
                number_of(data.get("value", "")) or Decimal(0),
                since=moment_of(data.get("since", ""), zone),
                until=moment_of(data.get("until", ""), zone),
                uses_max=count_of(data.get("uses_max", "")),
                per_driver_max=count_of(data.get("per_driver_max", "")),
            )
            await parties.audit(work, actor, "made a promotion code", f"promotion:{made.code}")
    except Refusal as no:
        given = {name: value[:60] for name, value in data.items()}
        return await _page(
            request, house, actor, trouble=str(no), given=given, status=STATUS[no.kind]
        )
    return see_other(_HERE)


def _kind(text: str) -> GrantKind:
    try:
        return GrantKind(text)
    except ValueError as error:
        raise NothingOff from error
