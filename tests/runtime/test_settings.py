"""Settings come from the command line, the environment or a file, and a wrong one is named."""

from pathlib import Path

import pytest

from voltway.kernel.errors import Misconfigured
from voltway.runtime import settings, settings_page


def test_without_any_setting_the_defaults_hold(tmp_path: Path) -> None:
    found = settings.load({"VOLTWAY_DATA": str(tmp_path), "PATH": "/bin"})

    assert found == settings.Settings(data=tmp_path)
    assert found.http == "127.0.0.1:8080"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "voltway.toml").write_text('http = "a:1"\nocpp = "a:2"\nheartbeat_s = 60\n')

    found = settings.load(
        {"VOLTWAY_DATA": str(tmp_path), "VOLTWAY_HTTP": "b:1", "VOLTWAY_OCPP": "b:2"},
        {"http": "c:1"},
    )

    assert (found.http, found.ocpp, found.heartbeat_s) == ("c:1", "b:2", 60)


def test_a_settings_file_may_be_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('log_level = "debug"\n')

    assert settings.load({"VOLTWAY_CONFIG": str(file)}).log_level == "debug"


def test_an_empty_address_is_an_address_too() -> None:
    assert settings.load({"VOLTWAY_PUBLIC_URL": ""}).public_url == ""
    assert settings.load({"VOLTWAY_PUBLIC_URL": "https://a.example"}).public_url


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        pytest.param(
            "VOLTWAY_HEARTBEAT_S",
            "often",
            "The setting VOLTWAY_HEARTBEAT_S (in the environment) is wrong: it takes a whole "
            "number at least 10 at most 86400.",
            id="words for a number",
        ),
        pytest.param(
            "VOLTWAY_SMTP_PORT",
            "70000",
            "The setting VOLTWAY_SMTP_PORT (in the environment) is wrong: it takes a whole "
            "number at least 1 at most 65535.",
            id="a number out of its bounds",
        ),
        pytest.param(
            "VOLTWAY_HTTP",
            "8080",
            "The setting VOLTWAY_HTTP (in the environment) is wrong: it takes HOST:PORT, as in "
            '"127.0.0.1:8080".',
            id="a port without its host",
        ),
        pytest.param(
            "VOLTWAY_LOG_LEVEL",
            "loud",
            "The setting VOLTWAY_LOG_LEVEL (in the environment) is wrong: it takes "
            '"debug" or "info" or "warning" or "error".',
            id="no such choice",
        ),
        pytest.param(
            "VOLTWAY_DATA",
            "",
            "The setting VOLTWAY_DATA (in the environment) is wrong: it takes the path of a "
            "folder.",
            id="no folder",
        ),
        pytest.param(
            "VOLTWAY_PUBLIC_URL",
            "ftp://example",
            "The setting VOLTWAY_PUBLIC_URL (in the environment) is wrong: it takes an address "
            "that begins with http:// or https://.",
            id="no web address",
        ),
        pytest.param(
            "VOLTWAY_HTPP",
            "127.0.0.1:1",
            "There is no setting VOLTWAY_HTPP (in the environment). Do you mean VOLTWAY_HTTP?",
            id="a slip of the pen",
        ),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(name: str, value: str, sentence: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        settings.load({name: value})

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("http = \nocpp", "line 1", id="no TOML"),
        pytest.param("heartbeat_s = true", "VOLTWAY_HEARTBEAT_S", id="another type"),
        pytest.param("heartbeats = 3", "VOLTWAY_HEARTBEATS", id="no such setting"),
    ],
)
def test_a_broken_settings_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "voltway.toml").write_text(text)

    with pytest.raises(Misconfigured) as refused:
        settings.load({"VOLTWAY_DATA": str(tmp_path)})

    assert "voltway.toml" in str(refused.value)
    assert words in str(refused.value)


def test_a_settings_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(settings.SettingsUnreadable, match="there is no such file"):
        settings.load({"VOLTWAY_CONFIG": str(tmp_path / "none.toml")})


def test_a_secret_is_not_repeated_when_it_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "voltway.toml").write_text("smtp_password = 12345678\n")

    with pytest.raises(settings.SettingWrong) as refused:
        settings.load({"VOLTWAY_DATA": str(tmp_path)})

    assert "12345678" not in str(refused.value)


def test_the_page_of_settings_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "operating" / "settings.md"

    words = "run: python -m voltway.runtime.settings_page > it"
    assert page.read_text() == settings_page.rendered(), words
