"""Which cards open nothing because something is owed: those of customers that were told so at last,
and no others, whosever they were before."""

from collections.abc import Collection
from typing import Final

from voltway.billing.model_debts import Stage
from voltway.drivers import actions as drivers
from voltway.drivers.model import Bar
from voltway.kernel.ids import TokenId
from voltway.runtime.work import Work

#: Whether a card's customer owes something for which its cards are barred.
_OWES: Final = """
    EXISTS (SELECT FROM customer_token c JOIN debt d ON d.customer_id = c.customer_id
             WHERE c.token_id = t.id AND d.closed_at IS NULL AND d.stage = $1)
    """


async def judge(work: Work, tokens: Collection[TokenId]) -> None:
    """Bar these cards, or free them, by whose they are now."""
    rows = await work.all(
        f"SELECT t.id, {_OWES} AS owes FROM token_view t WHERE t.id = ANY($2::uuid[])",
        int(Stage.BARRED),
        list(tokens),
    )
    owing = [TokenId(row["id"]) for row in rows if row["owes"]]
    free = [TokenId(row["id"]) for row in rows if not row["owes"]]
    await drivers.bar(work, owing, Bar.UNPAID)
    await drivers.unbar(work, free, Bar.UNPAID)


async def free_strays(work: Work) -> int:
    """Free the cards that were barred for a debt which is not that of whose they are; how many."""
    rows = await work.all(
        f"SELECT t.id FROM token_view t WHERE $2 = ANY(t.bars) AND NOT {_OWES}",
        int(Stage.BARRED),
        Bar.UNPAID.value,
    )
    return len(await drivers.unbar(work, [TokenId(row["id"]) for row in rows], Bar.UNPAID))
