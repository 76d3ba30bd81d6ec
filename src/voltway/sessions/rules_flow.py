"""In which order a session's flows were told: when energy flowed, and when it did not.

Two may be of one moment, for many clocks count whole seconds, and what was said last holds. Its
number tells which that is (OCPP 2.0.1, TransactionEventRequest, seqNo: it is incremental within a
transaction); where a version numbers nothing, one line brings its words in their order, so arrival
does.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from voltway.sessions.desk import Flow
from voltway.stations.reports import Metered, StatusChanged
from voltway.tariffs.model import StateChange

#: Before every number.
UNNUMBERED = -1


def withholder(report: Metered | StatusChanged) -> bool | None:
    """Who withholds the energy: the vehicle, or (``False``) the station; ``None`` where a car is
    only plugged in (2.x EVConnected)."""
    return False if report.charging else report.by_vehicle


def once(flows: Iterable[Flow]) -> list[Flow]:
    """Each flow once, as it came first, with the highest number under which it was told."""
    found: dict[Flow, Flow] = {}
    for flow in flows:
        same = replace(flow, seq=None, by_vehicle=bool(flow.by_vehicle))
        before = found.get(same)
        if before is None or _number(before) < _number(flow):
            found[same] = flow
    return list(found.values())


def changes(flows: Iterable[Flow]) -> tuple[StateChange, ...]:
    """What was told of the flow, in the order in which it happened. Of numbered flows the order of
    arrival does not matter."""
    ordered = sorted(once(flows), key=lambda each: (each.at, _number(each)))
    return tuple(StateChange(each.at, each.charging, bool(each.by_vehicle)) for each in ordered)


def _number(flow: Flow) -> int:
    return UNNUMBERED if flow.seq is None else flow.seq
