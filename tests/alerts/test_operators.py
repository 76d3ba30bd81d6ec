"""Operators are told what lasts, not what flickers, and not again and again."""

from datetime import timedelta

from tests.alerts.phones import plug_events
from tests.alerts.test_alerts import alerts, settings_for
from tests.payments.scene import Scene
from voltway.alerts.model import AlertState
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.stations import actions as stations
from voltway.stations.model import LinkClosed, LinkOpened
from voltway.stations.reports import Heard, Other
from voltway_world.mail import MailCatcher

OLGA = "olga@voltway.test"


async def plugged(scene: Scene, mail: MailCatcher) -> None:
    """An operator and a viewer, who may do nothing about a station."""
    plug_events(scene, settings_for(mail))
    async with scene.begin() as work:
        for email, role in ((OLGA, Role.OPERATOR), ("vera@voltway.test", Role.VIEWER)):
            await parties.add_operator(
                work,
                scene.station.party.id,
                email=email,
                name=email,
                role=role,
                password="a long enough one",
            )


async def comes(scene: Scene, generation: int) -> None:
    link = LinkOpened(scene.station.station.id, generation, "2.0.1", "10.0.0.1", scene.now)
    async with scene.begin() as work:
        await stations.record_links(work, [link])


async def goes(scene: Scene, generation: int) -> None:
    link = LinkClosed(scene.station.station.id, generation, scene.now)
    async with scene.begin() as work:
        await stations.record_links(work, closed=[link])
    await scene.settles()


async def later(scene: Scene, seconds: int) -> None:
    scene.clock.jump(timedelta(seconds=seconds))
    await scene.settles()


async def test_a_station_that_stays_away_is_told_to_who_may_act_after_a_minute(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await comes(scene, 1)
    await goes(scene, 1)
    await later(scene, 50)
    assert mail.box.to(OLGA) == []

    await later(scene, 15)

    [caught] = mail.box.to(OLGA)
    assert caught.message["Subject"].startswith("Station offline: ")
    assert mail.box.to("vera@voltway.test") == []


async def test_a_station_that_is_back_within_a_minute_is_told_to_nobody(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await comes(scene, 1)
    await goes(scene, 1)
    await later(scene, 30)
    await comes(scene, 2)

    await later(scene, 40)

    assert mail.box.to(OLGA) == []
    [alert] = await alerts(scene)
    assert alert.state is AlertState.DROPPED
    assert alert.last_trouble == "It was over before it was told."


async def test_a_station_that_flickers_waits_until_it_is_away_for_a_minute_and_is_told_once(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    for generation in range(1, 6):
        await comes(scene, generation)
        await later(scene, 5)
        await goes(scene, generation)
        await later(scene, 15)
    assert mail.box.to(OLGA) == []
    waiting = [each for each in await alerts(scene) if each.state is AlertState.QUEUED]
    assert len(waiting) == 1, "of a flood of changes one alert waits"

    await later(scene, 60)
    await later(scene, 60)

    assert len(mail.box.to(OLGA)) == 1
    await comes(scene, 9)
    await goes(scene, 9)
    await later(scene, 61)
    assert len(mail.box.to(OLGA)) == 1, "it was told within half an hour"


async def reports(scene: Scene, kind: str, said: str = "") -> None:
    """The station sends a SecurityEventNotification."""
    summary = {"type": kind, "timestamp": scene.now.isoformat()} | (
        {"tech_info": said} if said else {}
    )
    action = "SecurityEventNotification"
    told = Heard(0, scene.station.station.id, action, scene.now, [Other(action, summary)])
    async with scene.begin() as work:
        await stations.record_reports(work, [told])
    await scene.settles()


async def test_a_security_event_is_told_to_who_may_act_once_in_two_hours(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)

    await reports(scene, "TamperDetectionActivated", "door <open>")
    await reports(scene, "TamperDetectionActivated", "door <open>")

    [caught] = mail.box.to(OLGA)
    assert caught.message["Subject"].startswith("Security: ")
    assert "TamperDetectionActivated (door <open>)" in (caught.text or "")
    assert mail.box.to("vera@voltway.test") == []
    scene.clock.jump(timedelta(hours=3))
    await reports(scene, "TamperDetectionActivated")
    assert len(mail.box.to(OLGA)) == 2


async def test_a_restart_is_no_alarm_and_a_station_that_makes_up_names_is_told_once(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)

    for kind in ("StartupOfTheDevice", "ResetOrReboot", "SettingSystemTime"):
        await reports(scene, kind)
    assert mail.box.to(OLGA) == []
    for nth in range(5):
        await reports(scene, f"Odd{nth}")
    for kind in ("InvalidTLSVersion", "FailedToAuthenticationAtCentralSystem"):
        await reports(scene, kind)

    assert len(mail.box.to(OLGA)) == 3, "what is made up once, and each that is known"


async def test_a_meter_that_tells_too_much_is_doubtful_and_told_once_a_day(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    for ref in ("tx-1", "tx-2"):
        payment = await scene.pays(await scene.opens())
        await scene.starts(payment.token, ref=ref)
        await scene.ends(9_050_000, ref=ref)
        await scene.settles()

    [caught] = mail.box.to(OLGA)
    assert caught.message["Subject"].startswith("Doubtful meter: ")
    assert "more energy than this EVSE can give" in (caught.text or "")


async def test_a_meter_that_tells_what_may_be_is_told_to_nobody(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await scene.starts((await scene.pays(await scene.opens())).token)
    await scene.ends(60_000)
    await scene.settles()

    assert mail.box.to(OLGA) == []
