"""The file of payment providers: read whole or refused by a sentence, and never shown."""

from pathlib import Path

import pytest

from voltway.kernel.errors import Misconfigured
from voltway.kernel.money import EUR, Currency
from voltway.payments import accounts
from voltway.payments.accounts import ProvidersUnreadable, ProviderWrong
from voltway.payments.rerouting import Rerouting

SECRET = "sk_live_do_not_show_me"

WHOLE = f"""
[[provider]]
name = "stripe-fi"
kind = "stripe"
secret = "{SECRET}"
webhook_secret = "whsec_{SECRET}"
parties = ["FI*VLT"]
currencies = ["EUR"]
methods = ["card"]

[[provider]]
name = "simulated"
kind = "simulated"
secret = "{SECRET}"
webhook_secret = "{SECRET}"
url = "http://127.0.0.1:9/api"
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "providers.toml"
    file.write_text(text)
    return file


async def test_the_file_names_providers_and_for_whom_they_are(tmp_path: Path) -> None:
    given = accounts.providers(accounts.read(written(tmp_path, WHOLE)))

    names = [provider.name for provider in given.offered("FI*VLT", EUR)]
    abroad = [provider.name for provider in given.offered("DE*ABC", EUR)]
    crowns = [provider.name for provider in given.offered("FI*VLT", Currency("SEK"))]
    assert names == ["stripe-fi", "simulated"]
    assert abroad == crowns == ["simulated"]
    assert given.pages == ["http://127.0.0.1:9", "https://checkout.stripe.com"]


async def test_where_providers_are_offered_is_read_again_when_the_file_changes(
    tmp_path: Path,
) -> None:
    file = written(tmp_path, WHOLE)
    given = accounts.providers(accounts.read(file))
    rerouting = Rerouting(file, given)

    def offered(party: str, currency: str = "EUR") -> list[str]:
        return [provider.name for provider in given.offered(party, Currency(currency))]

    assert not rerouting.look(), "nothing changed"

    _moved(file, WHOLE.replace("FI*VLT", "DE*ABC").replace('"EUR"', '"EUR", "SEK"'))
    assert rerouting.look()
    assert offered("FI*VLT") == ["simulated"]
    assert offered("DE*ABC", "SEK") == ["stripe-fi", "simulated"]

    _moved(file, "half of a fi")
    assert not rerouting.look()
    assert offered("DE*ABC") == ["stripe-fi", "simulated"], "what is wrong changes nothing"

    first, second = WHOLE.strip().split("\n\n")
    _moved(file, second + "\n" + second.replace('"simulated"\nkind', '"other"\nkind'))
    assert rerouting.look()
    assert offered("FI*VLT") == ["simulated"], "who is new waits for a start"
    assert "stripe-fi" in given.by_name, "who is gone ends what it has"

    file.unlink()
    assert not rerouting.look()
    assert offered("FI*VLT") == ["simulated"]
    _moved(file, first + "\n\n" + second)
    assert rerouting.look()
    assert offered("FI*VLT") == ["stripe-fi", "simulated"]


def _moved(file: Path, text: str) -> None:
    """Write a file as editors do: another one takes its place."""
    other = file.with_suffix(".new")
    other.write_text(text)
    other.replace(file)


def test_nothing_shows_a_key(tmp_path: Path) -> None:
    found = accounts.read(written(tmp_path, WHOLE))

    assert SECRET not in repr(found)
    assert SECRET not in repr(accounts.providers(found).by_name)


@pytest.mark.parametrize(
    ("wrong", "by", "says"),
    [
        pytest.param('"stripe-fi"', '"Stripe FI"', "small letters", id="a name with a blank"),
        pytest.param('kind = "stripe"', f'kind = "{SECRET}"', "no such word", id="a strange kind"),
        pytest.param(f'secret = "{SECRET}"', 'secret = ""', "needs its secret", id="no secret"),
        pytest.param(f'secret = "{SECRET}"', "", "missing", id="a secret left out"),
        pytest.param(f'secret = "{SECRET}"', f"secret = {SECRET}", "not TOML", id="no quotes"),
        pytest.param('"FI*VLT"', '"Voltway"', "FI*VLT", id="a party by its name"),
        pytest.param('["EUR"]', '["euro"]', "EUR", id="a currency in words"),
        pytest.param('["card"]', '["card"]\nhurry = true', "hurry", id="a field too many"),
        pytest.param('["card"]', '["card"]\nurl = "ftp://x"', "http", id="an odd address"),
        pytest.param('["card"]', '["card"]\nurl = "http://x"', "https", id="a key in the open"),
        pytest.param('url = "http://127.0.0.1:9/api"', "", "needs the url", id="no address"),
        pytest.param('name = "simulated"', 'name = "stripe-fi"', "twice", id="a name twice"),
        pytest.param("[[provider]]", "[[providers]]", "providers", id="another heading"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_a_sentence_without_a_key(
    tmp_path: Path, wrong: str, by: str, says: str
) -> None:
    assert wrong in WHOLE
    file = written(tmp_path, WHOLE.replace(wrong, by, 1))

    with pytest.raises((ProvidersUnreadable, ProviderWrong)) as refused:
        accounts.read(file)

    assert says in str(refused.value)
    assert str(file) in str(refused.value)
    assert SECRET not in str(refused.value)
    assert isinstance(refused.value, Misconfigured)


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b""], ids=["none", "no text", "nothing"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "providers.toml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ProvidersUnreadable):
        accounts.read(file)
