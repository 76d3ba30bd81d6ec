"""Makes what a machine installs in ``dist``: the wheel of Voltway, and the lock of what it needs.

Run by ``make dist`` in the environment that ``make setup`` made. The lock is that part of
``requirements.lock`` that the wheel needs where it runs: no linters, no browsers, no test tools.
"""

import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
LOCK = ROOT / "requirements.lock"
PINNED = re.compile(r"^(?P<name>[a-z0-9._-]+)==", re.IGNORECASE)


def main() -> int:
    """Make the folder anew."""
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    made = subprocess.run(
        [*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", DIST, "."],
        cwd=ROOT,
        check=False,
    )
    if made.returncode == 0:
        (DIST / "requirements.lock").write_text(runtime_lock(LOCK.read_text()))
        sys.stdout.write("".join(f"dist/{file.name}\n" for file in sorted(DIST.iterdir())))
    return made.returncode


def runtime_lock(lock: str) -> str:
    """The pins of the lock, with their hashes, that the installed Voltway needs."""
    wanted = needed_by("voltway")
    return "".join(pin for name, pin in pins(lock) if name in wanted)


def pins(lock: str) -> list[tuple[str, str]]:
    """Each package of a lock, and its lines."""
    found: list[tuple[str, str]] = []
    for line in lock.splitlines(keepends=True):
        if begins := PINNED.match(line):
            found.append((canonicalize_name(begins["name"]), line))
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + line)
    return found


def needed_by(package: str) -> set[str]:
    """What an installed package needs, and what that needs, without extras that nobody named."""
    wanted: set[str] = set()
    open_ends = [(package, frozenset[str]())]
    seen = set(open_ends)
    while open_ends:
        name, extras = open_ends.pop()
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            continue  # on other platforms only
        for needed in map(Requirement, lines):
            environments = [{"extra": extra} for extra in extras | {""}]
            if needed.marker and not any(map(needed.marker.evaluate, environments)):
                continue
            step = (canonicalize_name(needed.name), frozenset(needed.extras))
            wanted.add(step[0])
            if step not in seen:
                seen.add(step)
                open_ends.append(step)
    return wanted


if __name__ == "__main__":
    sys.exit(main())
