"""``voltway admin terminals``: platforms of payment terminals from the shell."""

from collections.abc import Callable
from typing import Any

from tests.cli.test_admin import Admin, ask, asked, url

__all__ = ["ask", "asked", "url"]


def test_a_platform_is_let_in_listed_and_let_in_no_more(
    ask: Admin, asked: Callable[..., Any]
) -> None:
    asked("party", "add", "Voltway Oy", "--ident", "VLT", "--vat-id", "FI12345678")
    empty = ask("terminals", "list")

    made = asked("terminals", "add", "Kiosk Oy")
    [listed] = asked("terminals", "list")
    nameless = ask("terminals", "add", " ")
    unknown = ask("terminals", "assign", made["id"], "T-1", made["id"])
    revoked = ask("terminals", "revoke", made["id"])
    again = ask("terminals", "revoke", made["id"])

    assert empty == (0, "No platform is let in.\n", "")
    assert made["key"].startswith("vt_")
    assert (listed["name"], listed["terminal_id"], listed["bays"]) == ("Kiosk Oy", None, 0)
    assert "needs a name" in nameless[2]
    assert "told of no such terminal" in unknown[2]
    assert revoked[0] == 0
    assert "revoked already" in again[2]
