"""The benchmark works and its figures are complete. How fast anything is, is not asked here."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.figure import ECHO, GATEWAY, PACKAGE, Figure, kept
from bench.programs import ROOT, paths

TURNS = {GATEWAY, ECHO, PACKAGE}


def _bench(folder: Path, *words: str) -> tuple[str, list[Figure]]:
    """What the command printed, and the figures that it kept."""
    file = folder / "figures.jsonl"
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words, "--json", str(file)],
        cwd=ROOT,
        env={**os.environ, **paths()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, kept(file)


def _whole(made: Figure) -> None:
    """All took part, all answered, nothing failed."""
    assert {each.who for each in made.measures} == TURNS
    for each in made.measures:
        assert each.calls > 0, f"{each.who} answered nothing"
        assert each.cpu_s_per_10k > 0
        assert each.errors == 0, f"{each.who} failed"
    assert made.targets


def test_meter_values_are_measured_beside_both_yardsticks(tmp_path: Path) -> None:
    told, figures = _bench(tmp_path, "meter", "--stations", "10", "--seconds", "1", "--warmup", "1")
    (made,) = figures
    _whole(made)
    assert "10 stations" in told


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_whole_sessions_are_measured_beside_both_yardsticks(tmp_path: Path, version: str) -> None:
    words = ("--stations", "5", "--version", version, "--seconds", "1", "--warmup", "1")
    _, figures = _bench(tmp_path, "sessions", *words)
    (made,) = figures
    _whole(made)


def test_the_load_generator_of_others_is_unchanged() -> None:
    kept_sum = re.search(r"sha256 `(\w+)`", (ROOT / "bench" / "ORIGIN.md").read_text())
    assert kept_sum is not None
    loadgen = (ROOT / "bench" / "loadgen.py").read_bytes()
    assert hashlib.sha256(loadgen).hexdigest() == kept_sum[1]
