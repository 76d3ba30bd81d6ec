"""Reads a table of postings and of what each account then owes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import EUR, Money, payable
from voltway.ledger import actions, rules
from voltway.ledger.model import NOW, Account, AsOf, Entry, Posting
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARTY = PartyId(UUID(int=1))


def entry(memo: str, *postings: Posting, once: str | None = None) -> Entry:
    return Entry(
        party=PARTY,
        once=OnceKey(once or memo),
        at=NOON,
        memo=memo,
        evidence={"session": "7"},
        postings=postings,
    )


def check(table: str) -> None:
    """Post the lines ``reason debit credit amount``, then compare the ``owes`` lines."""
    entries: list[Entry] = []
    wanted: dict[str, Money] = {}
    for number, line in enumerate(table.split("\n")):
        match line.split():
            case []:
                continue
            case ["owes", account, amount]:
                wanted[account] = payable(Decimal(amount), EUR)
            case [reason, debit, credit, amount]:
                posting = Posting(Account(debit), Account(credit), payable(Decimal(amount), EUR))
                entries.append(entry(reason, posting, once=f"{number}:{reason}"))
            case _:
                raise AssertionError(f"cannot read: {line}")
    books = rules.trial_balance(entries)
    owed = {line.account: line.balance for line in books.lines}
    assert {path: owed[Account(path)] for path in wanted} == wanted
    assert books.balances


@dataclass(frozen=True, slots=True)
class Books:
    """The books of one party, written a line at a time."""

    begin: BeginWork
    party: PartyId
    clock: JumpingClock

    async def posts(
        self,
        what: str,
        debit: str,
        credit: str,
        minor: int,
        *,
        at: datetime | None = None,
        supplied_at: datetime | None = None,
    ) -> None:
        async with self.begin() as work:
            made = Entry(
                party=self.party,
                once=OnceKey(what),
                at=at or work.now,
                memo=what,
                evidence={"session": "7"},
                postings=(Posting(Account(debit), Account(credit), Money(minor, EUR)),),
                supplied_at=supplied_at,
            )
            await actions.post(work, made)

    async def posts_many(self, count: int, what: str = "many") -> None:
        """Entries of one work, of a cent, of two, and so on, in this order."""
        async with self.begin() as work:
            made = [
                Entry(
                    party=self.party,
                    once=OnceKey(f"{what} {minor:05}"),
                    at=work.now,
                    memo=f"{what} {minor}",
                    evidence={"session": "7"},
                    postings=(
                        Posting(Account("bank"), Account("revenue:energy"), Money(minor, EUR)),
                    ),
                )
                for minor in range(1, count + 1)
            ]
            await actions.post_many(work, made)

    async def sealed(self) -> int:
        return await actions.seal(self.begin)

    async def holds(self, path: str, as_of: AsOf = NOW) -> int:
        """What an account holds, in cents."""
        async with self.begin(self.party) as work:
            held = await actions.balance(work, Account(path), as_of)
        return held[EUR].minor if EUR in held else 0

    async def broken(self) -> list[tuple[int | None, str]]:
        """Where the chain does not hold: the links, and how the reasons begin."""
        check = await actions.check_chain(self.begin, self.party)
        return [(each.number, " ".join(each.why.split()[:6])) for each in check.broken]
