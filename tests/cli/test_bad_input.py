"""What a person can mend is one clear sentence and exit 2, never a traceback, never a secret."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from voltway.runtime.postgres import EmbeddedPostgres

SRC = Path(__file__).parents[2] / "src"
WITHIN_S = 60
SECRET = "h0rse-battery"


def voltway(*words: str, **settings: str) -> tuple[int, str]:
    """The command in a process of its own: its status, and what it said to a person."""
    ended = subprocess.run(
        [sys.executable, "-m", "voltway.cli", *words],
        env={
            **{name: value for name, value in os.environ.items() if "VOLTWAY" not in name},
            "PYTHONPATH": str(SRC),
            "VOLTWAY_LOG_LEVEL": "error",
            **settings,
        },
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert "Traceback" not in said
    assert SECRET not in said
    assert said.count("\n") == 1, f"one line, not:\n{said}"
    return ended.returncode, said.strip()


@pytest.fixture
def taken() -> Iterator[str]:
    """An address at which somebody else listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def silent() -> Iterator[str]:
    """An address at which nobody listens, and which nobody else is given meanwhile."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{holder.getsockname()[1]}"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param(
            {"VOLTWAY_HTP": "127.0.0.1:0"},
            "There is no setting VOLTWAY_HTP (in the environment). Do you mean VOLTWAY_HTTP?",
            id="a setting that there is not",
        ),
        pytest.param(
            {"VOLTWAY_SMTP_PORT": "often"},
            "The setting VOLTWAY_SMTP_PORT (in the environment) is wrong: it takes a whole number "
            "at least 1 at most 65535.",
            id="a number that is none",
        ),
        pytest.param(
            {"VOLTWAY_HTTP": "here"},
            "The setting VOLTWAY_HTTP (in the environment) is wrong: it takes HOST:PORT, as in "
            '"127.0.0.1:8080".',
            id="an address that is none",
        ),
        pytest.param(
            {"VOLTWAY_HTTP": "127.0.0.1:99999"},
            "VOLTWAY_HTTP cannot listen on 127.0.0.1:99999: ports end at 65535.",
            id="a port that there is not",
        ),
        pytest.param(
            {"VOLTWAY_CONFIG": "/nowhere/voltway.toml"},
            "The settings file /nowhere/voltway.toml cannot be read: there is no such file.",
            id="a settings file that is not there",
        ),
        pytest.param(
            {"VOLTWAY_DATA": "/proc/voltway", "VOLTWAY_HTTP": "127.0.0.1:0"},
            "The data folder /proc/voltway cannot be written: no such file or directory.",
            id="a folder that cannot be made",
        ),
        pytest.param(
            {
                "VOLTWAY_DATABASE_URL": f"mysql://me:{SECRET}@127.0.0.1/voltway",
                "VOLTWAY_HTTP": "127.0.0.1:0",
            },
            "The database at its address cannot be used: an address is written "
            "postgresql://ACCOUNT:PASSWORD@HOST/DATABASE. Check VOLTWAY_DATABASE_URL.",
            id="a database of another kind",
        ),
        pytest.param(
            {
                "VOLTWAY_DATABASE_URL": f"postgresql://me:a/{SECRET}@127.0.0.1/voltway",
                "VOLTWAY_HTTP": "127.0.0.1:0",
            },
            "The database at its address cannot be used: an address is written "
            "postgresql://ACCOUNT:PASSWORD@HOST/DATABASE. Check VOLTWAY_DATABASE_URL.",
            id="a password with a slash in it",
        ),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, str], said: str) -> None:
    assert voltway("serve", **settings) == (2, said)


def test_a_settings_file_with_a_fault_is_named_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "voltway.toml"
    file.write_text('http = "127.0.0.1:0"\nocpp = \n')

    status, said = voltway("serve", VOLTWAY_CONFIG=str(file))

    assert status == 2
    assert said.startswith(f"The settings file {file} cannot be read: ")
    assert "line 2" in said


def test_a_port_that_is_taken_is_named_for_pages_and_for_stations(
    taken: str, data_folder: Path
) -> None:
    data = ("--data", str(data_folder / "house"))

    pages = voltway("serve", "--http", taken, "--ocpp", "127.0.0.1:0", *data)
    stations = voltway("serve", "--http", "127.0.0.1:0", "--ocpp", taken, *data)

    said = f"VOLTWAY_HTTP cannot listen on {taken}: another program uses this port."
    assert pages == (2, said)
    assert stations == (
        2,
        f"Stations cannot be served at {taken}: another program uses this port. "
        "Check VOLTWAY_OCPP.",
    )


def test_a_file_in_the_place_of_the_data_folder_is_named(tmp_path: Path) -> None:
    file = tmp_path / "house"
    file.write_text("not a folder")

    said = f"The data folder {file} cannot be written: file exists."
    assert voltway("serve", "--http", "127.0.0.1:0", "--data", str(file)) == (2, said)


def test_a_data_folder_where_another_voltway_works_is_left_alone(data_folder: Path) -> None:
    postgres = EmbeddedPostgres(data_folder / "house")
    postgres.start()
    try:
        ended = voltway("serve", "--http", "127.0.0.1:0", "--data", str(data_folder / "house"))

        assert postgres.process is not None
        assert ended == (
            2,
            f"Another Voltway (process {os.getpid()}) is already at work in the data folder "
            f"{data_folder / 'house'}.",
        )
    finally:
        postgres.stop()


def test_a_database_that_cannot_be_reached_is_named_without_its_password(silent: str) -> None:
    url = f"postgresql://me:{SECRET}@{silent}/voltway"

    ended = voltway("serve", "--http", "127.0.0.1:0", VOLTWAY_DATABASE_URL=url)

    assert ended == (
        2,
        f"The database at {silent}/voltway cannot be used: nobody listens there. "
        "Check VOLTWAY_DATABASE_URL.",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fly"], "No such command 'fly'. --help tells more."),
        (["serve", "-x"], "No such option: -x. --help tells more."),
        (["replay", "sessions.csv"], "Missing option '--tariff'. --help tells more."),
    ],
)
def test_a_wrong_word_is_named(words: list[str], said: str) -> None:
    assert voltway(*words) == (2, said)


@pytest.mark.parametrize("command", ["", "serve", "demo", "replay", "price", "admin"])
def test_each_command_says_what_it_does(command: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "voltway.cli", *command.split(), "--help"],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Usage: ")
    assert "--help" in ended.stdout


def test_the_list_of_commands_comes_without_loading_the_house() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "from voltway.cli.main import app, run\n"
            "run(app, ['--help'])\n"
            "sys.exit('voltway.app' in sys.modules)",
        ],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        timeout=WITHIN_S,
        check=False,
    )

    assert loaded.returncode == 0
