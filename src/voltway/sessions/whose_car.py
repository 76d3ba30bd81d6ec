"""Which car charges by a card: where its driver keeps one car alone in their account, that one.

Who starts on a page says there which car it is; a card says nothing. What was said for this visit
is left as it is, and so is the card of a driver with several cars.
"""

from collections.abc import Sequence
from datetime import datetime

from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.model import Token
from voltway.kernel.facts import Fact
from voltway.runtime.work import Work
from voltway.sessions.model import SessionStarted
from voltway.sessions.time_to_done import TARGET
from voltway.vehicles import actions as vehicles
from voltway.vehicles import catalogue
from voltway.vehicles.model import OF_THIS_VISIT, Charges, Vehicle


async def hears_session_started(work: Work, facts: Sequence[Fact]) -> None:
    """Note the only car of the driver by whose card a session began. Harmless when told twice."""
    started = [each for each in facts if isinstance(each, SessionStarted)]
    shown = {(each.party, each.token) for each in started if each.token is not None}
    if not shown:
        return
    known = await vehicles.charging(work, shown)
    for key, token in (await drivers.tokens_of(work, shown)).items():
        before = known.get(key)
        if _was_said(before, work.now):
            continue
        car = await _only_car(work, token)
        if car is not None:
            target = before.target_percent if before is not None else TARGET
            await vehicles.charges(work, Charges(*key, car.model, car.id, target))


def _was_said(charges: Charges | None, now: datetime) -> bool:
    told_at = None if charges is None else charges.told_at
    return told_at is not None and now - told_at <= OF_THIS_VISIT


async def _only_car(work: Work, token: Token) -> Vehicle | None:
    if token.driver is None:
        return None
    try:
        email = (await contracts.driver_of(work, token.party, token.driver)).email
    except contracts.NoSuchDriver:
        return None  # a customer's card: a company pays
    own = await vehicles.vehicles(work, email) if email else []
    return own[0] if len(own) == 1 and catalogue.model(own[0].model) is not None else None
