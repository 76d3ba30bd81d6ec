"""What is left on balances that pay for the tokens which were shown (OCPP 2.1, C17): only that
version can say it, so only its stations cost a look."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from voltway.drivers.model import Token
from voltway.kernel.ids import StationId, TokenUid
from voltway.payments import prepaid
from voltway.runtime.work import Work
from voltway.stations.reports import Decision, Heard, Started, TokenShown

if TYPE_CHECKING:
    from voltway.ocpp.batch import Pending

VERSION: Final = "2.1"
#: How a token stands that a balance may pay for.
_WORDS: Final = frozenset({"accepted", "no_credit"})


async def with_balances(
    work: Work,
    batch: Sequence["Pending"],
    heard: Sequence[Heard],
    decisions: Mapping[int, Decision],
    known: Mapping[tuple[StationId, TokenUid], Token],
) -> dict[int, Decision]:
    """The decisions about tokens that a balance pays for, with what is left of it."""
    shown: dict[int, Token] = {}
    for call in heard if known else ():
        decision = decisions.get(call.index)
        if decision is None or decision.token not in _WORDS:
            continue
        if batch[call.index].link.dialect.version != VERSION:
            continue
        for report in call.reports:
            if isinstance(report, Started | TokenShown) and report.token is not None:
                token = known.get((call.station, report.token))
                if token is not None and token.driver is not None:
                    shown[call.index] = token
    if not shown:
        return {}
    left = await prepaid.left_of(work, list(shown.values()))
    return {
        index: replace(decisions[index], left=left[token.id].decimal)
        for index, token in shown.items()
        if token.id in left
    }
