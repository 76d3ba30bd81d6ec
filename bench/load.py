"""Puts load on a contestant, and gives back what it cost."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench.programs import ROOT, Contestant, ProgramFailed, paths
from bench.resources import cpu_s

#: The kernel counts CPU in these; what took less is counted as one.
TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a contestant used for what it was told, and how fast it answered."""

    calls: int
    calls_per_s: float
    cpu_s: float
    database_cpu_s: float  # of it, where the database is a process of its own
    errors: int
    p50_ms: float
    p99_ms: float
    raw: dict[str, Any]  # all that the generator told


def meter_values(
    who: Contestant, *, stations: int, rate: float = 0.0, warmup_s: float, duration_s: float
) -> Cost:
    """Our own generator: MeterValues of 1.3 kB in 1.6, in sessions that are open already."""
    words = ["-m", "voltway_world.load", "--url", who.url, "--stations", str(stations)]
    words += ["--rate", str(rate), "--warmup", str(warmup_s), "--duration", str(duration_s)]
    words += ["--password", who.password] if who.password else []
    words += ["--echo"] if who.is_echo else []
    process = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    before: list[float] = []
    after: list[float] = []
    up, told = 0, None
    with process:
        for line in process.stdout:
            word, _, rest = line.partition(" ")
            match word.strip():
                case "up":
                    up = int(rest)
                case "begin":
                    before = [cpu_s([pid]) for pid in who.pids]
                case "end":
                    after = [cpu_s([pid]) for pid in who.pids]
                    told = json.loads(rest)
                case _:
                    pass
    if told is None or process.returncode:
        raise ProgramFailed(f"voltway_world.load ended with {process.returncode}")
    told["up"] = up
    cost = Cost(
        calls=told["calls"],
        calls_per_s=told["calls_per_s"],
        cpu_s=sum(after) - sum(before),
        database_cpu_s=sum(after[1:]) - sum(before[1:]),
        errors=told["refused"] + told["lost"] + stations - up,
        p50_ms=told["p50_ms"],
        p99_ms=told["p99_ms"],
        raw=told,
    )
    return _answered(who, cost)


def sessions(
    who: Contestant,
    *,
    stations: int,
    version: str,
    rate: float = 0.0,
    warmup_s: float,
    duration_s: float,
    more: Sequence[str] = (),
) -> Cost:
    """``loadgen.py``: whole sessions; ``more`` are further words to it."""
    raw = generated(
        who,
        *("--version", version, "--stations", str(stations), "--rate", str(rate)),
        *("--warmup", str(warmup_s), "--duration", str(duration_s)),
        *more,
    )
    cost = Cost(
        calls=raw["calls"],
        calls_per_s=raw["calls_per_s"],
        cpu_s=raw["server_cpu_s"],
        database_cpu_s=sum(
            used
            for root, used in raw["server_cpu_per_root"].items()
            if int(root.rpartition(":")[2]) in who.pids[1:]
        ),
        errors=raw["errors_n"] + raw["lost"] + stations - raw["storm"]["up"],
        p50_ms=raw["all"].get("p50_ms", 0.0),
        p99_ms=raw["all"].get("p99_ms", 0.0),
        raw=raw,
    )
    return _answered(who, cost)


def generated(who: Contestant, *words: str) -> dict[str, Any]:
    """What ``loadgen.py`` found on this contestant."""
    with TemporaryDirectory(prefix="bench-") as folder:
        told = Path(folder) / "told.jsonl"
        done = subprocess.run(
            [*generator(who), *words, "--json", str(told)],
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not told.exists():
            raise ProgramFailed(f"loadgen.py ended with {done.returncode}: {done.stderr[-2000:]}")
        raw: dict[str, Any] = json.loads(told.read_text())
    return raw


def generator(who: Contestant) -> list[str]:
    """The command that puts ``loadgen.py`` on this contestant."""
    program = "bench.echo_load" if who.is_echo else "bench.loadgen"
    words = [sys.executable, "-m", program, "--url", who.url]
    words += ["--pids", ",".join(map(str, who.pids))]
    return [*words, "--password", who.password] if who.password else words


def _answered(who: Contestant, cost: Cost) -> Cost:
    if not cost.calls:
        raise ProgramFailed(f"{who.name} answered nothing: {str(cost.raw)[:1000]}")
    return replace(cost, cpu_s=max(cost.cpu_s, TICK_S))


def environment() -> dict[str, str]:
    """Ours, with where this checkout's packages are."""
    return {**os.environ, **paths()}
