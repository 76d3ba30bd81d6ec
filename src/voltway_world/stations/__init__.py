"""Simulated charging stations that speak OCPP 1.6J and 2.0.1 over real WebSockets."""

from voltway_world.stations.bays import EvseSpec
from voltway_world.stations.cars import Car, car_models, some_car
from voltway_world.stations.forecourt import CannotDo
from voltway_world.stations.line import CallRefused, LineLost
from voltway_world.stations.options import Options
from voltway_world.stations.signing import SigningMeter
from voltway_world.stations.station import Station

__all__ = [
    "CallRefused",
    "CannotDo",
    "Car",
    "EvseSpec",
    "LineLost",
    "Options",
    "SigningMeter",
    "Station",
    "car_models",
    "some_car",
]
