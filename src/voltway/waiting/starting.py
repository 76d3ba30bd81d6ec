"""Who may start at a bay: what every door asks, a page, a terminal, a partner's platform.

A card that is shown at its station is judged there by ``turns.turned_away``.
"""

from collections.abc import Collection
from typing import Final

from voltway.kernel.ids import EvseId
from voltway.payments import racing
from voltway.payments.ready import must_be_ready
from voltway.runtime.settings import PlugFirst
from voltway.runtime.work import Work
from voltway.waiting import reservations, turns
from voltway.waiting.reservations import BayIsReserved
from voltway.waiting.turns import BayIsHeld

#: What is raised where a bay is another's.
KEPT_FOR_OTHERS: Final = (BayIsHeld, BayIsReserved)


async def may_start(
    work: Work,
    evse: EvseId,
    *,
    plug_first: PlugFirst = "never",
    keys: Collection[str] = (),
    email: str | None = None,
) -> None:
    """Raises what stands against a start: ``PlannedWork``, ``NothingWouldStart``, ``BayIsHeld`` and
    ``BayIsReserved`` where the bay is kept for somebody else. ``keys`` and ``email`` say who asks:
    of a turn and a reservation in their browser, and the address that they signed in with;
    ``plug_first``: whether a car must be plugged in."""
    theirs = await reservations.theirs_at(work, evse, keys=tuple(keys), email=email)
    await must_be_ready(work, evse, plug_first, is_theirs=theirs is not None)
    await turns.must_not_be_held(work, evse, keys=keys, email=email)
    await reservations.must_not_be_reserved(work, evse, keys=tuple(keys), email=email)


async def may_start_now(work: Work, evse: EvseId) -> None:
    """The same for a stranger whose start is ordered in this very work: ``SomebodyStarts`` where
    another start is under way there. Whoever asks of the same EVSE meanwhile waits for this one."""
    await racing.must_be_first(work, evse, None)
    await may_start(work, evse)
