"""A driver's VAT number at a terminal, asked of the register (OCPP 2.1, C18.FR.08 to FR.10)."""

from typing import Any

from tests.ocpp.gateway_floor import a_door, dial
from voltway.billing.vies import Vies
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway_world.vies import ViesServer


def about(answer: Any) -> tuple[str, str]:
    return answer["status"], answer.get("statusInfo", {}).get("reasonCode", "")


async def test_a_vat_number_is_judged_by_the_register_and_its_silence_is_told(
    database: Database, clock: JumpingClock
) -> None:
    async with (
        ViesServer() as register,
        a_door(database, clock, register=Vies(register.url)) as door,
    ):
        await door.add("CS1")
        async with dial(door, "CS1", "ocpp2.1") as line:
            asked = {"vatNumber": "FI 2077 4740", "evseId": 1}
            valid = await line.call("VatNumberValidation", asked)
            unknown = await line.call("VatNumberValidation", {"vatNumber": "FI00000000"})
            odd = await line.call("VatNumberValidation", {"vatNumber": "../../x?y=1"})
            register.silent = True
            silent = await line.call("VatNumberValidation", {"vatNumber": "FI20774740"})
            alive = await line.call("Heartbeat", {})

    assert (about(valid), valid["vatNumber"], valid["evseId"]) == (
        ("Accepted", ""),
        "FI 2077 4740",
        1,
    )
    assert [about(each) for each in (unknown, odd)] == [("Rejected", "")] * 2
    assert about(silent) == ("Rejected", "InternalError")
    assert register.asked == ["FI20774740", "FI00000000", "FI20774740"]
    assert "evseId" not in unknown
    assert "currentTime" in alive


async def test_where_no_register_is_set_nobody_is_called_registered(
    database: Database, clock: JumpingClock
) -> None:
    async with a_door(database, clock) as door:
        await door.add("CS1")
        async with dial(door, "CS1", "ocpp2.1") as line:
            answer = await line.call("VatNumberValidation", {"vatNumber": "FI20774740"})

    assert about(answer) == ("Rejected", "InternalError")
