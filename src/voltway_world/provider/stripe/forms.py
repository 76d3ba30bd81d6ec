"""Bodies and queries as Stripe takes them: ``line_items[0][price_data][currency]=eur``."""

import re
from typing import Any
from urllib.parse import parse_qsl

from voltway_world.provider.stripe.refusals import Refusing

_NAME = re.compile(r"[a-z0-9_]+(\[[A-Za-z0-9_]*\])*")
DEPTH_MAX = 8


def parsed(text: str) -> dict[str, Any]:
    """The nested values. Lists are written by their places, and texts stay texts."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if not _NAME.fullmatch(name) or name.count("[") > DEPTH_MAX:
            raise Refusing("parameter_unknown", f"Received unknown parameter: {name[:80]}", name)
        _put(found, re.findall(r"[A-Za-z0-9_]+|(?<=\[)(?=\])", name), value)
    return {name: _listed(value) for name, value in found.items()}


def _put(into: dict[str, Any], path: list[str], value: str) -> None:
    for step in path[:-1]:
        into = into.setdefault(step or str(len(into)), {})
    into[path[-1] or str(len(into))] = value


def _listed(value: Any) -> Any:
    """Values whose names count from 0 are a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    if inner and list(inner) == [str(place) for place in range(len(inner))]:
        return list(inner.values())
    return inner


def whole(given: dict[str, Any], name: str, *, least: int = 1) -> int:
    text = given.get(name)
    if not isinstance(text, str) or not re.fullmatch(r"-?\d{1,12}", text):
        raise Refusing("parameter_invalid_integer", f"Invalid integer: {name}", name)
    if int(text) < least:
        raise Refusing("parameter_invalid_integer", "This value must be greater.", name)
    return int(text)


def known(given: dict[str, Any], *names: str) -> None:
    """Refuse what Stripe would not know either."""
    for name in given:
        if name not in names:
            raise Refusing("parameter_unknown", f"Received unknown parameter: {name}", name)
