"""``voltway admin``, run as a person or a program runs it."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.conftest import TestServer
from voltway.cli.admin import admin
from voltway.cli.admin_desk import opened
from voltway.cli.main import run
from voltway.parties import actions as parties
from voltway.runtime.database import open_database
from voltway.runtime.postgres import EmbeddedPostgres

Admin = Callable[..., tuple[int, str, str]]

TARIFF = {
    "id": "DAY",
    "country_code": "FI",
    "party_id": "VLT",
    "currency": "EUR",
    "elements": [
        {"price_components": [{"type": "ENERGY", "price": 0.49, "vat": 25.5, "step_size": 1}]}
    ],
    "last_updated": "2026-01-01T00:00:00Z",
}


@pytest.fixture
def url(server: TestServer) -> Iterator[str]:
    address = asyncio.run(server.fresh_database())
    yield address
    asyncio.run(server.drop(address))


@contextmanager
def environment(**names: str) -> Iterator[None]:
    """The settings of a command, set for the time of it."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture
def ask(url: str, capsys: pytest.CaptureFixture[str]) -> Admin:
    """Runs a command on a database of one's own: its status, its output, its errors."""

    def command(*words: str) -> tuple[int, str, str]:
        with environment(VOLTWAY_DATABASE_URL=url):
            status = run(admin, [str(word) for word in words])
        out, err = capsys.readouterr()
        return status, out, err

    return command


@pytest.fixture
def asked(ask: Admin) -> Callable[..., Any]:
    """What a command that succeeds prints for programs."""

    def command(*words: str) -> Any:
        status, out, err = ask(*words, "--json")
        assert status == 0, err
        return json.loads(out)

    return command


@pytest.fixture
def tariff_file(tmp_path: Path) -> Path:
    file = tmp_path / "tariff.json"
    file.write_text(json.dumps(TARIFF))
    return file


def test_a_network_is_made_from_nothing(
    ask: Admin, asked: Callable[..., Any], tariff_file: Path
) -> None:
    party = asked("party", "add", "Voltway Oy")
    assert (party["country_code"], party["ident"]) == ("FI", "VLT")
    place = asked(
        *("location", "add", "Market Square", "--address", "Esplanadi 1", "--city", "Helsinki"),
        *("--lat", "60.1675", "--lon", "24.9527"),
    )
    assert place["time_zone"] == "Europe/Helsinki"
    station = asked(
        *("station", "add", "VW-1", "--location", "Market Square"),
        *("--evse", "1:IEC_62196_T2_COMBO:DC:150000", "--evse", "2"),
    )
    assert len(station["key"]) >= 16
    assert asked("token", "add", "04A1B2C3", "--label", "Ann")["uid"] == "04A1B2C3"
    assert asked("tariff", "add", str(tariff_file))["version"] == 1
    assert asked("tariff", "assign", "DAY", "--station", "VW-1")["scope"] == "station"
    assert asked("tariff", "assign", "DAY")["scope_id"] == party["id"]

    assert [each["evses"] for each in asked("station", "list")] == [2]
    assert [each["name"] for each in asked("location", "list")] == ["Market Square"]
    assert [each["label"] for each in asked("token", "list")] == ["Ann"]
    assert [each["tariff_ident"] for each in asked("tariff", "list")] == ["DAY"]
    assert asked("party", "list")[0]["name"] == "Voltway Oy"
    status, out, _ = ask("station", "list")
    assert status == 0
    assert "IDENTITY" in out
    assert "VW-1" in out


def test_what_receipts_say_of_a_party_can_be_changed(asked: Callable[..., Any]) -> None:
    asked("party", "add", "Volt", "--city", "Helsinki", "--vat-id", "FI1")

    changed = asked("party", "change", "--legal-name", "Volt Oy", "--street", "Kaivokatu 1")

    assert changed["legal_name"] == "Volt Oy"
    assert changed["address"] == {"city": "Helsinki", "street": "Kaivokatu 1"}
    assert asked("party", "list")[0]["vat_id"] == "FI1"


def test_a_key_is_shown_once_and_lets_its_role_in_until_it_is_revoked(
    asked: Callable[..., Any], ask: Admin, url: str
) -> None:
    asked("party", "add", "Voltway Oy")
    made = asked("key", "add", "Billing", "--role", "viewer", "--days", "30")

    listed = asked("key", "list")
    assert [each["id"] for each in listed] == [made["id"]]
    assert made["key"].split("_", 2)[2] not in json.dumps(listed)
    assert asyncio.run(role_of(url, made["key"])) == "viewer"
    assert asked("key", "revoke", made["id"]) == {"id": made["id"], "revoked": True}
    assert asyncio.run(role_of(url, made["key"])) is None
    status, _, err = ask("key", "revoke", made["id"])
    assert status == 2
    assert err == "There is no such key, or it is revoked already.\n"


async def role_of(url: str, key: str) -> str | None:
    database = await open_database(url)
    try:
        async with database.begin() as work:
            actor = await parties.who_by_key(work, key)
    finally:
        await database.close()
    return None if actor is None else actor.role.value


def test_a_station_is_given_another_key(asked: Callable[..., Any]) -> None:
    asked("party", "add", "Voltway Oy")
    place = asked(
        *("location", "add", "Market", "--address", "A 1", "--city", "Oulu"),
        *("--lat", "65", "--lon", "25.5"),
    )
    first = asked("station", "add", "VW-1", "--location", place["id"])

    second = asked("station", "rotate-key", "VW-1")

    assert second["id"] == first["id"]
    assert second["key"] != first["key"]
    assert asked("station", "list")[0]["key_changes"] is True


def test_a_token_is_blocked_and_let_in_again(asked: Callable[..., Any]) -> None:
    asked("party", "add", "Voltway Oy")
    asked("token", "add", "04A1B2C3")

    assert asked("token", "block", "04a1b2c3")["status"] == "blocked"
    assert asked("token", "list")[0]["status"] == "blocked"
    assert asked("token", "block", "04A1B2C3", "--undo")["status"] == "active"


def test_a_person_is_let_in_by_a_password_from_standard_input(
    url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct horse battery\n")
    with environment(VOLTWAY_DATABASE_URL=url):
        assert run(admin, ["party", "add", "Voltway Oy"]) == 0
        done = asyncio.run(
            beside(["operator", "add", "ann@example.org", "Ann", "--password-stdin"], secret)
        )
        assert done == 0
        capsys.readouterr()
        assert run(admin, ["operator", "list", "--json"]) == 0
    people = json.loads(capsys.readouterr().out)
    assert [(each["email"], each["role"]) for each in people] == [("ann@example.org", "operator")]
    assert asyncio.run(signs_in(url, "ann@example.org", "correct horse battery"))


async def beside(words: list[str], standard_input: Path) -> int:
    """A command in a process of its own, with a file as its standard input."""
    import sys

    with standard_input.open("rb") as given:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", MAIN, *words, stdin=given, stdout=asyncio.subprocess.DEVNULL
        )
        return await process.wait()


MAIN = "import sys; from voltway.cli.main import run; from voltway.cli.admin import admin; \
sys.exit(run(admin, sys.argv[1:]))"


async def signs_in(url: str, email: str, password: str) -> bool:
    database = await open_database(url)
    try:
        async with database.begin() as work:
            return bool((await parties.sign_in(work, email, password)).token)
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(
            ["station", "list"],
            "There is no party yet. Make one with: voltway admin party add NAME.",
            id="no party",
        ),
        pytest.param(
            ["tariff", "add", "/nowhere/tariff.json"],
            "The file /nowhere/tariff.json cannot be read: no such file or directory.",
            id="no file",
        ),
        pytest.param(
            ["party", "add", "X", "--country", "Finland"], "country_code", id="no country"
        ),
        pytest.param(
            ["station", "add", "S", "--location", "L", "--evse", "x"], "x: an EVSE is", id="no EVSE"
        ),
        pytest.param(["key", "revoke", "nonsense"], "UUID", id="no id"),
        pytest.param(["party", "add", "a\udcffb"], "it is no text in UTF-8", id="no UTF-8"),
        pytest.param(["party", "remove"], "No such command", id="no command"),
    ],
)
def test_a_mistake_is_one_clear_sentence_and_exit_2(
    ask: Admin, words: list[str], sentence: str
) -> None:
    status, out, err = ask(*words)

    assert status == 2
    assert sentence in err
    assert "Traceback" not in err
    assert out == ""


def test_where_there_are_several_parties_one_is_named(
    ask: Admin, asked: Callable[..., Any]
) -> None:
    asked("party", "add", "One")
    asked("party", "add", "Two", "--ident", "TWO")

    status, _, err = ask("token", "add", "04A1")
    assert status == 2
    assert err == "There are several parties: say which with --party (FI*VLT, FI*TWO).\n"
    assert asked("token", "add", "04A1", "--party", "FI*TWO")["uid"] == "04A1"
    assert asked("token", "list", "--party", "FI*VLT") == []
    assert len(asked("token", "list", "--party", "fitwo")) == 1
    assert ask("token", "list", "--party", "SE*ABC")[0] == 2


def test_a_tariff_that_the_law_forbids_is_found_before_it_is_added(
    ask: Admin, tmp_path: Path, tariff_file: Path
) -> None:
    forbidden = tmp_path / "forbidden.json"
    component = {"type": "FLAT", "price": 2, "step_size": 1}
    forbidden.write_text(json.dumps({**TARIFF, "elements": [{"price_components": [component]}]}))

    assert ask("tariff", "lint", str(tariff_file))[0] == 0
    status, out, _ = ask("tariff", "lint", str(forbidden))
    assert status == 1
    assert out.strip()


def test_it_works_beside_a_voltway_that_runs_and_without_one(
    data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--data", str(data_folder)]
    assert run(admin, ["party", "add", "Voltway Oy", *folder]) == 0

    running = EmbeddedPostgres(data_folder)
    running.start()
    try:
        capsys.readouterr()
        assert run(admin, ["token", "add", "04A1", *folder]) == 0
        assert running.process is not None, "its server is still its own"
    finally:
        running.stop()

    capsys.readouterr()
    assert run(admin, ["token", "list", "--json", *folder]) == 0
    assert [each["uid"] for each in json.loads(capsys.readouterr().out)] == ["04A1"]


def test_what_was_done_is_in_the_audit(asked: Callable[..., Any], url: str) -> None:
    asked("party", "add", "Voltway Oy")
    asked("token", "add", "04A1")

    async def did() -> list[str]:
        connection = await asyncpg.connect(url)
        try:
            return [row["did"] for row in await connection.fetch("SELECT did FROM audit_view")]
        finally:
            await connection.close()

    assert asyncio.run(did()) == ["added a token"]


def test_a_command_that_cannot_reach_the_database_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with environment(VOLTWAY_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none"):
        assert run(admin, ["party", "list"]) == 2
    assert "VOLTWAY_DATABASE_URL" in capsys.readouterr().err


async def test_the_desk_opens_a_database_of_the_house(database_url: str) -> None:
    with environment(VOLTWAY_DATABASE_URL=database_url):
        async with opened(None) as database, database.begin() as work:
            assert await parties.first_party(work) is None


def test_what_cannot_have_been_meant_is_found_before_a_tariff_is_added(
    ask: Admin, tmp_path: Path
) -> None:
    hidden = tmp_path / "hidden.json"
    hidden.write_text(json.dumps(TARIFF | {"elements": TARIFF["elements"] * 2}))  # type: ignore[operator]

    status, out, _ = ask("tariff", "lint", str(hidden))

    assert status == 1
    assert "Element 2 never prices energy: element 1 comes always before it." in out


def test_tariffs_and_prices_of_a_market_go_in_and_out_by_files(
    ask: Admin, asked: Callable[..., Any], tmp_path: Path
) -> None:
    asked("party", "add", "Voltway Oy", "--country", "FI", "--ident", "VLT")
    both, csv = tmp_path / "both.json", tmp_path / "prices.csv"
    both.write_text(json.dumps([TARIFF, TARIFF | {"id": "NIGHT"}]))
    csv.write_text("begins,price\n2026-03-02T12:00:00Z,82.3\n2026-03-02T13:00:00Z,-5\n")
    how = ("market", "import", "NP-FI", str(csv), "--minutes", "60", "--unit", "MWh")

    added = asked("tariff", "import", str(both))["tariffs"]
    out = json.loads(ask("tariff", "export", "--ocpi", "2.2.1")[1])
    first, again = asked(*how), asked(*how)
    bad = ask("market", "import", "NP-FI", str(csv), "--minutes", "15")

    assert [each["version"] for each in added] == [1, 1]
    assert [each["id"] for each in out] == ["DAY", "NIGHT"]
    assert (first["added"], again["added"], again["known"]) == (2, 0, 2)
    assert asked("market", "list")[0]["series"] == "NP-FI"
    assert bad[0] == 2
    assert "there is no price until 2026-03-02 13:00" in bad[2]
