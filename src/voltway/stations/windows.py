"""Planned work: plan a window, change it, cancel it, and the round that begins and ends it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EvseId, LocationId, StationId, new_id
from voltway.runtime.work import BeginWork, Work
from voltway.stations import actions_network, closings, rules_windows, store_windows
from voltway.stations.model_windows import (
    Window,
    WindowState,
    WorkAhead,
    WorkBegan,
    WorkCancelled,
    WorkMoved,
    WorkOver,
    WorkPlanned,
)

REASON_MAX: Final = 200
#: Drivers read of what begins within this time.
SHOWN_AHEAD: Final = timedelta(days=14)
AT_ONCE: Final = 100
#: So long stations have to open their bays before it is told which are back.
BACK_WITHIN: Final = timedelta(minutes=15)


class NoSuchWindow(Refusal):
    """There is no such planned work."""

    kind: ClassVar[Kind] = Kind.ABSENT


class NoReason(Refusal):
    """Say in a few words what is done: drivers read it. At most 200 signs."""

    kind: ClassVar[Kind] = Kind.INVALID


class NotOfThisPlace(Refusal):
    """The station or bay is not at this place."""

    kind: ClassVar[Kind] = Kind.INVALID


class PlannedTwice(Refusal):
    """There is planned work for the same bays at that time already: change that."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class WindowIsOver(Refusal):
    """This planned work is over or cancelled, and stays as it is."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class WorkHasBegun(Refusal):
    """The work has begun, so its beginning stays as it is; its end can be moved."""

    kind: ClassVar[Kind] = Kind.CONFLICT


async def plan(
    work: Work,
    location: LocationId,
    *,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: str,
    station: StationId | None = None,
    evse: EvseId | None = None,
    closes_bays: bool = True,
) -> Window:
    """Plan work at a place, at one of its stations or at one bay. Where it does not close the bays
    it is shown to drivers, and nobody is told of it.

    Raises ``NoSuchLocation``, ``NotOfThisPlace``, ``NoReason``, ``NotAWindow``, ``PlannedTwice``.
    """
    place = await actions_network.location(work, location)
    station = await _station_of(work, location, station, evse)
    rules_windows.check(starts_at, ends_at, work.now)
    made = Window(
        id=new_id(work.now),
        party=place.party,
        location=location,
        station=station,
        evse=evse,
        reason=_reason(reason),
        starts_at=starts_at,
        ends_at=ends_at,
        state=WindowState.PLANNED,
        revision=1,
        told_h=None,
        made_by=by,
        made_at=work.now,
        changed_by=by,
        changed_at=work.now,
        closes_bays=closes_bays,
    )
    await _must_be_alone(work, made)
    await store_windows.add(work, made)
    planned = WorkPlanned(
        party=made.party,
        at=work.now,
        location=location,
        window=made.id,
        starts_at=starts_at,
        ends_at=ends_at,
        closes_bays=closes_bays,
    )
    await work.announce([planned])
    await _touch(work, made)
    return made


async def change(
    work: Work, id: UUID, *, starts_at: datetime, ends_at: datetime, reason: str, by: str
) -> Window:
    """Give planned work other times or another reason. Who was told of the times before is told of
    the new ones.

    Raises ``NoSuchWindow``, ``WindowIsOver``, ``WorkHasBegun``, ``NoReason``, ``NotAWindow``,
    ``PlannedTwice``.
    """
    before = await _open(work, id)
    has_begun = before.state is WindowState.RUNNING
    if has_begun and starts_at != before.starts_at:
        raise WorkHasBegun
    rules_windows.check(starts_at, ends_at, work.now)
    is_moved = (starts_at, ends_at) != (before.starts_at, before.ends_at)
    after = replace(
        before,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=_reason(reason),
        revision=before.revision + int(is_moved),
        changed_by=by,
        changed_at=work.now,
    )
    if starts_at != before.starts_at:
        after = replace(after, told_h=rules_windows.told_by_moving(after, work.now))
    await _must_be_alone(work, after)
    await store_windows.save(work, after)
    if is_moved:
        moved = WorkMoved(
            party=after.party,
            at=work.now,
            location=after.location,
            window=id,
            revision=after.revision,
        )
        await work.announce([moved])
    await _touch(work, after)
    return after


async def cancel(work: Work, id: UUID, *, by: str) -> Window:
    """The work is not done, or is done already: who was told is told that too. What is over stays
    as it is. Raises ``NoSuchWindow``."""
    before = await store_windows.load(work, id, lock=True)
    if before is None:
        raise NoSuchWindow
    if not before.is_open:
        return before
    if before.state is WindowState.RUNNING:
        return await _ended(work, replace(before, changed_by=by, changed_at=work.now))
    after = replace(before, state=WindowState.CANCELLED, changed_by=by, changed_at=work.now)
    await store_windows.save(work, after)
    fact = WorkCancelled(party=after.party, at=work.now, location=after.location, window=id)
    await work.announce([fact])
    await _touch(work, after)
    return after


async def window(work: Work, id: UUID) -> Window:
    """Raises ``NoSuchWindow``."""
    found = await store_windows.load(work, id)
    if found is None:
        raise NoSuchWindow
    return found


async def by_ids(work: Work, ids: Collection[UUID]) -> Mapping[UUID, Window]:
    return await store_windows.by_ids(work, ids)


async def shown_at(work: Work, location: LocationId) -> list[Window]:
    """What drivers read at a place: the work of now and of the next days, the first first."""
    return await store_windows.open_at(work, location, work.now + SHOWN_AHEAD)


async def bays_of(work: Work, window: Window) -> Mapping[EvseId, int]:
    """The bays of a window with their numbers."""
    return {row["id"]: row["number"] for row in await store_windows.covered(work, window)}


async def move(begin: BeginWork) -> int:
    """The round: begin and end what is due, and give the notices; how many windows changed."""
    async with begin() as work:
        due = await store_windows.to_move(work, AT_ONCE)
        for each in due:
            await _moved(work, each)
        for place in await store_windows.running_places(work):
            await _close_bays(work, place)  # also those that came to it since
    async with begin() as work:
        await closings.follow(work)
        for each in await store_windows.to_tell_over(work, AT_ONCE):
            await _tell_over(work, each)
    async with begin() as work:
        far, near = (timedelta(hours=hours) for hours in rules_windows.NOTICES_H)
        soon = await store_windows.to_tell(work, far, near, AT_ONCE)
        for each in soon:
            await _tell(work, each)
    return len(due) + len(soon)


async def _moved(work: Work, due: Window) -> None:
    if due.state is WindowState.RUNNING:
        await _ended(work, due)
    elif due.ends_at <= work.now:  # nobody looked while it was
        await store_windows.save(work, replace(due, state=WindowState.OVER))
    else:
        await store_windows.save(work, replace(due, state=WindowState.RUNNING))
        if due.closes_bays:
            fact = WorkBegan(party=due.party, at=work.now, location=due.location, window=due.id)
            await work.announce([fact])
        await _close_bays(work, due.location)


async def _ended(work: Work, running: Window) -> Window:
    """The round asks the stations for their bays, and tells when they are back."""
    over = replace(
        running,
        state=WindowState.OVER,
        ends_at=min(running.ends_at, work.now),
        back_by=work.now + BACK_WITHIN if running.closes_bays else None,
    )
    await store_windows.save(work, over)
    await _close_bays(work, over.location)
    return over


async def _tell_over(work: Work, over: Window) -> None:
    assert over.back_by is not None, "what was told is not found again"
    if over.back_by > work.now and await closings.opens_still(work, over.id):
        return
    await store_windows.save(work, replace(over, back_by=None))
    fact = WorkOver(party=over.party, at=work.now, location=over.location, window=over.id)
    await work.announce([fact])


async def _close_bays(work: Work, location: LocationId) -> None:
    changed = await store_windows.close_bays(work, location)
    if changed:
        work.touch(f"line:{location}")
    for evse, station in changed:
        work.touch(f"evse:{evse}", f"station:{station}")


async def _tell(work: Work, ahead: Window) -> None:
    hours = rules_windows.notice_due(ahead, work.now)
    if hours is None:
        return
    await store_windows.save(work, replace(ahead, told_h=hours))
    fact = WorkAhead(
        party=ahead.party,
        at=work.now,
        location=ahead.location,
        window=ahead.id,
        within_h=hours,
        revision=ahead.revision,
    )
    await work.announce([fact])


async def _station_of(
    work: Work, location: LocationId, station: StationId | None, evse: EvseId | None
) -> StationId | None:
    """The station that is meant; none where all of the place are. Raises ``NotOfThisPlace``."""
    if evse is not None:
        bay = await actions_network.place_of(work, evse)
        found, at = bay.station, bay.location
    elif station is not None:
        found, at = station, (await actions_network.station(work, station)).location
    else:
        return None
    if at != location or station not in (None, found):
        raise NotOfThisPlace
    return found


async def _open(work: Work, id: UUID) -> Window:
    found = await store_windows.load(work, id, lock=True)
    if found is None:
        raise NoSuchWindow
    if not found.is_open:
        raise WindowIsOver
    return found


async def _must_be_alone(work: Work, wanted: Window) -> None:
    """Raises ``PlannedTwice`` where the same is planned for the same bays at that time."""
    for each in await store_windows.open_at(work, wanted.location, wanted.ends_at):
        is_other = each.id != wanted.id
        is_same = (each.station, each.evse) == (wanted.station, wanted.evse)
        if is_other and is_same and rules_windows.covers(each, wanted.starts_at, wanted.ends_at):
            raise PlannedTwice


def _reason(said: str) -> str:
    words = " ".join(said.split())
    if not 0 < len(words) <= REASON_MAX or "\x00" in words:
        raise NoReason
    return words


async def _touch(work: Work, window: Window) -> None:
    stations = {row["station_id"] for row in await store_windows.covered(work, window)}
    work.touch(f"line:{window.location}", *(f"station:{each}" for each in stations))
