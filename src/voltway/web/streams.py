"""Live views: the whole view at once, and again after each touch of what it shows.

State is sent, not changes, so a page that slept catches up with one message and cannot drift.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from litestar.response import ServerSentEvent, ServerSentEventMessage

from voltway.kernel.errors import Kind, Refusal
from voltway.runtime.metrics import gauge
from voltway.runtime.work import Touches

#: A page hears these as ``beat``; after more than two that did not come it counts the line as lost
#: (``SILENT_MS`` in ``assets/js/page.js``).
HEARTBEAT_S: Final = 15.0
STREAMS_MAX: Final = 2_000
RETRY_MS: Final = 3_000

#: Touches that come faster than this are drawn together: no eye reads faster.
REDRAW_S: Final = 0.5

#: A silent view is drawn again after so many heartbeats.
REDRAW_HEARTBEATS: Final = 4

OPEN_STREAMS: Final = gauge("voltway_live_streams", "Live pages open now")

#: Draws the view anew: its HTML.
Draw = Callable[[], Awaitable[str]]


@dataclass(eq=False)
class TooManyLivePages(Refusal):
    """Too many live pages are open now; this one shows its state when it is loaded again."""

    kind = Kind.LIMIT


class Streams:
    """The open live views of this process: counted, bounded, and closed together."""

    def __init__(
        self,
        *,
        most: int = STREAMS_MAX,
        heartbeat_s: float = HEARTBEAT_S,
        redraw_s: float = REDRAW_S,
    ) -> None:
        self._most = most
        self._heartbeat_s = heartbeat_s
        self._redraw_s = redraw_s
        self._open = 0
        self._closing = asyncio.Event()

    @property
    def open(self) -> int:
        return self._open

    def close(self) -> None:
        """End every live view; browsers come back by themselves to whoever serves then."""
        self._closing.set()

    def live(
        self,
        touches: Touches,
        subjects: tuple[str, ...],
        draw: Draw,
        *,
        redraw_s: float | None = None,
    ) -> ServerSentEvent:
        """A view of these subjects as server-sent events. What comes within ``redraw_s`` is drawn
        together; a view that is drawn slowly is drawn no more often than it can be."""
        if self._open >= self._most or self._closing.is_set():
            raise TooManyLivePages
        return ServerSentEvent(
            self._views(touches, subjects, draw, max(redraw_s or 0, self._redraw_s)),
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _views(
        self, touches: Touches, subjects: tuple[str, ...], draw: Draw, redraw_s: float
    ) -> AsyncIterator[ServerSentEventMessage]:
        self._open += 1
        OPEN_STREAMS.set(self._open)
        try:
            async with touches.listen(*subjects) as touched:
                nth = 0
                last: str | None = None
                async for is_touched in self._beats(touched, redraw_s):
                    view = await draw() if is_touched else None
                    if view is None or view == last:
                        yield ServerSentEventMessage(data="still here", event="beat")
                        continue
                    nth, last = nth + 1, view
                    yield ServerSentEventMessage(
                        data=view, event="view", id=str(nth), retry=RETRY_MS
                    )
        finally:
            self._open -= 1
            OPEN_STREAMS.set(self._open)

    async def _beats(
        self, touched: AsyncIterator[frozenset[str]], redraw_s: float
    ) -> AsyncIterator[bool]:
        """``True`` when the view is to be drawn, ``False`` when silence has lasted long enough.

        After some heartbeats it is drawn all the same, so that ages stay true and a touch that
        was lost with a broken connection is made good.
        """
        yield True
        closing: asyncio.Future[Any] = asyncio.ensure_future(self._closing.wait())
        following: asyncio.Future[Any] | None = None
        silent = 0
        try:
            while not self._closing.is_set():
                following = following or asyncio.ensure_future(_next(touched))
                done, _ = await asyncio.wait(
                    {following, closing},
                    timeout=self._heartbeat_s,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if closing in done:
                    return
                if following not in done:
                    silent = (silent + 1) % REDRAW_HEARTBEATS
                    yield silent == 0
                    continue
                if following.result() is None:
                    return
                following = None
                yield True
                await asyncio.wait({closing}, timeout=redraw_s)
        finally:
            for waiting in (closing, following or closing):
                waiting.cancel()
                with suppress(asyncio.CancelledError):
                    await waiting


async def _next(touched: AsyncIterator[frozenset[str]]) -> frozenset[str] | None:
    """The next touches, or ``None`` when there are no more."""
    return await anext(touched, None)
