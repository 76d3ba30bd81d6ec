"""What had happened before a report, as its reader reads it: a driver, or an operator."""

from typing import Final

from voltway.helpdesk import timeline
from voltway.helpdesk.model import Moment
from voltway.payments.model import Why
from voltway.web.formats import NO_BREAK, Formats

#: Why a hold was let go, in a sentence.
WHY: Final = {
    Why.NOTHING_STARTED: "Nothing started in time.",
    Why.GAVE_UP: "The payment was not confirmed.",
    Why.TOO_LATE: "The payment came after this visit was over.",
    Why.NOTHING_TO_PAY: "There was nothing to pay.",
    Why.CAPTURE_DECLINED: "The bank said no.",
    Why.LEFT_OVER: "Nobody settled it within a day.",
    Why.EXPIRED: "The hold ran out.",
    Why.BY_PROVIDER: "The payment provider let it go.",
    Why.CARD_OPEN: "This card pays for as many charges at once as it may here.",
    Why.CARD_OFTEN: "This card has paid as often within a day as it may here.",
    Why.OUTRUN: "Somebody else was faster at this bay.",
    Why.CARD_MONEY: "This card has paid as much within a day as it may here.",
}

#: What is said of moments, in English: each reader has it in their language.
SENTENCES: Final = (
    timeline.OPENED,
    timeline.HELD,
    timeline.PAYMENT_OVER,
    *timeline.PAID.values(),
    timeline.BECAUSE,
    timeline.BEGAN,
    timeline.ENDED,
    timeline.STATION_SAID,
    timeline.GOES_ON,
    timeline.BATTERY,
    *timeline.BAY.values(),
    timeline.BAY_ERROR,
    timeline.NO_CONTACT,
    timeline.ASKED,
    *timeline.ORDERS.values(),
    *timeline.CAME.values(),
)


def in_words(moment: Moment, formats: Formats) -> str:
    """A moment as a sentence. Those of long ago were kept as whole sentences, and stay so."""
    given = {name: _said(name, value, formats) for name, value in moment.given.items()}
    return formats.say(moment.what, **given)


def _said(name: str, value: str | int, formats: Formats) -> str:
    match name, value:
        case "energy_wh", int():
            return f"{formats.energy(value)}{NO_BREAK}kWh"
        case "power_w", int():
            return f"{formats.power(value)}{NO_BREAK}kW"
        case "percent", int():
            return formats.percent(value)
        case "why", str():
            return formats.say(WHY[Why(value)])
        case _:
            return formats.say(str(value))
