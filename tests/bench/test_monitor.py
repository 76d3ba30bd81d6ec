"""The benchmark of the page of payments works. How late the page is, is not asked here."""

import subprocess
import sys

import pytest

from bench.programs import ROOT

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign


def test_the_page_is_watched_while_payments_move() -> None:
    quick = ("--rate", "20", "--viewers", "1", "--seconds", "2", "--history", "50")
    done = subprocess.run(
        [sys.executable, "-m", "bench.monitor", *quick],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    told = dict(line.rsplit(maxsplit=1) for line in done.stdout.splitlines()[1:])
    assert float(told["begun a second"]) > 0
    assert float(told["late, median, ms"]) > 0
    assert float(told["a view, kB"]) > 1
