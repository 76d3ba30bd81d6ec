"""Topping a balance up: by its driver on the provider's page, or by itself from a saved method."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import Currency, Money
from voltway.parties import actions as parties
from voltway.payments import collecting, methods, prepaid
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_collections import Collection, Purpose, Wanted
from voltway.payments.model_methods import Method, MethodId
from voltway.runtime.work import BeginWork, Work

#: What one top-up may be, and what a balance may come to by it: holds of the party's usual sum.
MOST_HOLDS: Final = 10
#: A balance tops itself up so often within a day at most: what is beyond that is strange.
AUTO_MAX: Final = 3
AUTO_WITHIN: Final = timedelta(hours=24)


@dataclass(eq=False)
class NotASum(Refusal):
    """A top-up is between {least} and {most}."""

    kind: ClassVar[Kind] = Kind.INVALID

    least: Money
    most: Money


@dataclass(eq=False)
class NeedsMethod(Refusal):
    """Save a card first: a balance tops itself up from one that the bank did not refuse."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Sums:
    """What a top-up may be, and three that are offered."""

    least: Money
    most: Money
    offered: tuple[Money, ...]


async def sums(work: Work, party: PartyId) -> Sums:
    """In the party's currency, by what it usually holds: 5 to 500 where that is 50."""
    owner = await parties.party(work, party)
    usual = owner.hold_minor

    def money(minor: int) -> Money:
        return Money(minor, owner.currency)

    return Sums(
        money(max(usual // 10, 1)),
        money(usual * MOST_HOLDS),
        (money(usual // 2), money(usual), money(usual * 2)),
    )


async def open_top_up(
    begin: BeginWork,
    given: AnyProvider,
    *,
    party: PartyId,
    holder: UUID,
    amount: Money,
    once: OnceKey,
    return_url: str,
    cancel_url: str,
) -> Collection:
    """Open the provider's page on which a driver pays for a top-up. The URLs may hold
    ``{collection}``. Raises ``NotASum`` and what ``collecting`` raises."""
    async with begin(party) as work:
        await _must_be_a_sum(work, party, amount)
        name = (await parties.party(work, party)).name
        noted = await collecting.note(
            work,
            given,
            Wanted(
                party=party,
                holder=holder,
                purpose=Purpose.TOP_UP,
                account=prepaid.account_of(holder),
                about=f"holder:{holder}",
                description=f"{name}, balance",
                amount=amount,
                once=once,
                return_url=return_url,
                cancel_url=cancel_url,
            ),
        )
    return await collecting.go_on(begin, given, noted.id)


async def _must_be_a_sum(work: Work, party: PartyId, amount: Money) -> None:
    may = await sums(work, party)
    if amount.currency != may.least.currency or not may.least <= amount <= may.most:
        raise NotASum(may.least, may.most)


async def set_auto(
    work: Work, party: PartyId, holder: UUID, *, below: Money, amount: Money
) -> Method:
    """Let a balance top itself up from the newest card that was not refused. Raises
    ``NeedsMethod``, ``NotASum``."""
    await _must_be_a_sum(work, party, amount)
    may = await sums(work, party)
    if below.currency != amount.currency or not 0 < below.minor <= may.most.minor:
        raise NotASum(may.least, may.most)
    cards = [
        each
        for each in await methods.methods_of(work, party, holder)
        if each.provider != prepaid.NAME and each.refused_at is None
    ]
    if not cards:
        raise NeedsMethod
    card = max(cards, key=lambda each: each.saved_at)
    await prepaid.lock(work, party, holder)
    await _keep_auto(work, party, holder, below.minor, amount.minor, card.id)
    return card


async def stop_auto(work: Work, party: PartyId, holder: UUID) -> None:
    await _keep_auto(work, party, holder, None, None, None)


async def _keep_auto(
    work: Work,
    party: PartyId,
    holder: UUID,
    below: int | None,
    amount: int | None,
    method: MethodId | None,
) -> None:
    await work.run(
        """
        UPDATE prepaid SET auto_below_minor = $3, auto_amount_minor = $4, auto_method_id = $5
         WHERE party_id = $1 AND holder = $2
        """,
        party,
        holder,
        below,
        amount,
        method,
    )


async def top_up_low(begin: BeginWork, given: AnyProvider) -> int:
    """The round: top up the balances that are to top themselves up; how many were asked for.

    One that was refused is asked for no more: its driver has been told, and sets it anew."""
    async with begin() as work:
        rows = await work.all(
            """
            SELECT p.party_id, p.holder, p.currency, p.auto_amount_minor, p.auto_method_id, c.tried
              FROM prepaid p
              JOIN payment_method m ON m.id = p.auto_method_id AND m.forgotten_at IS NULL
                                   AND m.refused_at IS NULL
             CROSS JOIN LATERAL (
                   SELECT count(*)::int AS tried,
                          count(*) FILTER (WHERE asked_at > $1)::int AS lately,
                          count(*) FILTER (WHERE ended_at IS NULL)::int AS open
                     FROM collection
                    WHERE party_id = p.party_id AND holder = p.holder
                      AND once LIKE 'auto:%') AS c
             WHERE p.balance_minor - p.reserved_minor < p.auto_below_minor
               AND c.open = 0 AND c.lately < $2
             LIMIT 100
            """,
            work.now - AUTO_WITHIN,
            AUTO_MAX,
        )
    for row in rows:
        party, holder = PartyId(row["party_id"]), row["holder"]
        amount = Money(row["auto_amount_minor"], Currency(row["currency"]))
        async with begin(party) as work:
            name = (await parties.party(work, party)).name
            noted = await collecting.note(
                work,
                given,
                Wanted(
                    party=party,
                    holder=holder,
                    purpose=Purpose.TOP_UP,
                    account=prepaid.account_of(holder),
                    about=f"holder:{holder}",
                    description=f"{name}, balance",
                    amount=amount,
                    once=OnceKey(f"auto:{holder}:{row['tried']}"),
                    method=MethodId(row["auto_method_id"]),
                ),
            )
        try:
            await collecting.go_on(begin, given, noted.id)
        except Outage:
            continue  # the collections' own round asks again
    return len(rows)
