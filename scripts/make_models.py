"""Make ``src/voltway/vehicles/data/models.json`` of a file of Open EV Data.

``python scripts/make_models.py ev_models.json`` keeps the cars, and of each what an estimate needs,
in watts and watt-hours. Where the data is from: ``src/voltway/vehicles/data/ORIGIN.md``.
"""

import json
import sys
from pathlib import Path
from typing import Any

#: No battery takes so many watts for each Wh of its size. The data has such, of cars that take less
#: or no DC at all: where nobody measured them, powers that stand in for one not known, and curves
#: of one maker that were called measured.
BELIEVED_MEASURED = 5.5
BELIEVED_ELSE = 3.5

TARGET = Path(__file__).parent.parent / "src/voltway/vehicles/data/models.json"


def main() -> None:
    cars = [
        _kept(car)
        for car in json.loads(Path(sys.argv[1]).read_text())["data"]
        if car["vehicle_type"] == "car" and car.get("usable_battery_size")
    ]
    cars.sort(key=lambda car: (car["brand"].casefold(), car["name"].casefold(), car["year"]))
    lines = ",\n".join(json.dumps(car, ensure_ascii=False, separators=(",", ":")) for car in cars)
    TARGET.write_text(f"[\n{lines}\n]\n")


def _kept(car: dict[str, Any]) -> dict[str, Any]:
    dc = _believed(car.get("dc_charger") or {}, car["usable_battery_size"])
    name = " ".join(filter(None, (car["model"], car.get("variant"))))
    return {
        "id": car["id"],
        "brand": car["brand"],
        "name": name,
        "year": car.get("release_year") or 0,
        "battery_wh": round(car["usable_battery_size"] * 1000),
        "wh_per_km": round(car["energy_consumption"]["average_consumption"] * 10),
        "ac_w": round(((car.get("ac_charger") or {}).get("max_power") or 0) * 1000),
        "dc_w": round((dc.get("max_power") or 0) * 1000),
        "curve": [
            [round(point["percentage"]), round(point["power"] * 1000)]
            for point in dc.get("charging_curve", [])
        ],
        "measured": bool(dc) and not dc["is_default_charging_curve"],
        "plugs": sorted(
            {*(dc.get("ports") or []), *((car.get("ac_charger") or {}).get("ports") or [])}
        ),
    }


def _believed(dc: dict[str, Any], battery_kwh: float) -> dict[str, Any]:
    """What is told of a car's DC; of one that would take more than any battery, its ports alone."""
    measured = not dc.get("is_default_charging_curve", True)
    most_kw = battery_kwh * (BELIEVED_MEASURED if measured else BELIEVED_ELSE)
    if (dc.get("max_power") or 0) <= most_kw:
        return dc
    return {"ports": dc.get("ports"), "is_default_charging_curve": True}


if __name__ == "__main__":
    main()
