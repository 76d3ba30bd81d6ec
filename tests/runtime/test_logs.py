"""Logs keep to their line, and keep secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from voltway.runtime import logs


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """What a test sets up is for that test alone."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def told(style: str = "json") -> tuple[io.StringIO, Any]:
    out = io.StringIO()
    logs.set_up("info", style, out)
    return out, structlog.get_logger("voltway.test")


def test_an_event_is_one_line_of_json() -> None:
    out, log = told()

    log.info("station_adopted", station="VW-1", watts=11_000)

    (line,) = out.getvalue().splitlines()
    said = json.loads(line)
    assert said.pop("timestamp").endswith("Z")
    assert said == {
        "event": "station_adopted",
        "station": "VW-1",
        "watts": 11_000,
        "level": "info",
        "logger": "voltway.test",
    }


@pytest.mark.parametrize("style", ["json", "human"])
def test_what_came_from_outside_cannot_forge_a_line(style: str) -> None:
    out, log = told(style)

    log.info("said", words="one\n2026-01-01 [error] forged\x1b[2J\u2028")

    assert len(out.getvalue().splitlines()) == 1
    assert "\x1b[2J" not in out.getvalue()


def test_a_secret_is_hidden_by_its_name() -> None:
    out, log = told()

    log.info("signed_in", password="hunter2", provider_secret="s", Authorization="Basic abc")

    said = json.loads(out.getvalue())
    assert said["password"] == said["provider_secret"] == said["Authorization"] == logs.HIDDEN


@pytest.mark.parametrize("style", ["json", "human"])
def test_a_trace_does_not_show_what_the_variables_held(style: str) -> None:
    out, log = told(style)

    def fail() -> None:
        pin = "13" + "37"
        raise ValueError("no " + pin[:0])

    try:
        fail()
    except ValueError:
        log.exception("failed")

    assert "ValueError" in out.getvalue()
    assert "1337" not in out.getvalue()


def test_a_long_value_is_cut() -> None:
    out, log = told()

    log.info("frame", text="x" * 1_000_000)

    assert len(out.getvalue()) < 3_000


def test_what_is_less_important_than_the_level_is_not_told() -> None:
    out, log = told()

    log.debug("detail")
    logging.getLogger("some.library").debug("detail")

    assert out.getvalue() == ""


def test_the_libraries_speak_in_the_same_style() -> None:
    out, _ = told()

    logging.getLogger("some.library").warning("careful: %s", "a\nb")

    said = json.loads(out.getvalue())
    assert (said["event"], said["logger"], said["level"]) == (
        "careful: a\\nb",
        "some.library",
        "warning",
    )
