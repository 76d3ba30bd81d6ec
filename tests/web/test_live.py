"""Live views over a real server: the whole view at once, after each touch, and an end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from httpx import AsyncClient, Response
from litestar import Litestar, get
from litestar.response import ServerSentEvent

from voltway.runtime.touches import LocalTouches
from voltway.web.problems import HANDLERS
from voltway.web.serving import WebServer, address_of, listen
from voltway.web.streams import Streams, TooManyLivePages

PATIENCE_S = 10


class Board:
    """Something that is looked at: a number, and how often it was drawn."""

    def __init__(self, streams: Streams, redraw_s: float | None = None) -> None:
        self.streams = streams
        self.redraw_s = redraw_s
        self.touches = LocalTouches()
        self.number = 1
        self.drawn = 0

    async def draw(self) -> str:
        self.drawn += 1
        return f"<p>{self.number}</p>\n<p>end</p>"


@asynccontextmanager
async def served(board: Board) -> AsyncIterator[AsyncClient]:
    @get("/live")
    async def live() -> ServerSentEvent:
        return board.streams.live(board.touches, ("board:1",), board.draw, redraw_s=board.redraw_s)

    listener = listen("HTTP", "127.0.0.1:0")
    server = WebServer(Litestar([live], exception_handlers=HANDLERS), listener)
    await server.start()
    try:
        async with AsyncClient(base_url=address_of(listener), timeout=PATIENCE_S) as client:
            yield client
    finally:
        board.streams.close()
        await server.stop()


async def next_event(lines: AsyncIterator[str]) -> dict[str, str]:
    """The next event or comment, its data lines joined."""
    event: dict[str, str] = {}
    async with asyncio.timeout(PATIENCE_S):
        async for line in lines:
            if not line:
                if event:
                    return event
                continue
            name, _, value = line.partition(": ")
            event[name] = event[name] + "\n" + value if name in event else value
    return event


def lines_of(answer: Response) -> AsyncIterator[str]:
    return answer.aiter_lines()


async def test_the_whole_view_comes_at_once_and_again_after_a_touch() -> None:
    board = Board(Streams(redraw_s=0.01))
    async with served(board) as client, client.stream("GET", "/live") as answer:
        lines = lines_of(answer)
        first = await next_event(lines)
        board.number = 2
        board.touches.tell(["board:2", "board:1"])
        second = await next_event(lines)

    assert first == {"id": "1", "event": "view", "data": "<p>1</p>\n<p>end</p>", "retry": "3000"}
    assert second["id"] == "2"
    assert second["data"] == "<p>2</p>\n<p>end</p>"


@pytest.mark.parametrize(
    ("of_all", "its_own"), [(0.2, None), (0.01, 0.2)], ids=["as all views", "as this view asks"]
)
async def test_touches_that_come_together_are_drawn_together(
    of_all: float, its_own: float | None
) -> None:
    board = Board(Streams(redraw_s=of_all), its_own)
    async with served(board) as client, client.stream("GET", "/live") as answer:
        lines = lines_of(answer)
        await next_event(lines)
        for number in range(2, 50):
            board.number = number
            board.touches.tell(["board:1"])
        while "49" not in (await next_event(lines))["data"]:
            pass

    assert board.drawn <= 4


async def test_a_silent_view_sends_a_heartbeat() -> None:
    board = Board(Streams(heartbeat_s=0.02))
    async with served(board) as client, client.stream("GET", "/live") as answer:
        lines = lines_of(answer)
        await next_event(lines)
        beat = await next_event(lines)

    assert beat == {"event": "beat", "data": "still here"}


async def test_a_drain_ends_every_live_view() -> None:
    board = Board(Streams())
    async with served(board) as client, client.stream("GET", "/live") as answer:
        lines = lines_of(answer)
        await next_event(lines)
        board.streams.close()
        assert await next_event(lines) == {}

    assert board.streams.open == 0


async def test_more_views_than_we_can_draw_are_refused() -> None:
    board = Board(Streams(most=1))
    async with served(board) as client, client.stream("GET", "/live") as answer:
        await next_event(lines_of(answer))
        refused = await client.get("/live", headers={"Accept": "application/json"})

    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_live_pages"
    assert refused.headers["retry-after"]


def test_a_drained_house_opens_no_new_view() -> None:
    streams = Streams()
    streams.close()

    with pytest.raises(TooManyLivePages):
        streams.live(LocalTouches(), ("board:1",), Board(streams).draw)
