"""CPU per message: MeterValues alone, and whole sessions, beside both yardsticks."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from bench import load, programs
from bench.figure import ECHO, GATEWAY, PACKAGE, Figure, figure, measure, times
from bench.furnish import Network
from bench.load import Cost
from bench.plan import Pace
from bench.profile import profiled
from bench.programs import Contestant

METER_FLOORS, METER_PACKAGE = 5.0, 1 / 15
SESSION_FLOORS, SESSION_PACKAGE = 8.0, 1 / 8


@contextmanager
def contestants(network: Network) -> Iterator[Sequence[Contestant]]:
    """The gateway and both yardsticks, all running, so that they can take turns."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(programs.gateway(network)),
            stack.enter_context(programs.echo()),
            stack.enter_context(programs.ocpp_package()),
        ]


def meter(stations: int, pace: Pace) -> Iterator[Figure]:
    """MeterValues in 1.6, as fast as each is answered."""

    def told(who: Contestant) -> Cost:
        return load.meter_values(
            who, stations=stations, warmup_s=pace.warmup_s, duration_s=pace.duration_s
        )

    with contestants(Network(stations)) as them:
        yield _compared(
            "meter",
            f"MeterValues, 1.6, {stations:,} stations",
            them,
            told,
            pace,
            floors=METER_FLOORS,
            package=METER_PACKAGE,
        )


def sessions(stations: Sequence[int], versions: Sequence[str], pace: Pace) -> Iterator[Figure]:
    """Whole sessions, as fast as each call is answered."""
    with contestants(Network(max(stations))) as them:
        for version in versions:
            for count in stations:

                def told(who: Contestant, version: str = version, count: int = count) -> Cost:
                    return load.sessions(
                        who,
                        stations=count,
                        version=version,
                        warmup_s=pace.warmup_s,
                        duration_s=pace.duration_s,
                    )

                yield _compared(
                    "sessions",
                    f"sessions, {version}, {count:,} stations",
                    them,
                    told,
                    pace,
                    floors=SESSION_FLOORS,
                    package=SESSION_PACKAGE,
                )


def _compared(
    group: str,
    title: str,
    them: Sequence[Contestant],
    told: Callable[[Contestant], Cost],
    pace: Pace,
    *,
    floors: float,
    package: float,
) -> Figure:
    costs: dict[str, list[Cost]] = {who.name: [] for who in them}
    for _ in range(pace.rounds):
        for who in them:
            with profiled(who, pace):
                costs[who.name].append(told(who))
    measures = {name: measure(name, each) for name, each in costs.items()}
    targets = [
        times("times the floor", measures[GATEWAY], measures[ECHO], floors),
        times("times the ocpp package", measures[GATEWAY], measures[PACKAGE], package),
    ]
    return figure(group, title, list(measures.values()), targets)
