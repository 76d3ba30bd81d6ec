"""The name that somebody may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def near(prefix: str, name: str, names: Iterable[str]) -> str:
    """A question that offers the setting most like ``name``; empty where none is like it."""
    found = get_close_matches(name, list(names), n=1)
    return f" Do you mean {prefix}{found[0].upper()}?" if found else ""
