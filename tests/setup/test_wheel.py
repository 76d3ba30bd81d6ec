"""The built wheel holds what a running Voltway needs, and nothing of the workshop."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize(
    "folder",
    [
        "voltway/migrations",
        "voltway/web/assets/dist",
        "voltway/web/templates",
        "voltway/billing/templates",
        "voltway/billing/fonts",
        "voltway/alerts/templates",
        "voltway_world/data",
        "voltway_world/stations/pages",
    ],
)
def test_the_wheel_contains_what_is_read_at_work(names: set[str], folder: str) -> None:
    there = {path.relative_to(ROOT / "src").as_posix() for path in _files(ROOT / "src" / folder)}

    assert there
    assert there <= names


def test_the_wheel_contains_no_tests_and_no_workshop(names: set[str]) -> None:
    assert not {name for name in names if name.startswith(("tests/", "scripts/", "node_modules/"))}


def _files(folder: Path) -> list[Path]:
    return [
        path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
