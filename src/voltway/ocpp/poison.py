"""A message that cannot be kept: set aside raw for a person, and answered all the same.

A station repeats a refused or unanswered message of a transaction for ever and blocks its queue
behind it, so those are told yes; the person who looks at the page of doubtful frames decides.
"""

import secrets

from voltway.kernel.ids import TransactionRef
from voltway.ocpp.batch import Pending, for_review
from voltway.runtime.work import BeginWork
from voltway.stations import actions as stations
from voltway.stations.model import Direction, KeptFrame
from voltway.stations.reports import Decision, Started


def answer_of_poison(pending: Pending) -> Decision:
    """What a station is told of a message that we could not keep or not read.

    A start is given a number that no session has, so that what follows is an orphan to review, and
    is told that its token is not good.
    """
    is_start = any(isinstance(report, Started) for report in pending.reports)
    ref = TransactionRef(str(1 + secrets.randbelow(2**31 - 1)))
    return Decision(token="invalid" if is_start else None, ref=ref)


async def set_aside(begin: BeginWork, pending: Pending, trouble: Exception) -> None:
    link = pending.link
    async with begin() as work:
        why = f"{type(trouble).__name__}: {trouble}"
        await stations.keep_for_review(work, [for_review(pending, why)])
        kept = KeptFrame(link.station, Direction.HEARD, pending.at, pending.text)
        stations.keep_frames(work, [(link.party, kept)])
        work.touch(link.subject)
