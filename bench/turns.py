"""The gateway and its yardsticks side by side, taking turns under the same load."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bench import programs
from bench.figure import Measure, measure
from bench.furnish import Network
from bench.load import Cost
from bench.plan import Pace
from bench.profile import profiled
from bench.programs import Contestant


@contextmanager
def with_the_least(stations: int) -> Iterator[list[Contestant]]:
    """The same, and the least that is durable."""
    with contestants(stations) as them, programs.least() as least:
        yield [*them, least]


@contextmanager
def contestants(stations: int) -> Iterator[list[Contestant]]:
    """The gateway with so many stations, and both yardsticks: all running, to take turns."""
    with (
        programs.gateway(Network(stations)) as gateway,
        programs.echo() as echo,
        programs.ocpp_package() as package,
    ):
        yield [gateway, echo, package]


def taken(
    them: Sequence[Contestant], told: Callable[[Contestant], Cost], pace: Pace
) -> dict[str, Measure]:
    """What each cost, by its name; in several rounds they take turns, so that what else the
    machine does meanwhile falls on all of them."""
    costs: dict[str, list[Cost]] = {who.name: [] for who in them}
    for _ in range(pace.rounds):
        for who in them:
            with profiled(who, pace):
                costs[who.name].append(told(who))
    return {name: measure(name, each) for name, each in costs.items()}
