"""A fleet's plan: which stations there are, their keys, and whether cars come by themselves."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from voltway_world.places import places


class PlannedEvse(msgspec.Struct, frozen=True, kw_only=True):
    power_w: int = 22_000
    current: Literal["AC", "DC"] = "AC"
    connector: str = "TYPE2"
    register_wh: int | None = None


class PlannedStation(msgspec.Struct, frozen=True, kw_only=True):
    identity: str
    key: str | None = None
    version: Literal["1.6", "2.0.1"] = "1.6"
    name: str = ""
    evses: list[PlannedEvse] = msgspec.field(default_factory=lambda: [PlannedEvse()])
    traffic: bool = False
    can_reserve: bool = True
    meter_secret: str | None = None  # in hexadecimal: its meters sign, with this key


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """Cars that come and go. The seed makes the same day again; pauses are in seconds."""

    seed: int = 1
    tokens: list[str] = []
    pause_s: tuple[float, float] = (20, 120)
    stay_s: tuple[float, float] = (120, 900)


class Regular(msgspec.Struct, frozen=True, kw_only=True):
    """A car that comes to one EVSE again and again, and pays by showing itself: by the address of
    its network interface, or by the contract certificate that it holds (PEM, with its issuers)."""

    station: str
    evse: int = 1
    uid: str
    kind: str = "ISO14443"
    contract: str | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    stations: list[PlannedStation]
    traffic: Traffic = Traffic()
    regulars: list[Regular] = []
    meter_interval_s: float = 5.0


class BadPlan(Exception):
    """The plan cannot be read; the text says why."""


def read_plan(text: bytes) -> Plan:
    try:
        plan = msgspec.json.decode(text, type=Plan)
    except msgspec.DecodeError as error:
        raise BadPlan(f"the plan cannot be read: {error}") from error
    identities = [station.identity for station in plan.stations]
    twice = {identity for identity in identities if identities.count(identity) > 1}
    if twice:
        raise BadPlan(f"the plan names {', '.join(sorted(twice))} twice")
    strange = {each.station for each in plan.regulars} - set(identities)
    if strange:
        raise BadPlan(f"there is no station {', '.join(sorted(strange))} for a car that comes")
    return plan


def plan_of_places(
    keys: dict[str, str],
    traffic: Traffic,
    *,
    busy: set[str] | None = None,
    meters: dict[str, str] | None = None,
    regulars: Sequence[Regular] = (),
) -> Plan:
    """The plan of the twelve places. Cars come by themselves where it is busy; ``meters`` are the
    secrets of those that sign."""
    return Plan(
        stations=[
            PlannedStation(
                identity=place.identity,
                key=keys.get(place.identity),
                version=place.protocol,
                name=f"{place.name}, {place.city}",
                evses=[
                    PlannedEvse(power_w=e.power_w, current=e.current, connector=e.connector)
                    for e in place.evses
                ],
                traffic=busy is not None and place.identity in busy,
                meter_secret=(meters or {}).get(place.identity),
            )
            for place in places()
        ],
        traffic=traffic,
        regulars=list(regulars),
    )
