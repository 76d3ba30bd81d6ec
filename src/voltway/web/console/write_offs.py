"""Write-offs that a second person looks at: decided, and from which sum on."""

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import write_offs
from voltway.billing.second_person import NoSuchRequest
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web.appearance import Form
from voltway.web.console import approvals
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS


@post("/approvals/write-offs/rule", include_in_schema=False)
async def set_write_off_rule(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """From which sum on a write-off needs a second person. Only who manages people says so."""
    actor.must(Permission.MANAGE_PEOPLE)
    try:
        async with house.begin(actor.party) as work:
            party = await parties.party(work, PartyId(actor.party))
            text = data.get("above", "").strip()
            minor = approvals.minor_of_rule(text, party.currency) if text else None
            await write_offs.set_rule(work, party.id, minor, by=actor.name)
            did = "set from which sum on a write-off needs a second person"
            await parties.audit(work, actor, did, "write-offs", {"above": text or "never"})
    except Refusal as no:
        return await approvals.page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(approvals.HERE)


@post("/approvals/write-offs/{id:uuid}/{deed:str}", include_in_schema=False)
async def decide_write_off(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    id: FromPath[UUID],
    deed: FromPath[str],
) -> Response[str] | Redirect:
    """Approve or decline what somebody else asked for; or take back what one asked for oneself."""
    actor.must(Permission.MANAGE_PEOPLE)
    deeds = {
        "approve": write_offs.approve,
        "decline": write_offs.decline,
        "withdraw": write_offs.withdraw,
    }
    try:
        if deed not in deeds:
            raise NoSuchRequest
        async with house.begin(actor.party) as work:
            await deeds[deed](work, id, actor=actor)
            await parties.audit(work, actor, f"{deed} of a write-off", f"write_off_request:{id}")
    except Refusal as no:
        return await approvals.page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(approvals.HERE)
