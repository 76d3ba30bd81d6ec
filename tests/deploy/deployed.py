"""What the files in ``deploy`` would start: their units, pods and image, read as data."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typer
import yaml

from voltway.cli.main import app
from voltway.runtime import settings as configuration
from voltway.runtime.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
CONTAINERFILE = DEPLOY / "Containerfile"

#: Kubernetes objects by kind and name.
Objects = Mapping[tuple[str, str], Mapping[str, Any]]


def settings_of(words: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """The settings of a process started with these words; raises where one is not known."""
    program, command, *options = words
    assert (Path(program).name, command) == ("voltway", "serve")
    serve = typer.main.get_command(app).get_command(None, command)  # type: ignore[attr-defined]
    given = serve.make_context(command, list(options)).params
    return configuration.load(environment, {k: v for k, v in given.items() if v is not None})


def unit(file: Path) -> dict[str, list[str]]:
    """The lines of a unit's sections, by their names; a name may stand there more than once."""
    found: dict[str, list[str]] = {}
    for line in file.read_text().splitlines():
        if line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def unit_settings(file: Path, *more: Path) -> Settings:
    """The settings of a unit's process, here with the number 1, with its drop-ins."""
    lines = unit(file)
    given = [*lines.get("Environment", [])]
    for drop_in in more:
        given += unit(drop_in).get("Environment", [])
    environment = dict(word.split("=", 1) for line in given for word in shlex.split(line))
    (command,) = lines["ExecStart"]
    return settings_of(shlex.split(command.replace("%i", "1")), environment)


@cache
def objects() -> Objects:
    """Everything that ``kubectl apply -k`` would make, and the example of the Secret."""
    found = {}
    for file in MANIFESTS:
        for each in yaml.safe_load_all(file.read_text()):
            if each["kind"] != "Kustomization":
                found[each["kind"], each["metadata"]["name"]] = each
    return found


def roles() -> Iterator[str]:
    """The Deployments that are ours."""
    for kind, name in objects():
        if kind == "Deployment" and name != "nats":
            yield name


def pod(role: str) -> Mapping[str, Any]:
    """The pod of one of our Deployments."""
    spec: Mapping[str, Any] = objects()["Deployment", role]["spec"]["template"]["spec"]
    return spec


def container(role: str) -> Mapping[str, Any]:
    (only,) = pod(role)["containers"]
    found: Mapping[str, Any] = only
    return found


def pod_settings(role: str) -> Settings:
    """The settings of a pod, from the image, the ConfigMap, the Secret and its own."""
    environment = image_environment()
    for source in container(role)["envFrom"]:
        if "configMapRef" in source:
            environment |= objects()["ConfigMap", source["configMapRef"]["name"]]["data"]
        else:
            environment |= objects()["Secret", source["secretRef"]["name"]]["stringData"]
    environment |= {each["name"]: each["value"] for each in container(role).get("env", [])}
    return settings_of(["voltway", *container(role)["args"]], environment)


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction of the Containerfile."""

    word: str
    rest: str


def stages() -> list[list[Step]]:
    """The Containerfile's instructions, for each stage; continued lines are one."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE.read_text(), flags=re.MULTILINE)
    text = re.sub(r"\\\n\s*", " ", text)
    found: list[list[Step]] = []
    for line in filter(None, text.splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append(Step(word, rest.strip()))
    return found


def image_environment() -> dict[str, str]:
    return dict(
        word.split("=", 1)
        for step in stages()[-1]
        if step.word == "ENV"
        for word in shlex.split(step.rest)
    )
