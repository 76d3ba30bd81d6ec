"""Places, and what each is like: access, hours, light, what is around, whom to ring."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import LocationId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.stations import actions as stations
from voltway.stations import features, photos
from voltway.stations.model_features import Features
from voltway.waiting import reservations, turns
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.console.form_fields import count_of
from voltway.web.driver.views import like
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.photos import url_of
from voltway.web.places_words import FACILITIES
from voltway.web.problems import STATUS

PLACES_MAX: Final = 500

#: What a choice of three says; anything else is "not told".
_SAID: Final = {"yes": True, "no": False}
CHOICES: Final = {
    "step_free": "Step-free from the bay to the screen",
    "lit": "Lit at night",
    "roofed": "Under a roof",
}


@get("/places", include_in_schema=False)
async def list_places(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    q: FromQuery[str] = "",
) -> Response[str]:
    """Every place of this party, and whether anybody said what it is like."""
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            """
            SELECT l.*, f.set_at, f.set_by
              FROM location_view l
              LEFT JOIN location_features_view f ON f.location_id = l.id
             WHERE $1 = '' OR concat_ws(' ', l.name, l.address, l.city) ILIKE '%' || $1 || '%'
             ORDER BY l.name, l.id
             LIMIT $2
            """,
            like(q),
            PLACES_MAX,
        )
    return await console_page(
        request, house, actor, "console/places.html", place="stations", places=rows, asked=q[:80]
    )


@get("/places/{location:uuid}", include_in_schema=False)
async def show_place(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    location: FromPath[UUID],
) -> Response[str]:
    return await place_page(request, house, actor, location)


async def place_page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    location: UUID,
    *,
    trouble: str = "",
    given: Form | None = None,
    minutes: str = "",
    alt: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    """What is said of a place, to be said anew."""
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        here = await stations.location(work, LocationId(location))
        told = await features.told_of(work, here.id)
        hold = await turns.hold_for(work, here.id)
        line = await turns.length(work, here.id)
        reserve_min = await reservations.minutes_for(work, here.party, here.id)
        pictures = await photos.of_place(work, here.id)
    return await console_page(
        request,
        house,
        actor,
        "console/place.html",
        status=status,
        place="stations",
        here=here,
        typed={name: value[:2000] for name, value in (given or _fields(told)).items()},
        choices=CHOICES,
        facilities=FACILITIES,
        hold_min=minutes[:5] or int(hold.total_seconds() // 60),
        line=line,
        reserve_min=reserve_min,
        photos=pictures,
        photo_url=url_of,
        photos_max=photos.PHOTOS_MAX,
        alt=alt[: photos.ALT_LENGTH_MAX],
        may_edit=actor.may(Permission.EDIT_NETWORK),
        trouble=trouble,
    )


def _fields(told: Features) -> dict[str, str]:
    """What is told, as the form takes it."""
    chosen = {name: getattr(told, name) for name in CHOICES}
    return {
        **{name: "" if said is None else "yes" if said else "no" for name, said in chosen.items()},
        "bay_width_cm": "" if told.bay_width_cm is None else str(told.bay_width_cm),
        "screen_height_cm": "" if told.screen_height_cm is None else str(told.screen_height_cm),
        "hours": told.hours_words,
        "help_phone": told.help_phone or "",
        **{f"has-{each}": "yes" for each in told.facilities},
    }


@post("/places/{location:uuid}", include_in_schema=False)
async def describe_place(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    location: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Say what a place is like; what was said before is replaced."""
    actor.must(Permission.EDIT_NETWORK)
    try:
        told = Features(
            step_free=_SAID.get(data.get("step_free", "")),
            lit=_SAID.get(data.get("lit", "")),
            roofed=_SAID.get(data.get("roofed", "")),
            bay_width_cm=count_of(data.get("bay_width_cm", "")),
            screen_height_cm=count_of(data.get("screen_height_cm", "")),
            facilities=tuple(each for each in FACILITIES if data.get(f"has-{each}")),
            hours_words=data.get("hours", "").replace("\r", "")[:2000],
            help_phone=data.get("help_phone", "").strip()[:40] or None,
        )
        async with house.begin(actor.party) as work:
            await features.describe(work, LocationId(location), told, by=actor.name)
            await parties.audit(work, actor, "said what a place is like", f"location:{location}")
    except Refusal as no:
        return await place_page(
            request, house, actor, location, trouble=str(no), given=data, status=STATUS[no.kind]
        )
    return see_other(f"/console/places/{location}")


@post("/places/{location:uuid}/queue", include_in_schema=False)
async def set_queue(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    location: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Say for how many minutes a bay is held for who is next in line."""
    actor.must(Permission.EDIT_NETWORK)
    typed = data.get("hold_min", "").strip()
    minutes = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else -1
    try:
        async with house.begin(actor.party) as work:
            here = await stations.location(work, LocationId(location))
            await turns.set_hold(work, here.party, here.id, minutes, by=actor.name)
            await parties.audit(work, actor, "set how long bays are held", f"location:{location}")
    except Refusal as no:
        return await place_page(
            request, house, actor, location, trouble=str(no), minutes=typed, status=STATUS[no.kind]
        )
    return see_other(f"/console/places/{location}")
