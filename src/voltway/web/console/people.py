"""People and keys: who works here, what keys there are, who did what."""

from http import HTTPStatus
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OperatorId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission, Role
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE = "/console/people"


class NoSuchRole(Refusal):
    """There is no such role."""

    kind = Kind.INVALID


def _role(data: dict[str, str]) -> Role:
    try:
        return Role(data.get("role", ""))
    except ValueError as error:
        raise NoSuchRole from error


@get("/people", include_in_schema=False)
async def people(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _people(request, house, actor)


async def _people(
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
        operators = await parties.operators(work, actor.party)
        keys = await parties.api_keys(work, actor.party)
        audited = await parties.audited(work, actor.party, 50)
    return await console_page(
        request,
        house,
        actor,
        "console/people.html",
        status=status,
        place="people",
        operators=operators,
        keys=keys,
        audited=audited,
        roles=[role for role in Role if role is not Role.PARTNER],
        may_manage=actor.may(Permission.MANAGE_PEOPLE),
        trouble=trouble,
        given=given or {},
    )


@post("/people/operators", include_in_schema=False)
async def add_operator(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """Somebody new at this party."""
    actor.must(Permission.MANAGE_PEOPLE)
    try:
        async with house.begin(actor.party) as work:
            added = await parties.add_operator(
                work,
                actor.party,
                email=data.get("email", ""),
                name=data.get("name", ""),
                role=_role(data),
                password=data.get("password", ""),
            )
            await parties.audit(work, actor, "added an operator", f"operator:{added.id}")
    except Refusal as no:
        given = {name: data.get(name, "")[:254] for name in ("email", "name", "role")}
        return await _people(
            request, house, actor, trouble=str(no), given=given, status=STATUS[no.kind]
        )
    return see_other(_HERE)


@post("/people/operators/{operator:uuid}", include_in_schema=False)
async def change_operator(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    operator: FromPath[UUID],
    data: Form,
) -> Redirect:
    """Another role, or in or out."""
    actor.must(Permission.MANAGE_PEOPLE)
    async with house.begin(actor.party) as work:
        if data.get("active") in ("yes", "no"):
            await parties.change_operator(
                work, actor, OperatorId(operator), active=data["active"] == "yes"
            )
        else:
            await parties.change_operator(work, actor, OperatorId(operator), role=_role(data))
    return see_other(_HERE)


@post("/people/keys", include_in_schema=False)
async def add_key(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """A key for the API, shown once."""
    actor.must(Permission.MANAGE_PEOPLE)
    try:
        async with house.begin(actor.party) as work:
            id, secret = await parties.add_api_key(
                work, actor.party, name=data.get("name", "")[:80], role=_role(data)
            )
            await parties.audit(work, actor, "made a key", f"api_key:{id}")
    except Refusal as no:
        return await _people(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return await console_page(
        request,
        house,
        actor,
        "console/key_once.html",
        status=HTTPStatus.CREATED,
        place="people",
        title=f"API key {data.get('name', '')[:80]}",
        secret=secret,
        says="Send it as Authorization: Bearer with each call of the API.",
        back=_HERE,
    )


@post("/people/keys/{key:uuid}/revoke", include_in_schema=False)
async def revoke_key(
    house: NamedDependency[House], actor: NamedDependency[Actor], key: FromPath[UUID]
) -> Redirect:
    actor.must(Permission.MANAGE_PEOPLE)
    async with house.begin(actor.party) as work:
        await parties.revoke_api_key(work, actor, key)
    return see_other(_HERE)
