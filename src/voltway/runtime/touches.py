"""Which views are stale: told to the live pages of this process, joined together, never kept."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final

PENDING_MAX: Final = 4096


class LocalTouches:
    """``Touches`` within one process. A page that draws slowly misses nothing and delays nobody.

    ``when_wanted`` is called when the set of subjects that somebody listens to has changed.
    """

    def __init__(self) -> None:
        self._by_subject: dict[str, set[_Listener]] = {}
        #: Who looks at a whole kind, by what its subjects begin with.
        self._of_kind: dict[str, set[_Listener]] = {}
        self.when_wanted: Callable[[], None] = lambda: None

    @property
    def listening(self) -> int:
        """How many subjects pages look at."""
        return len(self._by_subject)

    @property
    def wanted(self) -> frozenset[str]:
        """The subjects that pages look at."""
        return frozenset(self._by_subject)

    def tell(self, subjects: Iterable[str]) -> None:
        """Wake who listens to these subjects."""
        # Thousands are touched each second, and a few are looked at: so begin with these.
        told = subjects if isinstance(subjects, frozenset) else frozenset(subjects)
        for subject in self._by_subject.keys() & told:
            for listener in self._by_subject[subject]:
                listener.hear(subject)
        for name, listeners in self._of_kind.items():
            for subject in told:
                if subject.startswith(name):
                    for listener in listeners:
                        listener.hear(subject)

    def tell_all(self) -> None:
        """Wake everybody: nobody knows what was touched meanwhile."""
        for listener in {one for listeners in self._by_subject.values() for one in listeners}:
            listener.hear_all()

    @asynccontextmanager
    async def listen(self, *subjects: str) -> AsyncIterator[AsyncIterator[frozenset[str]]]:
        """Yields sets of touched subjects until the block is left."""
        listener = _Listener(subjects)
        before = len(self._by_subject)
        for subject in subjects:
            listeners = self._by_subject.setdefault(subject, set())
            listeners.add(listener)
            if subject.endswith(":*"):
                self._of_kind[subject[:-1]] = listeners
        if len(self._by_subject) != before:
            self.when_wanted()
        try:
            yield listener.told()
        finally:
            for subject in subjects:
                listeners = self._by_subject[subject]
                listeners.discard(listener)
                if not listeners:
                    del self._by_subject[subject]
                    self._of_kind.pop(subject[:-1], None)


class _Listener:
    """One page: what it has yet to hear."""

    def __init__(self, subjects: tuple[str, ...]) -> None:
        self._subjects = frozenset(subjects)
        self._pending: set[str] = set()
        self._awake = asyncio.Event()

    def hear(self, subject: str) -> None:
        self._pending.add(subject)
        # Too much to name: everything that this page looks at is stale.
        if len(self._pending) > PENDING_MAX:
            self._pending = set(self._subjects)
        self._awake.set()

    def hear_all(self) -> None:
        self._pending = set(self._subjects)
        self._awake.set()

    async def told(self) -> AsyncIterator[frozenset[str]]:
        while True:
            await self._awake.wait()
            self._awake.clear()
            told, self._pending = frozenset(self._pending), set()
            yield told
