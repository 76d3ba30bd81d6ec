"""The way in: the first owner by the secret of the first start, everybody else by a password."""

from collections.abc import Mapping
from typing import Annotated, Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect, Response

from voltway.kernel.errors import Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.runtime.work import Work
from voltway.web.appearance import Form, here
from voltway.web.console.door import SEAT, seat
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page, see_other
from voltway.web.problems import STATUS

#: What the form of the first start asks of a house without a party, and what stands in it.
PARTY_FIELDS: Final[Mapping[str, str]] = {
    "network": "",
    "legal_name": "",
    "vat_id": "",
    "street": "",
    "postal_code": "",
    "city": "",
    "country": "FI",
    "ident": "VLT",
    "currency": "EUR",
    "time_zone": "Europe/Helsinki",
}


@get("/console/sign-in", include_in_schema=False)
async def sign_in_page(
    request: HttpRequest,
    house: NamedDependency[House],
    back: Annotated[str, QueryParameter(name="back")] = "/console",
) -> Response[str] | Redirect:
    async with house.begin() as work:
        if await parties.is_first_run(work):
            return see_other("/console/first-run")
    return page(request, house, "console/sign_in.html", back=here(back), trouble="", email="")


@post("/console/sign-in", include_in_schema=False)
async def sign_in(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
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
async def sign_out(request: HttpRequest, house: NamedDependency[House]) -> Redirect:
    token = request.cookies.get(SEAT)
    if token:
        async with house.begin() as work:
            await parties.sign_out(work, token)
    answer = see_other("/console/sign-in")
    answer.delete_cookie(SEAT, path="/console")
    return answer


@get("/console/first-run", include_in_schema=False)
async def first_run_page(
    request: HttpRequest, house: NamedDependency[House]
) -> Response[str] | Redirect:
    async with house.begin() as work:
        if not await parties.is_first_run(work):
            return see_other("/console/sign-in")
        known = await parties.first_party(work)
    return page(
        request,
        house,
        "console/first_run.html",
        trouble="",
        given=PARTY_FIELDS,
        asks_party=known is None,
    )


@post("/console/first-run", include_in_schema=False)
async def first_run(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """The secret is used up by the first owner, who is then signed in."""
    email, password = data.get("email", ""), data.get("password", "")
    source = request.client.host if request.client else ""
    known = None
    try:
        async with house.begin() as work:
            known = await parties.first_party(work)
            party = known or await _founded(work, data)
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
        kept = ("secret", "email", "name", *PARTY_FIELDS)
        return page(
            request,
            house,
            "console/first_run.html",
            status=STATUS[no.kind],
            trouble=str(no),
            given={name: data.get(name, "")[:254] for name in kept},
            asks_party=known is None,
        )
    answer = see_other("/console")
    answer.set_cookie(seat(request, house, signed))
    return answer


async def _founded(work: Work, data: Mapping[str, str]) -> Party:
    """The party of this form. A wrong secret undoes it, for it is one work with the owner."""
    given = {name: data.get(name, "").strip()[:254] for name in PARTY_FIELDS}
    address = {part: given[part] for part in ("street", "postal_code", "city") if given[part]}
    return await parties.add_party(
        work,
        name=given["network"],
        country_code=given["country"].upper(),
        ident=given["ident"].upper(),
        legal_name=given["legal_name"] or None,
        vat_id=given["vat_id"] or None,
        address=address,
        currency=given["currency"].upper(),
        time_zone=given["time_zone"],
    )
