"""The models that are sold, of Open EV Data; see data/ORIGIN.md."""

from functools import cache
from importlib.resources import files
from uuid import UUID

import msgspec

from voltway.vehicles.model import EvModel

#: Where the data is from, to be shown wherever it is used (the licence asks for it).
ATTRIBUTION = "Open EV Data (https://github.com/KilowattApp/open-ev-data)"


class _Row(msgspec.Struct):
    id: UUID
    brand: str
    name: str
    year: int
    battery_wh: int
    wh_per_km: int
    ac_w: int
    dc_w: int
    curve: list[tuple[int, int]]
    measured: bool
    plugs: list[str]


@cache
def models() -> dict[UUID, EvModel]:
    """All models by id, in the order of their names."""
    text = files("voltway.vehicles").joinpath("data/models.json").read_bytes()
    return {
        row.id: EvModel(
            id=row.id,
            brand=row.brand,
            name=row.name,
            year=row.year,
            battery_wh=row.battery_wh,
            wh_per_km=row.wh_per_km,
            ac_w=row.ac_w,
            dc_w=row.dc_w,
            curve=tuple(row.curve),
            measured=row.measured,
            plugs=frozenset(row.plugs),
        )
        for row in msgspec.json.decode(text, type=list[_Row])
    }


def model(id: UUID) -> EvModel | None:
    return models().get(id)


def found(words: str, limit: int = 20) -> list[EvModel]:
    """The models of whose name all these words are part, the newest of a name first."""
    parts = words.casefold().split()
    if not parts:
        return []
    fitting = [
        each
        for each in models().values()
        if all(part in f"{each.brand} {each.name} {each.year}".casefold() for part in parts)
    ]
    fitting.sort(key=lambda each: (each.brand.casefold(), each.name.casefold(), -each.year))
    return fitting[:limit]
