"""``voltway admin codes | tax``: promotion codes and declared taxes from the shell."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.test_admin import Admin, ask, asked, url

__all__ = ["ask", "asked", "url"]


def test_a_code_is_made_listed_and_never_made_twice(ask: Admin, asked: Callable[..., Any]) -> None:
    asked("party", "add", "Voltway Oy", "--ident", "VLT", "--vat-id", "FI12345678")
    empty = ask("codes", "list")

    made = asked("codes", "add", "spring", "percent", "12,5", "--uses", "100")
    said = ask("codes", "add", "MAY", "energy", "10", "--until", "2099-06-01")
    again = ask("codes", "add", "Spring", "amount", "5")
    [may, spring] = asked("codes", "list")
    table = ask("codes", "list")

    assert empty == (0, "There is no code yet.\n", "")
    assert (made["code"], made["kind"], made["value"]) == ("SPRING", "percent", "12.5")
    assert said[1].startswith("The code MAY holds from ")
    assert "until 2099-06-01 00:00 UTC." in said[1]
    assert again[0] == 2
    assert "There is already a code SPRING." in again[2]
    assert (spring["uses_max"], spring["used"], may["uses_max"]) == (100, 0, None)
    assert table[1].splitlines()[0].split()[:3] == ["CODE", "KIND", "VALUE"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("X", "percent", "5"), "3 to 24 letters, digits or hyphens"),
        (("ABC", "gold", "5"), "'gold' is not one of"),
        (("ABC", "percent", "101"), "at most 100 percent"),
        (("ABC", "percent", "much"), "much is no number"),
        (("ABC", "percent", "nan"), "nan is no number"),
        (("ABC", "percent", "5", "--uses", "0"), "at least 1"),
        (("ABC", "percent", "5", "--until", "2020-01-01"), "end before it begins"),
    ],
)
def test_what_is_no_code_is_refused_with_a_sentence(
    ask: Admin, asked: Callable[..., Any], words: tuple[str, ...], says: str
) -> None:
    asked("party", "add", "Voltway Oy", "--ident", "VLT", "--vat-id", "FI12345678")

    status, _, said = ask("codes", "add", *words)

    assert status == 2
    assert says in " ".join(said.split())
    assert asked("codes", "list") == []


def test_a_reduced_rate_is_declared_and_withdrawn_with_its_law(
    ask: Admin, asked: Callable[..., Any]
) -> None:
    asked("party", "add", "Voltway Oy", "--ident", "VLT", "--vat-id", "FI12345678")
    nothing = ask("tax", "list")

    said = ask("tax", "declare", "gr", "--basis", "E.2060/2023")
    asked("tax", "declare", "GRC", "--basis", "Law 1/2030", "--withdraw", "--since", "2030-01-01")
    refused = ask("tax", "declare", "SE", "--basis", "none")
    [withdrawn, declared] = asked("tax", "list")

    assert nothing[1] == "Nothing is declared: charging takes the standard rate.\n"
    assert said[1].startswith("Charging in GR takes electricity's reduced rate from ")
    assert refused[0] == 2
    assert "Sweden has no reduced rate that charging could take." in refused[2]
    assert (declared["applies"], declared["legal_basis"]) == (True, "E.2060/2023")
    assert (withdrawn["applies"], withdrawn["since"]) == (False, "2030-01-01T00:00:00Z")
