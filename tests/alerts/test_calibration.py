"""Operators are told before the calibration of a meter ends, and when it has ended, once each."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from tests.alerts.test_alerts import alerts
from tests.alerts.test_operators import OLGA, plugged
from tests.network import a_location, a_party, a_station
from tests.payments.scene import Scene
from voltway.alerts import calibration, expiring, wishing
from voltway.alerts.model_events import Channel, Event
from voltway.alerts.telling import wishes_of
from voltway.kernel.ids import EvseId
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.stations import calibration as meters
from voltway.stations.model_calibration import Calibration
from voltway_world.mail import MailCatcher

#: It is Monday the 2nd of March 2026, 14:00 in Helsinki.
TODAY = date(2026, 3, 2)


async def ends(scene: Scene, days: int, *, bay: int = 1) -> date:
    """Write down the last day of a bay's meter, so many days from the first day of the test."""
    until = TODAY + timedelta(days=days)
    async with scene.begin() as work:
        await meters.tell(work, scene.station.evse(bay), Calibration(until))
    return until


async def looks(scene: Scene, days: float, *, every_h: int = 6) -> int:
    """Look again and again for so many days; of how many meters was told."""
    found = 0
    for _ in range(round(days * 24 / every_h)):
        found += await calibration.look(scene.begin)
        await expiring.look(scene.begin)
        await scene.settles()
        scene.clock.jump(timedelta(hours=every_h))
    return found


async def told(scene: Scene) -> list[tuple[datetime, Mapping[str, str]]]:
    """When the operator was told by mail of a calibration, and what; the first first."""
    found = [each for each in await alerts(scene) if each.event is Event.CALIBRATION_ENDS]
    assert {each.channel for each in found} <= {Channel.MAIL}
    assert {each.recipient for each in found} <= {OLGA}
    found.sort(key=lambda each: each.created_at)
    return [(each.created_at, each.facts or {}) for each in found]


async def said(scene: Scene) -> list[str]:
    return [facts["what"] for _, facts in await told(scene)]


async def test_a_meter_is_told_of_at_ninety_thirty_and_seven_days_and_when_it_has_ended(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await ends(scene, 95)

    assert await looks(scene, 105, every_h=24) == 4

    assert await said(scene) == [
        "Calibration ends in 90 days",
        "Calibration ends in 30 days",
        "Calibration ends in 7 days",
        "Calibration has ended",
    ]
    _, facts = (await told(scene))[0]
    place, station = scene.station.location.name, scene.station.station
    assert facts["name"] == f"{place}, {station.identity}, bay 1"
    assert facts["page"] == f"/console/stations/{station.id}/calibration"
    [last, *_, first] = mail.box.to(OLGA)
    assert f"Calibration ends in 90 days: {facts['name']}" in first.subject
    assert "The last day for bills is 5 June 2026. Have the meter verified" in (first.text or "")
    assert "Bill nothing by it any more" in (last.text or "")
    assert (await told(scene))[3][0].date() == TODAY + timedelta(days=96)


async def test_what_has_ended_is_not_told_again_however_long_it_stands(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await ends(scene, -400)

    assert await looks(scene, 2) == 1
    scene.clock.jump(timedelta(days=300))
    assert await looks(scene, 2) == 0

    assert await said(scene) == ["Calibration has ended"]
    async with scene.begin() as work:
        await meters.tell(work, scene.station.evse(), None)
    await looks(scene, 1)
    async with scene.begin() as work:
        assert not await work.all("SELECT about FROM expiry_told")


async def test_another_day_begins_anew_and_the_same_again_does_not(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await ends(scene, 20)
    assert await looks(scene, 1) == 1

    await ends(scene, 20)
    assert await looks(scene, 1) == 0
    await ends(scene, 22)
    assert await looks(scene, 1) == 1
    await ends(scene, 3000)
    assert await looks(scene, 1) == 0
    await ends(scene, 20)
    assert await looks(scene, 1) == 0

    assert await said(scene) == ["Calibration ends in 20 days"] * 2


async def test_the_last_day_is_that_of_the_place(scene: Scene, mail: MailCatcher) -> None:
    await plugged(scene, mail)
    await ends(scene, 0)
    scene.clock.jump(timedelta(hours=9))  # 23:00 there
    await calibration.look(scene.begin)
    scene.clock.jump(timedelta(hours=1))  # midnight there, 22:00 in London
    await calibration.look(scene.begin)

    assert await said(scene) == ["Calibration ends today", "Calibration has ended"]


async def test_meters_that_reach_it_together_are_told_of_together(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await ends(scene, 31, bay=2)
    await ends(scene, 30)
    assert await looks(scene, 0.25) == 2

    names = {facts["name"] for _, facts in await told(scene)}
    assert names == {
        f"{scene.station.location.name}, {scene.station.station.identity}, bay {number}"
        for number in (1, 2)
    }
    await ends(scene, 25, bay=2)
    await ends(scene, 28)
    assert await looks(scene, 0.25) == 2

    _, last = (await told(scene))[-1]
    assert (last["name"], last["what"]) == ("2 meters", "Calibration ends in 25 days")
    assert last["page"] == "/console/calibration"
    assert "27 March 2026. It is that of the first of them." in (mail.box.to(OLGA)[0].text or "")


async def test_of_removed_stations_and_to_other_parties_nothing_is_told(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    async with scene.begin() as work:
        other = await a_party(work)
        theirs = await a_station(work, other, await a_location(work, other))
        await _tell(work, theirs.evse(), 10)
        await _tell(work, scene.station.evse(), 10)
        await stations.remove_station(work, scene.station.station.id)

    assert await looks(scene, 1) == 1
    assert await told(scene) == []


async def _tell(work: Work, evse: EvseId, days: int) -> None:
    await meters.tell(work, evse, Calibration(TODAY + timedelta(days=days)))


async def test_who_wishes_no_such_mail_gets_none(scene: Scene, mail: MailCatcher) -> None:
    await plugged(scene, mail)
    assert Event.CALIBRATION_ENDS in wishing.events_for(operators=True)
    async with scene.begin() as work:
        await wishes_of(work, OLGA, "Europe/Helsinki")
        await wishing.choose(work, OLGA, [], among=[Event.CALIBRATION_ENDS])
    await ends(scene, 10)

    assert await looks(scene, 1) == 1
    assert await told(scene) == []
