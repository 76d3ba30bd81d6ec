"""Which readings of an old session can go: those that neither its bill nor its proof needs.

Nothing is guessed: what is left must give the same record and the same cost as before, to the last
digit, or nothing goes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from voltway.sessions import rules_owed, rules_record
from voltway.sessions.desk import Flow
from voltway.sessions.model import HOLDS, Session, SessionRecord
from voltway.sessions.rules_packing import CONTEXTS, KeptReading
from voltway.stations.reports import Context
from voltway.tariffs.model import Cost, Tariff

GRAIN_M: Final = 15

#: Tried, and every reading is needed.
WHOLE: Final = -1

#: Of a sample that has no column, as `ocpp.metering` keeps it.
SIGNED_PLACE: Final = 7

_BORDERS: Final = frozenset({Context.BEGIN, Context.END})


@dataclass(frozen=True, slots=True)
class Billed:
    """What a bill is made from, besides readings."""

    session: Session
    flows: Sequence[Flow]
    tariff: Tariff | None


def may_be_thinned(session: Session, before: datetime) -> bool:
    """Whether a session is over, told, quiet since this moment, and waits for nobody."""
    return (
        session.told_at is not None
        and session.is_final
        and session.heard_at < before
        and not (session.doubts | session.judged) & HOLDS
    )


def thinned(billed: Billed, readings: Sequence[KeptReading]) -> list[KeptReading] | None:
    """The fewest readings that give the same bill; ``None`` where it needs them all."""
    whole = _bill(billed, readings)
    for left in (coarse(readings, both_ends=False), coarse(readings, both_ends=True)):
        if len(left) < len(readings) and _bill(billed, left) == whole:
            return left
    return None


def coarse(readings: Sequence[KeptReading], *, both_ends: bool) -> list[KeptReading]:
    """The first reading of each quarter of an hour, or its first and last one, which stand beside
    each moment at which a price can change; and all that prove something by themselves."""
    ordered = sorted(readings, key=KeptReading.place)
    kept = [each for each in ordered if _is_proof(each)]
    kept += [ordered[0], ordered[-1]]
    quarters = list(_quarters(ordered))
    kept += [quarter[0] for quarter in quarters]
    if both_ends:
        kept += [quarter[-1] for quarter in quarters]
    left = set(kept)
    return [each for each in ordered if each in left]


def _quarters(ordered: Sequence[KeptReading]) -> Iterator[list[KeptReading]]:
    quarter: list[KeptReading] = []
    for each in ordered:
        if quarter and _quarter(quarter[0].at) != _quarter(each.at):
            yield quarter
            quarter = []
        quarter.append(each)
    yield quarter


def _quarter(at: datetime) -> datetime:
    return at.replace(minute=at.minute // GRAIN_M * GRAIN_M, second=0, microsecond=0)


def _is_proof(each: KeptReading) -> bool:
    """A reading of the session's border, or one that the meter signed."""
    return CONTEXTS[each.context] in _BORDERS or (each.rest is not None and _is_signed(each.rest))


def _is_signed(rest: str) -> bool:
    """Whether a sample has what signs it: in its seventh place, or in older rows by its name."""
    samples = msgspec.json.decode(f"[{rest}]")
    if isinstance(samples[0], list) and not isinstance(samples[0][0], str):
        samples = samples[0]  # in older rows they stand in a list of their own
    for sample in samples:
        if "signed" in sample if isinstance(sample, dict) else len(sample) >= SIGNED_PLACE:
            return True
    return False


def _bill(billed: Billed, readings: Sequence[KeptReading]) -> tuple[object, ...]:
    """All of a bill that readings can change."""
    session = billed.session
    found: SessionRecord = rules_record.record(
        session, [each.row for each in readings], billed.flows, session.heard_at
    )
    cost: Cost | None = rules_owed.cost(found, billed.tariff) if billed.tariff else None
    return found.energy_wh, found.begins, found.ends, found.doubts, cost
