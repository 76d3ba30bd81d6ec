"""The form of the editor: its parts in their order, the buttons that change them, and the form
that shows a tariff which is there already."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from voltway.tariffs.documents import read_json
from voltway.tariffs.model import Dimension

ELEMENTS_MAX: Final = 40
COMPONENTS_MAX: Final = 8

#: The power classes of AFIR art. 5 that a tariff may be offered at.
SLOW, FAST, BOTH = "slow", "fast", "both"

#: Restrictions that are plain numbers: our field, OCPI's, and how many of its units make ours.
NUMBERS: Final = (
    ("min_kwh", "min_kwh", 1),
    ("max_kwh", "max_kwh", 1),
    ("min_power", "min_power", 1),
    ("max_power", "max_power", 1),
    ("min_current", "min_current", 1),
    ("max_current", "max_current", 1),
    ("min_minutes", "min_duration", 60),
    ("max_minutes", "max_duration", 60),
)
TEXTS: Final = ("start_time", "end_time", "start_date", "end_date", "reservation")

#: What is typed, by the name of the field.
Fields = Mapping[str, str]

#: What the form says of the tariff itself, among the parts that are fresh.
HEAD: Final = "head"
#: Buttons that look at all that was typed; others only change the form.
LOOKS: Final = frozenset({"save", "publish"})
_PART: Final = re.compile(r"(e\d+(?:-c\d+)?)-")


def faults_shown(fields: Fields, wrong: Mapping[str, str]) -> dict[str, str]:
    """The faults that a person is told: an empty field of a part that nobody has looked at yet is
    no fault of theirs."""
    fresh = fields.get("fresh", "").split(",")
    return {
        name: why
        for name, why in wrong.items()
        if fields.get(name, "").strip() or _part_of(name) not in fresh
    }


def _part_of(name: str) -> str:
    part = _PART.match(name)
    return part[1] if part else HEAD


def elements_of(fields: Fields) -> list[int]:
    """The numbers of the elements that the form shows, in the order in which they are tried."""
    return [int(part) for part in fields.get("elements", "").split(",") if part.isdigit()]


def components_of(fields: Fields, element: int) -> list[int]:
    said = fields.get(f"e{element}-components", "")
    return [int(part) for part in said.split(",") if part.isdigit()]


def new_fields(currency: str) -> dict[str, str]:
    """A form to begin with: one element with a price per kWh."""
    return {
        "currency": currency,
        "tax": "net",
        "vat_from": "place",
        "power": BOTH,
        "fresh": f"{HEAD},e0,e0-c0",
        "elements": "0",
        "e0-components": "0",
        "e0-c0-type": Dimension.ENERGY.value,
        "e0-c0-step": "1",
    }


def changed(fields: Fields, do: str) -> dict[str, str]:
    """The form after a button that adds, takes away or moves a part of it."""
    after = dict(fields)
    if do in LOOKS:
        after.pop("fresh", None)
        return after
    verb, _, rest = do.partition(":")
    numbers = [int(part) for part in rest.split("-") if part.isdigit()]
    elements = elements_of(fields)
    if verb == "add-element" and len(elements) < ELEMENTS_MAX:
        new = max(elements, default=-1) + 1
        elements.append(new)
        after |= {f"e{new}-components": "0", f"e{new}-c0-type": "ENERGY", f"e{new}-c0-step": "1"}
        after["fresh"] = f"{after.get('fresh', '')},e{new},e{new}-c0".strip(",")
    elif verb in ("remove-element", "up", "down") and numbers and numbers[0] in elements:
        _move(elements, elements.index(numbers[0]), verb)
        if verb == "remove-element":
            after = {
                key: value for key, value in after.items() if not key.startswith(f"e{numbers[0]}-")
            }
    elif verb == "add-component" and numbers and numbers[0] in elements:
        components = components_of(fields, numbers[0])
        if len(components) < COMPONENTS_MAX:
            new = max(components, default=-1) + 1
            after[f"e{numbers[0]}-components"] = _joined([*components, new])
            after[f"e{numbers[0]}-c{new}-type"] = _unused(fields, numbers[0], components)
            after[f"e{numbers[0]}-c{new}-step"] = "1"
            after["fresh"] = f"{after.get('fresh', '')},e{numbers[0]}-c{new}".strip(",")
    elif verb == "remove-component" and len(numbers) == 2:
        components = [each for each in components_of(fields, numbers[0]) if each != numbers[1]]
        after[f"e{numbers[0]}-components"] = _joined(components)
    after["elements"] = _joined(elements)
    return after


def fields_of(document: str, zone: str) -> dict[str, str]:
    """The form that shows a tariff's document, to write its next version."""
    told = read_json(document, "tariff")
    told = told.get("data", told) if "elements" not in told else told
    texts = told.get("tariff_alt_text") or [{}]
    fields = {
        "id": told.get("id"),
        "currency": told.get("currency"),
        "type": told.get("type"),
        "tax": {"YES": "gross", "N/A": "none"}.get(told.get("tax_included") or "", "net"),
        "vat_from": "place" if told.get("voltway_taxes") else "stated",
        "power": BOTH,
        "text": texts[0].get("text"),
        "starts": None,
        "ends": _local(told.get("end_date_time"), zone),
    }
    for name in ("min_price", "max_price"):
        limit = told.get(name)
        if isinstance(limit, Mapping):
            fields[f"{name}-before"] = limit.get("before_taxes", limit.get("excl_vat"))
            fields[f"{name}-after"] = limit.get("after_taxes", limit.get("incl_vat"))
        else:
            fields[f"{name}-before"] = limit
    for place, element in enumerate(told["elements"]):
        fields |= _element_fields(place, element)
    fields["elements"] = _joined(range(len(told["elements"])))
    return {key: _as_text(value) for key, value in fields.items() if value not in (None, "")}


def _element_fields(place: int, element: Mapping[str, Any]) -> dict[str, Any]:
    at = f"e{place}"
    limits = element.get("restrictions") or {}
    fields: dict[str, Any] = {f"{at}-from": place}
    fields |= {f"{at}-{name}": limits.get(name) for name in TEXTS}
    for ours, theirs, unit in NUMBERS:
        number = limits.get(theirs)
        fields[f"{at}-{ours}"] = None if number is None else Decimal(number) / unit
    for day in limits.get("day_of_week") or ():
        fields[f"{at}-day-{day}"] = "yes"
    components = element["price_components"]
    for nth, part in enumerate(components):
        fields |= {
            f"{at}-c{nth}-from": nth,
            f"{at}-c{nth}-type": part["type"],
            f"{at}-c{nth}-price": part["price"],
            f"{at}-c{nth}-vat": part.get("vat"),
            f"{at}-c{nth}-step": part.get("step_size", 1),
            f"{at}-c{nth}-per": "h",
        }
    fields[f"{at}-components"] = _joined(range(len(components)))
    return fields


def _local(told: object, zone: str) -> str | None:
    if not isinstance(told, str):
        return None
    try:
        read = datetime.fromisoformat(told)
    except ValueError:
        return None
    utc = read.replace(tzinfo=UTC) if read.tzinfo is None else read
    return f"{utc.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def _move(places: list[int], at: int, verb: str) -> None:
    if verb == "remove-element":
        del places[at]
        return
    to = at - 1 if verb == "up" else at + 1
    if 0 <= to < len(places):
        places[at], places[to] = places[to], places[at]


def _unused(fields: Fields, element: int, components: Iterable[int]) -> str:
    """The first dimension that an element has no price for yet."""
    used = {fields.get(f"e{element}-c{each}-type") for each in components}
    return next((each.value for each in Dimension if each.value not in used), "ENERGY")


def _joined(numbers: Iterable[int]) -> str:
    return ",".join(str(each) for each in numbers)


def _as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value == value.to_integral() else f"{value:f}"
    return str(value)
