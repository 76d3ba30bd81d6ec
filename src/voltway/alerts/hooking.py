"""What operators are told, told to a program of theirs: kept for its webhook, which tells it."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from voltway.alerts import hooks, rules_hooks, store_hooks
from voltway.alerts.model import Alert
from voltway.alerts.wording_of import wording_of
from voltway.kernel.errors import Kind, Refusal
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork


@dataclass(eq=False)
class HookPaused(Refusal):
    """The webhook is paused, and is told nothing meanwhile."""

    kind: ClassVar[Kind] = Kind.CONFLICT


async def keep_by(settings: Settings, begin: BeginWork, alert: Alert) -> None:
    """Keep an alert for its webhook; kept twice it is one event. Raises ``NoSuchHook`` and
    ``HookPaused``."""
    async with begin() as work:
        hook = await hooks.hook_of(work, UUID(alert.recipient))
        if hook.paused_at is not None:
            raise HookPaused
        said = await wording_of(work, alert)
        event = rules_hooks.alert_of(hook, alert, said, settings.public_url)
        await store_hooks.add_events(work, [event])
