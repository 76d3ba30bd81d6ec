"""Chats at the console: added, tried, changed, and their addresses shown to nobody again."""

import dataclasses
import re
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.parties.model import Role
from voltway.web.house import House
from voltway_world.chat import TOKEN, ChatServer

HERE = "/console/chats"


@pytest.fixture
async def there() -> AsyncIterator[ChatServer]:
    async with ChatServer() as running:
        yield running


@pytest.fixture
def house(house: House, there: ChatServer) -> House:
    return dataclasses.replace(house, settings=replace(house.settings, hook_hosts=there.url))


async def test_a_chat_is_added_tried_changed_and_removed(
    owner: Browser, scene: Scene, there: ChatServer
) -> None:
    form = {"name": "Night shift", "address": f"mmost://{there.host}/{TOKEN}", "bill_rests": "1"}
    assert (await owner.sends(HERE, **form)).status_code == 303
    page = (await owner.opens(HERE)).text
    assert TOKEN not in page
    assert "Night shift Mattermost, 127.0.0.1" in words_of(page)
    [chat] = re.findall(rf'action="({HERE}/[^"/]+)"', page)

    tried = await owner.sends(f"{chat}/test")
    assert "The chat took the message." in await owner.reads(tried.headers["location"])
    assert "A test from Voltway" in there.said[0]["text"]
    there.status = 500
    failed = await owner.sends(f"{chat}/test")
    assert failed.status_code == 503
    assert "The chat (Mattermost) did not take the message." in words_of(failed.text)

    await owner.sends(chat, name="Day shift", port_faulted="1")
    assert "Day shift" in await owner.reads(HERE)
    assert (await owner.sends(chat, name="Day shift")).status_code == 422
    await owner.sends(f"{chat}/remove")
    assert "Day shift" not in await owner.reads(HERE)
    assert (await owner.sends(f"{chat}/test")).status_code == 404


async def test_what_is_no_chat_is_refused_and_its_secret_is_not_sent_back(owner: Browser) -> None:
    form = {"name": "Ops", "address": "exec://secret", "bill_rests": "1"}

    answer = await owner.sends(HERE, **form)

    assert answer.status_code == 422
    assert "This is no address of a chat that we know" in words_of(answer.text)
    assert 'value="Ops"' in answer.text
    assert "exec://secret" not in answer.text


async def test_who_may_not_changes_nothing(browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.VIEWER)
    assert "No chat yet" in await browser.reads(HERE)
    assert (await browser.sends(HERE, name="x")).status_code == 403
