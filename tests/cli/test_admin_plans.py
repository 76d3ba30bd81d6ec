"""``voltway admin plan | subscription`` from the shell."""

from collections.abc import Callable
from typing import Any

from tests.cli.test_admin import Admin, ask, asked, url

__all__ = ["ask", "asked", "url"]


def test_a_plan_is_sold_and_cancelled_from_the_shell(ask: Admin, asked: Callable[..., Any]) -> None:
    asked("party", "add", "Voltway Oy", "--ident", "VLT", "--vat-id", "FI12345678")
    asked("contract", "add", "C-1", "--driver", "Ann")
    empty = ask("plan", "list")

    made = asked("plan", "add", "free", "0", "--kwh", "5,5")
    wrong = ask("plan", "add", "plus", "-1", "--kwh", "5")
    paid = asked("plan", "add", "plus", "9.99", "--kwh", "50")
    nobody = ask("subscription", "add", "plus", "--contract", "C-1")
    sold = asked("subscription", "add", "free", "--contract", "C-1")
    listed = asked("subscription", "list")
    ended = ask("subscription", "cancel", sold["id"])
    again = ask("subscription", "cancel", sold["id"])
    withdrawn = ask("plan", "withdraw", "free")

    assert empty == (0, "There is no plan yet.\n", "")
    assert (made["ident"], made["version"], paid["fee"]) == ("FREE", 1, "9.99")
    assert wrong[0] != 0
    assert "name the customer who owes it" in nobody[2]
    assert [each["subscriber_name"] for each in listed] == ["C-1"]
    assert ended[1].startswith("It ends on ")
    assert "It is cancelled already" in again[2]
    assert withdrawn[1] == "FREE is sold no more; 0 subscriptions end with their month.\n"
