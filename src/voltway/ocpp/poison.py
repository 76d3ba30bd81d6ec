"""A message that cannot be kept: set aside raw for a person, and answered all the same.

A station repeats a refused or unanswered message of a transaction for ever and blocks its queue
behind it, so those are told yes; the person who looks at the page of doubtful frames decides.
"""

import secrets

from voltway.kernel.ids import TransactionRef
from voltway.ocpp.batch import Pending
from voltway.runtime.work import BeginWork
from voltway.stations import actions as stations
from voltway.stations.model import Direction, FrameForReview, KeptFrame
from voltway.stations.reports import Decision, Started


def answer_of_poison(pending: Pending) -> Decision:
    """What a station is told of a start that we could not keep: a number that we never gave to a
    session, so that what follows is an orphan to review, and that its token is not good."""
    if any(isinstance(report, Started) for report in pending.reports):
        return Decision(token="invalid", ref=TransactionRef(str(1 + secrets.randbelow(2**31 - 1))))
    return Decision()


async def set_aside(begin: BeginWork, pending: Pending, trouble: Exception) -> None:
    link = pending.link
    async with begin() as work:
        await stations.keep_for_review(
            work,
            [
                FrameForReview(
                    station=link.station,
                    at=pending.at,
                    action=pending.action,
                    frame=pending.text,
                    why=f"{type(trouble).__name__}: {trouble}",
                )
            ],
        )
        kept = KeptFrame(link.station, Direction.HEARD, pending.at, pending.text)
        await stations.keep_frames(work, [(link.party, kept)])
        work.touch(link.subject)
