"""Webhooks at the console: a program is added, tried and told again what it did not hear."""

import dataclasses
import re
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.alerts import store_hooks
from voltway.parties.model import Role
from voltway.web.house import House
from voltway_world.hook_program import HookProgram

HERE = "/console/webhooks"


@pytest.fixture
async def program(scene: Scene) -> AsyncIterator[HookProgram]:
    async with HookProgram(now_s=scene.now.timestamp()) as running:
        yield running


@pytest.fixture
def house(house: House, program: HookProgram) -> House:
    """The house may call the program, which stands beside it."""
    settings = replace(house.settings, hook_hosts=program.url)
    return dataclasses.replace(house, settings=settings)


async def adds(owner: Browser, program: HookProgram) -> str:
    """A webhook at the program: its page. Its secret is shown once."""
    form = {"name": "Operations", "url": f"{program.url}/hook", "session.ended": "1"}
    answer = await owner.sends(HERE, **form)
    assert answer.status_code == 201, words_of(answer.text)
    [program.secret] = re.findall(r"whsec_[\w-]+", answer.text)
    [page] = re.findall(rf'href="({HERE}/[^"]+)"', answer.text)
    return str(page)


async def test_a_program_is_added_tried_and_its_secret_shown_once(
    owner: Browser, scene: Scene, program: HookProgram
) -> None:
    assert "No webhook yet" in await owner.reads(HERE)
    page = await adds(owner, program)

    tried = await owner.sends(f"{page}/test")

    assert "It heard the test." in await owner.reads(tried.headers["location"])
    assert [each["type"] for each in program.heard] == ["test"]
    said = (await owner.opens(page)).text + (await owner.opens(HERE)).text
    assert program.secret not in said
    old = program.secret
    renewed = await owner.sends(f"{page}/secret")
    assert renewed.status_code == 201
    assert old not in renewed.text
    assert "the one before signs too until" in await owner.reads(page)


async def test_what_was_not_heard_says_why_and_is_told_again(
    owner: Browser, scene: Scene, program: HookProgram
) -> None:
    page = await adds(owner, program)
    program.status = 500
    tried = await owner.sends(f"{page}/test")
    assert "It did not hear the test. It answered 500." in await owner.reads(
        tried.headers["location"]
    )
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM alert_hook_event_view")
        await store_hooks.in_vain(work, row["id"], None, "It answered 500.")
    assert "1 was never heard" in await owner.reads(HERE)
    assert "given up It answered 500. 2 tries" in await owner.reads(page)

    assert (await owner.sends(f"{page}/again", event=str(row["id"]))).status_code == 303

    assert "waits" in await owner.reads(page)
    assert (await owner.sends(f"{page}/again", event="x")).status_code == 404


async def test_it_is_changed_paused_and_removed(
    owner: Browser, scene: Scene, program: HookProgram
) -> None:
    page = await adds(owner, program)
    form = {"name": "Ops", "url": f"{program.url}/hook", "station.lost": "1", "paused": "1"}

    await owner.sends(page, **form)

    assert "It is paused since" in await owner.reads(page)
    assert 'name="station.lost" value="1" checked' in (await owner.opens(page)).text
    wrong = await owner.sends(page, **(form | {"url": "https://10.0.0.1/"}))
    assert wrong.status_code == 422
    assert "This is no address that we can call" in words_of(wrong.text)
    assert 'value="https://10.0.0.1/"' in wrong.text
    await owner.sends(f"{page}/remove")
    assert (await owner.opens(page)).status_code == 404


async def test_what_is_wrong_stays_as_it_was_typed(owner: Browser) -> None:
    answer = await owner.sends(HERE, name="Ops", url="http://hooks.example")

    assert answer.status_code == 422
    assert 'value="http://hooks.example"' in answer.text


async def test_who_may_not_sees_or_changes_nothing(
    browser: Browser, owner: Browser, scene: Scene, program: HookProgram
) -> None:
    page = await adds(owner, program)
    await sits_down(browser, scene, Role.SUPPORT)
    assert "Make a new secret" not in await browser.reads(page)
    assert (await browser.sends(HERE, name="x")).status_code == 403
    assert (await browser.sends(f"{page}/secret")).status_code == 403
    assert (await browser.sends(f"{page}/remove")).status_code == 403
