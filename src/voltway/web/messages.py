"""Words of drivers' pages that stand in code, and are said by ``say`` where a page is drawn.

What templates mark by ``_`` and code by ``formats.say`` is found by looking at them; what is kept
in tables, and the messages of refusals, is named here. ``scripts/make_catalogues.py`` gathers both.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from voltway.alerts import guests, numbers, waits, wishing
from voltway.billing import homes_own
from voltway.drivers import entry
from voltway.evidence import model as evidence
from voltway.helpdesk import actions as helpdesk
from voltway.helpdesk.model import ReportKind
from voltway.kernel.errors import Trouble
from voltway.payments import (
    actions_reader,
    actions_visit,
    beginning,
    codes,
    collecting,
    methods,
    racing,
    ready,
)
from voltway.stations import worked_at
from voltway.tariffs import promotions
from voltway.vehicles import actions as vehicles
from voltway.waiting import actions as waiting
from voltway.waiting import reservations, turns
from voltway.web import moments, places_words, prices, problems, refusals, states
from voltway.web.driver import (
    account,
    account_views,
    alerting,
    arriving,
    asking,
    at_reader,
    balance,
    cars,
    checking,
    coming_back,
    estimates,
    hindering,
    my_car,
    nearby,
    own_number,
    paying,
    places,
    reporting,
    shell,
    token_views,
    views,
    wait_alerts,
)

#: Rooms whose refusals a driver may read.
ROOMS: Final = (
    account,
    actions_reader,
    actions_visit,
    beginning,
    cars,
    codes,
    entry,
    estimates,
    guests,
    helpdesk,
    homes_own,
    methods,
    my_car,
    nearby,
    numbers,
    own_number,
    paying,
    places,
    promotions,
    racing,
    ready,
    reporting,
    reservations,
    turns,
    vehicles,
    views,
    wait_alerts,
    waiting,
    waits,
    wishing,
    worked_at,
)

_ALONE: Final = (
    account.WRONG_CODE,
    account.NOT_SAVED,
    account.IF_SAVED,
    account.STILL_THERE,
    arriving.WRONG,
    at_reader.ASKING,
    at_reader.UNSURE,
    at_reader.SHOWING,
    at_reader.LEAVING,
    balance.IF_PAID,
    balance.NOT_FINISHED,
    balance.NOT_BACK_YET,
    cars.TAKEN,
    checking.PASTE_FIRST,
    checking.TOO_LONG,
    checking.TOO_MANY,
    collecting.NOBODY_PAID,
    paying.WAITS,
    paying.NOT_CHARGED,
    hindering.PRICE_CHANGED,
    places.NOT_CHARGED,
    "Bay is ready for you",
    "Charging",
    "Hold placed",
    "No car began to charge in time.",
    "Plug in",
    "Plugged in",
    "Offline",
    "Unknown",
    "The bay refused the start",
    "No car began to charge",
    "The bay did not answer",
    "We are asking the bay.",
    "The bay has no contact at this moment. We tell it as soon as it is back.",
    "Asked; the bay has not answered yet.",
    "The bay refused the start.",
    "The bay did not answer.",
    "The bay ends the charge in a few seconds.",
    "The bay did not stop. Unplug at your car, or call us; you pay for energy only.",
    "A car is plugged in. If it is yours, start here.",
    "Up to the least price",
    "Down to the most price",
    "You reported it lost. Ask the operator if you found it.",
    "The operator has blocked it.",
    "It is not good any more.",
    "no ports",
    problems.FAULT,
)

_TABLES: Final[tuple[Iterable[str], ...]] = (
    [kind.words for kind in ReportKind],
    [word for _, word in states.SHOWN.values()],
    states.TOLD,
    prices.WHAT.values(),
    prices.UNIT.values(),
    at_reader.NO.values(),
    coming_back.SAYS.values(),
    views.ADVICE.values(),
    views.PLUGS.values(),
    account_views.MOVED.values(),
    token_views.BARS.values(),
    token_views.KINDS.values(),
    token_views.TURNED_AWAY.values(),
    token_views.PERIODS.values(),
    moments.SENTENCES,
    moments.WHY.values(),
    evidence.SAYS.values(),
    refusals.NAMED,
    shell.SAID,
    problems.HEADINGS.values(),
    problems.DETAILS.values(),
    alerting.NAMES.values(),
    alerting.CHANNELS.values(),
    asking.TICKS.values(),
    places_words.FACILITIES.values(),
    [words for both in places_words.YES_OR_NO.values() for words in both],
)


def messages() -> Iterator[str]:
    """All of them, each once, in a steady order."""
    said = dict.fromkeys(_ALONE)
    for table in _TABLES:
        said |= dict.fromkeys(table)
    for told in refusals.TOLD:
        said[told.sentence()] = None
    for room in ROOMS:
        for found in vars(room).values():
            if isinstance(found, type) and issubclass(found, Trouble) and found.__doc__:
                said[found.sentence()] = None
    yield from (each for each in said if each)
