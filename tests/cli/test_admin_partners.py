"""``voltway admin partner`` from the shell."""

from collections.abc import Callable
from typing import Any

from tests.cli.test_admin import Admin, ask, asked, url

__all__ = ["ask", "asked", "url"]

WHERE = (
    *("--street", "Werkstr. 1", "--postal-code", "80331", "--city", "München"),
    *("--url", "https://aurora.example/voltway"),
)


def test_a_partner_is_added_from_the_shell_with_the_key_of_its_platform(
    ask: Admin, asked: Callable[..., Any]
) -> None:
    asked("party", "add", "Voltway Oy", "--ident", "VLT", "--vat-id", "FI12345678")
    none = ask("partner", "list")

    made = asked("partner", "add", "Aurora Motors", "--ident", "de*aur", *WHERE)
    wrong = ask("partner", "add", "Boreal", "--ident", "SWEDEN", *WHERE)
    again = ask("partner", "add", "Aurora Motors", "--ident", "DE*AUR", *WHERE)
    [listed] = asked("partner", "list")

    assert none == (0, "There is no partner yet.\n", "")
    assert made["key"].startswith("vw_")
    assert len(made["secret"]) > 30
    assert wrong[0] != 0
    assert again[0] != 0
    assert (listed["name"], listed["ident"], listed["owed_minor"]) == ("Aurora Motors", "DE*AUR", 0)
    assert made["secret"] not in str(listed)
