"""A mutant is the same function with one small fault in it.

A sample; ``python -m tests.mutation`` tries the mutants of all rules against the pure tests.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.mutation.mutants import Mutant, live, mutants_of
from voltway.billing import rules
from voltway.ledger import rules as ledger_rules


@pytest.fixture
def mutants() -> dict[str, Mutant]:
    """Those of how long a settlement rests, by what was changed."""
    return {each.what: each for each in mutants_of(rules) if each.function == "back_off"}


@pytest.fixture
def restored() -> Iterator[None]:
    """The house has its own code again afterwards."""
    code = rules.back_off.__code__
    yield
    rules.back_off.__code__ = code


def test_each_operator_number_and_step_of_a_rule_is_changed_once(
    mutants: dict[str, Mutant],
) -> None:
    assert set(mutants) == {
        "nothing was returned",
        "min became max",
        "Pow became Mult",
        "2 became 3",
        "16 became 17",
    }


@pytest.mark.usefixtures("restored")
def test_a_mutant_in_its_place_gives_another_answer(mutants: dict[str, Mutant]) -> None:
    answers = {}
    for what, mutant in mutants.items():
        live(rules, mutant.function).__code__ = mutant.code
        answers[what] = rules.back_off(5)

    assert answers == {
        "nothing was returned": None,
        "min became max": timedelta(hours=1),
        "Pow became Mult": timedelta(seconds=10),
        "2 became 3": timedelta(seconds=243),
        "16 became 17": timedelta(seconds=32),  # only a greater number of tries would tell
    }


def test_every_function_of_a_room_has_mutants_of_its_own() -> None:
    found = list(mutants_of(ledger_rules))

    assert len(found) == len({(each.line, each.what, each.code) for each in found})
    assert all(live(ledger_rules, each.function).__code__ != each.code for each in found)
