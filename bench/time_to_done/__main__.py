"""``python -m bench.time_to_done``: how far the time to done is off, for models that are held out.

``--calibrate`` plays the models that are not held out, and prints the spreads that
``vehicles/rules_time.py`` should have. ``--plots DIR`` draws the pictures of the figures
(``pip install voltway[figures]``).
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any, TypeVar

import typer

from bench.time_to_done.play import AC_W, Asked, played, split
from bench.time_to_done.untold import ONCE, TOLD, Alerted, played_untold

FAST_W = 150_000
POWERS_W = (11_000, 50_000, 150_000, 300_000)
HELD_OUT = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--cars", type=int, default=8, help="of each model and power")
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--plots", type=Path)
    options = parser.parse_args()
    learnt_by, held_out = split(HELD_OUT, options.seed)
    random = Random(options.seed)
    if options.calibrate:
        _print_spreads(list(played(learnt_by, POWERS_W, 2, random)))
        _print_untold(played_untold(learnt_by, 1, options.seed)[0])
        return
    asked = list(played(held_out, POWERS_W, options.cars, random))
    names = ", ".join(sorted(each.title for each in held_out))
    typer.echo(f"held out: {len(held_out)} models of {len(held_out) + len(learnt_by)}: {names}\n")
    _print_table([each for each in asked if each.power_w >= FAST_W], "150 kW and more")
    _print_table([each for each in asked if AC_W < each.power_w < FAST_W], "50 kW")
    _print_table([each for each in asked if each.power_w <= AC_W], "AC, 11 kW")
    for is_known, them in grouped(asked, _is_known).items():
        holds, car = fmean(each.holds for each in them), "known" if is_known else "unknown"
        typer.echo(f"car {car}: the range holds in {holds:.1%} of {len(them)} cases")
    typer.echo("")
    untold, alerted = played_untold(held_out, options.cars // 2, options.seed)
    _print_untold(untold)
    _print_alerted(alerted)
    if options.plots:
        from bench.time_to_done.plots import draw

        draw(asked, options.plots)


def _arrival(each: Asked) -> str:
    """Who told with how much a car came."""
    way = each.way.rpartition(", to ")[0]
    return {TOLD: "told", ONCE: "told by the station, once"}.get(way, "not told")


def _is_known(each: Asked) -> bool:
    return each.way not in ("nothing", "its battery's size")


Each = TypeVar("Each")


def grouped(asked: Iterable[Each], key: Callable[[Each], Any]) -> dict[Any, list[Each]]:
    groups: dict[Any, list[Each]] = defaultdict(list)
    for each in asked:
        groups[key(each)].append(each)
    return dict(sorted(groups.items()))


def _print_table(asked: Sequence[Asked], title: str) -> None:
    typer.echo(
        f"| {title}: known of the car | after | n | mean error | bias | range holds | range |"
    )
    typer.echo("|---|---:|---:|---:|---:|---:|---:|")
    for (way, at_s), group in grouped(asked, lambda each: (each.way, each.at_s)).items():
        off, bias = fmean(abs(each.off) for each in group), fmean(each.off for each in group)
        holds = fmean(each.holds for each in group)
        wide = fmean((each.latest_s - each.soonest_s) / each.said_s for each in group)
        typer.echo(
            f"| {way} | {at_s / 60:.0f} min | {len(group)} | {off:.1%} | {bias:+.1%} | {holds:.0%}"
            f" | {wide:.0%} wide |"
        )
    typer.echo("")


def _print_untold(asked: Sequence[Asked]) -> None:
    """What is not told is off by minutes: near the end, by much of what is left."""
    typer.echo(
        "| AC, charge not told: known | after | n | left | off | bias | range holds | range |"
    )
    typer.echo("|---|---:|---:|---:|---:|---:|---:|---:|")
    for (way, at_s), group in grouped(asked, lambda each: (each.way, each.at_s)).items():
        left_s = fmean(each.took_s for each in group)
        off_s = fmean(abs(each.said_s - each.took_s) for each in group)
        bias_s = fmean(each.said_s - each.took_s for each in group)
        wide_s = fmean(each.latest_s - each.soonest_s for each in group)
        typer.echo(
            f"| {way} | {at_s / 60:.0f} min | {len(group)} | {left_s / 60:.0f} min"
            f" | {off_s / 60:.0f} min, {off_s / left_s:.1%} | {bias_s / 60:+.0f} min"
            f" | {fmean(each.holds for each in group):.0%} | {wide_s / 60:.0f} min wide |"
        )
    for percent, them in grouped(asked, _arrival).items():
        holds = fmean(each.holds for each in them)
        typer.echo(f"arrival {percent}: the range holds in {holds:.1%} of {len(them)} cases")
    typer.echo("")


def _print_alerted(alerted: Sequence[Alerted]) -> None:
    """How long before the end it was told that a charge is soon done."""
    for (way, target), them in grouped(alerted, lambda each: (each.way, each.target)).items():
        left = sorted(each.left_s / 60 for each in them if each.left_s is not None)
        said = f"alert of ten minutes, {way}, to {target:.0f} %: {len(left)} of {len(them)}"
        if left:
            tenth, middle, last = (left[int(len(left) * part)] for part in (0.1, 0.5, 0.9))
            said += f", {middle:.0f} min before the end, 8 of 10 {tenth:.0f} to {last:.0f}"
        typer.echo(said)


def _print_spreads(asked: Sequence[Asked]) -> None:
    """The shares of the estimate below and above which one of ten charges ends."""

    def pace(each: Asked) -> str:
        return "free" if each.free > 0.7 else "paced" if each.free < 0.3 else "between"

    groups = grouped(asked, lambda each: (each.source.value, each.at_s, pace(each)))
    for (source, at_s, paced), group in groups.items():
        ratios = sorted(each.took_s / each.said_s - 1 for each in group)
        sooner, later = -ratios[len(ratios) // 10], ratios[len(ratios) * 9 // 10]
        holds = fmean(each.holds for each in group)
        typer.echo(
            f"{source:14} {at_s:4.0f} s {paced:8} n={len(group):4}"
            f" sooner {sooner:.3f} later {later:.3f} (holds now {holds:.0%})"
        )


if __name__ == "__main__":
    main()
