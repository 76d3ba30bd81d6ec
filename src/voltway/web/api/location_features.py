"""What a place is like: access, hours, light, what is around, whom to ring."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from voltway.kernel.ids import LocationId
from voltway.parties.model import Permission
from voltway.stations import actions, features
from voltway.stations.model_features import Features
from voltway.web.api.caller import Calling
from voltway.web.api.operations import puts, reads
from voltway.web.api.shapes import NO_NUL, Given, LongText, Shown

Told = Annotated[bool | None, Meta(description="null: not told.")]


class LocationFeatures(Shown):
    """What was told of a place; null is "not told", never "no"."""

    step_free: Told
    lit: Told
    roofed: Told
    bay_width_cm: Annotated[int | None, Meta(description="Of the widest bay.")]
    screen_height_cm: Annotated[int | None, Meta(description="The middle of the screen.")]
    facilities: Annotated[list[str], Meta(description="OCPI Facility, and TOILETS.")]
    hours: Annotated[str, Meta(description="One rule a line, by the clock of the place.")]
    help_phone: str | None


class NewLocationFeatures(Given, kw_only=True):
    """What holds from now on; what is left out is not told any more."""

    step_free: Told = None
    lit: Told = None
    roofed: Told = None
    bay_width_cm: Annotated[int, Meta(ge=100, le=1000)] | None = None
    screen_height_cm: Annotated[int, Meta(ge=30, le=300)] | None = None
    facilities: Annotated[list[str], Meta(max_length=30)] = msgspec.field(default_factory=list)
    hours: Annotated[
        LongText,
        Meta(
            description="Rules like Mon-Fri 08:00-20:00, 2026-12-24 closed, or always.",
            examples=["Mon-Fri 08:00-20:00; Sat 10:00-14:00; 2026-12-24 closed"],
        ),
    ] = ""
    help_phone: Annotated[str, Meta(max_length=30, pattern=NO_NUL)] | None = None


@reads("/locations/{location_id:uuid}/features", "Read what a location is like")
async def read_features(caller: Calling, location_id: FromPath[UUID]) -> LocationFeatures:
    async with caller.begin() as work:
        place = await actions.location(work, LocationId(location_id))
        return _shown(await features.told_of(work, place.id))


@puts(
    "/locations/{location_id:uuid}/features", "Say what a location is like", Permission.EDIT_NETWORK
)
async def put_features(
    caller: Calling, location_id: FromPath[UUID], data: JSONBody[NewLocationFeatures]
) -> LocationFeatures:
    told = Features(
        step_free=data.step_free,
        lit=data.lit,
        roofed=data.roofed,
        bay_width_cm=data.bay_width_cm,
        screen_height_cm=data.screen_height_cm,
        facilities=tuple(dict.fromkeys(data.facilities)),
        hours_words=data.hours,
        help_phone=data.help_phone,
    )
    async with caller.begin() as work:
        await features.describe(work, LocationId(location_id), told, by=caller.name)
        await caller.audit(work, "said what a place is like", f"location:{location_id}")
        return _shown(await features.told_of(work, LocationId(location_id)))


def _shown(told: Features) -> LocationFeatures:
    return LocationFeatures(
        step_free=told.step_free,
        lit=told.lit,
        roofed=told.roofed,
        bay_width_cm=told.bay_width_cm,
        screen_height_cm=told.screen_height_cm,
        facilities=list(told.facilities),
        hours=told.hours_words,
        help_phone=told.help_phone,
    )


ROUTER = Router("/", tags=["locations"], route_handlers=[read_features, put_features])
