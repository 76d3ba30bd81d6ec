"""Set everything up in ``.venv``: packages from the hashed lock, the front-end's assets.

Run by ``make setup`` with the system's Python; uses the standard library alone. What is already
there and current is left as it is, so a second run does nothing.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "voltway-setup"
OLDEST = (3, 11)


def main() -> int:
    """Bring the virtual environment and the assets up to date."""
    if sys.version_info < OLDEST:
        found, oldest = sys.version.split()[0], ".".join(map(str, OLDEST))
        return refuse(f"Python {oldest} or newer is needed; this is {found}.")
    if not STAMP.exists() or STAMP.read_text() != wanted():
        make_venv()
        say("Installing the packages of requirements.lock into .venv (about a minute).")
        pip("install", "--quiet", "--require-hashes", "--requirement", "requirements.lock")
        pip("install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ".")
        STAMP.write_text(wanted())
    return subprocess.run([PYTHON, "scripts/build_assets.py"], cwd=ROOT, check=False).returncode


def wanted() -> str:
    """What a finished setup was made from: the lock, the project's own data, the interpreter."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("requirements.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest() + "\n"


def make_venv() -> None:
    """A virtual environment with pip in it; Debian keeps the means in a package of its own."""
    if PYTHON.exists() and run([PYTHON, "-m", "pip", "--version"], quiet=True):
        return
    say("Making the virtual environment .venv.")
    make = [sys.executable, "-m", "venv", "--clear", VENV]
    if run(make, quiet=True):
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing {package}, which Debian and Ubuntu keep apart from Python.")
        run(["apt-get", "update", "-qq"])
        if run(["apt-get", "install", "-y", "-qq", package]) and run(make):
            return
    sys.exit(
        refuse(
            "Python cannot make a virtual environment here. Install what it lacks with: "
            f"sudo apt install {package}"
        )
    )


def pip(*words: str) -> None:
    if not run([PYTHON, "-m", "pip", "--disable-pip-version-check", *words]):
        sys.exit(
            refuse(
                "pip could not install the packages; what it said stands above. "
                "Run make setup again to try again."
            )
        )


def run(words: Sequence[str | Path], *, quiet: bool = False) -> bool:
    """Whether the command succeeded."""
    return subprocess.run(words, cwd=ROOT, capture_output=quiet, check=False).returncode == 0


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def refuse(words: str) -> int:
    sys.stderr.write(words + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
