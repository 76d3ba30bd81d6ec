"""The scorecards of providers say what the code and the tests say."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.payments.providers import KINDS
from voltway.payments import scorecards
from voltway.payments.provider import Capabilities

ROOT = Path(__file__).resolve().parents[2]

CAN: dict[str, Capabilities] = {kind.name: kind.make.can for kind in KINDS}  # type: ignore[attr-defined]

every_card = pytest.mark.parametrize("name", scorecards.NAMES)


@cache
def written() -> set[str]:
    return {
        node.name
        for folder in ("payments", "billing")
        for file in (ROOT / "tests" / folder).glob("test_*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_every_provider_of_the_contract_has_a_scorecard() -> None:
    assert {kind.name for kind in KINDS} == set(scorecards.NAMES)


@every_card
def test_a_card_scores_every_rule(name: str) -> None:
    assert list(scorecards.card(name)) == list(scorecards.RULES)


@every_card
def test_what_is_done_is_shown_by_a_test_and_what_is_not_says_why(name: str) -> None:
    for rule, scored in scorecards.card(name).items():
        if scored.status == "done":
            assert scored.shown_by in written(), f"{rule}: there is no test {scored.shown_by}"
            assert not scored.why
        else:
            assert scored.why, f"{rule}: say why"
            assert scored.why.endswith(".")
            assert not scored.shown_by


@every_card
def test_a_card_says_what_the_adapter_says_of_itself(name: str) -> None:
    card = scorecards.card(name)
    for rule, capability in scorecards.CAPABILITIES.items():
        said = getattr(CAN[name], capability)
        assert (card[rule].status == "done") is said, rule


def test_the_page_for_operators_is_what_the_cards_say() -> None:
    page = ROOT / "docs" / "operating" / "payment-scorecards.md"

    assert page.read_text() == scorecards.rendered()
