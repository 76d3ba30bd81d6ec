"""Where the gateway's own process spends its time under load, by ``py-spy``."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.figure import GATEWAY, say
from bench.plan import Pace
from bench.programs import Contestant

SHOWN: Final = 25
OURS: Final = re.compile(r"\((voltway/[^:]+):")
PY_SPY: Final = Path(sys.executable).parent / "py-spy"


@contextmanager
def profiled(who: Contestant, pace: Pace) -> Iterator[None]:
    """Profile the gateway over the measured time, if that is wanted: its stacks go to a file (a
    collapsed stack a line, with its samples), the functions that took longest are printed."""
    if pace.profile is None or who.name != GATEWAY:
        yield
        return
    words = ["record", "--pid", str(who.pids[0]), "--format", "raw", "--output", str(pace.profile)]
    words += ["--duration", str(int(pace.warmup_s + pace.duration_s)), "--rate", "200"]
    spy = subprocess.Popen(
        [str(PY_SPY), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        spy.wait(60)
    _tell(pace.profile)


def _tell(file: Path) -> None:
    own: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for line in file.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        own[frames[-1]] += int(count)
        ours[_ours(frames)] += int(count)
        for frame in set(frames):
            within[frame] += int(count)
    samples = sum(own.values()) or 1
    say(f"== profile: {file}, {samples} samples")
    for title, counted in (
        ("by the innermost file of ours, with what others do for it", ours),
        ("own time", own),
        ("with what it calls", within),
    ):
        say(f"   {title}")
        for frame, times in counted.most_common(SHOWN):
            say(f"   {100 * times / samples:5.1f} %  {frame}")


def _ours(frames: list[str]) -> str:
    """The innermost file of the house on this stack."""
    for frame in reversed(frames):
        if (found := OURS.search(frame)) is not None:
            return found[1]
    return "-"
