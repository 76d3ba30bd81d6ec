"""``voltway admin terminals``: platforms of payment terminals from the shell."""

from collections.abc import Callable
from pathlib import Path
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


def test_a_platform_is_given_an_address_and_its_terminals_switched_on_and_off(
    ask: Admin, asked: Callable[..., Any], tmp_path: Path
) -> None:
    asked("party", "add", "Voltway Oy", "--ident", "VLT", "--vat-id", "FI12345678")
    made = asked("terminals", "add", "Kiosk Oy")["id"]
    token, nothing = tmp_path / "token", tmp_path / "nothing"
    token.write_text("t0ken\n")
    nothing.write_text("\n")
    from_file = ("--token-file", str(token))

    deaf = ask("terminals", "activate", made, "SN-1", made)
    wrong = ask("terminals", "tell", made, "http://kiosk.example", *from_file)
    blank = ask("terminals", "tell", made, "https://k.example", "--token-file", str(nothing))
    told = ask("terminals", "tell", made, "https://kiosk.example", *from_file)
    active = ask("terminals", "activate", made, "SN-1", made)
    unknown = ask("terminals", "deactivate", made, "T-1")
    hushed = ask("terminals", "hush", made)

    assert "its address is not set" in deaf[2]
    assert "begins with https://" in wrong[2]
    assert "The token" in blank[2]
    assert (told[:2], told[2]) == ((0, "From now on it is told.\n"), "")
    assert active[0] == 0
    assert "told of no such terminal" in unknown[2]
    assert hushed[0] == 0
