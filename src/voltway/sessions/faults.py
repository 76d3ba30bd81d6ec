"""Charges that a fault ended, though their station named none.

A station that breaks off a charge by a fault may say ``Other`` for its reason (1.6 §7.36, 2.0.1
``ReasonEnumType``), and tells the fault by the state of the bay, before or after the end. So the
end is read together with the state of the bay around it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from voltway.kernel.facts import Fact
from voltway.kernel.ids import SessionId
from voltway.runtime.work import Work
from voltway.sessions import store_faults
from voltway.sessions.model import SessionEnded, SessionFact
from voltway.stations.model import PortStatusChanged
from voltway.stations.reports import PortStatus

#: Reasons that say nothing.
UNSAID: Final = frozenset({"Other"})
#: Reasons of OCPP that are a fault by themselves.
FAULTS: Final = frozenset({"GroundFault", "OvercurrentFault"})
#: The fault of a bay ended a charge if it was told so long after the end at most.
NEAR: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFaulted(SessionFact):
    """It was a fault of its bay that ended a session which told no reason. ``error`` is the
    station's word for it, and so hostile text."""

    error: str | None


async def hears(work: Work, facts: Sequence[Fact]) -> None:
    """Look at ends that told no reason, and at bays that have a fault. Told twice, each session is
    found once."""
    ended = [each.session for each in facts if isinstance(each, SessionEnded) and _is_unsaid(each)]
    faulted = [
        each
        for each in facts
        if isinstance(each, PortStatusChanged) and each.status is PortStatus.FAULTED
    ]
    if not ended and not faulted:
        return
    stations = {each.station for each in faulted}
    found = await store_faults.find(work, ended, stations, sorted(UNSAID), NEAR)
    await work.announce(
        [
            SessionFaulted(party=each.party, at=work.now, session=each.session, error=each.error)
            for each in found
        ]
    )
    work.touch(*{f"session:{each.session}" for each in found})


def _is_unsaid(ended: SessionEnded) -> bool:
    return ended.reason in UNSAID


async def faulted(work: Work, sessions: Collection[SessionId]) -> set[SessionId]:
    """Those of these sessions that a fault ended, though their station named none."""
    return await store_faults.of(work, sessions)


async def is_by_fault(work: Work, session: SessionId, reason: str | None) -> bool:
    """Whether a fault ended this session, as its reason says or the state of its bay."""
    return reason in FAULTS or session in await faulted(work, [session])
