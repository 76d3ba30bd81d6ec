"""Who calls: a key, the party it belongs to, and what its role may do."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeAlias

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency

from voltway.kernel.ids import OnceKey
from voltway.parties import actions as parties
from voltway.parties.model import Actor
from voltway.runtime.work import Work
from voltway.web.house import House


@dataclass(frozen=True, slots=True)
class Caller:
    """What an operation is given: who asks, and work behind the wall of that party."""

    actor: Actor
    house: House
    #: Names the effect that this request is for: the caller's own key, or none.
    once: OnceKey | None = None

    @property
    def name(self) -> str:
        """Who placed an order, as the console shows it."""
        return f"API key {self.actor.name}"

    def begin(self) -> AbstractAsyncContextManager[Work]:
        """Work that sees the caller's party and no other."""
        return self.house.begin(self.actor.party)

    async def audit(self, work: Work, did: str, on: str, **detail: str) -> None:
        """Write down what was done, in the work that did it."""
        await parties.audit(work, self.actor, did, on, detail)


async def caller(request: Request[Any, Any, State], house: NamedDependency[House]) -> Caller:
    """The caller that the doorkeeper let in."""
    return Caller(request.scope["user"], house, request.scope["state"].get("once"))


#: The caller, as an operation asks for it.
Calling: TypeAlias = NamedDependency[Caller]
