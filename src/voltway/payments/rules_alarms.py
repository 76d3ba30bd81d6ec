"""When payments need a person: pure, from figures to alarms.

An alarm is open for as long as it is so, and ten minutes longer, so that what flickers is one
alarm. Who is told of one is not told again when it comes back within an hour.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from voltway.kernel.money import Currency, Money
from voltway.payments.model_alarms import (
    Alarm,
    AlarmKind,
    Asked,
    Captured,
    CardSeen,
    Changes,
    KeptAlarm,
    Limits,
    Resting,
    Tries,
    Usual,
)

#: With fewer tries than this in the last weeks nobody knows what is usual.
USUAL_FROM: Final = 200
#: Then this counts as usual: about what banks decline of cards that are shown in person.
USUAL_PERCENT: Final = 10
#: With fewer captures than this nobody knows what is usually taken.
AMOUNTS_FROM: Final = 30
#: One unanswered question may be lost; more are not.
SILENT_FROM: Final = 3

CALM: Final = timedelta(minutes=10)
SAME_WITHIN: Final = timedelta(hours=1)


def declines(limits: Limits, now: Tries, usual: Tries) -> Iterator[Alarm]:
    """Banks say no much more often than they use to."""
    known = usual.n >= USUAL_FROM
    percent = usual.percent if known else USUAL_PERCENT
    if now.n < limits.declines_tries or now.percent < percent + limits.declines_points:
        return
    than = f"usually {percent} %" if known else "what is usual is not known yet"
    yield Alarm(
        AlarmKind.DECLINES,
        "payments:declined",
        f"{now.percent} % of {now.n} cards were declined in a quarter of an hour; {than}.",
    )


def captures(limits: Limits, resting: Resting | None, now: datetime) -> Iterator[Alarm]:
    """Money that we asked to be taken, and that waits."""
    if resting is None:
        return
    waits = int((now - resting.oldest_at) / timedelta(minutes=1))
    if waits < limits.capture_rests_min:
        return
    amount = Money(resting.minor, Currency(resting.currency))
    what = "capture rests" if resting.n == 1 else "captures rest"
    yield Alarm(
        AlarmKind.CAPTURES_REST,
        f"currency:{resting.currency}",
        f"{resting.n} {what}, {amount} in all, the oldest for {waits} minutes.",
    )


def silent(limits: Limits, asked: Sequence[Asked]) -> Iterator[Alarm]:
    """A provider answers nothing any more."""
    for each in asked:
        if each.waiting >= SILENT_FROM and each.answered == 0:
            yield Alarm(
                AlarmKind.PROVIDER_SILENT,
                f"provider:{each.provider}",
                f"{each.provider} answers nothing: {each.waiting} questions wait for more than"
                f" {limits.silent_min} minutes. Nobody can pay by it, and we ask again.",
            )


def amounts(limits: Limits, taken: Sequence[Captured], usual: Sequence[Usual]) -> Iterator[Alarm]:
    """Much more was taken than is usual."""
    by_currency = {each.currency: each for each in usual}
    for each in taken:
        known = by_currency.get(each.amount.currency)
        if known is None or known.n < AMOUNTS_FROM:
            continue
        if each.amount.minor * known.n < known.minor * limits.amount_times:
            continue
        mean = Money(known.minor // known.n, each.amount.currency)
        yield Alarm(
            AlarmKind.AMOUNT,
            each.payment,
            f"{each.amount} was taken at {each.place}; it is usually about {mean}.",
        )


def cards(limits: Limits, seen: Sequence[CardSeen]) -> Iterator[Alarm]:
    """One card at many places. Where its provider has no word for the number, its last four digits
    and its brand are all we know of it."""
    for each in seen:
        if each.places >= limits.card_places:
            what = "One card" if each.sure else "A card"
            said = f"{what} {each.brand} {each.last4} paid at {each.places} places within an hour."
            if not each.sure:
                said += " It may be several cards that end alike."
            yield Alarm(AlarmKind.CARD_PLACES, f"card:{each.brand} {each.last4}", said)


def changed(kept: Sequence[KeptAlarm], found: Sequence[Alarm], now: datetime) -> Changes:
    """What becomes of the alarms, given those that are open or were closed lately."""
    known = {
        each.alarm.key: each
        for each in sorted(kept, key=lambda each: each.seen_at)
        if each.closed_at is None or now - each.closed_at < SAME_WITHIN
    }
    still = {alarm.key: alarm for alarm in found}
    return Changes(
        raised=tuple(alarm for key, alarm in still.items() if key not in known),
        seen=tuple((known[key].id, alarm.said) for key, alarm in still.items() if key in known),
        closed=tuple(
            each.id
            for key, each in known.items()
            if each.closed_at is None and key not in still and now - each.seen_at >= CALM
        ),
    )
