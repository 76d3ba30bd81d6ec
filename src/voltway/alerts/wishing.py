"""What a person wants to be told: by event and channel, and when not; and the way out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import time
from typing import ClassVar

from voltway.alerts import bounces, store_guests, store_people
from voltway.alerts.model_events import RULES, Channel, Device, Event, Wishes
from voltway.alerts.telling import wishes_of
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.zones import is_zone
from voltway.runtime.work import Work


@dataclass(eq=False)
class NotATime(Refusal):
    """{said} is no time of day. Write it as 22:00, and both times or none."""

    kind: ClassVar[Kind] = Kind.INVALID

    said: str


@dataclass(eq=False)
class NotAZone(Refusal):
    """{said} is no time zone that we know. Write it as Europe/Helsinki."""

    kind: ClassVar[Kind] = Kind.INVALID

    said: str


@dataclass(eq=False)
class NoSuchLink(Refusal):
    """This link is not one of ours, or the account that it was for is deleted."""

    kind: ClassVar[Kind] = Kind.ABSENT


def events_for(*, operators: bool) -> list[Event]:
    """What can be told to drivers, or to operators, in the order of pages."""
    return [each for each in Event if RULES[each].for_operators is operators]


async def choose(
    work: Work,
    holder: str,
    wanted: Collection[tuple[Event, Channel]],
    *,
    among: Collection[Event],
    by: Collection[Channel] = frozenset(Channel),
    owns: bool = True,
) -> None:
    """Keep what a person chose among these events and channels: what is not wanted is not told.

    What they left as it was is no choice: who keeps the form as it stands is still told, by the
    next channel, what may cost money and did not reach them. ``owns``: as of ``Wishes``.
    """
    known = await chosen_by(work, holder) or Wishes(holder=holder, chosen={})
    wishes = replace(known, owns=owns)
    chosen = {
        (event, channel): (event, channel) in wanted
        for event in among
        for channel in RULES[event].by
        if channel in by and wishes.wants(event, channel) != ((event, channel) in wanted)
    }
    await store_people.choose(work, holder, chosen)


async def chosen_by(work: Work, holder: str) -> Wishes | None:
    """What a person chose; ``None`` where nothing was ever told to them."""
    return (await store_people.wishes(work, [holder])).get(holder)


async def set_quiet(work: Work, holder: str, zone: str, begin: str, until: str) -> None:
    """Keep when a person is left alone, in their own time; empty times: never. Raises ``NotATime``
    and ``NotAZone``."""
    if not is_zone(zone):
        raise NotAZone(zone[:40])
    if bool(begin) != bool(until):
        raise NotATime(begin or until or "-")
    times = [_time(each) if each else None for each in (begin, until)]
    await wishes_of(work, holder, zone)
    await store_people.set_quiet(work, holder, zone, times[0], times[1])


def _time(said: str) -> time:
    try:
        return time.fromisoformat(said).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise NotATime(said[:20]) from None


async def by_link(work: Work, key: str) -> Wishes:
    """Whose link this is. Raises ``NoSuchLink``."""
    holder = await store_people.by_leave_key(work, key)
    if holder is None:
        raise NoSuchLink
    return await wishes_of(work, holder, "UTC")


async def leave(work: Work, key: str, event: Event | None) -> None:
    """No more mails of an event, or of any. Raises ``NoSuchLink``. Receipts, bills and codes are
    not among these: they are sent because somebody asked for them."""
    found = await by_link(work, key)
    gone: Mapping[tuple[Event, Channel], bool] = {
        (each, Channel.MAIL): False
        for each in (Event if event is None else (event,))
        if Channel.MAIL in RULES[each].by
    }
    await store_people.choose(work, found.holder, dict(gone))


async def forget_person(work: Work, holder: str) -> None:
    """Keep nothing of what a person wanted, nor of their browsers, numbers and mails."""
    await store_people.forget(work, holder)
    await store_guests.forget_mail(work, holder)
    await bounces.lift(work, holder)


async def devices_of(work: Work, holder: str) -> list[Device]:
    """The browsers that show a person's alerts, or shall once they hear us again, the oldest
    first."""
    return await store_people.kept_devices(work, holder)
