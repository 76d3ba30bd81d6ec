"""Which tax holds for charging, by place and moment, and what becomes of a tariff that asks for it.

Charging is a supply of goods (Court of Justice, C-282/22), taxed where it is supplied: by the
country of the EVSE. A component that states its VAT is right about it, for none is not the same as
0 % (OCPI 2.2.1, PriceComponent); only a tariff that says that its taxes go by the place takes the
rest from the table.

It takes the standard rate. Where a country taxes electricity lower, charging may take that rate:
whether it does is national law, and where that is silent the party's to answer for. So the lower
rate holds where the party has declared so, with its legal basis.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from voltway.kernel.errors import Kind, Refusal
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_taxes import (
    ChargingSince,
    Country,
    TaxDeclaration,
    TaxOverride,
    TaxRule,
    TaxTable,
)


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


def charging_at(country: Country, on: date) -> ChargingSince | None:
    """The reduced rate of electricity that a party may declare for charging on a day, if any."""
    held = [each for each in country.charging if each.since <= on]
    return held[-1] if held else None


def declares(declarations: Iterable[TaxDeclaration], country: str, at: datetime) -> bool:
    """Whether the reduced rate is declared for a country at a moment."""
    said = _latest([each for each in declarations if each.country == country and each.holds_at(at)])
    return said is not None and said.applies


def rule(
    table: TaxTable,
    code: str,
    at: datetime,
    zone: ZoneInfo,
    overrides: Iterable[TaxOverride] = (),
    declarations: Iterable[TaxDeclaration] = (),
) -> TaxRule:
    """The tax on charging in a country at a moment; its days are those of the place's own clock.

    A rate that the party set goes before what it declared, and that before the standard rate. Both
    come in the order in which they were told.

    Raises :class:`NoTaxRate` where neither the table nor the operator knows one.
    """
    two = country_of(table, code) or code
    on = at.astimezone(zone).date()
    over = _latest([each for each in overrides if each.country == two and each.holds_at(at)])
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
    said = _latest([each for each in declarations if each.country == two and each.holds_at(at)])
    if country is not None and said is not None and said.applies:
        low = charging_at(country, on)
        if low is not None:
            return _declared(table, two, country, low, said, on)
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


Told = TypeVar("Told", TaxOverride, TaxDeclaration)


def _latest(holding: Sequence[Told]) -> Told | None:
    """The one that begins last; of two of one moment the later told counts: they come in order."""
    found = max(enumerate(holding), key=lambda each: (each[1].since, each[0]), default=None)
    return None if found is None else found[1]


def _declared(
    table: TaxTable,
    two: str,
    country: Country,
    low: ChargingSince,
    said: TaxDeclaration,
    on: date,
) -> TaxRule:
    return TaxRule(
        country=two,
        rate=low.rate,
        table=table.version,
        table_sha256=table.sha256,
        declared=said.id,
        basis=said.legal_basis,
        why=(
            f"{low.rate.normalize():f} % in {country.name} on {on}, the reduced rate of electricity"
            f" by the table of {table.version}, declared by {said.made_by}: {said.legal_basis}"
        ),
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
