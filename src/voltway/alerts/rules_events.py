"""When an event is told by a channel: at once, when it held, after quiet hours, or never."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from voltway.alerts.model_events import RULES, Channel, Event, Wishes


def due_at(event: Event, channel: Channel, wishes: Wishes, now: datetime) -> datetime | None:
    """When this event is to be told by this channel; ``None`` where nobody would want it by then.

    Quiet hours keep back what makes a noise, a push or a text, and never what costs money.
    """
    rule = RULES[event]
    at = now + rule.holds
    if channel is not Channel.MAIL and not rule.costs_money:
        at = after_quiet(at, wishes)
    return at if at < now + rule.lasts else None


def after_quiet(at: datetime, wishes: Wishes) -> datetime:
    """This moment, or the end of the quiet hours that it falls into (the end is not quiet). They
    may pass midnight, and are as long as the day's clock says where it is put on or back."""
    begin, end = wishes.quiet_from, wishes.quiet_until
    if begin is None or end is None or begin == end:
        return at
    there = at.astimezone(zone(wishes.time_zone))
    clock = there.time()
    over_midnight = begin > end
    is_quiet = (clock >= begin or clock < end) if over_midnight else begin <= clock < end
    if not is_quiet:
        return at
    day = there.date() + timedelta(days=1 if over_midnight and clock >= begin else 0)
    until = datetime.combine(day, end, tzinfo=there.tzinfo)
    return max(at, until.astimezone(at.tzinfo))


def zone(name: str) -> ZoneInfo:
    """The zone of this name; UTC where there is none, as after a rename."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
