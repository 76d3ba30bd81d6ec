"""The standard's JSON schemas, to hold what we write against."""

import json
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jsonschema.validators import validator_for  # type: ignore[import-untyped]

PACKAGES = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}


def assert_conforms(version: str, action: str, payload: bytes, *, response: bool = False) -> None:
    """Fail unless the payload is what the standard's schema has for this message."""
    instance = json.loads(payload, parse_float=Decimal)
    troubles = [
        f"{error.json_path}: {error.message}"
        for error in schema(version, action, response=response).iter_errors(instance)
    ]
    assert not troubles, f"{version} {action}: {troubles}"
    assert b"null" not in payload or "null" in json.dumps(_texts(instance))


@cache
def schema(version: str, action: str, *, response: bool) -> Any:
    folder = schema_folder(version)
    suffixes = ("Response",) if response else ("Request", "")
    (path,) = (path for suffix in suffixes if (path := folder / f"{action}{suffix}.json").exists())
    document = json.loads(path.read_text("utf-8-sig"), parse_float=Decimal)
    return validator_for(document)(document)


def schema_folder(version: str) -> Path:
    package = find_spec(f"ocpp.{PACKAGES[version]}")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "schemas"


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []
