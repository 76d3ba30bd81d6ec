"""CPU per message, each call as soon as the last is answered: MeterValues alone, whole sessions."""

from collections.abc import Iterator, Sequence
from functools import partial

from bench import load, turns
from bench.figure import Figure, figure, targets
from bench.plan import Pace
from bench.programs import Contestant


def meter(them: Sequence[Contestant], stations: Sequence[int], pace: Pace) -> Iterator[Figure]:
    """MeterValues in 1.6."""
    for count in stations:
        told = partial(
            load.meter_values,
            stations=count,
            warmup_s=pace.warmup_s,
            duration_s=pace.duration_s,
        )
        measures = turns.taken(them, told, pace)
        yield figure(
            "meter",
            f"MeterValues, 1.6, {count:,} stations",
            list(measures.values()),
            targets(measures, floors=5, package=1 / 15),
        )


def sessions(
    them: Sequence[Contestant], stations: Sequence[int], versions: Sequence[str], pace: Pace
) -> Iterator[Figure]:
    """Whole sessions: Authorize, start, ten readings, stop."""
    for version in versions:
        for count in stations:
            told = partial(
                load.sessions,
                stations=count,
                version=version,
                warmup_s=pace.warmup_s,
                duration_s=pace.duration_s,
            )
            measures = turns.taken(them, told, pace)
            yield figure(
                "sessions",
                f"sessions, {version}, {count:,} stations",
                list(measures.values()),
                targets(measures, floors=8, package=1 / 8),
            )
