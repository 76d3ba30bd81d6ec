"""Who else is asked before a station is told that a token may charge.

A batch decides by what we know. A token that stands well, but for which somebody else pays on
account, may have a partner to ask; that happens after the commit, for its station alone: the
others are answered meanwhile, and this one hears nothing else before.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import structlog
from msgspec.structs import replace

from voltway.drivers.model import Token
from voltway.kernel.ids import StationId, TokenId, TokenUid
from voltway.stations.reports import Decision, Heard, Started, TokenShown

log = structlog.get_logger("voltway.ocpp")

#: Longer than who is asked may take; then we answer as the batch decided.
ASKED_S_MAX: Final = 5.0


class Asks(Protocol):
    """How a token stands with whoever pays for it, in the words of ``Decision.token``."""

    async def __call__(self, token: TokenId, station: StationId, *, begun: bool) -> str: ...


async def asks_nobody(token: TokenId, station: StationId, *, begun: bool) -> str:
    return "accepted"


def with_asks(
    heard: Sequence[Heard],
    decisions: Mapping[int, Decision],
    shown: Mapping[tuple[StationId, TokenUid], Token],
) -> dict[int, Decision]:
    """Those decisions that let in a token which somebody pays for on account, with that token."""
    found: dict[int, Decision] = {}
    for call in heard:
        decision = decisions.get(call.index)
        if decision is None or decision.token != "accepted":
            continue
        for report in call.reports:
            if isinstance(report, TokenShown | Started) and report.token:
                token = shown.get((call.station, report.token))
                if token is not None and token.on_account:
                    found[call.index] = replace(decision, asks=token.id)
    return found


async def asked(asks: Asks, decision: Decision, station: StationId, *, begun: bool) -> Decision:
    """The decision as it is once whoever is to be asked was. Never raises: who cannot be asked
    changes nothing."""
    assert decision.asks is not None, "only who is to be asked is asked"
    try:
        async with asyncio.timeout(ASKED_S_MAX):
            word = await asks(TokenId(decision.asks), station, begun=begun)
    except Exception:
        log.exception("asking_failed", station=str(station))
        return decision
    return replace(decision, token=word)
