"""What is told of a trouble: once when it begins, again while nobody looks, once when it ends."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from tests.conftest import NOON
from voltway.alerts.model_events import RULES, Event
from voltway.alerts.model_troubles import Source, Standing, Trouble
from voltway.alerts.rules_troubles import Verdict, judge
from voltway.kernel.ids import PartyId

BEFORE = NOON - timedelta(days=5)
IS_SO = Standing(event=Event.PROVIDER_DOWN, about="provider:x", facts={}, newest=BEFORE)
TOLD = Trouble(
    id=UUID(int=1),
    party=PartyId(UUID(int=2)),
    source=Source.ALARMS,
    event=Event.PROVIDER_DOWN,
    about="provider:x",
    ends=Event.PROVIDER_BACK,
    facts={},
    newest=BEFORE,
    began_at=NOON,
    told_at=NOON,
    told=1,
)
TWICE = replace(TOLD, told=2)
OFTEN = replace(TOLD, told=9)
TAKEN = replace(TOLD, taken_by="Olga", taken_at=NOON)
OVER = replace(TOLD, over_at=NOON)
ODD = replace(TOLD, event=Event.PAYMENTS_ODD)
MORE = replace(IS_SO, newest=NOON)


@pytest.mark.parametrize(
    ("before", "standing", "minutes", "told"),
    [
        pytest.param(None, None, 0, Verdict.REST, id="nothing was, nothing is"),
        pytest.param(None, IS_SO, 0, Verdict.BEGAN, id="it is new"),
        pytest.param(TOLD, IS_SO, 29, Verdict.REST, id="it was told just now"),
        pytest.param(TOLD, IS_SO, 30, Verdict.LASTS, id="nobody looks after it"),
        pytest.param(TWICE, IS_SO, 119, Verdict.REST, id="the second pause is longer"),
        pytest.param(TWICE, IS_SO, 120, Verdict.LASTS, id="after two hours"),
        pytest.param(OFTEN, IS_SO, 479, Verdict.REST, id="the last pause stays"),
        pytest.param(OFTEN, IS_SO, 480, Verdict.LASTS, id="again and again"),
        pytest.param(TAKEN, IS_SO, 480, Verdict.REST, id="somebody looks after it"),
        pytest.param(ODD, IS_SO, 480, Verdict.REST, id="it is told once alone"),
        pytest.param(ODD, MORE, 719, Verdict.REST, id="it grows, and was told today"),
        pytest.param(ODD, MORE, 720, Verdict.GREW, id="there is more of it"),
        pytest.param(TAKEN, MORE, 720, Verdict.GREW, id="more of what somebody looks after"),
        pytest.param(TOLD, None, 0, Verdict.OVER, id="it is over"),
        pytest.param(TAKEN, None, 0, Verdict.OVER, id="who looked after it is told too"),
        pytest.param(OVER, None, 999, Verdict.REST, id="its end was told"),
        pytest.param(OVER, IS_SO, 29, Verdict.REST, id="it flickers"),
        pytest.param(OVER, IS_SO, 30, Verdict.BEGAN, id="it is back, and lasts"),
    ],
)
def test_told(
    before: Trouble | None, standing: Standing | None, minutes: int, told: Verdict
) -> None:
    assert judge(before, standing, NOON + timedelta(minutes=minutes)) is told


def test_what_can_end_is_told_to_end_by_those_who_are_told_that_it_began() -> None:
    for began, ended in (
        (Event.PROVIDER_DOWN, Event.PROVIDER_BACK),
        (Event.PAYMENTS_ODD, Event.PAYMENTS_USUAL),
        (Event.MONEY_UNEXPLAINED, Event.MONEY_EXPLAINED),
    ):
        assert RULES[began].at_first == RULES[ended].at_first
        assert RULES[ended].for_operators
