"""What was measured: a figure with its yardsticks, its targets, and whether they are met."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from bench.load import Cost

#: The gateway with its database; the house in one process, settling too; the two yardsticks.
GATEWAY, HOUSE, ECHO, PACKAGE = "voltway", "whole house", "echo", "ocpp"


class Measure(msgspec.Struct, frozen=True):
    """One contestant under one load."""

    who: str
    calls: int
    calls_per_s: float
    cpu_s_per_10k: float
    p50_ms: float
    p99_ms: float
    errors: int


class Target(msgspec.Struct, frozen=True):
    """What should be reached, and what was."""

    says: str
    measured: float
    limit: float

    @property
    def is_met(self) -> bool:
        return self.measured <= self.limit


class Figure(msgspec.Struct, frozen=True):
    """One line of the table that the benchmark fills."""

    group: str  # the sub-command that makes it
    title: str
    measures: list[Measure]
    targets: list[Target]
    notes: list[str]
    at: str
    busy: float  # of the machine, one minute's load

    def of(self, who: str) -> Measure | None:
        return next((each for each in self.measures if each.who == who), None)


def measure(who: str, costs: Sequence[Cost]) -> Measure:
    """Several rounds of one contestant, as one."""
    calls = sum(cost.calls for cost in costs)
    worst = max(costs, key=lambda cost: cost.p99_ms)
    return Measure(
        who=who,
        calls=calls,
        calls_per_s=round(sum(cost.calls_per_s for cost in costs) / len(costs), 1),
        cpu_s_per_10k=round(10_000 * sum(cost.cpu_s for cost in costs) / max(calls, 1), 4),
        p50_ms=worst.p50_ms,
        p99_ms=worst.p99_ms,
        errors=sum(cost.errors for cost in costs),
    )


def figure(
    group: str,
    title: str,
    measures: Sequence[Measure],
    targets: Sequence[Target] = (),
    notes: Sequence[str] = (),
) -> Figure:
    return Figure(
        group=group,
        title=title,
        measures=list(measures),
        targets=list(targets),
        notes=list(notes),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        busy=round(os.getloadavg()[0], 1),
    )


def times(says: str, measured: Measure, yardstick: Measure, limit: float) -> Target:
    """At most so many times the yardstick's CPU."""
    return Target(says, round(measured.cpu_s_per_10k / yardstick.cpu_s_per_10k, 4), limit)


def tell(made: Figure) -> None:
    """Print it."""
    say(f"== {made.title}")
    ours = made.of(GATEWAY)
    for each in made.measures:
        line = (
            f"   {each.who:24} {each.cpu_s_per_10k:8.3f} CPU-s per 10,000   "
            f"{each.calls_per_s:8.1f}/s   p50 {each.p50_ms:.1f} p99 {each.p99_ms:.1f} ms   "
            f"{each.calls} calls, {each.errors} errors"
        )
        if ours is not None and each is not ours and each.cpu_s_per_10k:
            line += f"   voltway is {ours.cpu_s_per_10k / each.cpu_s_per_10k:.3f} of it"
        say(line)
    for target in made.targets:
        verdict = "met" if target.is_met else "MISSED"
        say(f"   {verdict:6} {target.says}: {target.measured:.4g} (at most {target.limit:.4g})")
    for note in made.notes:
        say(f"   {note}")


KEPT: Final = Path("bench-figures.jsonl")


def keep(made: Figure, file: Path) -> None:
    """Append it as a line of JSON."""
    with file.open("ab") as kept:
        kept.write(msgspec.json.encode(made) + b"\n")


def kept(file: Path) -> list[Figure]:
    """All figures of a file; the newest of each title."""
    newest: dict[tuple[str, str], Figure] = {}
    for line in file.read_bytes().splitlines():
        made = msgspec.json.decode(line, type=Figure)
        newest.pop((made.group, made.title), None)
        newest[made.group, made.title] = made
    return list(newest.values())


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
