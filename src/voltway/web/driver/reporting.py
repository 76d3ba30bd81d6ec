"""Something is wrong: a driver says so from where it happened, and reads what became of it."""

from http import HTTPStatus
from typing import Any, ClassVar, Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response, ServerSentEvent

from voltway.helpdesk import actions as helpdesk
from voltway.helpdesk.model import ReportKind
from voltway.kernel.emails import NotAnEmail, must_be_email
from voltway.kernel.errors import Kind, Refusal
from voltway.stations import actions as stations
from voltway.web.appearance import Form
from voltway.web.driver import account, views
from voltway.web.house import House
from voltway.web.moments import in_words
from voltway.web.pages import HttpRequest, draw, formats_of, page, reader, see_other, told
from voltway.web.problems import STATUS

#: What is likeliest stands first in the form.
KINDS: Final = tuple(ReportKind)
#: Without a script the page looks again so often.
RELOAD_S: Final = 60


class NothingChosen(Refusal):
    """Choose what is wrong."""

    kind: ClassVar[Kind] = Kind.INVALID


def _typed(data: Form) -> tuple[ReportKind, str]:
    """What is wrong, and an address or nothing. Raises ``NothingChosen``, ``NotAnEmail``."""
    email = data.get("email", "").strip()[:254]
    if email:
        must_be_email(email)
    if data.get("kind") not in set(ReportKind):
        raise NothingChosen
    return ReportKind(data["kind"]), email


@get("/e/{public_id:str}/report", include_in_schema=False)
async def ask_what(
    request: HttpRequest,
    house: NamedDependency[House],
    public_id: FromPath[str],
    v: FromQuery[str] = "",
) -> Response[str]:
    """The form; ``v`` is the key of the visit in which it happened."""
    return await _form(request, house, public_id, visit=v[:80])


async def _form(
    request: HttpRequest,
    house: House,
    public_id: str,
    *,
    visit: str,
    trouble: str = "",
    given: Form | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    async with house.begin() as work:
        formats = formats_of(request, house)
        bay = await views.bay(work, public_id, formats, house.settings.heartbeat_s)
        email = await account.seated(request, work)
        help_ = await views.help_of(work, bay.party, about=bay.public_id, place=bay.location_id)
    typed = given or {}
    return page(
        request,
        house,
        "driver/report.html",
        status=status,
        bay=bay,
        visit=visit,
        form=typed.get("form", "")[:80] or helpdesk.new_form(),
        kinds=KINDS,
        kind=typed.get("kind", ""),
        words=typed.get("words", ""),
        email=typed.get("email", email or ""),
        trouble=trouble,
        help=help_,
    )


@post("/e/{public_id:str}/report", include_in_schema=False)
async def report(
    request: HttpRequest, house: NamedDependency[House], public_id: FromPath[str], data: Form
) -> Response[str] | Redirect:
    """Send it to the operator, with what we know of what happened."""
    visit = data.get("v", "")[:80]
    try:
        kind, email = _typed(data)
        async with house.begin() as work:
            bay = await views.bay(
                work, public_id, formats_of(request, house), house.settings.heartbeat_s
            )
            sent = await helpdesk.report(
                work,
                await stations.place_of(work, bay.evse),
                kind,
                words=data.get("words", ""),
                email=email or None,
                locale=reader(request).papers,
                visit_key=visit or None,
                form=data.get("form", "")[:80],
            )
    except (NotAnEmail, NothingChosen, helpdesk.ReportedOften) as no:
        return await _form(
            request,
            house,
            public_id,
            visit=visit,
            trouble=told(request, no),
            given=data,
            status=STATUS[no.kind],
        )
    return see_other(f"/h/{sent.key}")


@get("/h/{key:str}", include_in_schema=False)
async def reported(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str]:
    """How a report stands: sent, seen, answered; and what was sent with it."""
    return page(request, house, "driver/reported.html", **await _reported(house, key))


@get("/h/{key:str}/live", include_in_schema=False)
async def reported_live(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> ServerSentEvent:
    """The same again, once somebody has read it, and once it is answered."""
    async with house.begin() as work:
        found = await helpdesk.by_key(work, key[:80])

    async def view() -> str:
        return draw(request, house, "driver/reported_view.html", **await _reported(house, key))

    return house.streams.live(house.touches, (f"report:{found.id}",), view)


async def _reported(house: House, key: str) -> dict[str, Any]:
    async with house.begin() as work:
        found = await helpdesk.by_key(work, key[:80])
        place = await stations.place_of(work, found.evse)
        about = f"{place.location_name}, {place.public_id}"
        help_ = await views.help_of(work, found.party, about=about, place=place.location)
    return {
        "report": found,
        "bay": place,
        "in_words": in_words,
        "reload_s": 0 if found.answered_at is not None else RELOAD_S,
        "help": help_,
    }
