"""An operator's program is told what happens, signed, until it hears; nobody inside is called."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from tests.alerts.phones import plug_sending
from tests.payments.scene import Scene
from voltway.alerts import hooks, hooks_telling, rules
from voltway.alerts.model_events import RULES, Event
from voltway.alerts.model_hooks import ALERTS, FACTS, Hook, HookKind
from voltway.alerts.rules_wordings import samples
from voltway.alerts.telling import tell
from voltway.alerts.words_events import NAMES, say
from voltway.kernel.ids import StationId
from voltway.runtime import outside
from voltway.runtime.settings import Settings
from voltway.stations.model import StationLost
from voltway_world.hook_program import HookProgram

DOCS = Path(__file__).parents[2] / "docs/operating/webhooks.md"
EVENTS = [HookKind.SESSION_STARTED, HookKind.SESSION_ENDED, HookKind.STATION_LOST]


@pytest.fixture
async def program(scene: Scene) -> AsyncIterator[HookProgram]:
    async with HookProgram(now_s=scene.now.timestamp()) as running:
        yield running


@pytest.fixture
def settings(program: HookProgram) -> Settings:
    return Settings(hook_hosts=program.url)


@pytest.fixture
async def hook(scene: Scene, program: HookProgram, settings: Settings) -> Hook:
    """A webhook at the program, which knows its secret, and hears the scene."""
    scene.bus.watch_many("alerts.hooks", FACTS, hooks_telling.hears)
    async with scene.begin() as work:
        made = await hooks.add(
            work,
            scene.station.party.id,
            name="Operations",
            url=f"{program.url}/hook",
            events=EVENTS,
            own=settings.hook_hosts.split(),
        )
    program.secret = made.secret
    return made


async def is_lost(scene: Scene) -> None:
    """A station is lost, at another moment than the one before."""
    scene.clock.jump(timedelta(milliseconds=1))
    lost = StationLost(party=scene.station.party.id, at=scene.now, station=StationId(UUID(int=7)))
    async with scene.begin() as work:
        await work.announce([lost])
    await scene.settles()


async def tells(scene: Scene, program: HookProgram, settings: Settings) -> int:
    program.now_s = scene.now.timestamp()
    return await hooks_telling.tell_due(scene.begin, settings)


async def states(scene: Scene) -> list[str]:
    async with scene.begin() as work:
        rows = await work.all("SELECT state FROM alert_hook_event_view ORDER BY number")
    return [row["state"] for row in rows]


async def test_a_charge_is_told_signed_and_in_its_order(
    scene: Scene, program: HookProgram, settings: Settings, hook: Hook
) -> None:
    payment = await scene.pays(await scene.opens())
    session = await scene.starts(payment.token)
    await scene.ends(70_000, minutes=60)
    await scene.settles()

    assert await tells(scene, program, settings) == 2

    began, ended = program.heard
    assert [began["type"], ended["type"]] == ["session.started", "session.ended"]
    assert began["data"]["session_id"] == ended["data"]["session_id"] == str(session)
    assert ended["data"]["energy_wh"] == 20_000
    assert "token" not in began["data"], "whose card it was is asked for by who may"
    assert program.headers[0]["voltway-event-id"] == began["id"]
    assert program.unsigned == 0


async def test_the_same_fact_told_twice_is_one_event(scene: Scene, hook: Hook) -> None:
    lost = StationLost(party=scene.station.party.id, at=scene.now, station=StationId(UUID(int=7)))
    async with scene.begin() as work:
        await hooks_telling.hears(work, [lost, lost])
        await hooks_telling.hears(work, [lost])

    assert await states(scene) == ["waiting"]


async def test_what_was_not_chosen_is_not_told(
    scene: Scene, program: HookProgram, settings: Settings, hook: Hook
) -> None:
    async with scene.begin() as work:
        await hooks.change(
            work,
            hook.id,
            name="Operations",
            url=hook.url,
            events=[HookKind.SESSION_ENDED],
            is_paused=False,
            own=settings.hook_hosts.split(),
        )
    await is_lost(scene)

    assert await states(scene) == []


async def test_what_is_not_heard_is_told_for_more_than_a_day_then_rests_until_asked_for(
    scene: Scene, program: HookProgram, settings: Settings, hook: Hook
) -> None:
    program.status = 503
    await is_lost(scene)
    began = scene.now
    for _ in range(rules.TRIES_MAX):
        await tells(scene, program, settings)
        scene.clock.jump(rules.PAUSE_MAX)
    assert await states(scene) == ["dead"]
    assert scene.now - began > timedelta(days=1)
    assert program.asked == rules.TRIES_MAX
    assert await tells(scene, program, settings) == 0

    program.status = 204
    async with scene.begin() as work:
        assert await hooks.tell_again(work, hook.id, None) == 1
    assert await tells(scene, program, settings) == 1

    assert await states(scene) == ["heard"]
    assert len({header["voltway-event-id"] for header in program.headers}) == 1


async def test_what_it_never_takes_holds_up_nothing_else(
    scene: Scene, program: HookProgram, settings: Settings, hook: Hook
) -> None:
    program.refuses.add("station.lost")
    await is_lost(scene)
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)
    await scene.settles()
    for _ in range(5):
        await tells(scene, program, settings)
        scene.clock.jump(timedelta(minutes=1))

    assert [each["type"] for each in program.heard] == ["session.started"]
    assert await states(scene) == ["waiting", "heard"]


async def test_an_answer_that_was_lost_brings_it_again_under_the_same_id(
    scene: Scene, program: HookProgram, settings: Settings, hook: Hook
) -> None:
    program.loses_answers = True
    await is_lost(scene)
    await tells(scene, program, settings)
    program.loses_answers = False
    scene.clock.jump(timedelta(seconds=6))
    await tells(scene, program, settings)

    first, second = program.heard
    assert first == second
    assert await states(scene) == ["heard"]


async def test_for_a_day_both_secrets_sign_and_then_the_new_one_alone(
    scene: Scene, program: HookProgram, settings: Settings, hook: Hook
) -> None:
    async with scene.begin() as work:
        new = (await hooks.change_secret(work, hook.id)).secret
    await is_lost(scene)
    await tells(scene, program, settings)
    program.secret = new
    await is_lost(scene)
    await tells(scene, program, settings)
    assert (len(program.heard), program.unsigned) == (2, 0)

    scene.clock.jump(timedelta(hours=24))
    program.secret = hook.secret
    await is_lost(scene)
    await tells(scene, program, settings)

    assert (len(program.heard), program.unsigned) == (2, 1)


async def test_who_answers_gone_is_told_nothing_more(
    scene: Scene, program: HookProgram, settings: Settings, hook: Hook
) -> None:
    program.status = 410
    await is_lost(scene)
    await tells(scene, program, settings)
    await is_lost(scene)
    scene.clock.jump(timedelta(hours=3))

    assert await tells(scene, program, settings) == 0

    assert program.asked == 1
    async with scene.begin() as work:
        assert (await hooks.hook_of(work, hook.id)).paused_at is not None


async def test_a_test_is_told_at_once_and_says_whether_it_was_heard(
    scene: Scene, program: HookProgram, settings: Settings, hook: Hook
) -> None:
    for status, is_heard in ((204, True), (500, False)):
        program.status = status
        async with scene.begin() as work:
            id = await hooks.keep_test(work, hook.id)
        assert await hooks_telling.tell_now(scene.begin, settings, id) is is_heard
    assert [each["type"] for each in program.heard] == ["test"]


async def test_what_was_told_is_forgotten_after_a_month(
    scene: Scene, program: HookProgram, settings: Settings, hook: Hook
) -> None:
    await is_lost(scene)
    await tells(scene, program, settings)
    await is_lost(scene)
    scene.clock.jump(hooks_telling.KEPT)
    assert await hooks_telling.forget_old(scene.begin) == 1
    assert await states(scene) == ["waiting"]


async def test_an_address_that_may_be_called_no_more_is_not_called(
    scene: Scene, program: HookProgram, settings: Settings, hook: Hook
) -> None:
    await is_lost(scene)

    assert await tells(scene, program, Settings()) == 0

    assert program.asked == 0
    async with scene.begin() as work:
        [row] = await work.all("SELECT trouble FROM alert_hook_view")
    assert "no address that we can call" in row["trouble"]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://[64:ff9b::a9fe:a9fe]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3:8443/",
        "https://localhost/x",
        "https://printer.local/x",
        "https://ann:secret@hooks.example/x",
        "https://hooks.example/x y",
        "https://hooks.example:99999/",
        "https://[::1",
        "ftp://hooks.example/",
        "https://",
        "https://hooks.example/" + "x" * 500,
        "",
    ],
)
def test_an_address_of_our_own_network_or_none_is_refused(url: str) -> None:
    with pytest.raises(outside.NotAnAddress):
        outside.must_be_outside(url, ["http://127.0.0.1:9000"])


async def test_a_name_that_leads_into_our_own_network_is_not_called(program: HookProgram) -> None:
    port = program.url.rpartition(":")[2]
    # It is a name to us, and this machine's own address to whoever looks it up.
    url = f"https://0x7f.1:{port}/hook"
    assert outside.must_be_outside(url, []) == url

    with pytest.raises(outside.NoAnswer, match="leads into our own network"):
        await outside.post(url, b"{}", {}, own=[], within_s=5)

    assert program.asked == 0


def test_each_thing_that_can_be_told_is_made_of_a_fact_or_told_to_operators() -> None:
    assert {*FACTS.values(), *ALERTS.values()} == set(HookKind)
    told = {each for each in Event if RULES[each].for_operators}
    assert set(ALERTS) == told - {Event.MANY}, "many are told one by one"


HELD = {Event.STATION_OFFLINE, Event.STATION_BACK, Event.PORT_FAULTED, Event.PORT_CLEAR}


async def test_what_operators_are_told_is_told_signed_with_its_words_and_what_they_are_made_of(
    scene: Scene, program: HookProgram, settings: Settings, hook: Hook
) -> None:
    plug_sending(scene, settings)
    events = [each for each in ALERTS if each not in HELD]
    async with scene.begin() as work:
        await hooks.change(
            work,
            hook.id,
            name="Operations",
            url=hook.url,
            events=list(ALERTS.values()),
            is_paused=False,
            own=settings.hook_hosts.split(),
        )
        for event in events:
            facts = samples(event) | {"page": "/console"}
            await tell(work, scene.station.party.id, [], event, f"{event}:1", facts)
    await scene.settles()
    await tells(scene, program, settings)

    assert [each["type"] for each in program.heard] == [ALERTS[event] for event in events]
    assert program.unsigned == 0
    for event, heard in zip(events, program.heard, strict=True):
        said = say(event, "en", samples(event))
        assert heard["subject"] == f"{event}:1"
        assert heard["data"] == {
            "event": event,
            "title": said.title,
            "text": said.body,
            "page": "/console",
            "facts": samples(event),
        }


def test_each_kind_is_told_of_in_the_documentation_with_its_facts() -> None:
    lines = DOCS.read_text().splitlines()
    for kind in HookKind:
        assert [line for line in lines if line.startswith("| `") and f"`{kind}`" in line], kind
    for event, kind in ALERTS.items():
        [row] = [line for line in lines if line.startswith("| `alert.") and f"`{kind}`" in line]
        assert not [name for name in NAMES[event] if f"`{name}`" not in row], event
