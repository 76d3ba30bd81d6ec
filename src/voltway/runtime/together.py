"""Gathers what comes while the last batch is under way, and does it in one go: group commit.

No delay is added: what comes alone is done alone, at once; under load each batch is what came
during the one before it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")


class Together(Generic[T, R]):
    """Does single things in batches of ``at_most``, with ``at_once`` batches under way.

    ``do`` gives for each thing, by its place, what came of it; an exception is raised to the one
    who brought that thing. What ``do`` itself raises is raised to all.
    """

    def __init__(
        self,
        do: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]],
        *,
        at_most: int,
        at_once: int = 1,
    ) -> None:
        self._do = do
        self._at_most = at_most
        self._at_once = at_once
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._batches: set[asyncio.Task[None]] = set()

    async def add(self, thing: T) -> R:
        """What came of this thing, when its batch is done."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((thing, done))
        if len(self._batches) < self._at_once:
            batch = asyncio.create_task(self._work())
            self._batches.add(batch)
            batch.add_done_callback(self._batches.discard)
        return await done

    async def stop(self) -> None:
        """Cancel what is still under way."""
        batches = list(self._batches)
        for batch in batches:
            batch.cancel()
        await asyncio.gather(*batches, return_exceptions=True)

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[: self._at_most]
                self._waiting = self._waiting[self._at_most :]
                wanted = [(thing, done) for thing, done in batch if not done.done()]
                if wanted:
                    await self._do_batch(wanted)
        finally:
            # In the same step that found nothing waiting: a task's callbacks come later, and what
            # is brought until then would count on us, and wait for nobody.
            self._batches.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _do_batch(self, batch: Sequence[tuple[T, "asyncio.Future[R]"]]) -> None:
        try:
            outcomes = await self._do([thing for thing, _ in batch])
        except asyncio.CancelledError:
            for _, done in batch:
                done.cancel()
            raise
        except BaseException as trouble:  # noqa: BLE001 - it is raised where the things came from
            outcomes = [trouble] * len(batch)  # type: ignore[list-item]
        for (_, done), outcome in zip(batch, outcomes, strict=True):
            if done.done():
                continue  # nobody waits for it any more
            if isinstance(outcome, BaseException):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)
