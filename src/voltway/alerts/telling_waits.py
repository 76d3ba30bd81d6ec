"""Who waits without an account is told as they asked on the page of their wait: on the phone that
they added there first, then by the text or the mail if they do not read it.

Whatever the account of the same address wishes does not count here: the page is of who has its
key, and they asked for this wait alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from voltway.alerts import store_numbers, store_people, store_waits
from voltway.alerts.model import Alert
from voltway.alerts.model_events import Channel, Device, Event, Wishes, is_wait
from voltway.alerts.still_waits import UNREAD
from voltway.kernel.ids import PartyId
from voltway.runtime.work import Work

#: So long a phone may take before a text and a mail follow: who waits for a bay has minutes.
READ_WITHIN: Final = timedelta(minutes=1)
#: What is worth a text to who left a number for it.
TEXTED: Final = frozenset(
    {
        Event.BAY_FREE,
        Event.QUEUE_TURN,
        Event.QUEUE_OVER,
        Event.RESERVATION_SOON,
        Event.RESERVATION_OVER,
    }
)
#: So many texts a number gets in a day of all waits that name it, the account's own among them.
TEXTS_A_DAY: Final = 10

#: Makes the alert of a channel that goes to a recipient at a moment.
Make = Callable[[Channel, str, datetime], Alert]


@dataclass(frozen=True, slots=True)
class Asked:
    """How who waits asked to be told on the page of their wait."""

    devices: Sequence[Device] = ()
    number: str | None = None


async def asked_at_waits(
    work: Work, party: PartyId, event: Event, holders: Sequence[str]
) -> Mapping[str, Asked]:
    """What was asked for at the pages of these waits, as far as it is good for this event."""
    if not holders:
        return {}
    devices = await store_people.devices_of(work, holders)
    numbers = await store_numbers.good_numbers(work, holders) if event in TEXTED else {}
    if numbers:
        yesterday = (work.now - timedelta(days=1)).date()
        had = await store_waits.texts_to(work, party, list(numbers.values()), yesterday)
        numbers = {
            holder: number for holder, number in numbers.items() if had.get(number, 0) < TEXTS_A_DAY
        }
    return {
        holder: Asked(devices.get(holder, ()), numbers.get(holder))
        for holder in {*devices, *numbers}
    }


def first_at_wait(
    now: datetime, alerts: Sequence[Alert], asked: Asked | None, make: Make, *, wishes: Wishes
) -> list[Alert]:
    """These alerts of a person, with those that they asked for at their wait, the next first. What
    is about the wait itself goes by text and mail only where a phone told it in vain, but for what
    they chose for their account."""
    if asked is None:
        return list(alerts)
    first = [make(Channel.PUSH, str(each.id), now) for each in asked.devices]
    rest = list(alerts)
    texted = {each.recipient for each in alerts if each.channel is Channel.SMS}
    if asked.number is not None and asked.number not in texted:
        rest.append(make(Channel.SMS, asked.number, now))
    if first:
        rest = [_second(each, now, wishes) for each in rest]
    return sorted(first + rest, key=lambda each: each.next_try_at or now)


def _second(alert: Alert, now: datetime, wishes: Wishes) -> Alert:
    """A text or a mail about a wait, after the phone that was told first."""
    is_chosen = alert.event is not None and wishes.chosen.get((alert.event, alert.channel))
    if not is_wait(alert.about) or alert.channel is Channel.PUSH or is_chosen:
        return alert
    at = max(alert.next_try_at or now, now + READ_WITHIN)
    facts = {**(alert.facts or {}), UNREAD: "1"}
    return replace(alert, next_try_at=at, facts=facts)
