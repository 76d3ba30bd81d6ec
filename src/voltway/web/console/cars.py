"""Cars that show themselves: whose they are, what the guard found, and whose contracts count."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import autocharge
from voltway.drivers import certificates
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import PartyId, TokenId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/tariffs/cars"
SHOWN: Final = 500


@get("/tariffs/cars", include_in_schema=False)
async def list_cars(
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
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            """
            SELECT t.id, t.uid, t.label, t.status, t.bars, t.created_at, c.driver_name
              FROM token_view t LEFT JOIN contract_view c ON c.id = t.contract_id
             WHERE t.kind = 'vehicle' ORDER BY t.created_at DESC LIMIT $1
            """,
            SHOWN,
        )
        findings = await work.all(
            "SELECT * FROM car_finding_view ORDER BY closed_at IS NOT NULL, at DESC LIMIT $1", SHOWN
        )
        offers = await work.all(
            "SELECT * FROM car_offer_view WHERE state = 'offered' ORDER BY at DESC LIMIT $1", SHOWN
        )
        anchors = await work.all("SELECT * FROM trust_anchor_view ORDER BY not_after, subject")
        contracts = await work.all(
            "SELECT * FROM contract_certificate_view ORDER BY not_after, emaid LIMIT $1", SHOWN
        )
    return await console_page(
        request,
        house,
        actor,
        "console/cars.html",
        status=status,
        place="tariffs",
        tab="cars",
        cars=rows,
        found=findings,
        offers=offers,
        anchors=anchors,
        contracts=contracts,
        may_edit=actor.may(Permission.EDIT_NETWORK),
        trouble=trouble,
    )


@post("/tariffs/cars/{token:uuid}/release", include_in_schema=False)
async def let_car_charge(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    token: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Somebody has looked at what the guard found: the car may charge again."""
    actor.must(Permission.EDIT_NETWORK)
    try:
        async with house.begin(actor.party) as work:
            await autocharge.let_charge(
                work,
                PartyId(actor.party),
                TokenId(token),
                why=data.get("why", ""),
                by=actor.name,
            )
            await parties.audit(work, actor, "let a car charge again", f"token:{token}")
    except Refusal as no:
        return await _page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(_HERE)


@post("/tariffs/cars/roots", include_in_schema=False)
async def add_root(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """Trust the contract certificates that an authority issued."""
    actor.must(Permission.EDIT_NETWORK)
    try:
        async with house.begin(actor.party) as work:
            await certificates.add_anchor(
                work, PartyId(actor.party), data.get("pem", ""), by=actor.name
            )
            await parties.audit(work, actor, "trusted a root of contracts", f"party:{actor.party}")
    except Refusal as no:
        return await _page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(_HERE)


@post("/tariffs/cars/roots/{root:uuid}/remove", include_in_schema=False)
async def remove_root(
    house: NamedDependency[House], actor: NamedDependency[Actor], root: FromPath[UUID]
) -> Redirect:
    actor.must(Permission.EDIT_NETWORK)
    async with house.begin(actor.party) as work:
        await certificates.remove_anchor(work, PartyId(actor.party), root)
        await parties.audit(work, actor, "trusts a root no more", f"trust_anchor:{root}")
    return see_other(_HERE)
