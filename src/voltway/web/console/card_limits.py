"""How much one card may do, everywhere and at one place."""

from decimal import Decimal
from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import LocationId, PartyId
from voltway.kernel.money import Currency, minor_digits
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments import card_limits
from voltway.payments.card_limits import CardRule
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.console.form_fields import number_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/card-limits"
_MOST: Final = 10**9


@get("/card-limits", include_in_schema=False)
async def show_card_limits(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _page(request, house, actor)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        party = PartyId(actor.party)
        kept = await card_limits.rules_of(work, party)
        refused = await card_limits.refused_lately(work, party)
        places = await work.all("SELECT id, name FROM location_view ORDER BY name LIMIT 1000")
    return await console_page(
        request,
        house,
        actor,
        "console/card_limits.html",
        status=status,
        place="money",
        kept=kept,
        refused=refused,
        places=places,
        may_rule=actor.may(Permission.MANAGE_PEOPLE),
        trouble=trouble,
    )


@post("/card-limits", include_in_schema=False)
async def set_card_limit(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """What one card may do, at a place or at all together. A rule of the same place is replaced."""
    actor.must(Permission.MANAGE_PEOPLE)
    try:
        async with house.begin(actor.party) as work:
            party = await parties.party(work, PartyId(actor.party))
            rule = CardRule(
                open_max=_whole(data.get("open", "")),
                day_max=_whole(data.get("day", "")),
                minor_max=_minor(data.get("money", ""), party.currency),
            )
            place = _place(data.get("place", ""))
            await card_limits.set_rule(work, party.id, place, rule, by=actor.name)
            about = f"location:{place}" if place else f"party:{party.id}"
            limits = {
                "open": str(rule.open_max),
                "day": str(rule.day_max),
                "minor": str(rule.minor_max),
            }
            await parties.audit(work, actor, "set how much one card may do", about, limits)
    except Refusal as no:
        return await _page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(_HERE)


@post("/card-limits/{id:uuid}/remove", include_in_schema=False)
async def remove_card_limit(
    house: NamedDependency[House], actor: NamedDependency[Actor], id: FromPath[UUID]
) -> Redirect:
    actor.must(Permission.MANAGE_PEOPLE)
    async with house.begin(actor.party) as work:
        await card_limits.take_away(work, id)
        await parties.audit(work, actor, "took a limit of cards away", f"card_rule:{id}")
    return see_other(_HERE)


def _place(text: str) -> LocationId | None:
    if not text:
        return None
    try:
        return LocationId(UUID(text))
    except ValueError as error:
        raise card_limits.NotAPlaceOfYours from error


def _whole(text: str) -> int | None:
    number = number_of(text)
    if number is not None and (number != int(number) or not 0 < number < _MOST):
        raise card_limits.LimitsNothing
    return None if number is None else int(number)


def _minor(text: str, currency: Currency) -> int | None:
    number = number_of(text)
    return None if number is None else _whole(str(number * Decimal(10) ** minor_digits(currency)))
