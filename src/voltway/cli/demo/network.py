"""The network of the demo: twelve places, their stations, two tariffs, an operator, some cards."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from voltway.drivers import actions as drivers
from voltway.evidence import actions as evidence
from voltway.kernel.ids import LocationId
from voltway.kernel.units import PowerW
from voltway.parties import actions as parties
from voltway.parties.model import Party, Role
from voltway.runtime.work import BeginWork, Work
from voltway.stations import actions as stations
from voltway.stations import calibration, features
from voltway.stations.model import Current, EvsePlan
from voltway.stations.model_calibration import Calibration
from voltway.stations.model_features import Features
from voltway.tariffs import actions as tariffs
from voltway_world.places import Place, places
from voltway_world.stations import SigningMeter
from voltway_world.stations.plan import Plan, Regular, Traffic, plan_of_places

OPERATOR: Final = "operator@demo.example"
FILE: Final = "demo.json"
CARDS: Final = 12

#: From this power on, a price is per kWh and an idle fee only (AFIR art. 5(3)).
FAST_W: Final = 50_000

#: What the demo says of its places: made up, so that there is something to filter by.
FAST_PLACE: Final = Features(
    step_free=True,
    lit=True,
    roofed=False,
    bay_width_cm=350,
    screen_height_cm=120,
    facilities=("TOILETS", "CAFE"),
    hours_words="always",
)
SLOW_PLACE: Final = Features(lit=True, hours_words="Mon-Sat 06:00-22:00\nSun 08:00-20:00")

#: For so long a meter in a station is good in Germany (MessEV annex 7); one of the demo ends soon.
METERS_LAST_YEARS: Final = 8
METER_ENDS_IN: Final = timedelta(days=25)

#: At these stations cars come and go by themselves, so that the wall is alive.
BUSY: Final = 6

CONNECTORS: Final = {"CCS": "IEC_62196_T2_COMBO", "TYPE2": "IEC_62196_T2", "CHADEMO": "CHADEMO"}


@dataclass
class Secrets:
    """What the demo keeps between its runs, in its data folder, readable by its owner alone."""

    provider: str = field(default_factory=secrets.token_urlsafe)
    webhook: str = field(default_factory=secrets.token_urlsafe)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    keys: dict[str, str] = field(default_factory=dict)
    cards: list[str] = field(default_factory=list)
    meters: dict[str, str] = field(default_factory=dict)


def load_secrets(folder: Path) -> Secrets:
    """The demo's secrets, made at its first run."""
    file = folder / FILE
    if file.exists():
        return msgspec.json.decode(file.read_bytes(), type=Secrets)
    made = Secrets(
        keys={place.identity: secrets.token_urlsafe(18) for place in places()},
        cards=[secrets.token_hex(7).upper() for _ in range(CARDS)],
        # Every other station has meters that sign, as German law wants it.
        meters={place.identity: secrets.token_hex(31) for place in places()[::2]},
    )
    folder.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(made))
    return made


def fleet_plan(kept: Secrets, regulars: Sequence[Regular] = ()) -> Plan:
    """The plan of the simulated stations: every other one is busy."""
    busy = {place.identity for place in places()[:: len(places()) // BUSY]}
    traffic = Traffic(seed=7, tokens=kept.cards, pause_s=(5, 90), stay_s=(240, 1500))
    return plan_of_places(kept.keys, traffic, busy=busy, meters=kept.meters, regulars=regulars)


async def furnish(begin: BeginWork, kept: Secrets, speed: float = 1.0) -> None:
    """Make the network, once. Where cars charge ``speed`` times as fast as in life, so can the
    EVSEs: else no bill would be believed."""
    async with begin() as work:
        if await parties.first_party(work) is not None:
            return
        party = await parties.add_party(
            work,
            name="Voltway Demo",
            legal_name="Voltway Demo GmbH",
            country_code="DE",
            ident="VWD",
            vat_id="DE136695976",
            address={
                "street": "Alexanderstraße 4",
                "postal_code": "10178",
                "city": "Berlin",
                "phone": "+49 30 23125 000",
                "email": "help@demo.example",
            },
            time_zone="Europe/Berlin",
            locale="en",
        )
        await parties.add_operator(
            work,
            party.id,
            email=OPERATOR,
            name="Demo Operator",
            role=Role.OWNER,
            password=kept.password,
        )
        for tariff in (AC, DC):
            await tariffs.add_version(work, party.id, json.dumps(tariff))
        for place in places():
            await _add_place(work, party, place, kept, max(speed, 1.0))
        await _calibrate(work, party)
        for number, card in enumerate(kept.cards, 1):
            await drivers.add_token(work, party.id, card, label=f"Demo card {number}")


async def _add_place(
    work: Work, party: Party, place: Place, kept: Secrets, speed: float
) -> LocationId:
    location = await stations.add_location(
        work,
        party.id,
        name=place.name,
        address=place.address,
        city=place.city,
        postal_code=place.postal_code,
        country=place.country,
        lat=float(place.lat),
        lon=float(place.lon),
        time_zone=place.time_zone,
    )
    plans = [
        EvsePlan(
            number,
            CONNECTORS.get(evse.connector, evse.connector),
            Current(evse.current),
            PowerW(round(evse.power_w * speed)),
        )
        for number, evse in enumerate(place.evses, 1)
    ]
    station, _ = await stations.add_station(
        work, party.id, location.id, place.identity, plans, key=kept.keys[place.identity]
    )
    if place.identity in kept.meters:
        meter = SigningMeter(place.identity, secret=int(kept.meters[place.identity], 16))
        await evidence.register_key(work, station.id, meter.public_key, by="Voltway demo")
    is_fast = max(evse.power_w for evse in place.evses) >= FAST_W
    ident = DC["id"] if is_fast else AC["id"]
    await tariffs.assign(work, party.id, ident, station=station.id)
    told = FAST_PLACE if is_fast else SLOW_PLACE
    await features.describe(work, location.id, told, by="Voltway demo")
    return location.id


async def _calibrate(work: Work, party: Party) -> None:
    """The meters of DC bays have last days, as those that bill by law do: one ends soon."""
    bays = await work.all(
        """
        SELECT id FROM evse_view WHERE party_id = $1 AND current = 'DC' ORDER BY identity, number
        """,
        party.id,
    )
    first = work.now.date() + METER_ENDS_IN
    later = [date(work.now.year + 1 + place % 7, 12, 31) for place in range(len(bays) - 1)]
    for bay, day in zip(bays, (first, *later), strict=True):
        told = Calibration(day, f"Mark of {day.year - METERS_LAST_YEARS}")
        await calibration.tell(work, bay["id"], told)


def _tariff(id: str, words: str, elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "country_code": "DE",
        "party_id": "VWD",
        "id": id,
        "currency": "EUR",
        "type": "AD_HOC_PAYMENT",
        "tariff_alt_text": [{"language": "en", "text": words}],
        "tax_included": "YES",
        "elements": elements,
        "last_updated": datetime(2026, 1, 1, tzinfo=UTC).isoformat(),
    }


#: Gross prices, VAT of 19 % within; the idle fee of a stay begins after its free time.
DC: Final = _tariff(
    "FAST",
    "0.59 EUR per kWh. Idle fee 0.10 EUR per min once the car is full and an hour is over.",
    [
        {
            "price_components": [
                {"type": "ENERGY", "price": 0.59, "vat": 19.0, "step_size": 1},
            ]
        },
        {
            "price_components": [
                {"type": "PARKING_TIME", "price": 6.00, "vat": 19.0, "step_size": 60}
            ],
            "restrictions": {"min_duration": 3600},
        },
    ],
)
AC: Final = _tariff(
    "CITY",
    "0.49 EUR per kWh, 0.39 EUR at night. Idle fee 0.02 EUR per min after four hours.",
    [
        {
            "price_components": [{"type": "ENERGY", "price": 0.39, "vat": 19.0, "step_size": 1}],
            "restrictions": {"start_time": "22:00", "end_time": "06:00"},
        },
        {"price_components": [{"type": "ENERGY", "price": 0.49, "vat": 19.0, "step_size": 1}]},
        {
            "price_components": [
                {"type": "PARKING_TIME", "price": 1.20, "vat": 19.0, "step_size": 60}
            ],
            "restrictions": {"min_duration": 14400},
        },
    ],
)
