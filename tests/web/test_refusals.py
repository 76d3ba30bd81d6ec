"""What may be refused a driver is in the catalogues, and what is put into it is said too."""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, date, datetime

from voltway.billing import rules_buyer
from voltway.kernel.errors import Trouble
from voltway.kernel.money import EUR, Money
from voltway.payments.topping_up import NotASum
from voltway.payments.vouchers import VoucherOver
from voltway.web import driver, words
from voltway.web.formats import Formats
from voltway.web.messages import messages


def of_doors() -> Iterator[type[Trouble]]:
    """What the drivers' doors refuse by themselves."""
    for each in pkgutil.iter_modules(driver.__path__, f"{driver.__name__}."):
        module = importlib.import_module(each.name)
        for found in vars(module).values():
            is_theirs = isinstance(found, type) and found.__module__ == module.__name__
            if is_theirs and issubclass(found, Trouble):
                yield found


def test_each_refusal_of_a_drivers_door_can_be_translated() -> None:
    """One of a room is found by sending each form: ``tests/web/test_every_page.py``."""
    known = set(messages())

    assert {each.__name__ for each in of_doors() if each.sentence() not in known} == set(), (
        "name it in web/messages.py or web/refusals.py"
    )


def test_what_a_refusal_names_is_said_in_the_language_and_figures_of_its_reader() -> None:
    finnish = formats("fi")

    assert finnish.told(NotASum(Money(500, EUR), Money(50000, EUR))).count("500,00\u00a0€") == 1
    assert "kesäkuuta 2026" in finnish.told(VoucherOver(date(2026, 6, 1)))
    said = formats("qps").told(rules_buyer.BuyerTextNotValid(rules_buyer.STREET, "x {y}"))
    assert said == f"⟦⟦{rules_buyer.STREET}⟧ is not valid: x {{y}}.⟧"


def formats(language: str) -> Formats:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    return Formats(words.locale(language), now, words.sentences(language))
