"""When who owes is told: pure, from days to stages."""

from datetime import date, timedelta
from typing import Final

from voltway.billing.model_debts import Debt, DunningRule, Stage

#: A saved card that was refused is tried again after so many days: three times in all.
CHARGE_AGAIN_DAYS: Final = (0, 3, 7)


def next_stage(rule: DunningRule, debt: Debt, today: date) -> Stage | None:
    """The stage that is due now, if one is. Each follows the one before it by as many days as the
    rule has between them, so that a late start sends nobody the last notice first."""
    if debt.closed_at is not None or debt.paused_why is not None or debt.stage is Stage.BARRED:
        return None
    following = Stage(debt.stage + 1)
    if today < debt.due_on + timedelta(days=rule.days(following)):
        return None
    if debt.stage_at is not None:
        between = rule.days(following) - rule.days(debt.stage)
        if today < debt.stage_at.date() + timedelta(days=between):
            return None
    return following


def may_charge(debt: Debt, today: date) -> bool:
    """Whether a saved card is tried (again) for this."""
    if debt.closed_at is not None or debt.paused_why is not None:
        return False
    if debt.charged >= len(CHARGE_AGAIN_DAYS):
        return False
    if debt.charged_at is None:
        return True
    return today >= debt.charged_at.date() + timedelta(days=CHARGE_AGAIN_DAYS[debt.charged])
