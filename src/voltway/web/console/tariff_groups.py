"""Groups of tariffs at the console: a group, or its next version, row by row."""

from http import HTTPStatus

from litestar import post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response

from voltway.kernel.errors import Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.tariffs import assigning
from voltway.web.appearance import Form
from voltway.web.console import group_form
from voltway.web.console.tariff_where import where_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

FIELDS_MAX = 1000
FIELD_LENGTH_MAX = 500


@post("/tariffs/groups", include_in_schema=False)
async def add_group(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """Keep the group; or, by a button of the form, another row or one less, and nothing kept."""
    actor.must(Permission.EDIT_TARIFFS)
    given = {
        name[:60]: value.replace("\x00", "")[:FIELD_LENGTH_MAX]
        for name, value in list(data.items())[:FIELDS_MAX]
    }
    do = given.pop("do", "keep")
    if do != "keep":
        return await where_page(request, house, actor, given=group_form.changed(given, do))
    try:
        async with house.begin(actor.party) as work:
            zone = (await parties.party(work, actor.party)).time_zone
            made = await assigning.add_group(
                work, actor.party, given.get("ident", ""), group_form.members_of(given, zone)
            )
            await parties.audit(
                work, actor, "added a group of tariffs", f"tariff-group:{made.ident}"
            )
    except Refusal as no:
        status: HTTPStatus = STATUS[no.kind]
        return await where_page(request, house, actor, trouble=str(no), given=given, status=status)
    return see_other("/console/tariffs/where")
