"""What the electricity of a country's grid emits, of Our World in Data; see data/ORIGIN.md."""

from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import msgspec

ATTRIBUTION: Final = "Our World in Data (CC BY 4.0), of Ember and the Energy Institute"


class Grid(NamedTuple):
    """Grams of CO₂-equivalents a kWh, over the life of the plants, in this year."""

    grams: int
    year: int


class _Row(msgspec.Struct):
    g: int
    year: int


@cache
def _grids() -> dict[str, Grid]:
    text = files("voltway.vehicles").joinpath("data/grid.json").read_bytes()
    rows = msgspec.json.decode(text, type=dict[str, _Row])
    return {country: Grid(row.g, row.year) for country, row in rows.items()}


def grid_of(country: str) -> Grid | None:
    """The grid of a country (ISO 3166-1, three letters); ``None`` where we know nothing of it."""
    return _grids().get(country.upper())
