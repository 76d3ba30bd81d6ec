"""What owners are told of money and cars, and others of their party where they choose it."""

from collections.abc import Sequence
from typing import Final

from voltway.alerts.model_events import Event
from voltway.alerts.operator_events import FOR_GOOD, tell_operators
from voltway.kernel.facts import Fact
from voltway.parties.model import Permission
from voltway.payments.model import DisputeDue, DisputeOpened
from voltway.payments.model_returned import RefundReturned
from voltway.runtime.work import Work

DISPUTES: Final = "/console/disputes"


async def hears_dispute_opened(work: Work, facts: Sequence[Fact]) -> None:
    """Tell who moves money that a bank wants some back, each once."""
    to = Permission.MOVE_MONEY
    for fact in facts:
        if isinstance(fact, DisputeOpened):
            shown = {"page": f"{DISPUTES}/{fact.dispute}"}
            await tell_operators(
                work,
                fact,
                to,
                Event.DISPUTE_OPENED,
                f"dispute:{fact.dispute}",
                shown,
                once=FOR_GOOD,
            )


async def hears_dispute_due(work: Work, facts: Sequence[Fact]) -> None:
    """Tell who moves money that a bank soon stops reading, once for each deadline and haste."""
    to = Permission.MOVE_MONEY
    for fact in facts:
        if isinstance(fact, DisputeDue):
            about, once = f"dispute:{fact.dispute}", f"{fact.answer_by.isoformat()}:{fact.within_h}"
            shown = {"count": str(fact.within_h), "page": f"{DISPUTES}/{fact.dispute}"}
            await tell_operators(work, fact, to, Event.DISPUTE_DUE, about, shown, once=once)


async def hears_refund_returned(work: Work, facts: Sequence[Fact]) -> None:
    """Tell who moves money that a bank sent a refund back, each once."""
    to = Permission.MOVE_MONEY
    for fact in facts:
        if isinstance(fact, RefundReturned):
            about = f"returned:{fact.returned}"
            shown = {"page": f"/console/returned/{fact.returned}"}
            await tell_operators(work, fact, to, Event.REFUND_RETURNED, about, shown, once=FOR_GOOD)
