"""Asking providers for money back that was noted before: parts of balances, and of bills.

The walk is the same for both (``paying_back.py``, ``refunding_cards.py``): noted and committed,
asked under a key of its own, and asked again by the round where nobody answered. What it means when
it went is theirs.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from voltway.kernel.errors import Outage
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import Money
from voltway.payments import choosing
from voltway.payments.choosing import AnyProvider
from voltway.payments.provider import Declined, ProviderSilent, Refunded, RefundOrder
from voltway.runtime.work import BeginWork, Work

SILENT_AFTER: Final = timedelta(seconds=30)
AT_ONCE: Final = 100


class Table(StrEnum):
    """Where such a refund is noted."""

    OF_BALANCE = "prepaid_payback"
    OF_BILL = "card_refund"


class Noted(Protocol):
    """A refund that was noted: of which hold, how much, and since when it is over."""

    @property
    def id(self) -> UUID: ...

    @property
    def provider(self) -> str: ...

    @property
    def hold_ref(self) -> str: ...

    @property
    def amount(self) -> Money: ...

    @property
    def ended_at(self) -> datetime | None: ...


async def ask(
    begin: BeginWork, given: AnyProvider, table: Table, noted: Noted, reason: str
) -> Refunded | Declined:
    """Ask its provider, with the same key each time. Raises ``ProviderSilent``, and notes why."""
    order = RefundOrder(
        once=OnceKey(f"{noted.id}:refund"), ref=noted.hold_ref, amount=noted.amount, reason=reason
    )
    try:
        return await choosing.of(given, noted.provider).refund(order)
    except ProviderSilent as silence:
        async with begin() as work:
            await tried(work, table, noted.id, str(silence))
        raise


async def tried(work: Work, table: Table, id: UUID, trouble: str | None = None) -> None:
    """Note that it is asked now, or why there is no answer."""
    await work.run(
        f"UPDATE {table} SET tried_at = $2, trouble = $3 WHERE id = $1 AND ended_at IS NULL",
        id,
        work.now,
        trouble,
    )


async def ask_again(
    begin: BeginWork, table: Table, go_on: Callable[[UUID], Awaitable[Noted]]
) -> int:
    """The round: go on with what was not answered, the longest ago first; how many are over now."""
    async with begin() as work:
        rows = await work.all(
            f"""
            SELECT id FROM {table} WHERE ended_at IS NULL AND tried_at <= $1
             ORDER BY tried_at LIMIT $2
            """,
            work.now - SILENT_AFTER,
            AT_ONCE,
        )
    done = 0
    for row in rows:
        try:
            done += (await go_on(row["id"])).ended_at is not None
        except Outage:
            continue
    return done
