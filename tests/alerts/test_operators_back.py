"""Operators who were told that a station is away are told that it is back, and of many together."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.alerts.test_alerts import alerts, settings_for
from tests.alerts.test_operators import OLGA, comes, goes, later, plugged
from tests.network import a_station
from tests.payments.scene import Scene
from voltway.alerts import damping, hooks, hooks_telling, wishing
from voltway.alerts.model import AlertState
from voltway.alerts.model_events import Channel, Event
from voltway.alerts.model_hooks import HookKind
from voltway.alerts.telling import wishes_of
from voltway.kernel.ids import StationId
from voltway.runtime.settings import Settings
from voltway.stations import actions as stations
from voltway.stations.model import LinkClosed, LinkOpened
from voltway.stations.reports import Heard, PortStatus, StatusChanged
from voltway_world.hook_program import HookProgram
from voltway_world.mail import MailCatcher


def told(mail: MailCatcher) -> list[str]:
    """What Olga was mailed, without names, the oldest first."""
    caught = reversed(mail.box.to(OLGA))
    return [str(each.message["Subject"]).partition(":")[0] for each in caught]


async def is_away(scene: Scene, generation: int = 1) -> None:
    await comes(scene, generation)
    await goes(scene, generation)
    await later(scene, 61)


async def test_who_was_told_that_it_is_away_is_told_once_that_it_is_back(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await is_away(scene)
    await comes(scene, 2)
    await scene.settles()
    assert told(mail) == ["Station offline"], "whether it stays is not known yet"

    await later(scene, 61)
    await later(scene, 600)

    assert told(mail) == ["Station offline", "Station is back"]
    assert mail.box.to("vera@voltway.test") == []


async def test_who_wants_no_word_that_it_is_away_gets_none_that_it_is_back(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    async with scene.begin() as work:
        await wishes_of(work, OLGA, "UTC")
        await wishing.choose(work, OLGA, set(), among=[Event.STATION_OFFLINE])
    await is_away(scene)
    await comes(scene, 2)
    await later(scene, 61)

    assert told(mail) == []


async def test_one_that_is_away_again_after_its_return_was_told_is_told_when_it_lasts(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await is_away(scene)
    await comes(scene, 2)
    await scene.settles()
    await later(scene, 61)
    for generation in range(2, 5):
        await goes(scene, generation)
        await later(scene, 120)
        await comes(scene, generation + 1)
        await later(scene, 20)
    await goes(scene, 5)
    await later(scene, 61)
    assert told(mail) == ["Station offline", "Station is back"], "it flickers"

    await later(scene, 1800)
    assert told(mail) == ["Station offline", "Station is back", "Station offline"]
    waiting = [each for each in await alerts(scene) if each.state is AlertState.QUEUED]
    assert waiting == []


async def reports(scene: Scene, status: PortStatus, error: str | None = None) -> None:
    """The station tells how its first bay is."""
    said = StatusChanged(1, 1, status, scene.now, error)
    heard = Heard(0, scene.station.station.id, "StatusNotification", scene.now, [said])
    async with scene.begin() as work:
        await stations.record_reports(work, [heard])
    await scene.settles()


async def test_that_a_fault_is_over_is_told_to_who_was_told_of_it(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await reports(scene, PortStatus.FAULTED, "GroundFailure")
    await later(scene, 61)
    assert told(mail) == ["Fault"]

    await reports(scene, PortStatus.AVAILABLE)
    await later(scene, 61)
    await reports(scene, PortStatus.PREPARING)
    await later(scene, 61)

    assert told(mail) == ["Fault", "Fault is over"]


@pytest.fixture
async def program() -> AsyncIterator[HookProgram]:
    async with HookProgram() as running:
        yield running


async def all_away(scene: Scene, n: int) -> list[StationId]:
    """So many stations more are lost at once."""
    async with scene.begin() as work:
        made = [await a_station(work, scene.station.party) for _ in range(n)]
        ids: list[StationId] = [each.station.id for each in made]
        await stations.record_links(
            work, [LinkOpened(id, 1, "2.0.1", "10.0.0.1", scene.now) for id in ids]
        )
    async with scene.begin() as work:
        await stations.record_links(work, closed=[LinkClosed(id, 1, scene.now) for id in ids])
    await scene.settles()
    return ids


async def test_of_many_that_come_back_within_a_minute_nothing_is_told(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    away = await all_away(scene, damping.MANY + 5)
    await later(scene, 30)
    async with scene.begin() as work:
        links = [LinkOpened(id, 2, "2.0.1", "10.0.0.1", scene.now) for id in away]
        await stations.record_links(work, links)
    await scene.settles()
    for _ in range(3):
        await later(scene, 60)
    assert told(mail) == []

    await all_away(scene, damping.MANY + 5)
    await later(scene, 61)
    await later(scene, 10)

    assert told(mail).count("Many at once") == 1, "those before count for nothing"


async def test_of_many_at_once_people_are_told_together_and_programs_one_by_one(
    scene: Scene, mail: MailCatcher, program: HookProgram
) -> None:
    await plugged(scene, mail)
    settings: Settings = replace(settings_for(mail), hook_hosts=program.url)
    async with scene.begin() as work:
        hook = await hooks.add(
            work,
            scene.station.party.id,
            name="Pager",
            url=f"{program.url}/hook",
            events=[HookKind.STATION_OFFLINE],
            own=[program.url],
        )
    program.secret = hook.secret

    await all_away(scene, damping.MANY + 5)
    await later(scene, 61)
    await later(scene, 10)

    assert sorted(set(told(mail))) == ["Many at once", "Station offline"]
    assert told(mail).count("Station offline") == damping.MANY
    [many] = [each for each in mail.box.to(OLGA) if "Many" in str(each.message["Subject"])]
    assert str(many.message["Subject"]).startswith("Many at once: station offline")
    assert "https://charge.example/console" in (many.text or "")
    program.now_s = scene.now.timestamp()
    await hooks_telling.tell_due(scene.begin, settings)
    assert len(program.heard) == damping.MANY + 5
    scene.clock.jump(timedelta(minutes=20))
    await all_away(scene, 1)
    await later(scene, 61)
    assert told(mail)[-1] == "Station offline", "later they are told one by one again"
    assert Channel.HOOK in {each.channel for each in await alerts(scene)}
