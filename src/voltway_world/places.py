"""Twelve real places and the stations that we imagine there; see data/ORIGIN.md."""

from importlib.resources import files
from typing import Literal

import msgspec


class PlaceEvse(msgspec.Struct, frozen=True, kw_only=True):
    connector: str
    power_w: int
    current: Literal["AC", "DC"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One station and where it stands. Coordinates are decimal degrees, as text."""

    identity: str
    protocol: Literal["1.6", "2.0.1"]
    name: str
    address: str
    city: str
    postal_code: str
    country: str
    lat: str
    lon: str
    time_zone: str
    evses: list[PlaceEvse]


class _File(msgspec.Struct):
    stations: list[Place]


def places() -> list[Place]:
    text = files("voltway_world").joinpath("data/places.json").read_bytes()
    return msgspec.json.decode(text, type=_File).stations
