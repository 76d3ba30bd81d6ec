"""A crowd of stations: what each costs in memory while it is silent, and all of them coming back
at once."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psutil

from bench import load
from bench.figure import GATEWAY, Figure, Measure, Target, figure
from bench.programs import ROOT, Contestant, ProgramFailed
from bench.resources import pss_bytes

UP_WITHIN_S: Final = 240.0
REST_S: Final = 3.0  # until what the boots left behind is written and freed
IDLE_FOR_EVER_S: Final = 3600

MEMORY_KB_MAX: Final = 24.0
STORM_S_MAX: Final = 60.0
BOOT_S_MAX: Final = 5.0


def crowd(them: Sequence[Contestant], stations: int, *, rest_s: float = REST_S) -> Iterator[Figure]:
    """Memory of each silent station; then all lines are cut, and all come back at once. For
    contestants that nobody has spoken to yet: memory that was used before is used again."""
    memory: dict[str, Measure] = {}
    storms: dict[str, Measure] = {}
    for who in them:
        before = pss_bytes(who.pids)
        with _silent(who, stations):
            time.sleep(rest_s)
            used_kb = (pss_bytes(who.pids) - before) / stations / 1000
        memory[who.name] = Measure(who.name, more={"kB a station": round(used_kb, 1)})
        storms[who.name] = _storm(who, stations)
    ours_kb = memory[GATEWAY].more["kB a station"]
    yield figure(
        "crowd",
        f"memory of a connected silent station, {stations:,} stations",
        list(memory.values()),
        [Target("kB a station, database included", ours_kb, MEMORY_KB_MAX)],
    )
    storm = storms[GATEWAY]
    yield figure(
        "crowd",
        f"boot storm, {stations:,} stations at once",
        list(storms.values()),
        [
            Target("seconds until all are accepted", storm.more["all up, s"], STORM_S_MAX),
            Target("p99 of Boot, s", storm.more["Boot p99, s"], BOOT_S_MAX),
            Target("tries that failed", storm.errors, 0),
        ],
    )


@contextmanager
def _silent(who: Contestant, stations: int) -> Iterator[None]:
    """So many stations, connected, booted and silent; at the end their lines are cut."""
    words = ["--stations", str(stations), "--duration", "0", "--idle", str(IDLE_FOR_EVER_S)]
    at_rest = psutil.Process(who.pids[0]).num_fds()
    load_on_it = subprocess.Popen(
        [*load.generator(who), *words],
        cwd=ROOT,
        env=load.environment(),
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # it has a process of its own, which must go with it
    )
    try:
        deadline = time.monotonic() + UP_WITHIN_S
        while psutil.Process(who.pids[0]).num_fds() - at_rest < stations:
            if load_on_it.poll() is not None or time.monotonic() > deadline:
                raise ProgramFailed(f"{stations} stations did not all connect to {who.name}")
            time.sleep(0.2)
        yield
    finally:
        os.killpg(load_on_it.pid, signal.SIGKILL)
        load_on_it.wait()


def _storm(who: Contestant, stations: int) -> Measure:
    """All at once, each tries up to three times; a try that failed counts as refused."""
    told = load.generated(
        who,
        *("--stations", str(stations), "--duration", "0", "--no-status"),
        *("--connect-concurrency", str(stations)),
    )
    storm: dict[str, Any] = told["storm"]
    missing = stations - storm["up"]
    return Measure(
        who.name,
        errors=missing + sum(storm["failures"].values()),
        more={
            "all up, s": storm["seconds"],
            "Boot p99, s": round(storm["boot"].get("p99_ms", 0.0) / 1000, 3),
            "connect p99, s": round(storm["connect"].get("p99_ms", 0.0) / 1000, 3),
            "CPU, s": storm["server_cpu_s"],
        },
    )
