"""Our tariffs as OCPI writes them, in the version that a partner speaks.

Strict where reading is lenient: what a version cannot say is refused, for a partner that is told
half a tariff computes another price than we do.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from voltway.kernel.errors import Kind, Refusal
from voltway.tariffs.model import (
    PriceComponent,
    PriceLimit,
    Restrictions,
    Tariff,
    TariffElement,
    TaxIncluded,
)
from voltway.tariffs.ocpi_ours import idle_told, spot_told
from voltway.tariffs.rules_spot import follows_market


class OcpiVersion(StrEnum):
    """The versions that we speak."""

    V211 = "2.1.1"
    V221 = "2.2.1"
    V230 = "2.3.0"


@dataclass(eq=False)
class TariffBeyondVersion(Refusal):
    """OCPI {version} cannot say {what} of tariff {tariff}."""

    kind = Kind.INVALID

    version: OcpiVersion
    what: str
    tariff: str


def document(tariff: Tariff, version: OcpiVersion, *, plain: bool = False) -> dict[str, Any]:
    """The tariff as this version's object; numbers are ``Decimal``, see ``written``.

    What no version can say stands in fields of our own, see ``ocpi_ours``; a plain one has none.
    """
    for what in (*_beyond(tariff, version), *(_ours(tariff) if plain else ())):
        raise TariffBeyondVersion(version, what, tariff.id)
    said: dict[str, Any] = {
        "country_code": tariff.country_code if version is not OcpiVersion.V211 else None,
        "party_id": tariff.party_id if version is not OcpiVersion.V211 else None,
        "id": tariff.id,
        "currency": tariff.currency,
        "type": tariff.type,
        "tariff_alt_text": [
            {"language": text.language, "text": text.text} for text in tariff.alt_text
        ],
        "tariff_alt_url": tariff.alt_url,
        "min_price": _limit(tariff.min_price, version),
        "max_price": _limit(tariff.max_price, version),
        "elements": [_element(element, version) for element in tariff.elements],
        "tax_included": tariff.tax_included if version is OcpiVersion.V230 else None,
        "voltway_taxes": "by_place" if tariff.taxes_by_place else None,
        "start_date_time": _moment(tariff.starts),
        "end_date_time": _moment(tariff.ends),
        "energy_mix": None if tariff.energy_mix is None else json.loads(tariff.energy_mix),
        "last_updated": _moment(tariff.last_updated),
    }
    return _told(said)


def written(said: object) -> str:
    """An OCPI object as JSON, with every price as the very digits it has."""
    if isinstance(said, Mapping):
        fields = (f"{json.dumps(name)}: {written(value)}" for name, value in said.items())
        return "{" + ", ".join(fields) + "}"
    if isinstance(said, list):
        return "[" + ", ".join(written(value) for value in said) + "]"
    if isinstance(said, Decimal):
        return f"{said:f}"
    return json.dumps(said, ensure_ascii=False)


def _beyond(tariff: Tariff, version: OcpiVersion) -> list[str]:
    """What of the tariff this version has no words for."""
    beyond = []
    if version is not OcpiVersion.V230 and tariff.tax_included is TaxIncluded.YES:
        beyond.append("prices that include tax")
    if version is not OcpiVersion.V230 and _is_untaxed(tariff):
        beyond.append("that no tax is asked though a rate is stated")
    if version is OcpiVersion.V211:
        limits = [element.restrictions for element in tariff.elements]
        if tariff.min_price or tariff.max_price:
            beyond.append("a minimum or maximum price")
        if any(limit.reservation for limit in limits):
            beyond.append("the price of a reservation")
        if any((limit.min_current_a, limit.max_current_a) != (None, None) for limit in limits):
            beyond.append("a price that depends on the current")
        if tariff.type:
            beyond.append(f"the type {tariff.type}")
        if tariff.starts or tariff.ends:
            beyond.append("from when to when it holds")
    return beyond


def _is_untaxed(tariff: Tariff) -> bool:
    """Before 2.3.0 every rate that is stated is asked for."""
    rates = (part.vat for element in tariff.elements for part in element.price_components)
    return tariff.tax_included is TaxIncluded.NOT_APPLICABLE and any(rates)


def _ours(tariff: Tariff) -> list[str]:
    """What of the tariff no version has words for."""
    beyond = []
    if tariff.taxes_by_place:
        beyond.append("taxes that depend on the place")
    if any(element.idle for element in tariff.elements):
        beyond.append("an idle fee with a grace time or a cap")
    if follows_market(tariff):
        beyond.append("a price that follows a market")
    return beyond


def _limit(limit: PriceLimit | None, version: OcpiVersion) -> dict[str, Any] | None:
    if limit is None:
        return None
    names = ("excl_vat", "incl_vat")
    if version is OcpiVersion.V230:
        names = ("before_taxes", "after_taxes")
    return _told(dict(zip(names, (limit.before_taxes, limit.after_taxes), strict=True)))


def _element(element: TariffElement, version: OcpiVersion) -> dict[str, Any]:
    components = [_component(each, version) for each in element.price_components]
    restrictions = _restrictions(element.restrictions)
    said = _told({"price_components": components, "restrictions": restrictions})
    return said | idle_told(element.idle)


def _component(component: PriceComponent, version: OcpiVersion) -> dict[str, Any]:
    return _told(
        {
            "type": component.dimension,
            "price": component.price,
            "vat": component.vat if version is not OcpiVersion.V211 else None,
            "step_size": component.step_size,
        }
    ) | spot_told(component.spot)


def _restrictions(limits: Restrictions) -> dict[str, Any]:
    return _told(
        {
            "start_time": f"{limits.start_time:%H:%M}" if limits.start_time is not None else None,
            "end_time": f"{limits.end_time:%H:%M}" if limits.end_time is not None else None,
            "start_date": limits.start_date.isoformat() if limits.start_date else None,
            "end_date": limits.end_date.isoformat() if limits.end_date else None,
            "min_kwh": limits.min_kwh,
            "max_kwh": limits.max_kwh,
            "min_current": limits.min_current_a,
            "max_current": limits.max_current_a,
            "min_power": limits.min_power_kw,
            "max_power": limits.max_power_kw,
            "min_duration": limits.min_duration_s,
            "max_duration": limits.max_duration_s,
            "day_of_week": [day.name for day in sorted(limits.days)],
            "reservation": limits.reservation,
        }
    )


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _told(said: dict[str, Any]) -> dict[str, Any]:
    """Only what there is to tell: OCPI leaves out what is not there."""
    absent: tuple[object, ...] = (None, [], {})
    return {name: value for name, value in said.items() if value not in absent}
