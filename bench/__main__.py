"""``python -m bench``: measures the house beside an echo and the package ``ocpp``."""

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer

from bench import crowd as crowds
from bench import figure, page, programs, throughput
from bench import growth as growing
from bench import paced as pacing
from bench import whole as houses
from bench.figure import Figure
from bench.furnish import Network
from bench.load import environment
from bench.plan import Pace
from bench.programs import ROOT
from bench.turns import contestants, with_the_least

bench = typer.Typer(
    help="Voltway beside a bare echo and the package ocpp, in the same run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

VERSIONS: Final = ["1.6", "2.0.1"]
PAGE: Final = ROOT / "docs" / "figures" / "gateway.md"
FIGURES: Final = PAGE.with_suffix(".jsonl")

Stations = Annotated[list[int] | None, typer.Option(help="How many; once for each.")]
Versions = Annotated[list[str] | None, typer.Option("--version", help="1.6 or 2.0.1; or both.")]
Seconds = Annotated[float, typer.Option(help="Measured seconds of each contestant.")]
Warmup = Annotated[float, typer.Option(help="Seconds under load before the measured ones.")]
Rounds = Annotated[int, typer.Option(help="How many turns the contestants take.")]
Kept = Annotated[Path, typer.Option("--json", help="The figures are appended to this file.")]
Profile = Annotated[
    Path | None,
    typer.Option(help="Write the stacks of the gateway's process here (py-spy), print the top."),
]


def _meter(counts: Sequence[int], pace: Pace) -> Iterator[Figure]:
    with with_the_least(max(counts)) as them:
        yield from throughput.meter(them, counts, pace)


def _sessions(counts: Sequence[int], versions: Sequence[str], pace: Pace) -> Iterator[Figure]:
    with with_the_least(max(counts)) as them:
        yield from throughput.sessions(them, counts, versions, pace)


def _paced(rates: Sequence[int], versions: Sequence[str], pace: Pace) -> Iterator[Figure]:
    with contestants(max(map(pacing.stations_for, rates))) as them:
        yield from pacing.paced(them, rates, versions, pace)


def _latency(stations: int, pace: Pace) -> Iterator[Figure]:
    with contestants(stations) as them:
        yield from pacing.latency(them, stations, pace)


def _crowd(stations: int) -> Iterator[Figure]:
    with contestants(stations) as them:
        yield from crowds.crowd(them, stations)


def _whole(counts: Sequence[int], versions: Sequence[str], pace: Pace) -> Iterator[Figure]:
    with (
        programs.house(Network(max(counts), priced=True)) as house,
        programs.ocpp_package() as package,
    ):
        yield from houses.whole(house, package, counts, versions, pace)


def _growth(stored: int, stations: int, of: int, pace: Pace) -> Iterator[Figure]:
    with (
        growing.grown(stored, Network(max(of, stations)), stations, pace) as (full, note),
        contestants(max(of, stations)) as them,
    ):
        yield from growing.growth([full, *them], stored, stations, pace, note)


def _by_itself(program: str, _: Pace) -> Iterator[Figure]:
    """A measurement that is a program of its own."""
    with TemporaryDirectory(prefix="bench-") as folder:
        kept = Path(folder) / "figures.jsonl"
        words = [sys.executable, "-m", f"bench.{program}", "--json", str(kept)]
        done = subprocess.run(words, cwd=ROOT, env=environment(), check=False)
        if done.returncode:
            raise programs.ProgramFailed(f"bench.{program} ended with {done.returncode}")
        yield from figure.kept(kept)


#: Every figure of ``all``, in the order of the page. Growth is not among them: it takes some ten
#: minutes and ten gigabytes.
ALL: Final[dict[str, Callable[[Pace], Iterator[Figure]]]] = {
    "meter": partial(_meter, [1000]),
    "sessions": partial(_sessions, [50, 200, 1000], VERSIONS),
    "paced": partial(_paced, [100, 1000], VERSIONS),
    "latency": partial(_latency, 1000),
    "crowd": lambda pace: _crowd(10_000),
    "whole": partial(_whole, [200], VERSIONS),
    "orders": partial(_by_itself, "orders"),
    "settlement": partial(_by_itself, "settlement"),
}


@bench.command("all")
def every(
    only: Annotated[list[str] | None, typer.Option(help=f"Of {', '.join(ALL)}.")] = None,
    seconds: Seconds = 8,
    warmup: Warmup = 3,
    rounds: Rounds = 2,
    file: Kept = FIGURES,
) -> None:
    """Every figure but growth, one after the other, and the page of them."""
    pace = Pace(warmup_s=warmup, duration_s=seconds, rounds=rounds)
    for name in only or ALL:
        if name not in ALL:
            raise typer.BadParameter(f"there is no {name}; there are {', '.join(ALL)}")
    failed = []
    for name in only or ALL:
        try:
            _made(ALL[name](pace), file)
        except programs.ProgramFailed as trouble:  # the other figures are worth having
            failed.append(name)
            figure.say(f"== {name} could not be measured: {trouble}")
    if file == FIGURES:
        write_page(file)
    if failed:
        raise typer.Exit(1)


@bench.command()
def meter(
    stations: Stations = None,
    seconds: Seconds = 10,
    warmup: Warmup = 3,
    rounds: Rounds = 1,
    profile: Profile = None,
    file: Kept = figure.KEPT,
) -> None:
    """CPU per 10,000 durable MeterValues."""
    pace = Pace(warmup_s=warmup, duration_s=seconds, rounds=rounds, profile=profile)
    _made(_meter(stations or [1000], pace), file)


@bench.command()
def sessions(
    stations: Stations = None,
    versions: Versions = None,
    seconds: Seconds = 10,
    warmup: Warmup = 3,
    rounds: Rounds = 1,
    profile: Profile = None,
    file: Kept = figure.KEPT,
) -> None:
    """CPU per 10,000 calls of whole sessions."""
    pace = Pace(warmup_s=warmup, duration_s=seconds, rounds=rounds, profile=profile)
    _made(_sessions(stations or [50, 200, 1000], versions or VERSIONS, pace), file)


@bench.command()
def paced(
    rates: Annotated[
        list[int] | None, typer.Option("--rate", help="Calls a second over all stations.")
    ] = None,
    versions: Versions = None,
    seconds: Seconds = 10,
    warmup: Warmup = 3,
    rounds: Rounds = 1,
    profile: Profile = None,
    file: Kept = figure.KEPT,
) -> None:
    """CPU per 10,000 calls where commits are small."""
    pace = Pace(warmup_s=warmup, duration_s=seconds, rounds=rounds, profile=profile)
    _made(_paced(rates or [100, 1000], versions or VERSIONS, pace), file)


@bench.command()
def latency(
    stations: Annotated[int, typer.Option()] = 1000,
    seconds: Seconds = 10,
    warmup: Warmup = 3,
    file: Kept = figure.KEPT,
) -> None:
    """Latency at half of what saturates."""
    _made(_latency(stations, Pace(warmup_s=warmup, duration_s=seconds)), file)


@bench.command()
def crowd(
    stations: Annotated[int, typer.Option()] = 10_000,
    file: Kept = figure.KEPT,
) -> None:
    """Memory of silent stations, and all of them coming back at once."""
    _made(_crowd(stations), file)


@bench.command()
def whole(
    stations: Stations = None,
    versions: Versions = None,
    seconds: Seconds = 10,
    warmup: Warmup = 3,
    file: Kept = figure.KEPT,
) -> None:
    """Sessions with their settlement, by the whole house in one process."""
    pace = Pace(warmup_s=warmup, duration_s=seconds)
    _made(_whole(stations or [200], versions or VERSIONS, pace), file)


@bench.command()
def growth(
    stored: Annotated[int, typer.Option(help="Sessions that are there already.")] = 10_000_000,
    stations: Annotated[int, typer.Option(help="At work.")] = 200,
    of: Annotated[int, typer.Option(help="Stations that the stored sessions are of.")] = 10_000,
    seconds: Seconds = 6,
    warmup: Warmup = 3,
    rounds: Rounds = 3,
    file: Kept = figure.KEPT,
) -> None:
    """CPU per 10,000 calls with millions of sessions stored. BENCH_FOLDER says where they go."""
    pace = Pace(warmup_s=warmup, duration_s=seconds, rounds=rounds)
    _made(_growth(stored, stations, of, pace), file)


@bench.command("page")
def write_page(file: Kept = FIGURES) -> None:
    """Write the figures of a file into docs/figures/gateway.md."""
    page.write(figure.kept(file), PAGE)


def _made(figures: Iterator[Figure], file: Path) -> None:
    for each in figures:
        figure.tell(each)
        figure.keep(each, file)


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # of all that we start, too
    bench()
