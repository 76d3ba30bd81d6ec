"""Planned work is planned at the console and read by drivers, and nothing starts there then."""

from datetime import timedelta

import pytest

from tests.drivers.test_when_where import asks
from tests.network import a_token
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.parties.model import Role
from voltway.stations import windows

#: It is Monday the 2nd of March 2026, 14:00 in Helsinki.
TODAY = {"from": "2026-03-02T16:00", "until": "2026-03-02T18:30", "reason": "New cables"}
#: The tick that the form begins with.
CLOSES = {"closes": "yes"}


def work_of(scene: Scene) -> str:
    return f"/console/places/{scene.station.location.id}/planned-work"


def bay(scene: Scene, number: int = 1) -> str:
    return f"/e/{scene.station.evses[number].public_id}"


async def plans(owner: Browser, scene: Scene, what: str = "", **more: str) -> str:
    """Plan work by the form; the page of what was planned."""
    answer = await owner.sends(work_of(scene), **{**TODAY, **CLOSES, "what": what, **more})
    assert answer.status_code == 303, words_of(answer.text)
    async with scene.begin() as work:
        rows = await work.all("SELECT id FROM maintenance_window_view ORDER BY made_at, id")
    return f"/console/planned-work/{rows[-1]['id']}"


async def goes_on(scene: Scene, hours: float) -> None:
    scene.clock.jump(timedelta(hours=hours))
    async with scene.begin() as work:
        await work.run("UPDATE station SET last_heard_at = $1", work.now)
    await windows.move(scene.begin)


async def test_what_is_planned_is_read_by_drivers_before_and_while_it_is_done(
    owner: Browser, scene: Scene
) -> None:
    place = f"/l/{scene.station.location.id}"
    assert "Plan it" in await owner.reads(work_of(scene))
    await plans(owner, scene, f"bay:{scene.station.evse(1)}")

    assert "Planned work Bays: 1. From 16:00 until 18:30. New cables" in await owner.reads(place)
    assert "From 16:00 until 18:30" in await owner.reads(bay(scene))
    assert "Planned work" not in await owner.reads(bay(scene, 2))
    assert "New cables" in await owner.reads("/console/planned-work")

    await goes_on(scene, 2)

    assert "Out of service for planned work Bays: 1. Until 18:30." in await owner.reads(place)
    assert "Out of service" in await owner.reads(bay(scene))
    assert "1 of 2 free" in await owner.reads(place)
    await goes_on(scene, 3)
    assert "planned work" not in await owner.reads(place)
    assert "2 of 2 free" in await owner.reads(place)


async def test_nobody_pays_at_a_bay_in_a_window_and_reads_why(owner: Browser, scene: Scene) -> None:
    await plans(owner, scene)
    await goes_on(scene, 2)

    answer = await owner.sends(f"{bay(scene)}/start")

    assert answer.status_code == 409
    said = words_of(answer.text)
    assert "is out of service until 2026-03-02 18:30 for planned work: New cables." in said
    assert await scene.count("payment_view") == 0


async def test_who_paid_just_before_is_not_started_and_gets_their_money_back(
    owner: Browser, scene: Scene
) -> None:
    await plans(owner, scene)
    visit = await scene.opens()
    await goes_on(scene, 2)

    payment = await scene.pays(visit)

    assert payment.order is None
    scene.clock.jump(timedelta(minutes=10))
    await scene.sweeps()
    await scene.settles()
    assert (await scene.payment(visit)).session is None
    assert scene.moved_minor == 0


async def test_a_card_is_turned_away_while_all_bays_of_a_station_are_in_a_window(
    owner: Browser, scene: Scene
) -> None:
    async with scene.begin() as work:
        card = await a_token(work, scene.station.party)
    here = scene.station
    await plans(owner, scene, f"bay:{scene.station.evse(1)}")
    await goes_on(scene, 2)
    assert await asks(scene.begin, here, card) == "accepted"  # the other bay is free

    await plans(owner, scene, f"bay:{scene.station.evse(2)}", **{"from": "2026-03-02T16:01"})
    await goes_on(scene, 0.1)

    assert await asks(scene.begin, here, card) == "planned_work"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"from": "2026-03-29T03:30", "until": "2026-03-29T05:00"}, "There is no such time"),
        ({"until": "2026-03-02T15:00"}, "ends in the future"),
        ({"reason": " "}, "Say in a few words what is done"),
        ({"from": "soon"}, "Write the times as"),
        ({"what": "bay:none"}, "is not at this place"),
    ],
)
async def test_a_slip_is_told_and_what_was_typed_is_kept(
    owner: Browser, scene: Scene, typed: dict[str, str], says: str
) -> None:
    answer = await owner.sends(work_of(scene), **{**TODAY, "what": "", **typed})

    assert answer.status_code == 422
    assert says in words_of(answer.text)
    assert f'value="{typed.get("from", TODAY["from"])}"' in answer.text
    assert await scene.count("maintenance_window_view") == 0


async def test_a_window_is_changed_and_cancelled_on_its_page(owner: Browser, scene: Scene) -> None:
    page = await plans(owner, scene)

    await owner.sends(page, **{**TODAY, "until": "2026-03-02T20:00", "reason": "New screens"})
    assert "20:00" in await owner.reads(page)
    assert "New screens" in await owner.reads(page)
    wrong = await owner.sends(page, **{**TODAY, "until": "2026-03-02T10:00"})
    assert wrong.status_code == 422
    await owner.sends(f"{page}/cancel")

    assert "Cancelled" in await owner.reads(page)
    assert "Change it" not in await owner.reads(page)
    assert "Planned work" not in await owner.reads(f"/l/{scene.station.location.id}")
    late = await owner.sends(page, **TODAY)
    assert late.status_code == 409


async def test_a_time_that_was_left_as_it_is_stays_the_moment_that_it_was(
    owner: Browser, scene: Scene
) -> None:
    twice = {"from": "2026-10-25T03:10", "until": "2026-10-25T03:50"}
    page = await plans(owner, scene, **twice)
    await owner.sends(page, **{**TODAY, **twice, "reason": "Other words"})

    async with scene.begin() as work:
        [row] = await work.all("SELECT * FROM maintenance_window_view")
    assert f"{row['starts_at']:%H:%M} {row['ends_at']:%H:%M}" == "00:10 01:50"
    assert (row["reason"], row["revision"]) == ("Other words", 1)


async def test_who_may_not_edit_the_network_sees_what_is_planned_and_changes_nothing(
    owner: Browser, scene: Scene
) -> None:
    page = await plans(owner, scene)
    await sits_down(owner, scene, Role.VIEWER)

    assert "Plan it" not in await owner.reads(work_of(scene))
    assert "New cables" in await owner.reads(page)
    for path in (work_of(scene), page, f"{page}/cancel"):
        assert (await owner.sends(path, **TODAY)).status_code == 403


async def test_work_that_leaves_the_bays_open_is_read_and_anybody_charges(
    owner: Browser, scene: Scene
) -> None:
    form = (await owner.opens(work_of(scene))).text
    assert 'name="closes" value="yes" checked' in form
    page = await plans(owner, scene, closes="")
    await goes_on(scene, 2)

    assert "Open: they read of it" in await owner.reads(page)
    assert "bays stay open" in await owner.reads("/console/planned-work")
    said = await owner.reads(f"/l/{scene.station.location.id}")
    assert "Planned work From 16:00 until 18:30. New cables" in said
    assert "You can charge here all the same." in said
    assert "2 of 2 free" in said
    assert "You can charge here all the same." in await owner.reads(bay(scene))
    assert (await owner.sends(f"{bay(scene)}/start")).status_code == 303


async def test_a_tick_that_was_taken_away_stays_away_after_a_slip(
    owner: Browser, scene: Scene
) -> None:
    answer = await owner.sends(work_of(scene), **{**TODAY, "reason": " "})

    assert 'name="closes" value="yes" checked' not in answer.text
    kept = await owner.sends(work_of(scene), **{**TODAY, **CLOSES, "reason": " "})
    assert 'name="closes" value="yes" checked' in kept.text


async def test_a_station_is_asked_for_its_bays_and_its_page_says_why(
    owner: Browser, scene: Scene
) -> None:
    page = await plans(owner, scene, f"bay:{scene.station.evse(2)}")
    await goes_on(scene, 2)
    await owner.sends(f"{page}/cancel")

    said = await owner.reads(f"/console/stations/{scene.station.station.id}")

    assert "planned work" in said
