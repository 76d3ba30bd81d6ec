"""Operators are told 90, 30 and 7 days before a meter's calibration ends, and when it has ended.

Once each; meters of a party that reach the same together are told of together.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from voltway.alerts import store_expiry
from voltway.alerts.model_events import Event
from voltway.alerts.model_expiry import ENDED, MeterEnding
from voltway.alerts.operator_events import operators_who
from voltway.alerts.telling import tell
from voltway.billing import formats
from voltway.kernel.ids import PartyId
from voltway.parties.model import Permission
from voltway.runtime.work import BeginWork, Work

_ALL: Final = "/console/calibration"


async def look(begin: BeginWork) -> int:
    """Sweep: of how many meters was told."""
    async with begin() as work:
        found = await store_expiry.meters_ending(work)
        together: dict[tuple[PartyId, int], list[MeterEnding]] = defaultdict(list)
        for each in found:
            together[each.party, each.stage].append(each)
        for (party, stage), meters in together.items():
            await _tell(work, party, stage, meters)
        await store_expiry.note(work, [(each, each.stage) for each in found])
    return len(found)


async def _tell(work: Work, party: PartyId, stage: int, meters: Sequence[MeterEnding]) -> None:
    to = await operators_who(work, party, Permission.EDIT_NETWORK)
    first, is_one = meters[0], len(meters) == 1
    shown = {
        "name": first.name if is_one else f"{len(meters)} meters",
        "when": formats.day(first.until, formats.locale_for("en")),
        "what": _what(first.left),
        "why": _why(stage, is_one=is_one),
        "page": f"/console/stations/{first.station}/calibration" if is_one else _ALL,
    }
    about = first.about if is_one else f"meters:{work.now.isoformat()}"
    await tell(work, party, to, Event.CALIBRATION_ENDS, about, shown, once=str(stage))


def _what(left: int) -> str:
    if left < 0:
        return "Calibration has ended"
    if left == 0:
        return "Calibration ends today"
    return f"Calibration ends in {left} {'day' if left == 1 else 'days'}"


def _why(stage: int, *, is_one: bool) -> str:
    first = "" if is_one else "It is that of the first of them. "
    it = "the meter" if is_one else "each meter"
    if stage == ENDED:
        return f"{first}Bill nothing by it any more, until {it} is verified or changed"
    return f"{first}Have {it} verified or changed by then, and write down the new day"
