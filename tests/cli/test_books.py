"""``voltway books``, run as a bookkeeper runs it, over a house with one sale in its books."""

import asyncio
import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.cli.test_admin import environment
from tests.conftest import NOON, TestServer
from tests.network import a_party
from voltway.cli.books import books
from voltway.cli.main import run
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions
from voltway.ledger.model import Account, Entry, Posting
from voltway.runtime.database import open_database

Ask = Callable[..., tuple[int, str, str]]
ANN = "driver:019cae6b-6600-77c1-823f-ad3bf19e701f:receivable"


async def a_sale(url: str) -> None:
    database = await open_database(url, connections=1, connections_min=1)
    async with database.begin() as work:
        party = await a_party(work, ident="VLT")
        sold = tuple(
            Posting(Account(ANN), Account(credit), Money(minor, EUR))
            for credit, minor in (("revenue:energy", 800), ("tax:vat:19", 152))
        )
        entry = Entry(
            party=party.id,
            once=OnceKey("sale"),
            at=NOON,
            memo="Sold 20 kWh.",
            evidence={"note": "test"},
            postings=sold,
        )
        await actions.post(work, entry)
    await database.close()


@pytest.fixture
def url(server: TestServer) -> Iterator[str]:
    address = asyncio.run(server.fresh_database())
    asyncio.run(a_sale(address))
    yield address
    asyncio.run(server.drop(address))


@pytest.fixture
def ask(url: str, capsys: pytest.CaptureFixture[str]) -> Ask:
    def command(*words: Any) -> tuple[int, str, str]:
        with environment(VOLTWAY_DATABASE_URL=url):
            status = run(books, [str(word) for word in words])
        out, err = capsys.readouterr()
        return status, out, err

    return command


async def tampered(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("UPDATE ledger_posting SET amount_minor = 900 WHERE number = 1")
    await connection.execute("DELETE FROM ledger_link; DELETE FROM ledger_seal")
    await connection.execute("DELETE FROM ledger_day; UPDATE ledger_sealed SET place = 0")
    await connection.close()


def test_books_are_checked_and_heads_that_are_kept_elsewhere_prove_them(
    ask: Ask, url: str, tmp_path: Path
) -> None:
    kept = tmp_path / "heads.csv"

    sound = ask("check")
    kept.write_text(ask("heads")[1])
    proved = ask("check", "--heads", kept)
    asyncio.run(tampered(url))
    forged = ask("check")
    found = ask("check", "--heads", kept)

    assert sound[0] == 0
    assert "chain  holds      1 checked." in sound[1]
    assert "    4  holds      0 checked." in sound[1]
    assert proved[0] == 0
    assert "heads  holds      1 heads that were kept elsewhere." in proved[1]
    assert forged[0] == 0, "a chain that was made anew is whole in itself"
    assert found[0] == 1
    assert "link 1: The head that was kept on" in found[1]


def test_balances_are_told_at_a_day_and_a_month_is_closed_and_given_out(
    ask: Ask, tmp_path: Path
) -> None:
    _, now, _ = ask("balances", "revenue")
    _, before, _ = ask("balances", "--at", "2026-03-01")
    unset = ask("datev", "2026-03", "--out", tmp_path)
    ask("bookkeeper", "--consultant", 29098, "--client", 55003, "--chart", "SKR04")
    closed = ask("close", "2026-03")
    again = ask("close", "2026-03")
    given = ask("datev", "2026-03", "--out", tmp_path)
    ask("csv", "2026-03", "--out", tmp_path / "books.csv")

    assert "revenue:energy  income  EUR       -8.00" in now
    assert before == "Nothing is booked.\n"
    assert unset[0] == 2
    assert closed[:2] == (0, "Closed 2026-03: 1 entries, up to 2026-04-01 00:00 EEST.\n")
    assert again[2].startswith("The month 2026-03 is closed already, by the command line on ")
    assert given[0] == 0
    lines = (
        (tmp_path / "EXTF_Buchungsstapel_2026-03.csv").read_bytes().decode("cp1252").split("\r\n")
    )
    assert lines[2].startswith('9,52;"S";"EUR";;;;1200;4000;"3";0203;')
    with (tmp_path / "books.csv").open(newline="") as file:
        assert [row["amount"] for row in csv.DictReader(file)] == ["8.00", "1.52"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["close", "2026-13"], "2026-13 is no month, such as 2026-10.\n"),
        (["balances", "--at", "soon"], "soon is no moment, such as 2026-10-31"),
        (["check", "--heads", "nowhere.csv"], "nowhere.csv holds no heads:"),
        (["bookkeeper", "--consultant", "1", "--client", "1"], "consultant is not valid:"),
        (
            ["bookkeeper", "--consultant", "1001", "--client", "1", "--map", "bank"],
            "bank cannot be mapped:  is no account of four to nine digits.\n",
        ),
    ],
)
def test_bad_words_are_told_with_a_sentence(ask: Ask, words: list[str], said: str) -> None:
    status, out, err = ask(*words)

    assert (status, out) == (2, "")
    assert err.startswith(said)


def test_a_file_that_is_no_heads_is_told(ask: Ask, tmp_path: Path) -> None:
    kept = tmp_path / "heads.csv"
    for content in ("a,b\n1,2\n", "party,day,link,head\nFI*VLT,2026-03-02,x,y\n", "\x00", ""):
        kept.write_text(content)

        status, _, err = ask("check", "--heads", kept)

        assert status == 2
        assert "holds no heads" in err
