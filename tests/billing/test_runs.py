"""Much in one go: broken off it says so, asked again it is the same."""

import io
import zipfile

from tests.billing.many import fill
from voltway.billing import archive, runs
from voltway.billing.model_runs import RunKind, RunState
from voltway.billing.rules_statements import month
from voltway.runtime.database import Database


async def test_a_zip_that_was_broken_off_says_so_and_comes_out_the_same_each_time(
    database: Database,
) -> None:
    party = await fill(database, 8, 2)
    async with database.begin(party.id) as work:
        asked = await runs.ask(
            work,
            party,
            RunKind.ARCHIVE,
            month("2026-10", party.time_zone),
            locale="nl",
            by="Aino",
        )

    async def state() -> tuple[RunState, int, int]:
        async with database.begin(party.id) as work:
            found = await runs.found(work, asked.id)
        return found.state, found.done, found.total

    async def whole() -> bytes:
        chunks = await runs.download(database.begin, party.id, asked.id)
        return b"".join([chunk async for chunk in chunks])

    broken = await runs.download(database.begin, party.id, asked.id)
    first = await anext(broken)
    await broken.aclose()  # type: ignore[attr-defined]

    assert archive.CHUNK <= len(first) < archive.CHUNK * 2
    assert await state() == (RunState.STOPPED, 6, 8)
    made = await whole()
    assert await state() == (RunState.DONE, 8, 8)
    assert made == await whole()
    assert made.startswith(first)
    with zipfile.ZipFile(io.BytesIO(made)) as files:
        *documents, index = files.infolist()
    assert index.date_time == documents[-1].date_time
