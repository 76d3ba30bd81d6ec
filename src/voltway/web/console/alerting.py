"""What an operator is told, how, and when not: their own wishes, for their own address."""

from dataclasses import replace
from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response

from voltway.alerts import devices, numbers, pushing, wishing
from voltway.alerts.telling import wishes_of
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Role
from voltway.runtime.work import Work
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.driver.alerting import (
    Typed,
    add,
    events_shown,
    keep,
    typed_in,
    typed_of,
)
from voltway.web.driver.own_number import (
    WrongNumberCode,
    ask_for_number,
    number_typed,
    offered,
    texts_shown,
)
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/alerts"


async def _holder(work: Work, actor: Actor) -> str:
    """The address of who sits here, which their alerts go by."""
    known = await parties.operators(work, PartyId(actor.party))
    [email] = [each.email for each in known if each.id == actor.id]
    return email.lower()


@get("/alerts", include_in_schema=False)
async def own_alerts(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    kept: FromQuery[str] = "",
) -> Response[str]:
    return await _shown(request, house, actor, kept=bool(kept))


async def _shown(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    kept: bool = False,
    typed: Typed | None = None,
    number: str = "",
    trouble: Refusal | None = None,
) -> Response[str]:
    async with house.begin() as work:
        holder = await _holder(work, actor)
        party = await parties.party(work, PartyId(actor.party))
        wishes = await wishes_of(work, holder, party.time_zone)
        own = await wishing.devices_of(work, holder)
        push_key = await pushing.public_key(work)
        texts = await texts_shown(work, house, holder, number)
    return await console_page(
        request,
        house,
        actor,
        "console/alerts.html",
        status=HTTPStatus.OK if trouble is None else STATUS[trouble.kind],
        place="people",
        kept=kept,
        trouble="" if trouble is None else str(trouble),
        events=events_shown(
            replace(wishes, owns=actor.role is Role.OWNER), operators=True, by=offered(house)
        ),
        typed=typed or typed_of(wishes),
        texts=texts,
        devices=own,
        push_key=push_key,
        push_to=f"{_HERE}/devices",
        push_then=_HERE,
    )


@post("/alerts", include_in_schema=False)
async def keep_wishes(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    data: Form,
) -> Response[str] | Redirect:
    try:
        async with house.begin() as work:
            holder = await _holder(work, actor)
            owns = actor.role is Role.OWNER
            await keep(work, holder, data, operators=True, by=offered(house), owns=owns)
    except Refusal as no:
        return await _shown(request, house, actor, typed=typed_in(data), trouble=no)
    return see_other(f"{_HERE}?kept=1")


@post("/alerts/number", include_in_schema=False)
async def ask_number(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    data: Form,
) -> Response[str] | Redirect:
    """Send a code to the number that somebody typed."""
    try:
        async with house.begin() as work:
            holder = await _holder(work, actor)
            await ask_for_number(request, work, house, holder, data)
    except Refusal as no:
        return await _shown(request, house, actor, number=number_typed(data), trouble=no)
    return see_other(f"{_HERE}#texts")


@post("/alerts/number/code", include_in_schema=False)
async def confirm_number(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    data: Form,
) -> Response[str] | Redirect:
    """The number is theirs who have its code."""
    async with house.begin() as work:
        holder = await _holder(work, actor)
        is_good = await numbers.confirm(work, holder, data.get("code", "")[:40])
    if not is_good:
        return await _shown(request, house, actor, trouble=WrongNumberCode())
    return see_other(f"{_HERE}?kept=1")


@post("/alerts/number/remove", include_in_schema=False)
async def remove_number(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Redirect:
    async with house.begin() as work:
        await numbers.remove(work, await _holder(work, actor))
    return see_other(_HERE)


@post("/alerts/devices", include_in_schema=False)
async def add_device(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str]:
    """Let this browser show the alerts of who sits here."""
    async with house.begin() as work:
        await add(work, house, await _holder(work, actor), data)
    return Response("", status_code=HTTPStatus.CREATED)


@post("/alerts/devices/{device:uuid}/remove", include_in_schema=False)
async def remove_device(
    house: NamedDependency[House], actor: NamedDependency[Actor], device: FromPath[UUID]
) -> Redirect:
    async with house.begin() as work:
        await devices.remove(work, await _holder(work, actor), device)
    return see_other(_HERE)
