"""The way in: the first owner by the secret of the first start, everybody else by a password."""

from typing import Annotated

from litestar import get, post
from litestar.params import QueryParameter
from litestar.response import Redirect, Response

from voltway.kernel.errors import Kind, Refusal
from voltway.parties import actions as parties
from voltway.web.appearance import Form, here
from voltway.web.console.door import SEAT, seat
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page, see_other
from voltway.web.problems import STATUS


class NoPartyYet(Refusal):
    """There is no party yet to be the owner of. Add one with `voltway admin party add`."""

    kind = Kind.CONFLICT


@get("/console/sign-in", include_in_schema=False)
async def sign_in_page(
    request: HttpRequest,
    house: House,
    back: Annotated[str, QueryParameter(name="back")] = "/console",
) -> Response[str] | Redirect:
    async with house.begin() as work:
        if await parties.is_first_run(work):
            return see_other("/console/first-run")
    return page(request, house, "console/sign_in.html", back=here(back), trouble="", email="")


@post("/console/sign-in", include_in_schema=False)
async def sign_in(request: HttpRequest, house: House, data: Form) -> Response[str] | Redirect:
    """A wrong password looks the same whether the address is known or not."""
    back, email = here(data.get("back", "/console")), data.get("email", "")[:254]
    source = request.client.host if request.client else ""
    try:
        async with house.begin() as work:
            signed = await parties.sign_in(work, email, data.get("password", ""), source=source)
    except Refusal as no:
        return page(
            request,
            house,
            "console/sign_in.html",
            status=STATUS[no.kind],
            back=back,
            trouble=str(no),
            email=email,
        )
    answer = see_other(back)
    answer.set_cookie(seat(request, house, signed))
    return answer


@post("/console/sign-out", include_in_schema=False)
async def sign_out(request: HttpRequest, house: House) -> Redirect:
    token = request.cookies.get(SEAT)
    if token:
        async with house.begin() as work:
            await parties.sign_out(work, token)
    answer = see_other("/console/sign-in")
    answer.delete_cookie(SEAT, path="/console")
    return answer


@get("/console/first-run", include_in_schema=False)
async def first_run_page(request: HttpRequest, house: House) -> Response[str] | Redirect:
    async with house.begin() as work:
        if not await parties.is_first_run(work):
            return see_other("/console/sign-in")
    return page(request, house, "console/first_run.html", trouble="", given={})


@post("/console/first-run", include_in_schema=False)
async def first_run(request: HttpRequest, house: House, data: Form) -> Response[str] | Redirect:
    """The secret is used up by the first owner, who is then signed in."""
    email, password = data.get("email", ""), data.get("password", "")
    source = request.client.host if request.client else ""
    try:
        async with house.begin() as work:
            party = await parties.first_party(work)
            if party is None:
                raise NoPartyYet
            await parties.use_first_run_secret(
                work,
                data.get("secret", ""),
                party.id,
                email=email,
                name=data.get("name", ""),
                password=password,
            )
        async with house.begin() as work:
            signed = await parties.sign_in(work, email, password, source=source)
    except Refusal as no:
        given = {name: data.get(name, "")[:254] for name in ("secret", "email", "name")}
        return page(
            request,
            house,
            "console/first_run.html",
            status=STATUS[no.kind],
            trouble=str(no),
            given=given,
        )
    answer = see_other("/console")
    answer.set_cookie(seat(request, house, signed))
    return answer
