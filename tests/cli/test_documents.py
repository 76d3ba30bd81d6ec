"""``voltway documents``: the statements of a month, and a zip of all that was issued in it."""

import asyncio
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.billing.many import fill
from tests.cli.test_admin import environment
from tests.conftest import TestServer
from voltway.cli.admin_desk import opened
from voltway.cli.main import app, run

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def url(server: TestServer) -> Iterator[str]:
    address = asyncio.run(server.fresh_database())
    yield address
    asyncio.run(server.drop(address))


@pytest.fixture
def ask(url: str, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command on a database of one's own: its status, its output, its errors."""

    def command(*words: str) -> tuple[int, str, str]:
        with environment(VOLTWAY_DATABASE_URL=url):
            status = run(app, ["documents", *words])
        told = capsys.readouterr()
        return status, told.out, told.err

    async def october() -> None:
        async with opened(None) as database:
            await fill(database, 6, 2)

    with environment(VOLTWAY_DATABASE_URL=url):
        asyncio.run(october())
    return command


def test_a_month_is_written_once_and_taken_out_as_one_zip(ask: Ask, tmp_path: Path) -> None:
    to = tmp_path / "october.zip"

    first = ask("write", "--month", "2026-10")
    again = ask("write", "--month", "2026-10")
    taken = ask("export", "--month", "2026-10", "--to", str(to), "--language", "fi")
    in_the_way = ask("export", "--month", "2026-10", "--to", str(to))

    assert first[:2] == (0, "2 statements for 2026-10: all are written.\n")
    assert again[:2] == (0, "0 statements for 2026-10: all are written.\n")
    assert taken[:2] == (0, f"6 documents of 2026-10 are in {to}.\n")
    with zipfile.ZipFile(to) as made:
        names = made.namelist()
    assert len([name for name in names if name.endswith(".pdf")]) == 6
    assert names[-1] == "2026-10/index.csv"
    assert (in_the_way[0], "There is a file of this name already" in in_the_way[2]) == (2, True)
    assert not list(tmp_path.glob("*.part"))


def test_what_cannot_be_is_told_in_a_sentence(ask: Ask, tmp_path: Path) -> None:
    to = str(tmp_path / "x.zip")

    for words, said in (
        (("write", "--month", "October"), "October is no month; write it as 2026-11."),
        (("write", "--month", "2999-01"), "2999-01 is not over yet"),
        (("export", "--month", "2026-10", "--to", to, "--language", "sv"), "We speak no such"),
        (("export", "--month", "2026-10", "--to", f"{to}/x"), "The zip cannot be written"),
    ):
        status, _, errors = ask(*words)
        assert (status, said in errors) == (2, True), errors
