"""Looks at what is due in batches, where one that breaks keeps none of the others."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import structlog

from voltway.kernel.errors import Outage
from voltway.kernel.ids import SessionId
from voltway.runtime.work import BeginWork, Work

log = structlog.get_logger("voltway.sessions")


class Due(Protocol):
    """What is kept of a session that a round looks at."""

    @property
    def session(self) -> SessionId: ...


D = TypeVar("D", bound=Due)


async def look_at_due(
    begin: BeginWork,
    name: str,
    at_once: int,
    *,
    take: Callable[[Work, int], Awaitable[list[D]]],
    look: Callable[[Work, list[D]], Awaitable[None]],
    put_off: Callable[[Work, D], Awaitable[None]],
) -> int:
    """Look at all that ``take`` gives, so many in one work; at how many it was looked.

    A batch that breaks is undone and taken again by halves, until the one that breaks it stands
    alone: that one is logged under ``name`` and put off, and the others go on. An outage is raised,
    for it is nobody's fault.
    """
    looked, limit = 0, at_once
    while True:
        due: list[D] = []
        try:
            async with begin() as work:
                due = await take(work, limit)
                await look(work, due)
        except Exception as trouble:
            if not due or isinstance(trouble, Outage):
                raise
            if len(due) > 1:
                limit = len(due) // 2
                continue
            log.exception("session_look_failed", round=name, session=str(due[0].session))
            async with begin() as work:
                await put_off(work, due[0])
            limit = at_once
            continue
        looked += len(due)
        if len(due) < limit:
            return looked
        limit = at_once
