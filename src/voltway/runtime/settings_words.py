"""What a setting takes, in words, for who gave it something else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin


def wanted(kind: Any, kinds: Mapping[str, Any]) -> str:
    """What this one of all ``kinds`` takes. The wrong value is not shown: it may be a secret."""
    inner, limits = kind, ""
    while get_origin(inner) is Annotated:
        inner, *metas = get_args(inner)
        for meta in metas:
            bounds = [(meta.ge, "at least"), (meta.le, "at most")]
            limits += "".join(f" {word} {bound}" for bound, word in bounds if bound is not None)
    if inner is int:
        return f"it takes a whole number{limits}"
    if get_origin(inner) is Literal:
        return "it takes " + " or ".join(f'"{choice}"' for choice in get_args(inner))
    if inner is Path:
        return "it takes the path of a folder"
    if kind == kinds["http"]:
        return 'it takes HOST:PORT, as in "127.0.0.1:8080"'
    if kind == kinds["nats_prefix"]:
        return "it takes a word of letters, digits, _ and -"
    if kind == kinds["nats_url"]:
        return 'it takes nats://HOST:PORT, as in "nats://127.0.0.1:4222"'
    return "it takes an address that begins with http:// or https://"
