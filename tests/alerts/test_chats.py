"""Operators are told in their chat, once, and no chat leads into our own network."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.alerts.phones import plug_events
from tests.alerts.test_alerts import alerts, settings_for
from tests.payments.scene import Scene
from voltway.alerts import chats
from voltway.alerts.model import AlertState
from voltway.alerts.model_chats import Chat
from voltway.alerts.model_events import Channel, Event
from voltway.alerts.telling import tell
from voltway.runtime import outside
from voltway_world.chat import TOKEN, ChatServer
from voltway_world.mail import MailCatcher

TEAMS = (
    "logic.azure.com:443/workflows/0123/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=abc"
)
WORKFLOWS = "Power Automate / Workflows (for MSTeams)"
SHOWN = {"place": "Kamppi", "why": "The bank was silent.", "page": "/console/sessions/1"}


@pytest.fixture
async def there() -> AsyncIterator[ChatServer]:
    async with ChatServer() as running:
        yield running


@pytest.fixture
async def chat(scene: Scene, mail: MailCatcher, there: ChatServer) -> Chat:
    """A chat that is told of bills, and alerts that hear the scene and send."""
    plug_events(scene, replace(settings_for(mail), hook_hosts=there.url))
    return await added(scene, there, f"mmost://{there.host}/{TOKEN}")


async def added(scene: Scene, there: ChatServer, address: str) -> Chat:
    async with scene.begin() as work:
        return await chats.add(
            work,
            scene.station.party.id,
            name="Night shift",
            address=address,
            events=[Event.BILL_RESTS],
            own=[there.url],
        )


async def rests(scene: Scene, about: str = "settlement:1") -> None:
    async with scene.begin() as work:
        await tell(work, scene.station.party.id, [], Event.BILL_RESTS, about, SHOWN)


async def test_what_was_chosen_is_said_there_once_with_its_page(
    scene: Scene, there: ChatServer, chat: Chat
) -> None:
    await rests(scene)
    await rests(scene)
    async with scene.begin() as work:
        facts = {"station": "A", "place": "B", "when": "12:00"}
        await tell(work, scene.station.party.id, [], Event.STATION_OFFLINE, "station:1", facts)

    await scene.settles()

    [said] = there.said
    assert "A bill rests" in said["text"]
    assert "Kamppi: The bank was silent." in said["text"]
    assert "https://charge.example/console/sessions/1" in said["text"]
    [told] = await alerts(scene)
    assert (told.channel, told.state) == (Channel.CHAT, AlertState.SENT)


async def test_a_plain_receiver_is_told_too(scene: Scene, there: ChatServer, chat: Chat) -> None:
    await added(scene, there, f"json://{there.host}/plain")
    await rests(scene)

    await scene.settles()

    assert len(there.said) == 2
    assert {each.get("title") for each in there.said} >= {"A bill rests"}


async def test_a_chat_that_is_down_is_tried_again_and_a_removed_one_is_not(
    scene: Scene, there: ChatServer, chat: Chat
) -> None:
    there.status = 503
    await rests(scene)
    await scene.settles()
    [waiting] = await alerts(scene)
    assert waiting.last_trouble == "The chat (Mattermost) did not take the message."

    there.status = 200
    scene.clock.jump(timedelta(minutes=1))
    await scene.settles()
    assert len(there.said) == 1

    await rests(scene, "settlement:2")
    async with scene.begin() as work:
        await chats.remove(work, chat.id)
    await scene.settles()
    assert len(there.said) == 1
    assert {each.state for each in await alerts(scene)} == {AlertState.SENT, AlertState.DROPPED}


async def test_a_chat_is_not_followed_elsewhere(
    scene: Scene, there: ChatServer, chat: Chat
) -> None:
    there.status = 307

    with pytest.raises(chats.ChatSilent):
        await chats.say_there(chat, "a", "b", own=[there.url])

    assert (there.asked, there.said) == (1, [])


async def test_a_chat_that_may_be_called_no_more_is_not_called(
    there: ChatServer, chat: Chat
) -> None:
    with pytest.raises(chats.NotAChat):
        await chats.say_there(chat, "a", "b", own=[])
    with pytest.raises(outside.NoAnswer, match="leads into our own network"):
        await outside.must_lead_outside("0x7f.1")
    assert there.asked == 0


async def test_what_opens_a_chat_is_not_shown(scene: Scene, there: ChatServer) -> None:
    addresses = {
        f"mmost://{there.host}/{TOKEN}": "Mattermost, 127.0.0.1",
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ": "Slack",
        "rockets://" + "a" * 17 + "/" + "b" * 43 + "@chat.example": "Rocket.Chat, chat.example",
        "ntfys://ntfy.example/topic": "ntfy, ntfy.example",
        "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=K&token=T": "Google Chat",
        f"https://prod-12.westeurope.{TEAMS}": f"{WORKFLOWS}, prod-12.westeurope.logic.azure.com",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js": "Discord",
        "tgram://123456789:ABCdefghijklmnop_qrstuvwxyz/12315544": "Telegram",
    }
    for address, shown in addresses.items():
        chat = await added(scene, there, address)
        assert chat.shown == shown
        assert address not in repr(chat)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "exec:///bin/sh",
        "syslog://",
        "file:///etc/passwd",
        "mailto://ann:secret@example.org",
        f"mmost://chat.example/{TOKEN}",
        f"mmosts://10.0.0.7/{TOKEN}",
        f"mmosts://localhost/{TOKEN}",
        f"mmosts://chat.example/{TOKEN}?redirect=yes",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?template=/etc/passwd",
        "https://10.0.0.7/workflows/W/triggers/manual/paths/invoke?sig=S",
        "matrixs://ann:secret@chat.example/room",
        "jsons://169.254.169.254/latest/meta-data",
        "json://127.0.0.1:1/plain",
        "slack://" + "x" * 1000,
        "mmosts://chat.example/\n" + TOKEN,
    ],
)
async def test_what_is_no_chat_or_leads_inside_is_refused(
    scene: Scene, there: ChatServer, address: str
) -> None:
    with pytest.raises(chats.NotAChat, match="no address of a chat that we know"):
        await added(scene, there, address)
