"""Pictures of the figures; matplotlib is asked for only when they are drawn."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

from bench.time_to_done.play import Asked

WAYS = ("nothing", "its battery's size", "its model", "sessions of its model", "its own sessions")


def draw(asked: Sequence[Asked], folder: Path) -> None:
    """``time-to-done-errors.svg``: how far estimates were off, by what was known of the car."""
    plt.rcParams["svg.hashsalt"] = "voltway"
    fast = [each for each in asked if each.power_w >= 150_000]
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
    for panel, at_s, title in zip(
        axes, (0.0, 300.0), ("before plug-in", "after five minutes"), strict=True
    ):
        groups = [
            [100 * e.off for e in fast if e.way == way and e.at_s == at_s] or [float("nan")]
            for way in WAYS
        ]
        panel.boxplot(groups, orientation="horizontal", whis=(10, 90), showfliers=False)
        panel.set_yticks(range(1, len(WAYS) + 1), WAYS)
        panel.axvline(0, color="black", linewidth=0.6)
        panel.set_xlim(-60, 80)
        panel.set_xlabel("estimate too short | too long, % of what it took")
        panel.set_title(f"150 kW and more, {title}", fontsize=10)
    figure.tight_layout()
    figure.savefig(folder / "time-to-done-errors.svg", metadata={"Date": None})
