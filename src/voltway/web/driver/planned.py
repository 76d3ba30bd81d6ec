"""Planned work as drivers read it: which bays, from when until when, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import EvseId, LocationId
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.stations import windows
from voltway.stations.model_windows import Window
from voltway.waiting.model_reservations import Reservation
from voltway.web.driver.views import Bay
from voltway.web.formats import Formats


@dataclass(frozen=True, slots=True)
class Planned:
    """``bays``: their numbers in words, empty where all of the place are meant. ``is_now``: they
    are out of service now; ``stays_open``: they never are, and drivers charge all the same."""

    evses: frozenset[UUID]
    bays: str
    begins: str
    until: str
    reason: str
    is_now: bool
    stays_open: bool


async def while_reserved(work: Work, it: Reservation, formats: Formats) -> list[Planned]:
    """The work that takes a bay from who has it reserved, before their time is over."""
    zone = (await stations.place_of(work, it.evse)).time_zone
    return [
        _planned(window, {it.evse}, "", zone, formats)
        for window in await windows.shown_at(work, it.location)
        if window.closes_bays
        and window.starts_at < it.until
        and it.is_open
        and it.evse in await windows.bays_of(work, window)
    ]


async def at_place(
    work: Work, location: LocationId, bays: Sequence[Bay], formats: Formats
) -> list[Planned]:
    """The work of now and of the next days at a place, the first first."""
    shown = []
    for window in await windows.shown_at(work, location):
        meant = await windows.bays_of(work, window)
        here = [bay for bay in bays if bay.evse in meant]
        if not here:
            continue
        zone = here[0].time_zone
        numbers = ", ".join(str(bay.number) for bay in here)
        words = "" if len(here) == len(bays) else numbers
        shown.append(_planned(window, meant, words, zone, formats))
    return shown


def _planned(
    window: Window, evses: Iterable[UUID], bays: str, zone: str, formats: Formats
) -> Planned:
    return Planned(
        evses=frozenset(evses),
        bays=bays,
        begins=_moment(window.starts_at, zone, formats),
        until=_moment(window.ends_at, zone, formats),
        reason=window.reason,
        is_now=window.closes_bays and window.starts_at <= formats.now,
        stays_open=not window.closes_bays,
    )


async def at_bay(work: Work, bay: Bay, formats: Formats) -> list[Planned]:
    """The same of one bay."""
    found = await at_place(work, bay.location, [bay], formats)
    return [each for each in found if EvseId(bay.evse) in each.evses]


def _moment(at: datetime, zone: str, formats: Formats) -> str:
    """The clock today, the day of the week and the date before that."""
    clock = formats.clock(at, zone)
    is_today = formats.day(at, zone) == formats.day(formats.now, zone)
    return clock if is_today else f"{formats.weekday(at, zone)}, {clock}"
