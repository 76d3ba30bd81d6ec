"""Generates the wire messages of every OCPP version from the standard's JSON schemas.

    python scripts/generate_wire.py

The schemas ship in the PyPI package ``ocpp``. The result, ``src/voltway/ocpp/<version>/wire.py``,
is checked in and never edited by hand; ``tests/ocpp/test_wire.py`` compares it with a fresh run.
"""

import json
import keyword
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

ROOT = Path(__file__).parent.parent

VERSIONS = {"v16": "1.6", "v201": "2.0.1", "v21": "2.1"}

# The schemas do not say who sends a message. The lists are from the definitions of the messages:
# OCPP 1.6 chapters 4 and 5 with the security whitepaper, OCPP 2.x part 2, "Messages".
STATION_SAYS = {
    "v16": """Authorize BootNotification DiagnosticsStatusNotification FirmwareStatusNotification
        Heartbeat LogStatusNotification MeterValues SecurityEventNotification SignCertificate
        SignedFirmwareStatusNotification StartTransaction StatusNotification StopTransaction""",
    "v201": """Authorize BootNotification ClearedChargingLimit FirmwareStatusNotification
        Get15118EVCertificate GetCertificateStatus Heartbeat LogStatusNotification MeterValues
        NotifyChargingLimit NotifyCustomerInformation NotifyDisplayMessages NotifyEVChargingNeeds
        NotifyEVChargingSchedule NotifyEvent NotifyMonitoringReport NotifyReport
        PublishFirmwareStatusNotification ReportChargingProfiles ReservationStatusUpdate
        SecurityEventNotification SignCertificate StatusNotification TransactionEvent""",
}
STATION_SAYS["v21"] = (
    STATION_SAYS["v201"]
    + """ BatterySwap ClosePeriodicEventStream GetCertificateChainStatus NotifyDERAlarm
        NotifyDERStartStop NotifyPeriodicEventStream NotifyPriorityCharging NotifySettlement
        OpenPeriodicEventStream PullDynamicScheduleUpdate ReportDERControl VatNumberValidation"""
)
BOTH_SAY = {"DataTransfer"}

# OCPP 1.6 writes its objects in place. The names are those of the specification's chapter 7.
NAMES_16 = {
    "csChargingProfiles": "ChargingProfile",
    "transactionData": "MeterValue",
    "configurationKey": "KeyValue",
    "localAuthorizationList": "AuthorizationData",
    "certificateHashData": "CertificateHashDataType",
}


@dataclass(frozen=True)
class Plain:
    """A type that needs no definition of its own, as Python writes it."""

    code: str


@dataclass(frozen=True)
class Choice:
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Array:
    item: "Shape"
    length_min: int | None
    length_max: int | None


@dataclass(frozen=True)
class Object:
    name: str
    members: tuple[tuple[str, "Shape", bool], ...]


Shape: TypeAlias = Plain | Choice | Array | Object


@dataclass(frozen=True)
class Schema:
    """One schema file: the definitions it brings, and its version's way of naming."""

    title: str
    definitions: dict[str, Any]

    def shape(self, node: dict[str, Any], member: str, owner: str) -> Shape:
        if "$ref" in node:
            name = node["$ref"].rsplit("/", 1)[1]
            return self.shape(self.definitions[name], f"#{name}", owner)
        match node.get("type"):
            case "object" if not node.get("properties") or member == "#CustomDataType":
                # Custom data is open by design: whatever the vendor put there is kept.
                return Plain("dict[str, Any]")
            case "object":
                return self.object(node, self._name(member, owner, node))
            case "array":
                item = self.shape(node["items"], member, owner)
                return Array(item, node.get("minItems"), node.get("maxItems"))
            case "string" if "enum" in node:
                return Choice(self._name(member, owner, node), tuple(node["enum"]))
            case "string":
                most = node.get("maxLength")
                return Plain(f"Annotated[str, Meta(max_length={most})]" if most else "str")
            case "integer":
                return Plain(_integer(node))
            case "number":
                return Plain(_number(node))
            case "boolean":
                return Plain("bool")
            case None:
                return Plain("Any")
            case other:
                raise AssertionError(f"{self.title}: no rule for the type {other!r}")

    def object(self, node: dict[str, Any], name: str) -> Object:
        required = set(node.get("required", ()))
        members = [
            (member, self.shape(child, member, name), member in required)
            for member, child in node.get("properties", {}).items()
        ]
        return Object(name, tuple(sorted(members, key=lambda member: not member[2])))

    def _name(self, member: str, owner: str, node: dict[str, Any]) -> str:
        if not member.startswith("#"):
            name = NAMES_16.get(member, member[0].upper() + member[1:])
            return owner.removesuffix("Request") + name if "enum" in node else name
        return re.sub(r"(Enum)?Type$", "", member[1:])


def _integer(node: dict[str, Any]) -> str:
    if "minimum" not in node and "maximum" not in node:
        return "Int64"
    least = _whole(node.get("minimum"), "INT64_MIN")
    return f"Annotated[int, Meta(ge={least}, le={_whole(node.get('maximum'), 'INT64_MAX')})]"


def _number(node: dict[str, Any]) -> str:
    # msgspec does not bound a Decimal; the reader holds it to these, and so does the writer.
    bounds = {"least": node.get("minimum"), "most": node.get("maximum")}
    known = ", ".join(
        f'"{word}": {int(bound)}' for word, bound in bounds.items() if bound is not None
    )
    assert all(bound is None or bound == int(bound) for bound in bounds.values())
    return f"Annotated[Decimal, Meta(extra={{{known}}})]" if known else "Decimal"


def _whole(bound: float | None, otherwise: str) -> str:
    return otherwise if bound is None else str(int(bound))


@dataclass(frozen=True)
class Pair:
    request: Object
    response: Object | None


def read_schemas(version: str) -> dict[str, Pair]:
    """Every action of a version with the shape of its request and its response."""
    package = find_spec(f"ocpp.{version}")
    assert package is not None, "install the package ocpp"
    assert package.origin is not None
    folder = Path(package.origin).parent / "schemas"
    found: dict[str, dict[str, Object]] = {}
    for path in sorted(folder.glob("*.json")):
        node = json.loads(path.read_text("utf-8-sig"))
        is_response = path.stem.endswith("Response")
        action = path.stem.removesuffix("Response").removesuffix("Request")
        title = action + ("Response" if is_response else "Request")
        schema = Schema(title, node.get("definitions", {}))
        found.setdefault(action, {})[title] = schema.object(node, title)
    pairs = {
        action: Pair(shapes[f"{action}Request"], shapes.get(f"{action}Response"))
        for action, shapes in sorted(found.items())
    }
    return _with_one_meter_value(pairs) if version == "v16" else pairs


def _with_one_meter_value(pairs: dict[str, Pair]) -> dict[str, Pair]:
    """OCPP 1.6 with the meter values of StopTransaction typed as those of MeterValues.

    The specification has one type for both (chapter 7.33); the schema of StopTransaction lags
    behind in the units (OCPP-J errata 2025-04, 2.1).
    """
    readings = {name: shape for name, shape, _ in pairs["MeterValues"].request.members}
    item = readings["meterValue"]
    assert isinstance(item, Array)
    stop = pairs["StopTransaction"]
    members = tuple(
        (name, Array(item.item, None, None) if name == "transactionData" else shape, required)
        for name, shape, required in stop.request.members
    )
    request = Object(stop.request.name, members)
    return pairs | {"StopTransaction": Pair(request, stop.response)}


def _inside(shape: Shape) -> Iterator[Shape]:
    """The named shapes within a shape, the innermost first, then itself."""
    if isinstance(shape, Array):
        yield from _inside(shape.item)
    elif isinstance(shape, Object):
        for _, child, _ in shape.members:
            yield from _inside(child)
        yield shape
    elif isinstance(shape, Choice):
        yield shape


def name_shapes(pairs: dict[str, Pair]) -> dict[Shape, str]:
    """One name for each different shape, in the order in which they must be defined.

    Where the schemas give one name to different shapes, the most used keeps it and the others
    are called after the first message that holds them.
    """
    uses: Counter[Shape] = Counter()
    first_in: dict[Shape, str] = {}
    for message in _messages(pairs):
        for shape in _inside(message):
            uses[shape] += 1
            first_in.setdefault(shape, message.name)
    taken: dict[str, Shape] = {}
    names: dict[Shape, str] = {}
    # Objects choose first: IdToken is the object, and its enumeration is IdTokenChoice.
    for shape in sorted(uses, key=lambda shape: (isinstance(shape, Choice), -uses[shape])):
        assert isinstance(shape, Choice | Object)
        name = shape.name
        if name in taken and isinstance(taken[name], Object) and isinstance(shape, Choice):
            name += "Choice"
        if name in taken:
            name = re.sub(r"(Request|Response)$", "", first_in[shape]) + name
        if name in taken:
            name = first_in[shape] + shape.name
        assert name not in taken, name
        taken[name] = shape
        names[shape] = name
    return {shape: names[shape] for shape in first_in}


def _messages(pairs: dict[str, Pair]) -> Iterator[Object]:
    for pair in pairs.values():
        yield pair.request
        if pair.response is not None:
            yield pair.response


def python_name(member: str) -> str:
    """``meterStop`` is ``meter_stop``."""
    name = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", member)
    name = re.sub(r"(?<=[A-Z])([A-Z][a-z])", r"_\1", name).lower()
    return f"{name}_" if keyword.iskeyword(name) else name


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


def _code(shape: Shape, names: dict[Shape, str]) -> str:
    match shape:
        case Plain(code):
            return code
        case Array(item, least, most):
            bounds = {"min_length": least, "max_length": most}
            meta = ", ".join(f"{key}={value}" for key, value in bounds.items() if value is not None)
            inner = f"list[{_code(item, names)}]"
            return f"Annotated[{inner}, Meta({meta})]" if meta else inner
        case _:
            return names[shape]


def _class(shape: Object, names: dict[Shape, str]) -> Iterator[str]:
    yield f"class {names[shape]}(Wire, frozen=True, kw_only=True):"
    for member, child, required in shape.members:
        name = python_name(member)
        odd = f'name="{member}"' if _camel(name) != member else ""
        kind = _code(child, names) + ("" if required else " | None")
        default = "" if required else "None"
        if odd:
            default = f"field({odd}{'' if required else ', default=None'})"
        yield f"    {name}: {kind}{' = ' if default else ''}{default}"
    if not shape.members:
        yield "    pass"
    yield ""


def write_module(version: str) -> str:
    """The text of a version's ``wire.py`` before formatting."""
    pairs = read_schemas(version)
    names = name_shapes(pairs)
    choices = [shape for shape in names if isinstance(shape, Choice)]
    lines = [
        f'"""The messages of OCPP {VERSIONS[version]} as they are on the wire.',
        "",
        "Generated by ``scripts/generate_wire.py`` from the standard's JSON schemas; do not edit.",
        "Enumerations are text to the reader of a message, for stations say what they like; a",
        "decoder holds them to the standard's values.",
        '"""',
        "",
        "from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias",
        "from decimal import Decimal",
        "from msgspec import Meta, field",
        "from voltway.ocpp.shapes import INT64_MAX, INT64_MIN, Action, Int64, Wire",
        "",
        "if TYPE_CHECKING:",
        *(f"    {names[choice]}: TypeAlias = str" for choice in choices),
        "else:",
        *(f"    {names[choice]} = Literal{list(choice.values)}" for choice in choices),
        "",
    ]
    for shape in names:
        if isinstance(shape, Object):
            lines += _class(shape, names)
    lines += ["ACTIONS: dict[str, Action] = {", *_actions(version, pairs), "}"]
    return "\n".join(lines) + "\n"


def _actions(version: str, pairs: dict[str, Pair]) -> Iterator[str]:
    station = set(STATION_SAYS[version].split())
    assert station <= pairs.keys(), station - pairs.keys()
    for action, pair in pairs.items():
        by = "both" if action in BOTH_SAY else "station" if action in station else "csms"
        response = pair.response.name if pair.response else "None"
        yield f'"{action}": Action(request={pair.request.name}, response={response}, by="{by}"),'


def generate(version: str) -> str:
    """A version's ``wire.py``, imports and form put in order by ruff."""
    text = write_module(version)
    fix = ["check", "--fix", "--quiet", "--select", "I,F401"]
    for command in (fix, ["format", "--quiet"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(path_of(version))]
        text = subprocess.run(
            [*ruff, "-"], input=text, capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout
    return text


def path_of(version: str) -> Path:
    return ROOT / "src" / "voltway" / "ocpp" / version / "wire.py"


def main() -> None:
    for version in VERSIONS:
        path_of(version).write_text(generate(version))


if __name__ == "__main__":
    main()
