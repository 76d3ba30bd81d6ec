"""``voltway admin contract``, and of ``tariff``: groups, where one holds, and which applies."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.test_admin import TARIFF, Admin, ask, asked, url

__all__ = ["ask", "asked", "url"]


def test_a_fleet_s_price_is_set_from_the_command_line_and_explained(
    ask: Admin, asked: Callable[..., Any], tmp_path: Path
) -> None:
    asked("party", "add", "Voltway Oy", "--ident", "VLT", "--vat-id", "FI12345678")
    asked(
        *("location", "add", "Market Square", "--address", "Torg 1", "--city", "Helsinki"),
        *("--country", "FIN", "--lat", "60.1", "--lon", "24.9", "--time-zone", "Europe/Helsinki"),
    )
    asked("station", "add", "VW-1", "--location", "Market Square")
    asked("token", "add", "04A1B2C3")
    for ident in ("DAY", "VANS"):
        file = tmp_path / ident
        file.write_text(json.dumps({**TARIFF, "id": ident}))
        asked("tariff", "add", str(file))

    asked("contract", "add", "C1", "--fleet", "Vans", "--token", "04A1B2C3")
    asked("tariff", "group", "CITY", "DAY=ad_hoc+rfid", "DAY")
    asked("tariff", "assign", "--group", "CITY")
    asked("tariff", "assign", "VANS", "--fleet", "Vans", "--until", "2031-01-01")
    evse = "FI*VLT*E1000*1"
    card = asked("tariff", "which", evse, "--token", "04A1B2C3")
    _, guest, _ = ask("tariff", "which", evse)

    assert card["tariff"] == "VANS"
    assert [rung["wins"] for rung in card["ladder"]].index(True) == 2
    assert "* Tariff DAY, version 1, is of group CITY" in guest
    assert asked("contract", "list")[0]["fleet_name"] == "Vans"
    status, _, said = ask("tariff", "group", "CITY", "DAY=gold")
    assert status == 2
    assert "a kind of driver is one of ad_hoc" in " ".join(said.split())


def test_the_command_line_refuses_what_the_law_forbids_and_says_where_it_came(
    ask: Admin, asked: Callable[..., Any], tmp_path: Path
) -> None:
    asked("party", "add", "Voltway Oy", "--ident", "VLT", "--vat-id", "FI12345678")
    asked(
        *("location", "add", "Market Square", "--address", "Torg 1", "--city", "Helsinki"),
        *("--country", "FIN", "--lat", "60.1", "--lon", "24.9", "--time-zone", "Europe/Helsinki"),
    )
    elements = [{"price_components": [{"type": "FLAT", "price": 2, "step_size": 1}]}]
    file = tmp_path / "flat.json"
    file.write_text(json.dumps({**TARIFF, "id": "FLAT", "elements": elements}))
    asked("tariff", "add", str(file))
    asked("tariff", "assign", "FLAT")
    evse = "1:IEC_62196_T2_COMBO:DC:150000"
    status, nothing, _ = ask("tariff", "law")
    asked("station", "add", "HUB-1", "--location", "Market Square", *("--evse", evse))
    forbidden = ask("tariff", "law")
    refused = ask("tariff", "assign", "FLAT", "--station", "HUB-1", "--since", "2031-01-01")
    group = ask("tariff", "group", "CITY", "FLAT")
    grouped = ask("tariff", "assign", "--group", "CITY", "--station", "HUB-1")

    assert (status, nothing.strip()) == (
        0,
        "Every price of guests is allowed where it is charged.",
    )
    assert forbidden[0] == 1
    assert "Guests at Market Square, FI*VLT*E1000*1 (150 kW), are charged" in forbidden[1]
    assert "Art. 5(4)" in forbidden[1]
    assert group[0] == 0
    for said in (refused, grouped):
        assert said[0] == 2
        assert "The law does not allow this price." in said[2]
