"""To say what a place is like, and to read what was said."""

import re
from typing import Final

from voltway.kernel.ids import LocationId
from voltway.runtime.work import Work
from voltway.stations import actions_network, store_features
from voltway.stations.actions_network import NotUsable
from voltway.stations.model_features import FACILITIES, Features
from voltway.stations.rules_hours import hours_of

_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()/-]{3,29}")


async def describe(work: Work, location: LocationId, told: Features, *, by: str) -> None:
    """Say what a place is like; what was said before is replaced. Raises ``NoSuchLocation``,
    ``NotUsable`` and ``NoHours``."""
    place = await actions_network.location(work, location)
    hours = hours_of(told.hours_words)
    _check(told)
    await store_features.save(work, place, told, hours, by=by)
    work.touch(f"wall:{place.party}")


async def told_of(work: Work, location: LocationId) -> Features:
    """What is known of a place."""
    return await store_features.load(work, location) or Features()


def _check(told: Features) -> None:
    if told.bay_width_cm is not None and not 100 <= told.bay_width_cm <= 1000:
        raise NotUsable("width of the bay", "it is not between 100 and 1000 cm")
    if told.screen_height_cm is not None and not 30 <= told.screen_height_cm <= 300:
        raise NotUsable("height of the screen", "it is not between 30 and 300 cm")
    if told.help_phone is not None and not _PHONE.fullmatch(told.help_phone):
        raise NotUsable("phone for help", "it is no number like +358 9 123 4567")
    for each in told.facilities:
        if each not in FACILITIES:
            raise NotUsable("facility", f"{each[:40]} is none of OCPI's")
