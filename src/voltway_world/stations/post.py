"""What a station has to say: one call at a time, and transaction messages are never forgotten."""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Payload: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A message in the words of one version of OCPP.

    The payload may be a function: in 1.6 the number of a transaction is known only when its start
    has been answered, and what follows the start may wait in the queue until then.
    """

    action: str
    payload: Payload | Callable[[], Payload]


@dataclass(eq=False)
class Message:
    said: Said
    answered: "asyncio.Future[Any]"
    is_kept: bool = False
    heard: Callable[[Payload], None] | None = None
    is_fleeting: bool = False
    was_sent: bool = False
    refusals: int = 0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    _payload: Payload | None = None

    @property
    def payload(self) -> Payload:
        """The content, which stays the same however often it is sent."""
        if self._payload is None:
            given = self.said.payload
            self._payload = given() if callable(given) else given
        return self._payload

    def result(self, answer: Any) -> None:
        if not self.answered.done():
            self.answered.set_result(answer)

    def fail(self, error: Exception) -> None:
        if not self.answered.done():
            self.answered.set_exception(error)
            # Nobody may be waiting for this one; then its failure is no news to anyone.
            self.answered.exception()


class Post:
    """Two queues: what is of the moment goes first; transaction messages keep their order."""

    def __init__(self) -> None:
        self._moment: deque[Message] = deque()
        self._kept: deque[Message] = deque()
        self._news = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()

    def put(
        self,
        said: Said,
        *,
        kept: bool = False,
        fleeting: bool = False,
        heard: Callable[[Payload], None] | None = None,
    ) -> Message:
        """Queue a message. One that is fleeting means nothing once the line is lost."""
        answered = asyncio.get_running_loop().create_future()
        message = Message(said, answered, is_kept=kept, is_fleeting=fleeting, heard=heard)
        (self._kept if kept else self._moment).append(message)
        self._news.set()
        self._quiet.clear()
        return message

    async def next(self) -> Message:
        """The message that goes next. It stays in the queue until it is done."""
        while not (self._moment or self._kept):
            self._news.clear()
            await self._news.wait()
        return self._moment[0] if self._moment else self._kept[0]

    def swap_last(self) -> None:
        """Let the two youngest kept messages change places: a station that loses their order."""
        if len(self._kept) > 1 and not self._kept[-2].was_sent:
            self._kept[-1], self._kept[-2] = self._kept[-2], self._kept[-1]

    def done(self, message: Message) -> None:
        queue = self._kept if message.is_kept else self._moment
        if message in queue:
            queue.remove(message)
        if not (self._moment or self._kept):
            self._quiet.set()

    def forget_fleeting(self, why: Exception) -> None:
        for message in [message for message in self._moment if message.is_fleeting]:
            self.done(message)
            message.fail(why)

    def give_up(self, why: Exception) -> None:
        """Forget everything; whoever waits for an answer hears why there is none."""
        for message in [*self._moment, *self._kept]:
            self.done(message)
            message.fail(why)

    async def settled(self) -> None:
        """Wait until everything that was said has been answered."""
        await self._quiet.wait()

    @property
    def waiting(self) -> int:
        return len(self._moment) + len(self._kept)
