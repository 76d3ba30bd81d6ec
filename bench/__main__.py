"""``python -m bench``: measures the house beside an echo and the package ``ocpp``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from bench import figure, throughput
from bench.figure import Figure
from bench.plan import Pace

bench = typer.Typer(
    help="Voltway beside a bare echo and the package ocpp, in the same run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

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
    for count in stations or [1000]:
        _made(throughput.meter(count, pace), file)


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
    made = throughput.sessions(stations or [50, 200, 1000], versions or ["1.6", "2.0.1"], pace)
    _made(made, file)


@bench.command()
def all(file: Kept = figure.KEPT) -> None:
    """Every figure, one after the other."""
    meter(file=file)
    sessions(file=file)


def _made(figures: Iterable[Figure], file: Path) -> None:
    for each in figures:
        figure.tell(each)
        figure.keep(each, file)


if __name__ == "__main__":
    bench()
