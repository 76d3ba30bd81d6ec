"""A program is told of waits, reservations, disruptions and planned work, as they really happen."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.alerts.test_disruptions import (
    ANN,
    BEN,
    fails_to_start,
    goes_on,
    place,
    says,
    watches,
)
from tests.alerts.test_hooks import hook, program, settings, tells
from tests.payments.scene import Scene
from tests.web.reserved import EVERY_S, Kept
from voltway.alerts import hooks
from voltway.alerts.model_hooks import FACTS, Hook
from voltway.runtime.settings import Settings
from voltway.stations import windows
from voltway.stations.reports import PortStatus
from voltway.waiting import lining_up, looking, reservations, turns
from voltway.waiting.model_reservations import Reservation
from voltway_world.hook_program import HookProgram

__all__ = ["hook", "place", "program", "settings"]

#: What this is about; the rest is told of elsewhere.
KINDS = [
    kind
    for kind in FACTS.values()
    if kind.partition(".")[0] in ("watch", "turn", "reservation", "place", "work")
]


@pytest.fixture
async def told(place: Scene, program: HookProgram, hook: Hook) -> HookProgram:
    """The place, of which a program is told all of this."""
    async with place.begin() as work:
        await hooks.change(
            work,
            hook.id,
            name="Operations",
            url=hook.url,
            events=KINDS,
            is_paused=False,
            own=[program.url],
        )
    return program


async def heard(scene: Scene, told: HookProgram, settings: Settings) -> list[dict[str, Any]]:
    """What the program was told since it was asked last; all of it signed."""
    await scene.settles()
    told.heard.clear()
    await tells(scene, told, settings)
    assert told.unsigned == 0
    for each in told.heard:
        assert datetime.fromisoformat(each["at"]) <= scene.now
        assert not {"email", "key", "party_id", "token"} & each["data"].keys()
    return list(told.heard)


def types(told: list[dict[str, Any]]) -> list[str]:
    return [each["type"] for each in told]


async def test_who_watches_is_counted_and_not_named(
    place: Scene, told: HookProgram, settings: Settings
) -> None:
    await says(place, PortStatus.CHARGING, 1, 2)
    await watches(place, ANN)
    await watches(place, BEN)
    await says(place, PortStatus.AVAILABLE, 2)
    await goes_on(place, 2)
    await looking.look(place.begin, EVERY_S)

    [event] = await heard(place, told, settings)

    assert event["type"] == "watch.told"
    assert event["subject"] == f"place:{place.station.location.id}"
    assert event["data"] == {
        "location_id": str(place.station.location.id),
        "evse_id": str(place.station.evse(2)),
        "watches": 2,
    }


async def test_a_bay_that_is_held_for_who_is_first_in_line_is_told(
    place: Scene, told: HookProgram, settings: Settings
) -> None:
    await says(place, PortStatus.CHARGING, 1, 2)
    async with place.begin() as work:
        turn = await turns.join(
            work,
            place.station.party.id,
            place.station.location.id,
            email=BEN,
            locale="en",
            expected_s=EVERY_S,
        )
    await says(place, PortStatus.AVAILABLE, 1)
    await lining_up.move(place.begin, EVERY_S)

    [event] = await heard(place, told, settings)

    assert (event["type"], event["subject"]) == ("turn.offered", f"turn:{turn.id}")
    assert event["data"]["evse_id"] == str(place.station.evse(1))
    assert event["data"]["nth"] == 1


async def reserves(kept: Kept, minutes: int = 15) -> Reservation:
    async with kept.scene.begin() as work:
        return await reservations.reserve(
            work,
            kept.scene.station.evse(1),
            email=ANN,
            locale="en",
            minutes=minutes,
            expected_s=EVERY_S,
        )


async def test_a_reservation_is_told_when_it_is_made_runs_out_and_is_over(
    place: Scene, told: HookProgram, settings: Settings
) -> None:
    kept = Kept(place)
    await kept.can()
    it = await reserves(kept)
    assert await heard(place, told, settings) == [], "its station has not answered"

    await kept.answers()
    [made] = await heard(place, told, settings)
    assert (made["type"], made["subject"]) == ("reservation.made", f"reservation:{it.id}")
    assert made["data"]["evse_id"] == str(it.evse)
    assert datetime.fromisoformat(made["data"]["until"]) == it.until

    await kept.goes_on(11 * 60)
    assert types(await heard(place, told, settings)) == ["reservation.expiring"]
    await kept.goes_on(5 * 60)
    [ended] = await heard(place, told, settings)
    assert (ended["type"], ended["data"]["why"]) == ("reservation.ended", "expired")


@pytest.mark.parametrize("how", ["left", "refused"])
async def test_a_reservation_that_its_driver_gives_back_or_its_station_refuses_is_told_to_be_over(
    place: Scene, told: HookProgram, settings: Settings, how: str
) -> None:
    kept = Kept(place)
    await kept.can()
    it = await reserves(kept)
    if how == "left":
        await kept.answers()
        async with place.begin() as work:
            await reservations.leave(work, it.key)
    else:
        await kept.answers("Rejected")

    events = await heard(place, told, settings)

    made = ["reservation.made"] if how == "left" else []
    assert types(events) == [*made, "reservation.ended"]
    assert events[-1]["data"]["why"] == how


async def test_a_reserved_bay_where_its_driver_charges_ended_by_that(
    place: Scene, told: HookProgram, settings: Settings
) -> None:
    kept = Kept(place)
    await kept.can()
    it = await reserves(kept)
    await kept.answers()
    await place.starts(it.token)
    await kept.goes_on(1)

    events = await heard(place, told, settings)

    assert types(events) == ["reservation.made", "reservation.ended"]
    assert events[-1]["data"]["why"] == "started"


async def test_a_disruption_is_told_with_what_is_out_and_when_it_is_well_again(
    place: Scene, told: HookProgram, settings: Settings
) -> None:
    await says(place, PortStatus.FAULTED, 1)
    began = place.now
    await goes_on(place, 4)
    [event] = await heard(place, told, settings)
    assert (event["type"], event["subject"]) == (
        "place.disrupted",
        f"place:{place.station.location.id}",
    )
    [out] = event["data"]["disruptions"]
    assert datetime.fromisoformat(out.pop("began_at")) == began
    assert out == {
        "id": out["id"],
        "station_id": str(place.station.station.id),
        "evse_id": str(place.station.evse(1)),
        "kind": "faulted",
    }

    await says(place, PortStatus.AVAILABLE, 1)
    await goes_on(place, 7)

    [over] = await heard(place, told, settings)
    assert over["type"] == "place.restored"
    assert [each["id"] for each in over["data"]["disruptions"]] == [out["id"]]


async def test_a_disruption_of_which_nobody_knows_more_is_told_to_be_that(
    place: Scene, told: HookProgram, settings: Settings
) -> None:
    for nth in range(3):
        await fails_to_start(place, f"04A10{nth}")
    await goes_on(place, 1)
    assert types(await heard(place, told, settings)) == ["place.disrupted"]
    place.clock.jump(timedelta(hours=25))
    await goes_on(place, 1)

    [event] = await heard(place, told, settings)

    assert event["type"] == "place.uncertain"
    assert [each["why"] for each in event["data"]["disruptions"]] == ["time"]


async def test_planned_work_is_told_from_its_plan_to_its_end(
    place: Scene, told: HookProgram, settings: Settings
) -> None:
    hour = timedelta(hours=1)
    async with place.begin() as work:
        starts_at = work.now + hour
        window = await windows.plan(
            work,
            place.station.location.id,
            starts_at=starts_at,
            ends_at=starts_at + hour,
            reason="New cables",
            by="Olga",
        )
    [event] = await heard(place, told, settings)
    assert (event["type"], event["subject"]) == ("work.planned", f"window:{window.id}")
    assert datetime.fromisoformat(event["data"].pop("starts_at")) == starts_at
    assert datetime.fromisoformat(event["data"].pop("ends_at")) == starts_at + hour
    assert event["data"] == {
        "location_id": str(place.station.location.id),
        "window_id": str(window.id),
        "closes_bays": True,
    }

    async with place.begin() as work:
        await windows.change(
            work,
            window.id,
            starts_at=starts_at - hour / 2,
            ends_at=starts_at,
            reason="New cables",
            by="Olga",
        )
    assert types(await heard(place, told, settings)) == ["work.moved"]
    await goes_on(place, 31)
    assert types(await heard(place, told, settings)) == ["work.began"]
    await goes_on(place, 45)
    assert types(await heard(place, told, settings)) == ["work.ended"]


async def test_planned_work_that_is_cancelled_is_told_to_be(
    place: Scene, told: HookProgram, settings: Settings
) -> None:
    async with place.begin() as work:
        window = await windows.plan(
            work,
            place.station.location.id,
            starts_at=work.now + timedelta(hours=1),
            ends_at=work.now + timedelta(hours=2),
            reason="New cables",
            by="Olga",
        )
    async with place.begin() as work:
        await windows.cancel(work, window.id, by="Olga")

    assert types(await heard(place, told, settings)) == ["work.planned", "work.cancelled"]
