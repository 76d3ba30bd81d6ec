"""``voltway admin budgets``: how much may be charged, from the shell."""

from collections.abc import Callable
from typing import Any

from tests.cli.test_admin import Admin, ask, asked, url

__all__ = ["ask", "asked", "url"]


def test_a_budget_is_set_listed_with_its_use_and_taken_away(
    ask: Admin, asked: Callable[..., Any]
) -> None:
    asked("party", "add", "Voltway Oy", "--ident", "VLT", "--vat-id", "FI12345678")
    asked("token", "add", "04A1B2C3", "--label", "Van 7")
    empty = ask("budgets", "list")

    made = asked("budgets", "set", "token", "04a1b2c3", "month", "--amount", "50,00", "--kwh", "90")
    [kept] = asked("budgets", "list")
    refused = {
        " ".join(ask("budgets", "set", *words)[2].split()): ask("budgets", "set", *words)[0]
        for words in (
            ("token", "nobody", "day", "--kwh", "1"),
            ("token", "04A1B2C3", "day"),
            ("token", "04A1B2C3", "day", "--amount", "much"),
        )
    }
    gone = ask("budgets", "remove", made["id"])

    assert empty == (0, "Nobody has a budget.\n", "")
    assert (kept["id"], kept["name"], kept["amount_minor"]) == (made["id"], "Van 7", 5000)
    assert (kept["energy_wh"], kept["used_minor"], kept["used_wh"]) == (90_000, 0, 0)
    assert set(refused.values()) == {2}
    for says in ("“nobody”", "Say how much money", "much is no number"):
        assert any(says in said for said in refused), says
    assert gone[:2] == (0, "Taken away.\n")
    assert asked("budgets", "list") == []
    assert ask("budgets", "remove", made["id"])[0] == 2
