"""From the fields of the editor to an OCPI document, with every fault at its field.

A draft is what somebody typed. It becomes a document of OCPI 2.3.0 by the same reader that takes
tariffs from files, so the editor allows no more and no less. What the editor has no field for
(a text in another language, a price of a market) is carried over from the document it began from.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from voltway.kernel.units import PowerW
from voltway.tariffs.documents import BadField, read_json
from voltway.tariffs.model import Dimension, Tariff, TariffType, Weekday
from voltway.tariffs.ocpi import tariff_of
from voltway.tariffs.ocpi_write import written
from voltway.tariffs.rules_afir import FAST_W, lint_afir
from voltway.tariffs.rules_draft_form import (
    BOTH,
    ELEMENTS_MAX,
    FAST,
    NUMBERS,
    SLOW,
    TEXTS,
    Fields,
    components_of,
    elements_of,
)

#: A power in each class.
_POWERS: Final = {
    SLOW: (PowerW(FAST_W - 1),),
    FAST: (FAST_W,),
    BOTH: (PowerW(FAST_W - 1), FAST_W),
}

_TIMED: Final = (Dimension.TIME.value, Dimension.PARKING_TIME.value)
#: What the editor says of the document itself; the rest is carried over.
_OWN: Final = frozenset(
    {
        *("id", "currency", "type", "tax_included", "voltway_taxes", "elements", "last_updated"),
        *("min_price", "max_price", "start_date_time", "end_date_time", "tariff_alt_text"),
    }
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the fields come to: a document and its tariff, or what is wrong at which field."""

    document: str
    tariff: Tariff | None
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        return self.tariff is not None and not self.wrong


def draft_of(fields: Fields, base: str | None, zone: str, now: datetime) -> Draft:
    """The document that the fields make. Moments are by the clock of this zone."""
    wrong: dict[str, str] = {}
    began: dict[str, Any] = read_json(base, "tariff") if base else {}
    said: dict[str, Any] = {key: value for key, value in began.items() if key not in _OWN}
    said |= _head(fields, began, zone, wrong)
    said["elements"] = _elements(fields, began, wrong)
    said["last_updated"] = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = written(said)
    if wrong:
        return Draft(document, None, wrong)
    try:
        return Draft(document, tariff_of(read_json(document, "tariff")))
    except BadField as fault:
        return Draft(document, None, {_field_of(fault.at, fields): _sentence(fault.why)})


def forbidden(tariff: Tariff, power: str) -> tuple[str, ...]:
    """What the law does not allow at these powers, as sentences; none is well.

    Art. 5 of AFIR is about the ad hoc price, so it binds a tariff that guests may be charged by:
    one that is for everyone, and one that is for ad hoc payment. Of the others it is looked at
    where they are assigned (``lawful``), for only there is known whom they reach.
    """
    if tariff.type not in (None, TariffType.AD_HOC_PAYMENT):
        return ()
    powers = _POWERS.get(power, _POWERS[BOTH])
    return tuple(dict.fromkeys(said for each in powers for said in lint_afir(tariff, each)))


def _head(
    fields: Fields, began: Mapping[str, Any], zone: str, wrong: dict[str, str]
) -> dict[str, Any]:
    said: dict[str, Any] = {"id": fields.get("id", "").strip()}
    said["currency"] = fields.get("currency", "").strip().upper()
    if fields.get("type"):
        said["type"] = fields["type"]
    said["tax_included"] = {"gross": "YES", "none": "N/A"}.get(fields.get("tax", ""), "NO")
    if fields.get("vat_from") == "place" and said["tax_included"] != "N/A":
        said["voltway_taxes"] = "by_place"
    for name in ("min_price", "max_price"):
        limit = {}
        for ours, theirs in (("before", "before_taxes"), ("after", "after_taxes")):
            number = _number(fields, f"{name}-{ours}", wrong)
            if number is not None:
                limit[theirs] = number
        if "after_taxes" in limit and "before_taxes" not in limit:
            wrong[f"{name}-before"] = "The limit before tax is needed too."
        elif limit:
            said[name] = limit
    for ours, theirs in (("starts", "start_date_time"), ("ends", "end_date_time")):
        moment = _moment(fields, ours, zone, wrong)
        if moment:
            said[theirs] = moment
    text = fields.get("text", "").strip()
    rest = list((began.get("tariff_alt_text") or ())[1:])
    if text or rest:
        first = (began.get("tariff_alt_text") or [{}])[0].get("language", "en")
        said["tariff_alt_text"] = [*([{"language": first, "text": text}] if text else []), *rest]
    return said


def _elements(
    fields: Fields, began: Mapping[str, Any], wrong: dict[str, str]
) -> list[dict[str, Any]]:
    made = []
    for place in elements_of(fields)[:ELEMENTS_MAX]:
        at = f"e{place}"
        before = _before(began.get("elements"), fields.get(f"{at}-from"))
        said = {
            key: value
            for key, value in before.items()
            if key not in ("price_components", "restrictions")
        }
        said["price_components"] = [
            _component(fields, at, nth, before, wrong) for nth in components_of(fields, place)
        ]
        if limits := _restrictions(fields, at, wrong):
            said["restrictions"] = limits
        made.append(said)
    return made


def _component(
    fields: Fields, at: str, nth: int, before: Mapping[str, Any], wrong: dict[str, str]
) -> dict[str, Any]:
    here = f"{at}-c{nth}"
    kind = fields.get(f"{here}-type", "")
    was = _before(before.get("price_components"), fields.get(f"{here}-from"))
    said = {key: value for key, value in was.items() if key.startswith("voltway_")}
    price = _number(fields, f"{here}-price", wrong)
    if price is None and f"{here}-price" not in wrong:
        wrong[f"{here}-price"] = "A price is needed; 0 is one."
    per_minute = kind in _TIMED and fields.get(f"{here}-per") == "min"
    said |= {"type": kind, "price": (price or Decimal(0)) * (60 if per_minute else 1)}
    vat = _number(fields, f"{here}-vat", wrong)
    if vat is not None:
        said["vat"] = vat
    elif fields.get("vat_from") == "stated" and fields.get("tax") != "none":
        wrong[f"{here}-vat"] = "Say the VAT in percent; 0 is one. Or leave the tax to the place."
    step = _number(fields, f"{here}-step", wrong)
    said["step_size"] = Decimal(1) if step is None else step
    return said


def _restrictions(fields: Fields, at: str, wrong: dict[str, str]) -> dict[str, Any]:
    limits: dict[str, Any] = {
        name: fields[f"{at}-{name}"].strip() for name in TEXTS if fields.get(f"{at}-{name}")
    }
    for ours, theirs, unit in NUMBERS:
        number = _number(fields, f"{at}-{ours}", wrong)
        if number is not None:
            limits[theirs] = number * unit
    days = [day.name for day in Weekday if fields.get(f"{at}-day-{day.name}") == "yes"]
    if days:
        limits["day_of_week"] = days
    return limits


def _before(told: Any, number: str | None) -> Mapping[str, Any]:
    """The part of the document that a part of the form began from."""
    if number is None or not number.isdigit() or not isinstance(told, list):
        return {}
    found = told[int(number)] if int(number) < len(told) else {}
    return found if isinstance(found, Mapping) else {}


def _number(fields: Fields, name: str, wrong: dict[str, str]) -> Decimal | None:
    said = fields.get(name, "").strip()
    if not said:
        return None
    if "," in said and "." not in said:
        said = said.replace(",", ".")
    try:
        number = Decimal(said)
    except InvalidOperation:
        number = Decimal("NaN")
    places = number.as_tuple().exponent
    if not isinstance(places, int) or abs(places) > 12 or number.adjusted() > 9:
        wrong[name] = f"{said[:40]} is no number, such as 0.49."
        return None
    if number < 0:
        wrong[name] = "It must not be negative."
        return None
    return number


def _moment(fields: Fields, name: str, zone: str, wrong: dict[str, str]) -> str | None:
    said = fields.get(name, "").strip()
    if not said:
        return None
    try:
        read = datetime.fromisoformat(said)
        local = read.replace(tzinfo=ZoneInfo(zone)) if read.tzinfo is None else read
        return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        wrong[name] = f"{said[:40]} is no date and time, such as 2026-03-02 06:30."
        return None


_PART: Final = re.compile(
    r"elements\[(\d+)](?:\.price_components\[(\d+)])?(?:\.restrictions)?\.?(\w*)"
)
_NAMES: Final = {
    "step_size": "step",
    "min_duration": "min_minutes",
    "max_duration": "max_minutes",
    "day_of_week": "day-MONDAY",
    "price_components": "components",
    "start_date_time": "starts",
    "end_date_time": "ends",
    "min_price": "min_price-before",
    "max_price": "max_price-before",
}


def _field_of(at: str, fields: Fields) -> str:
    """The field of the form that a place in the document stems from."""
    part = _PART.match(at)
    if part is None:
        return _NAMES.get(at, at)
    elements = elements_of(fields)
    place = elements[int(part[1])] if int(part[1]) < len(elements) else 0
    name = _NAMES.get(part[3], part[3])
    if part[2] is None:
        return f"e{place}-{name}"
    components = components_of(fields, place)
    nth = components[int(part[2])] if int(part[2]) < len(components) else 0
    return f"e{place}-c{nth}-{name}"


def _sentence(why: str) -> str:
    return f"{why[:1].upper()}{why[1:]}."
