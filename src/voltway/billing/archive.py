"""Many documents as one zip, streamed: a PDF and the frozen data of each, and an index with hashes.

Nothing holds the whole: documents are read a page at a time, drawn a few at a time beside
each other, written in their order, and given on at once. What the zip ends with (its directory) and
the index grow by some hundred bytes a document.
"""

import asyncio
import csv
import hashlib
import io
import zipfile
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltway.billing import drawing, store_archive
from voltway.billing.rules_statements import Month
from voltway.billing.store_archive import Filed
from voltway.kernel.ids import PartyId
from voltway.kernel.money import Money
from voltway.runtime.work import BeginWork

#: How many documents are read at once, and how many are drawn ahead of the one that is written.
PAGE: Final = 200
AHEAD: Final = 32
#: A chunk is given on when it has so many bytes.
CHUNK: Final = 256 * 1024

COLUMNS: Final = (
    "number",
    "kind",
    "issued_at",
    "total",
    "currency",
    "file",
    "sha256_of_data",
    "sha256_of_pdf",
)

Progress = Callable[[int], Awaitable[None]]


class _Sink(io.RawIOBase):
    """Takes what the zip writes, until it is given on. It cannot go back, as a download cannot."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        self.size += len(part)
        return len(part)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        self.size = 0
        return taken


@dataclass(frozen=True, slots=True)
class Drawers:
    """Threads that draw. Typst lets the others run meanwhile, so two threads use two cores."""

    pool: Executor

    def draw(self, document: Filed, locale: str) -> "asyncio.Future[bytes]":
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(
            self.pool, drawing.pdf, document.kind, document.document, locale
        )


@asynccontextmanager
async def drawers(count: int) -> AsyncIterator[Drawers]:
    """So many threads that draw; gone at the end of the block."""
    pool = ThreadPoolExecutor(count, thread_name_prefix="draw")
    try:
        yield Drawers(pool)
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)


async def archive(
    begin: BeginWork,
    party: PartyId,
    month: Month,
    locale: str,
    drawn_by: Drawers,
    progress: Progress,
) -> AsyncIterator[bytes]:
    """The zip of all documents that were issued in a month, in chunks; ``progress`` is told how
    many are written."""
    sink, done, last = _Sink(), 0, month.begins
    index = io.StringIO()
    rows = csv.writer(index)
    rows.writerow(COLUMNS)
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        async for document, pdf in _drawn(begin, party, month, locale, drawn_by):
            name = f"{month}/{document.kind}/{document.number}"
            _write(made, f"{name}.pdf", pdf, document.issued_at, zipfile.ZIP_STORED)
            _write(
                made, f"{name}.json", document.document, document.issued_at, zipfile.ZIP_DEFLATED
            )
            rows.writerow(_row(document, name, pdf))
            done, last = done + 1, document.issued_at
            if sink.size >= CHUNK:
                await progress(done)
                yield sink.take()
        _write(made, f"{month}/index.csv", index.getvalue().encode(), last, zipfile.ZIP_STORED)
    await progress(done)
    yield sink.take()


async def _drawn(
    begin: BeginWork, party: PartyId, month: Month, locale: str, drawn_by: Drawers
) -> AsyncIterator[tuple[Filed, bytes]]:
    """Each document with its PDF, in their order; some are drawn ahead."""
    ahead: deque[tuple[Filed, asyncio.Future[bytes]]] = deque()
    try:
        async for document in _documents(begin, party, month):
            ahead.append((document, drawn_by.draw(document, locale)))
            if len(ahead) >= AHEAD:
                first, drawn = ahead.popleft()
                yield first, await drawn
        while ahead:
            first, drawn = ahead.popleft()
            yield first, await drawn
    finally:
        for _, drawn in ahead:
            drawn.cancel()


async def _documents(begin: BeginWork, party: PartyId, month: Month) -> AsyncIterator[Filed]:
    """A page at a time, each in a work of its own: what was issued never changes."""
    after: Filed | None = None
    while True:
        async with begin(party) as work:
            page: Sequence[Filed] = await store_archive.issued_in(work, party, month, after, PAGE)
        for document in page:
            yield document
        if len(page) < PAGE:
            return
        after = page[-1]


def _write(made: zipfile.ZipFile, name: str, content: bytes, at: datetime, how: int) -> None:
    """A file of the zip, dated as its document is, and the index as the last of them: the same
    documents make the same zip."""
    info = zipfile.ZipInfo(name, at.timetuple()[:6])
    info.compress_type = how
    info.external_attr = 0o644 << 16
    made.writestr(info, content)


def _row(document: Filed, name: str, pdf: bytes) -> tuple[str, ...]:
    return (
        document.number,
        document.kind,
        document.issued_at.isoformat(),
        f"{Money(document.total_minor, document.currency).decimal:f}",
        document.currency,
        f"{name}.pdf",
        document.sha256,
        hashlib.sha256(pdf).hexdigest(),
    )
