"""Operators see what is reserved, take it back with a reason, and say for how long one may."""

from typing import Any

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from tests.web.reserved import ANN, Kept, refused, reserves
from voltway.parties.model import Role
from voltway.stations.orders import CancelReservation

HERE = "/console/reservations"


@pytest.fixture
async def kept(scene: Scene) -> Kept:
    made = Kept(scene)
    await made.can()
    return made


async def the_one(scene: Scene) -> Any:
    async with scene.begin() as work:
        [row] = await work.all("SELECT * FROM reservation_view")
    return row


async def test_an_operator_sees_it_and_takes_it_back_with_a_reason(
    owner: Browser, kept: Kept
) -> None:
    assert "No bay was reserved lately" in await owner.reads(HERE)
    page = await reserves(owner, kept)
    asked = await kept.answers()
    said = await owner.reads(f"{HERE}?station={kept.station}")
    assert f"{kept.bay()}" in said
    assert f"reserved {ANN}" in said
    here = await owner.reads(f"/console/stations/{kept.station}")
    assert "Reserved" in here

    it = await the_one(kept.scene)
    nothing = await owner.sends(f"{HERE}/{it['id']}/cancel", reason=" ")
    assert nothing.status_code == 422
    assert "Say why" in words_of(nothing.text)
    done = await owner.sends(f"{HERE}/{it['id']}/cancel", reason="The cable is being repaired")
    assert done.status_code == 303

    assert await kept.orders() == [CancelReservation(asked.reservation)]
    said = await owner.reads(page)
    assert "The operator took it back The cable is being repaired" in said
    assert "taken back The cable is being repaired" in await owner.reads(HERE)
    async with kept.scene.begin() as work:
        [noted] = await work.all("SELECT detail FROM audit_view WHERE did LIKE 'cancelled%'")
    assert noted["detail"] == {"reason": "The cable is being repaired"}


async def test_a_viewer_sees_and_changes_nothing(browser: Browser, kept: Kept) -> None:
    await reserves(browser, kept)
    await sits_down(browser, kept.scene, Role.VIEWER)
    it = await the_one(kept.scene)
    assert "Cancel it" not in await browser.reads(HERE)
    for path, fields in (
        (f"{HERE}/{it['id']}/cancel", {"reason": "x"}),
        (f"{HERE}/minutes", {"minutes": "0"}),
        (f"/console/places/{kept.scene.station.location.id}/reservations", {"minutes": "0"}),
    ):
        assert (await browser.sends(path, **fields)).status_code == 403
    assert (await the_one(kept.scene))["state"] == "asked"


async def test_minutes_are_set_for_all_and_for_a_place(owner: Browser, kept: Kept) -> None:
    place = f"/console/places/{kept.scene.station.location.id}"
    assert (
        'name="minutes" inputmode="numeric" maxlength="3" value="15"'
        in (await owner.opens(place)).text
    )
    for wrong in ("121", "-1", "1.5", "x"):
        assert (await owner.sends(f"{HERE}/minutes", minutes=wrong)).status_code == 422
        assert (await owner.sends(f"{place}/reservations", minutes=wrong)).status_code == 422
    assert (await owner.sends(f"{HERE}/minutes", minutes="0")).status_code == 303
    assert "This bay cannot be reserved" in await refused(owner, kept)
    assert (await owner.sends(f"{place}/reservations", minutes="30")).status_code == 303
    await reserves(owner, kept, minutes=30)
    assert (await owner.sends(f"{place}/reservations", minutes="")).status_code == 303
    assert "This bay cannot be reserved" in await refused(owner, kept, bay=2)
