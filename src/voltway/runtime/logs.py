"""Logs: one line an event, for a person or for a machine, and nothing in them that is secret.

Only for a person, the trace of a fault follows on lines of its own.

A room asks ``structlog.get_logger("voltway.<room>")`` and tells what happened by a name and fields:
``log.info("station_adopted", station=station)``.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog
from structlog.typing import Processor

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
VALUE_CHARS_MAX: Final = 2000
TRACE_CHARS_MAX: Final = 20_000
HIDDEN: Final = "(hidden)"
_SECRET_NAMES: Final = (
    "password",
    "secret",
    "token",
    "authorization",
    "cookie",
    "api_key",
    "visit_key",
    "database_url",
)

Event = MutableMapping[str, Any]


def name_process(name: str) -> None:
    """Where many processes write into one log, each line says whose it is."""
    structlog.contextvars.bind_contextvars(by=name)


def set_up(level: str = "info", style: str = "auto", out: TextIO | None = None) -> None:
    """Send all logs, the libraries' too, to ``out`` (standard error) in one style."""
    out = out or sys.stderr
    human = style == "human" or (style == "auto" and out.isatty())
    last: Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if human
        else structlog.processors.JSONRenderer(default=str)
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # As plain text, before any renderer: a prettier trace shows locals, and so secrets.
        structlog.processors.format_exc_info,
        _hide_secrets,
        _tame,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(LEVELS[level])
    for chatty in ("httpx", "httpcore", "asyncio", "uvicorn.access", "mail.log", "stripe"):
        logging.getLogger(chatty).setLevel(max(LEVELS[level], logging.WARNING))


def _hide_secrets(logger: Any, method: str, event: Event) -> Event:
    """Whatever a field with such a name holds is not for a log."""
    for name in event:
        if any(part in name.lower() for part in _SECRET_NAMES):
            event[name] = HIDDEN
    return event


def _tame(logger: Any, method: str, event: Event) -> Event:
    """What came from outside stays on its line: control characters escaped, length capped."""
    for name, value in event.items():
        if name in ("exc_info", "_record", "_from_structlog"):
            continue
        if name == "exception":
            lines = str(value)[-TRACE_CHARS_MAX:].split("\n")
            event[name] = "\n".join(_escaped(line) for line in lines)
        elif not isinstance(value, bool | int | float | None):
            event[name] = _escaped(str(value))
    return event


def _escaped(text: str) -> str:
    cut = text[:VALUE_CHARS_MAX] + ("…" if len(text) > VALUE_CHARS_MAX else "")
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
