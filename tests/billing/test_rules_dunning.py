"""When who owes is told: each stage once, after the one before it, and in time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.billing.model_debts import Debt, DunningRule, Stage
from voltway.billing.rules_dunning import may_charge, next_stage
from voltway.kernel.ids import InvoiceId, PartyId
from voltway.kernel.money import EUR, Money
from voltway.ledger.model import Account

DUE = date(2026, 4, 15)
RULE = DunningRule(reminder=7, notice=14, last=28, bar=42)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


OWED = Debt(
    invoice=InvoiceId(UUID(int=1)),
    party=PartyId(UUID(int=2)),
    customer=UUID(int=3),
    payment=None,
    account=Account("customer:x:receivable"),
    number="S1",
    total=Money(1000, EUR),
    due_on=DUE,
    email=None,
    locale="en",
    pay_key="k",
    settled_minor=0,
    written_off_minor=0,
    stage=Stage.NONE,
    stage_at=None,
    paused_why=None,
    charged=0,
    charged_at=None,
    opened_at=at(date(2026, 4, 1)),
    closed_at=None,
)


@pytest.mark.parametrize(
    ("late", "stage", "told_late", "expected"),
    [
        (6, Stage.NONE, None, None),
        (7, Stage.NONE, None, Stage.REMINDER),
        (13, Stage.REMINDER, 7, None),
        (14, Stage.REMINDER, 7, Stage.NOTICE),
        (28, Stage.NOTICE, 14, Stage.LAST),
        (42, Stage.LAST, 28, Stage.BARRED),
        (400, Stage.BARRED, 42, None),
        (400, Stage.NONE, None, Stage.REMINDER),
        (401, Stage.REMINDER, 400, None),
        (407, Stage.REMINDER, 400, Stage.NOTICE),
    ],
)
def test_a_stage_comes_in_its_time(
    late: int, stage: Stage, told_late: int | None, expected: Stage | None
) -> None:
    told = None if told_late is None else at(DUE + timedelta(days=told_late))
    debt = replace(OWED, stage=stage, stage_at=told)

    assert next_stage(RULE, debt, DUE + timedelta(days=late)) is expected


def test_nobody_is_told_of_what_is_paused_or_paid() -> None:
    late = DUE + timedelta(days=99)

    assert next_stage(RULE, replace(OWED, paused_why="asked"), late) is None
    assert next_stage(RULE, replace(OWED, closed_at=at(late)), late) is None


@given(st.lists(st.integers(min_value=0, max_value=30), max_size=40))
def test_however_seldom_the_round_goes_each_stage_comes_once_and_in_order(steps: list[int]) -> None:
    debt, today, told = OWED, DUE, []
    for step in steps:
        today += timedelta(days=step)
        stage = next_stage(RULE, debt, today)
        if stage is not None:
            told.append(stage)
            debt = replace(debt, stage=stage, stage_at=at(today))

    assert told == [Stage(n) for n in range(1, len(told) + 1)]


@pytest.mark.parametrize(
    ("charged", "days", "may"),
    [(0, 0, True), (1, 2, False), (1, 3, True), (2, 6, False), (2, 7, True), (3, 99, False)],
)
def test_a_card_is_tried_three_times(charged: int, days: int, may: bool) -> None:
    debt = replace(OWED, charged=charged, charged_at=at(DUE) if charged else None)

    assert may_charge(debt, DUE + timedelta(days=days)) is may
