"""Puts load on a contestant, and gives back what it cost."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.programs import ROOT, Contestant, ProgramFailed, paths
from bench.resources import cpu_s


@dataclass(frozen=True, slots=True)
class Cost:
    """What a contestant used for what it was told, and how fast it answered."""

    calls: int
    calls_per_s: float
    cpu_s: float
    errors: int
    p50_ms: float
    p99_ms: float
    raw: dict[str, Any]  # all that the generator told

    @property
    def cpu_s_per_10k(self) -> float:
        return 10_000 * self.cpu_s / max(self.calls, 1)


def meter_values(
    who: Contestant, *, stations: int, rate: float = 0.0, warmup_s: float, duration_s: float
) -> Cost:
    """Our own generator: MeterValues of 1.3 kB in 1.6, in sessions that are open already."""
    words = ["-m", "voltway_world.load", "--url", who.url, "--stations", str(stations)]
    words += ["--rate", str(rate), "--warmup", str(warmup_s), "--duration", str(duration_s)]
    words += ["--password", who.password] if who.password else []
    words += ["--echo"] if who.is_echo else []
    process = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    before = after = 0.0
    up, told = 0, None
    with process:
        for line in process.stdout:
            word, _, rest = line.partition(" ")
            match word.strip():
                case "up":
                    up = int(rest)
                case "begin":
                    before = cpu_s(who.pids)
                case "end":
                    after = cpu_s(who.pids)
                    told = json.loads(rest)
                case _:
                    pass
    if told is None or process.returncode:
        raise ProgramFailed(f"voltway_world.load ended with {process.returncode}")
    told["up"] = up
    cost = Cost(
        calls=told["calls"],
        calls_per_s=told["calls_per_s"],
        cpu_s=after - before,
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
    more: tuple[str, ...] = (),
) -> Cost:
    """``loadgen.py``: whole sessions, or with ``more`` what else it can."""
    program = "bench.echo_load" if who.is_echo else "bench.loadgen"
    with TemporaryDirectory(prefix="bench-") as folder:
        told = Path(folder) / "told.jsonl"
        words = ["-m", program, "--url", who.url, "--version", version, "-n", str(stations)]
        words += ["--rate", str(rate), "--warmup", str(warmup_s), "--duration", str(duration_s)]
        words += ["--pids", ",".join(map(str, who.pids)), "--json", str(told)]
        words += ["--password", who.password] if who.password else []
        done = subprocess.run(
            [sys.executable, *words, *more],
            cwd=ROOT,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not told.exists():
            raise ProgramFailed(f"{program} ended with {done.returncode}: {done.stderr[-2000:]}")
        raw: dict[str, Any] = json.loads(told.read_text())
    return Cost(
        calls=raw["calls"],
        calls_per_s=raw["calls_per_s"],
        cpu_s=raw["server_cpu_s"],
        errors=raw["errors_n"] + raw["lost"] + stations - raw["storm"]["up"],
        p50_ms=raw["all"].get("p50_ms", 0.0),
        p99_ms=raw["all"].get("p99_ms", 0.0),
        raw=raw,
    )


def _answered(who: Contestant, cost: Cost) -> Cost:
    if not cost.calls or not cost.cpu_s:
        raise ProgramFailed(f"{who.name} answered nothing: {str(cost.raw)[:1000]}")
    return cost


def _environment() -> dict[str, str]:
    return {**os.environ, **paths()}
