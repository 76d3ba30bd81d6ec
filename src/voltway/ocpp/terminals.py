"""What a batch tells of stations' own payment terminals, taken before the sessions are: a card must
be known when the session begins that it pays for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from voltway.payments import terminals
from voltway.runtime.work import Work
from voltway.stations.reports import Decision, Heard, LimitSet, PaidAtTerminal, SettlementTold

if TYPE_CHECKING:
    from voltway.ocpp.batch import Pending

_OF_TERMINALS: Final = frozenset({PaidAtTerminal, LimitSet, SettlementTold})


async def hear_terminals(
    work: Work, batch: Sequence["Pending"], heard: Sequence[Heard]
) -> dict[int, Decision]:
    """Take in what stations tell of their terminals. A settlement is answered with where the driver
    finds the bill, as a path among our pages."""
    decisions = {}
    told = [
        (call, report) for call in heard for report in call.reports if type(report) in _OF_TERMINALS
    ]
    for call, report in told:
        party = batch[call.index].link.party
        if isinstance(report, PaidAtTerminal):
            await terminals.paid(work, party, call.station, report)
        elif isinstance(report, LimitSet):
            await terminals.grown(work, call.station, report)
        elif isinstance(report, SettlementTold):
            key = await terminals.settled(work, party, call.station, report)
            # C21.FR.03 and 04: where the station has a receipt of its own it shows that.
            if key and not report.receipt_url:
                decisions[call.index] = Decision(receipt_url=f"/v/{key}")
    return decisions
