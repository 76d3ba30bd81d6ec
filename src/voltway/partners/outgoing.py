"""Telling somebody outside what waits for them, thing by thing, until they are silent.

The walk is the same for partners (``delivering.py``) and for platforms of terminals
(``platform_lines.py``); what is told, how, and where it is noted is theirs.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

from voltway.partners import rules, wire
from voltway.runtime.work import Work

#: How long whoever is told may take to say that it heard.
WITHIN_S: Final = 5.0
#: How much one of them is told in one round.
OF_A_ROUND: Final = 50


class Waits(Protocol):
    """Something that waits to be told: since when, and how often it was told in vain."""

    @property
    def id(self) -> UUID: ...

    @property
    def tries(self) -> int: ...

    @property
    def made_at(self) -> datetime: ...


T = TypeVar("T", bound=Waits)


@dataclass(slots=True)
class Told(Generic[T]):
    """What was heard, what was told in vain and why, and why there was no answer, if so."""

    heard: list[UUID] = field(default_factory=list)
    failed: list[tuple[T, str]] = field(default_factory=list)
    silence: str = ""


async def tell_each(things: Sequence[T], tell: Callable[[T], Awaitable[str]]) -> Told[T]:
    """Tell these, in order. ``tell`` says why it was not heard, or nothing; after a silence
    (``PartnerSilent``) the rest is not tried."""
    told: Told[T] = Told()
    for thing in things:
        why = told.silence
        if not why:
            try:
                why = await tell(thing)
            except wire.PartnerSilent as silent:
                told.silence = why = silent.why
        if why:
            told.failed.append((thing, why))
        else:
            told.heard.append(thing.id)
    return told


async def tell_a_round(tell_some: Callable[[int], Awaitable[Told[T] | None]]) -> int:
    """Tell one of them, until nothing waits (``None``), they are silent, or the round is full; how
    much was heard. ``tell_some`` is told how much there is room for."""
    heard = 0
    while heard < OF_A_ROUND:
        told = await tell_some(OF_A_ROUND - heard)
        if told is None:
            break
        heard += len(told.heard)
        if told.silence:
            break
    return heard


async def note_failed(
    work: Work,
    told: Told[T],
    note: Callable[[Work, UUID, datetime | None, str], Awaitable[None]],
) -> None:
    """Have what was told in vain tried again later and later, and laid aside after days."""
    for thing, why in told.failed:
        again = rules.next_try(thing.tries + 1, thing.made_at, work.now)
        await note(work, thing.id, again, why)
