"""``voltway admin vouchers``: series of codes from the shell."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.test_admin import Admin, ask, asked, url

__all__ = ["ask", "asked", "url"]


def test_a_series_is_made_and_its_codes_are_told_once(
    ask: Admin, asked: Callable[..., Any]
) -> None:
    asked("party", "add", "Voltway Oy", "--ident", "VLT", "--vat-id", "FI12345678")
    empty = ask("vouchers", "list")

    told = ask("vouchers", "make", "Opening day", "10,50", "3", "2099-06-01")
    made = asked("vouchers", "make", "Sold", "20", "1", "2099-06-01", "--sold")
    [sold, gift] = asked("vouchers", "list")

    assert empty == (0, "There are no vouchers yet.\n", "")
    assert [len(line) for line in told[1].splitlines()] == [19, 19, 19]
    assert (sold["id"], len(made["codes"])) == (made["id"], 1)
    assert (gift["amount_minor"], gift["count"], gift["is_sold"]) == (1050, 3, False)
    assert sold["is_sold"] is True
    assert told[1].splitlines()[0] not in ask("vouchers", "list")[1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("X", "much", "1", "2099-06-01"), "much is no amount"),
        (("X", "nan", "1", "2099-06-01"), "nan is no amount"),
        (("X", "10.505", "1", "2099-06-01"), "10.505 is no amount"),
        (("X", "0", "1", "2099-06-01"), "a value above nothing"),
        (("X", "5", "10001", "2099-06-01"), "1 to 10,000 codes"),
        (("X", "5", "1", "2020-01-01"), "a last day that is to come"),
        (("X", "5", "1", "someday"), "does not match"),
    ],
)
def test_what_is_no_series_is_refused_with_a_sentence(
    ask: Admin, asked: Callable[..., Any], words: tuple[str, ...], says: str
) -> None:
    asked("party", "add", "Voltway Oy", "--ident", "VLT", "--vat-id", "FI12345678")

    status, _, said = ask("vouchers", "make", *words)

    assert status == 2
    assert says in " ".join(said.split())
    assert asked("vouchers", "list") == []
