"""The page of limits is what the code has, and leaves none out."""

import importlib
import re
from pathlib import Path

import pytest

from voltway.ocpp import sockets_line

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operating" / "limits.md"

ROW = re.compile(r"^\| .+ \| ([\d.,]+)( KiB| MiB| s)? \| `([\w.]+)\.(\w+)` \| .+ \|$", re.MULTILINE)

UNITS = {"": 1, " s": 1, " KiB": 1024, " MiB": 1024 * 1024}

#: What is no limit of the door: how often something is written down or looked at.
NO_LIMITS = {"link.ALIVE_EVERY", "raw_frames.LACKING"}

WHOLE = (
    "porch",
    "sockets",
    "sockets_line",
    "listening",
    "conduct",
    "link",
    "limits",
    "raw_frames",
)


def rows() -> list[tuple[str, str, float]]:
    return [
        (module, name, float(value.replace(",", "")) * UNITS[unit or ""])
        for value, unit, module, name in ROW.findall(PAGE.read_text())
    ]


@pytest.mark.parametrize(("module", "name", "value"), rows())
def test_a_limit_is_what_the_code_has(module: str, name: str, value: float) -> None:
    package = "voltway" if "." in module else "voltway.ocpp"
    assert getattr(importlib.import_module(f"{package}.{module}"), name) == value


def test_every_row_is_read() -> None:
    lines = [line for line in PAGE.read_text().splitlines() if "`" in line and line[0] == "|"]

    assert len(lines) == len(rows()) > 40


@pytest.mark.parametrize("module", WHOLE)
def test_no_limit_is_left_out(module: str) -> None:
    source = Path(sockets_line.__file__).with_name(f"{module}.py").read_text()
    constants = {
        f"{module}.{name}"
        for name in re.findall(r"^([A-Z][A-Z_]+)(?:: Final)? = ", source, re.MULTILINE)
    }
    listed = {f"{module}.{name}" for module, name, _ in rows()}

    assert constants - listed - NO_LIMITS == set()
