"""Which tax holds for charging, by place and moment, and what becomes of a tariff that asks for it.

Charging is a supply of goods (Court of Justice, C-282/22), taxed where it is supplied: by the
country of the EVSE. A component that states its VAT is right about it, for none is not the same as
0 % (OCPI 2.2.1, PriceComponent); only a tariff that says that its taxes go by the place takes the
rest from the table.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from voltway.kernel.errors import Kind, Refusal
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_taxes import Country, TaxOverride, TaxRule, TaxTable


@dataclass(eq=False)
class NoTaxRate(Refusal):
    """There is no tax rate for charging in {country} on {on}: set one for it, with the reason."""

    kind = Kind.INVALID

    country: str
    on: date


@dataclass(eq=False)
class TaxesOpen(Refusal):
    """Tariff {tariff} leaves its taxes to the place, so it has no price without one."""

    kind = Kind.INVALID

    tariff: str


def country_of(table: TaxTable, code: str) -> str | None:
    """The two letters of a country that is given by two or three (ISO 3166-1)."""
    if code in table.countries:
        return code
    return next((two for two, each in table.countries.items() if each.alpha3 == code), None)


def standard_at(country: Country, on: date) -> Decimal | None:
    """The standard rate on a day; none before the table knows one."""
    held = [each for each in country.standard if each.since <= on]
    return held[-1].rate if held else None


def reduced_at(country: Country, on: date) -> tuple[Decimal, ...]:
    held = [each for each in country.reduced if each.since <= on]
    return held[-1].rates if held else ()


def rule(
    table: TaxTable,
    code: str,
    at: datetime,
    zone: ZoneInfo,
    overrides: Iterable[TaxOverride] = (),
) -> TaxRule:
    """The tax on charging in a country at a moment; its days are those of the place's own clock.

    Raises :class:`NoTaxRate` where neither the table nor the operator knows one.
    """
    two = country_of(table, code) or code
    on = at.astimezone(zone).date()
    holding = [each for each in overrides if each.country == two and each.holds_at(at)]
    over = max(holding, key=lambda each: (each.since, each.created_at), default=None)
    if over is not None and over.rate is not None:
        return TaxRule(
            country=two,
            rate=over.rate,
            table=table.version,
            table_sha256=table.sha256,
            override=over.id,
            why=f"{over.rate.normalize():f} % in {two}, set by {over.made_by}: {over.reason}",
        )
    country = table.countries.get(two)
    rate = standard_at(country, on) if country is not None else None
    if country is None or rate is None:
        raise NoTaxRate(two, on)
    return TaxRule(
        country=two,
        rate=rate,
        table=table.version,
        table_sha256=table.sha256,
        why=f"{rate.normalize():f} % in {country.name} on {on}, table of {table.version}.",
    )


def completed(tariff: Tariff, taxed: TaxRule) -> Tariff:
    """The tariff with this rate where it states none, and nothing left open."""
    return replace(
        tariff,
        taxes_by_place=False,
        elements=tuple(
            replace(
                element,
                price_components=tuple(
                    component if component.vat is not None else replace(component, vat=taxed.rate)
                    for component in element.price_components
                ),
            )
            for element in tariff.elements
        ),
    )
