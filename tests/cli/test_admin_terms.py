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
