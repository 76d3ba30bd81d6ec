"""Card readers that we drive through their provider: where each stands, and for which bays."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import EvseId, PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments import readers
from voltway.runtime.work import Work
from voltway.web.appearance import Form
from voltway.web.console.door import console_page, uuid_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/readers"


@get("/readers", include_in_schema=False)
async def show_readers(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _page(request, house, actor)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    given: Form | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    party = PartyId(actor.party)
    accounts = await readers.found(house.begin, house.provider, party)
    async with house.begin(actor.party) as work:
        kept = await readers.of_party(work, party)
        places = await work.all("SELECT id, name FROM location_view ORDER BY name LIMIT 1000")
        bays = await work.all(
            "SELECT id, public_id FROM evse_view WHERE id = ANY($1::uuid[])",
            [evse for reader in kept for evse in reader.evses],
        )
    seen = {(each.provider, one.ref): one for each in accounts for one in each.readers}
    taken = {(each.provider, each.ref) for each in kept}
    return await console_page(
        request,
        house,
        actor,
        "console/readers.html",
        status=status,
        place="money",
        kept=[(each, seen.get((each.provider, each.ref))) for each in kept],
        free=[(of, one) for (of, _), one in seen.items() if (of, one.ref) not in taken],
        accounts=accounts,
        places=places,
        place_names={each["id"]: each["name"] for each in places},
        bays={each["id"]: each["public_id"] for each in bays},
        may_set=actor.may(Permission.EDIT_NETWORK),
        trouble=trouble,
        given=given or {},
    )


@post("/readers", include_in_schema=False)
async def add_reader(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """Let drivers pay at a reader that an account has."""
    actor.must(Permission.EDIT_NETWORK)
    provider, _, ref = data.get("reader", "").partition("/")
    party = PartyId(actor.party)
    try:
        chosen = await readers.one_found(house.begin, house.provider, party, provider, ref)
        async with house.begin(actor.party) as work:
            kept = await readers.register(
                work,
                party,
                chosen,
                name=data.get("name", ""),
                location=uuid_of(data.get("place", "")) or party,
                evses=await _bays(work, data.get("bays", "")),
                by=actor.name,
            )
            about = f"card_reader:{kept.id}"
            await parties.audit(work, actor, "let drivers pay at a reader", about)
    except Refusal as no:
        return await _page(
            request, house, actor, trouble=str(no), given=data, status=STATUS[no.kind]
        )
    return see_other(_HERE)


async def _bays(work: Work, text: str) -> list[EvseId]:
    """The bays of a list of their names."""
    names = text.replace(",", " ").split()
    rows = await work.all(
        "SELECT id, public_id FROM evse_view WHERE public_id = ANY($1::text[])", names
    )
    if len(rows) != len(set(names)):
        raise readers.NotAPlaceForIt
    return [EvseId(row["id"]) for row in rows]


@post("/readers/{id:uuid}/remove", include_in_schema=False)
async def remove_reader(
    house: NamedDependency[House], actor: NamedDependency[Actor], id: FromPath[UUID]
) -> Redirect:
    actor.must(Permission.EDIT_NETWORK)
    async with house.begin(actor.party) as work:
        await readers.remove(work, PartyId(actor.party), id)
        await parties.audit(work, actor, "took a reader away", f"card_reader:{id}")
    return see_other(_HERE)
