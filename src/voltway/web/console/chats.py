"""Chats of operators: which are told what, tried by a message, and their addresses never shown."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response

from voltway.alerts import chats
from voltway.alerts.model_events import Event
from voltway.alerts.wishing import events_for
from voltway.kernel.errors import Outage, Refusal, Trouble
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.driver.alerting import NAMES
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/chats"
TEST: Final = ("A test from Voltway", "Nothing happened. This chat is told what was chosen for it.")


@get("/chats", include_in_schema=False)
async def list_chats(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    tried: FromQuery[str] = "",
) -> Response[str]:
    return await _chats(request, house, actor, tried=bool(tried))


async def _chats(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    tried: bool = False,
    trouble: Trouble | None = None,
    given: Form | None = None,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        rows = await work.all("SELECT * FROM alert_chat_view ORDER BY name, id")
    status = HTTPStatus.OK
    if trouble is not None:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        if isinstance(trouble, Refusal):
            status = STATUS[trouble.kind]
    return await console_page(
        request,
        house,
        actor,
        "console/chats.html",
        status=status,
        place="people",
        chats=rows,
        names={each: NAMES[each] for each in events_for(operators=True)},
        may_change=actor.may(Permission.MANAGE_PEOPLE),
        tried=tried,
        trouble="" if trouble is None else str(trouble),
        given={key: said for key, said in (given or {}).items() if key != "address"},
    )


def _events(data: Form) -> list[Event]:
    return [each for each in Event if data.get(each)]


@post("/chats", include_in_schema=False)
async def add_chat(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """A new chat. Its address is typed again where it was none: it is not sent back."""
    actor.must(Permission.MANAGE_PEOPLE)
    try:
        async with house.begin(actor.party) as work:
            made = await chats.add(
                work,
                actor.party,
                name=data.get("name", ""),
                address=data.get("address", ""),
                events=_events(data),
                own=house.settings.hook_hosts.split(),
            )
            await parties.audit(work, actor, "added a chat", f"chat:{made.id}")
    except Refusal as no:
        return await _chats(request, house, actor, trouble=no, given=data)
    return see_other(_HERE)


@post("/chats/{chat:uuid}", include_in_schema=False)
async def change_chat(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    chat: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    actor.must(Permission.MANAGE_PEOPLE)
    try:
        async with house.begin(actor.party) as work:
            await chats.change(work, chat, name=data.get("name", ""), events=_events(data))
            await parties.audit(work, actor, "changed a chat", f"chat:{chat}")
    except chats.NothingForChat as no:
        return await _chats(request, house, actor, trouble=no)
    return see_other(_HERE)


@post("/chats/{chat:uuid}/remove", include_in_schema=False)
async def remove_chat(
    house: NamedDependency[House], actor: NamedDependency[Actor], chat: FromPath[UUID]
) -> Redirect:
    actor.must(Permission.MANAGE_PEOPLE)
    async with house.begin(actor.party) as work:
        await chats.remove(work, chat)
        await parties.audit(work, actor, "removed a chat", f"chat:{chat}")
    return see_other(_HERE)


@post("/chats/{chat:uuid}/test", include_in_schema=False)
async def test_chat(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    chat: FromPath[UUID],
) -> Response[str] | Redirect:
    """Say something there at once."""
    actor.must(Permission.MANAGE_PEOPLE)
    async with house.begin(actor.party) as work:
        found = await chats.chat_of(work, chat)
    try:
        await chats.say_there(found, *TEST, own=house.settings.hook_hosts.split())
    except (Refusal, Outage) as no:
        return await _chats(request, house, actor, trouble=no)
    return see_other(f"{_HERE}?tried=1")
