"""What was measured: a figure with its yardsticks, its targets, and whether they are met."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from bench.load import Cost

#: The gateway with its database; the house in one process, settling too; the two yardsticks; and
#: the least that is durable.
GATEWAY, HOUSE, ECHO, PACKAGE, LEAST = "voltway", "whole house", "echo", "ocpp", "least"

#: Where the command line appends what it measured.
KEPT: Final = Path("bench-figures.jsonl")


class Measure(msgspec.Struct, frozen=True):
    """One contestant under one load. What a figure has no use for is zero."""

    who: str
    calls: int = 0
    calls_per_s: float = 0.0
    cpu_s_per_10k: float = 0.0
    database_share: float = 0.0  # of that CPU
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    errors: int = 0
    more: dict[str, float] = msgspec.field(default_factory=dict)  # in words, with the unit


class Target(msgspec.Struct, frozen=True):
    """What should be reached, and what was."""

    says: str
    measured: float
    limit: float

    @property
    def is_met(self) -> bool:
        return self.measured <= self.limit


class Figure(msgspec.Struct, frozen=True):
    """One measurement of the house beside its yardsticks."""

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
    """Several turns of one contestant, as one; of the latencies, the worst."""
    calls = sum(cost.calls for cost in costs)
    cpu_s = sum(cost.cpu_s for cost in costs)
    slowest = max(costs, key=lambda cost: cost.p99_ms)
    return Measure(
        who=who,
        calls=calls,
        calls_per_s=round(sum(cost.calls_per_s for cost in costs) / len(costs), 1),
        cpu_s_per_10k=round(10_000 * cpu_s / max(calls, 1), 4),
        database_share=round(sum(cost.database_cpu_s for cost in costs) / (cpu_s or 1), 3),
        p50_ms=slowest.p50_ms,
        p99_ms=slowest.p99_ms,
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


def targets(
    measures: Mapping[str, Measure],
    *,
    floors: float | None = None,
    package: float | None = None,
    of: str = GATEWAY,
) -> list[Target]:
    """At most so many times the CPU of the yardsticks."""
    wanted = []
    for says, yardstick, limit in (
        ("CPU, times the echo", ECHO, floors),
        ("CPU, times the package ocpp", PACKAGE, package),
    ):
        if limit is not None:
            ratio = measures[of].cpu_s_per_10k / measures[yardstick].cpu_s_per_10k
            wanted.append(Target(says, round(ratio, 4), limit))
    return wanted


def tell(made: Figure) -> None:
    """Print it."""
    say(f"== {made.title}")
    ours = made.of(GATEWAY) or made.of(HOUSE)
    for each in made.measures:
        line = f"   {each.who:12}"
        if each.calls:
            line += (
                f" {each.cpu_s_per_10k:8.3f} CPU-s per 10,000  {each.calls_per_s:8.1f}/s"
                f"  p50 {each.p50_ms:.1f} p99 {each.p99_ms:.1f} ms"
                f"  {each.calls} calls, {each.errors} errors"
            )
        if each.database_share:
            line += f"  (database {each.database_share:.0%})"
        if ours is not None and each is not ours and each.cpu_s_per_10k:
            line += f"  voltway is {ours.cpu_s_per_10k / each.cpu_s_per_10k:.3f} of it"
        line += "".join(f"  {name} {value:,g}" for name, value in each.more.items())
        say(line)
    for target in made.targets:
        verdict = "met" if target.is_met else "MISSED"
        say(f"   {verdict:6} {target.says}: {target.measured:.4g} (at most {target.limit:.4g})")
    for note in made.notes:
        say(f"   {note}")


def keep(made: Figure, file: Path) -> None:
    """Append it as a line of JSON."""
    with file.open("ab") as lines:
        lines.write(msgspec.json.encode(made) + b"\n")


def kept(file: Path) -> list[Figure]:
    """All figures of a file, of each title the newest, in the order of their first."""
    newest: dict[tuple[str, str], Figure] = {}
    for line in file.read_bytes().splitlines():
        made = msgspec.json.decode(line, type=Figure)
        newest[made.group, made.title] = made
    return list(newest.values())


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
