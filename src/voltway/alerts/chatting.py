"""An alert said in a chat of operators."""

from uuid import UUID

from voltway.alerts import chats
from voltway.alerts.model import Alert
from voltway.alerts.wording_of import wording_of
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork


async def chat_by(settings: Settings, begin: BeginWork, alert: Alert) -> None:
    """Say an alert in its chat. Raises ``NoSuchChat``, and as ``chats.say_there``."""
    assert alert.facts is not None, "a chat is told events"
    async with begin() as work:
        chat = await chats.chat_of(work, UUID(alert.recipient))
        said = await wording_of(work, alert)
    page = alert.facts.get("page", "")
    link = f"\n{settings.public_url}{page}" if page and settings.public_url else ""
    await chats.say_there(chat, said.title, said.body + link, own=settings.hook_hosts.split())
