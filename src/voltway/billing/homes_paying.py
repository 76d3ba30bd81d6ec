"""Paying drivers back for home charging: the list for the bank, and what was paid of it.

A driver is paid all that stands on statements which nobody paid yet, once. What comes to less than
nothing by corrections is kept against the next month.
"""

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from voltway.billing import homes, store_homes, store_homes_months
from voltway.billing.documents_home import HomeStatement, home_statement
from voltway.billing.model_homes import Due, HomePaid
from voltway.drivers import entry
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import DriverId, OnceKey, PartyId
from voltway.kernel.money import Money
from voltway.ledger import actions as ledger
from voltway.ledger import exporting_csv
from voltway.ledger.model import Entry, Posting, account
from voltway.runtime.work import Work


@dataclass(eq=False)
class NothingDue(Refusal):
    """Nothing is to be paid to this driver now: it was paid already, or nothing is owed."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoPayee(Refusal):
    """Say first to which account {driver} is paid. Nothing was booked."""

    driver: str


@dataclass(eq=False)
class AnotherAmount(Refusal):
    """{driver} is to be paid {amount} by now, not {said}. Look again; nothing was booked."""

    driver: str
    amount: Money
    said: Money


class NoSuchHomeStatement(Refusal):
    """There is no such statement of a driver."""

    kind = Kind.ABSENT


async def due(work: Work, party: PartyId) -> list[Due]:
    """What drivers are to be paid, by name."""
    return await store_homes_months.due(work, party)


def payout_list(due: list[Due]) -> str:
    """What the bank is to pay, as CSV: a line a driver who can be paid now."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(["holder", "iban", "amount", "currency", "reference"])
    for each in due:
        if each.is_payable:
            amount, currency = f"{each.amount.decimal:f}", each.amount.currency
            numbers = " ".join(each.numbers)[:140]  # as long as a transfer's text can be
            out.writerow(
                [exporting_csv.plain(each.holder or ""), each.iban, amount, currency, numbers]
            )
    return text.getvalue()


def moment(text: str) -> datetime:
    """A moment as a statement has it."""
    return datetime.fromisoformat(text)


async def paid(work: Work, party: PartyId, driver: DriverId, said: Money, *, by: str) -> UUID:
    """The bank has paid a driver this: all that was due. Raises ``NothingDue`` where it was noted
    before, ``NoPayee``, and ``AnotherAmount`` where more or less is due by now."""
    await store_homes.lock(work, party)
    for each in await store_homes_months.due(work, party):
        if each.driver == driver and each.amount.currency == said.currency:
            break
    else:
        raise NothingDue
    if each.iban is None:
        raise NoPayee(each.name)
    if each.amount != said:
        raise AnotherAmount(each.name, each.amount, said)
    if each.amount.minor <= 0:
        raise NothingDue
    id = await store_homes_months.pay(work, party, each, by=by)
    posted = Entry(
        party=party,
        once=OnceKey(f"home_payout:{id}"),
        at=work.now,
        memo=f"Paid back for charging at home: {', '.join(each.numbers)}."[:500],
        evidence={"home_payout": str(id), "driver": str(driver)},
        postings=(Posting(homes.payable_to(driver), account("bank"), each.amount),),
    )
    await ledger.post_many(work, [posted])
    fact = HomePaid(
        party=party, at=work.now, payout=id, driver=driver, amount=each.amount, numbers=each.numbers
    )
    await work.announce([fact])
    if await entry.is_forgotten(work, driver):
        await store_homes.forget_payee(work, driver)
    return id


async def statement(work: Work, party: PartyId, id: UUID) -> HomeStatement:
    """A driver's month as it was frozen. Raises ``NoSuchHomeStatement``."""
    return home_statement(await document(work, party, id))


async def document(work: Work, party: PartyId, id: UUID) -> str:
    """Its bytes, as text. Raises ``NoSuchHomeStatement``."""
    raw = await store_homes_months.document(work, party, id)
    if raw is None:
        raise NoSuchHomeStatement
    return raw
