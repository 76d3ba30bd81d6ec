"""What a place is like: said at the console and by the API, read by drivers."""

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.parties.model import Role

TOLD = {
    "step_free": "yes",
    "lit": "yes",
    "roofed": "no",
    "bay_width_cm": "350",
    "screen_height_cm": "120",
    "hours": "Mon-Sun 00:00-24:00\r\n2026-12-24 closed",
    "help_phone": "+358 9 765 4321",
    "has-TOILETS": "yes",
}


async def test_what_an_operator_says_of_a_place_is_read_by_drivers(
    owner: Browser, browser: Browser, scene: Scene
) -> None:
    place = scene.station.location.id
    assert "not told" in await owner.reads("/console/places?q=market")
    assert "Access and hours" not in await browser.reads(f"/l/{place}")

    saved = await owner.sends(f"/console/places/{place}", **TOLD)
    form = await owner.opens(f"/console/places/{place}")
    said = await browser.reads(f"/l/{place}")

    assert saved.status_code == 303
    assert 'value="350"' in form.text
    assert "said by" in await owner.reads("/console/places")
    for words in (
        "Step-free from the bay to the screen",
        "Widest bay 3.50 m",
        "Screen at 120 cm",
        "Lit at night",
        "No roof",
        "Open now",
        "2026-12-24 closed",
        "Around: Toilets",
        "Call +358 9 765 4321",
    ):
        assert words in said, words


async def test_a_slip_is_told_and_what_was_typed_is_kept(owner: Browser, scene: Scene) -> None:
    place = scene.station.location.id

    answer = await owner.sends(
        f"/console/places/{place}", **{**TOLD, "hours": "whenever", "bay_width_cm": "350"}
    )

    assert answer.status_code == 422
    assert "whenever says no opening hours" in words_of(answer.text)
    assert ">whenever</textarea>" in answer.text
    assert 'value="350"' in answer.text
    assert await scene.count("location_features_view") == 0


async def test_who_may_only_look_says_nothing_of_a_place(
    owner: Browser, browser: Browser, scene: Scene
) -> None:
    place = scene.station.location.id
    await sits_down(browser, scene, Role.VIEWER)

    answer = await browser.sends(f"/console/places/{place}", **TOLD)
    held = await browser.sends(f"/console/places/{place}/queue", hold_min="0")

    assert answer.status_code == 403
    assert held.status_code == 403
    assert await scene.count("location_features_view") == 0


async def test_an_operator_says_for_how_long_a_bay_is_held_for_who_is_next_in_line(
    owner: Browser, browser: Browser, scene: Scene
) -> None:
    place = scene.station.location.id
    page = f"/console/places/{place}"
    assert (
        'name="hold_min" inputmode="numeric" maxlength="2" value="5"'
        in (await owner.opens(page)).text
    )

    for typed in ("31", "-1", "five", ""):
        wrong = await owner.sends(f"{page}/queue", hold_min=typed)
        assert wrong.status_code == 422
        assert "0 to 30 whole minutes" in words_of(wrong.text)
    saved = await owner.sends(f"{page}/queue", hold_min="0")

    assert saved.status_code == 303
    assert "Nobody queues at this place" in await browser.reads(f"/l/{place}/queue")
