"""Drivers, fleets and contracts: for whom the tokens stand."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import fleets as fleet_money
from voltway.drivers import actions as drivers
from voltway.drivers import contracts, own
from voltway.drivers.model import Token
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, TokenId, TokenUid
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/tariffs/drivers"


class NobodyNamed(Refusal):
    """A contract needs a driver, a fleet, or both."""

    kind = Kind.INVALID


class NoTokenSo(Refusal):
    """There is no token of that name. Add it with: voltway admin token add."""

    kind = Kind.ABSENT


@get("/tariffs/drivers", include_in_schema=False)
async def list_drivers(
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
        rows = await work.all(
            """
            SELECT c.*, (SELECT string_agg(t.uid, ', ' ORDER BY t.id) FROM token_view t
                          WHERE t.contract_id = c.id) AS uids
              FROM contract_view c ORDER BY c.ident LIMIT 1000
            """
        )
        lost = await own.lost(work, PartyId(actor.party))
        fleets = await work.all("SELECT name FROM fleet_view ORDER BY name LIMIT 1000")
    return await console_page(
        request,
        house,
        actor,
        "console/drivers.html",
        status=status,
        place="tariffs",
        tab="drivers",
        contracts=rows,
        lost=lost,
        fleets=[row["name"] for row in fleets],
        may_edit=actor.may(Permission.EDIT_NETWORK),
        trouble=trouble,
        given=given or {},
    )


@post("/tariffs/drivers", include_in_schema=False)
async def add_contract(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """A contract of a driver, of a fleet, or of both; and the token that stands for it."""
    actor.must(Permission.EDIT_NETWORK)
    name, fleet, uid = (data.get(field, "").strip() for field in ("driver", "fleet", "token"))
    try:
        async with house.begin(actor.party) as work:
            _named(name, fleet)
            driver = (
                await contracts.add_driver(
                    work, actor.party, name, data.get("email", "").strip()[:254]
                )
                if name
                else None
            )
            made = await contracts.add_contract(
                work,
                actor.party,
                data.get("ident", ""),
                driver=driver.id if driver else None,
                fleet=await contracts.fleet_for(work, actor.party, fleet) if fleet else None,
            )
            if uid:
                asked = (actor.party, TokenUid(uid[:255]))
                found = await drivers.tokens_of(work, [asked])
                await fleet_money.stands_for(work, _token(found.get(asked)).id, made.id)
            await parties.audit(work, actor, "added a contract", f"contract:{made.id}")
    except Refusal as no:
        given = {field: value[:200] for field, value in data.items()}
        return await _page(
            request, house, actor, trouble=str(no), given=given, status=STATUS[no.kind]
        )
    return see_other(_HERE)


def _named(driver: str, fleet: str) -> None:
    if not driver and not fleet:
        raise NobodyNamed


def _token(found: Token | None) -> Token:
    if found is None:
        raise NoTokenSo
    return found


@post("/tariffs/drivers/found/{token:uuid}", include_in_schema=False)
async def let_in_again(
    house: NamedDependency[House], actor: NamedDependency[Actor], token: FromPath[UUID]
) -> Redirect:
    """A token that was reported lost is found."""
    actor.must(Permission.EDIT_NETWORK)
    async with house.begin(actor.party) as work:
        await drivers.unblock(work, TokenId(token))
        await parties.audit(work, actor, "let a token in again", f"token:{token}")
    return see_other(_HERE)
