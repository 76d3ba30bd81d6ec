"""Promotion codes: made at the console, typed where a driver starts."""

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.parties.model import Role

EVIL = "<script>alert(1)</script>"
CODES = "/console/tariffs/codes"


async def test_a_code_is_made_typed_and_held_for_the_visit(owner: Browser, scene: Scene) -> None:
    bay = f"/e/{scene.station.evses[1].public_id}"
    made = await owner.sends(CODES, code="spring", kind="percent", value="20", uses_max="1")
    assert made.status_code == 303, words_of(made.text)
    assert "I have a promotion code" in await owner.reads(bay)

    started = await owner.sends(f"{bay}/start", code=" Spring ", email="")
    again = await owner.sends(f"{bay}/start", code="SPRING", email="ann@example.org")

    assert started.status_code == 303
    assert again.status_code == 409
    said = words_of(again.text)
    assert "The code SPRING was used as often as it may be." in said
    assert 'value="SPRING"' in again.text
    assert 'value="ann@example.org"' in again.text, "nothing typed is lost"
    assert "SPRING 20 percent off 0 1 1" in await owner.reads(CODES)
    assert await scene.count("payment") == 1, "no visit was opened for the second"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"code": EVIL, "kind": "percent", "value": "20"}, "3 to 24 letters"),
        ({"code": "ABC", "kind": "gold", "value": "20"}, "Say what the code takes off"),
        ({"code": "ABC", "kind": "percent", "value": "120"}, "at most 100 percent"),
        ({"code": "ABC", "kind": "amount", "value": ""}, "more than nothing"),
        ({"code": "ABC", "kind": "amount", "value": "5", "uses_max": "-1"}, "at least 1"),
        (
            {"code": "ABC", "kind": "amount", "value": "5", "uses_max": "1.5"},
            "1.5 is no whole number",
        ),
        (
            {"code": "ABC", "kind": "amount", "value": "5", "until": "2020-01-01"},
            "before it begins",
        ),
    ],
)
async def test_what_is_no_code_is_told(owner: Browser, fields: dict[str, str], says: str) -> None:
    answer = await owner.sends(CODES, **fields)

    assert answer.status_code == 422
    assert says in words_of(answer.text)
    assert EVIL not in answer.text


async def test_a_driver_reads_what_is_wrong_with_a_code(browser: Browser, scene: Scene) -> None:
    bay = f"/e/{scene.station.evses[1].public_id}"

    answer = await browser.sends(f"{bay}/start", code=EVIL)

    assert answer.status_code == 422
    assert "There is no code" in words_of(answer.text)
    assert EVIL not in answer.text
    await sits_down(browser, scene, Role.VIEWER)
    assert (await browser.sends(CODES, code="ABC", kind="percent", value="1")).status_code == 403
