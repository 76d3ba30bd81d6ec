"""At a given pace: CPU where commits are small, and latency at half of what saturates."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from bench import load, turns
from bench.figure import GATEWAY, Figure, Target, figure, measure, targets
from bench.load import Cost
from bench.plan import Pace
from bench.programs import Contestant

#: Of each station, whatever the pace.
CALLS_PER_S: Final = 5

#: At most so many times the CPU of the package, by calls a second.
PACKAGE: Final = {100: 1.0, 1000: 1 / 4}

LATENCY_MS_MAX: Final = 50.0
SATURATED_S: Final = 5.0

LOADS: Final[Mapping[str, Callable[..., Cost]]] = {
    "MeterValues, 1.6": load.meter_values,
    "sessions, 1.6": partial(load.sessions, version="1.6"),
    "sessions, 2.0.1": partial(load.sessions, version="2.0.1"),
}


def paced(
    them: Sequence[Contestant], rates: Sequence[int], versions: Sequence[str], pace: Pace
) -> Iterator[Figure]:
    """Whole sessions at so many calls a second over all stations."""
    for version in versions:
        for rate in rates:
            told = partial(
                load.sessions,
                stations=stations_for(rate),
                version=version,
                rate=rate,
                warmup_s=pace.warmup_s,
                duration_s=pace.duration_s,
            )
            measures = turns.taken(them, told, pace)
            yield figure(
                "paced",
                f"sessions, {version}, paced at {rate:,} calls/s",
                list(measures.values()),
                targets(measures, package=PACKAGE.get(rate, 1.0)),
            )


def stations_for(rate: int) -> int:
    """So many that a session lasts under three seconds."""
    return rate // CALLS_PER_S


def latency(
    them: Sequence[Contestant],
    stations: int,
    pace: Pace,
    loads: Mapping[str, Callable[..., Cost]] = LOADS,
) -> Iterator[Figure]:
    """Each contestant at half of the calls a second that saturate itself."""
    for title, told in loads.items():
        measures = {
            who.name: measure(who.name, [_at_half(who, told, stations, pace)]) for who in them
        }
        yield figure(
            "latency",
            f"{title}, {stations:,} stations, at half the saturation rate",
            list(measures.values()),
            [Target("p99, ms", measures[GATEWAY].p99_ms, LATENCY_MS_MAX)],
        )


def _at_half(who: Contestant, told: Callable[..., Cost], stations: int, pace: Pace) -> Cost:
    saturated = told(
        who,
        stations=stations,
        warmup_s=pace.warmup_s,
        duration_s=min(pace.duration_s, SATURATED_S),
    )
    return told(
        who,
        stations=stations,
        rate=saturated.calls_per_s / 2,
        warmup_s=pace.warmup_s,
        duration_s=pace.duration_s,
    )
