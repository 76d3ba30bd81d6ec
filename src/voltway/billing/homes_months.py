"""Months of home charging: each driver's statement, and the customer's claim that pays for them.

Both are written in one work, so no driver's statement is without the claim that covers it. A claim
is a statement of the customer like the one of what its cards charged: numbered, mailed, owed, asked
for, charged to its card. No tax is on it: the company pays its own drivers back, and we pass it on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.billing import (
    documents,
    freezing,
    homes,
    rules,
    rules_statements,
    statements,
    store_homes,
    store_homes_months,
    store_statements,
)
from voltway.billing.documents import Tax
from voltway.billing.documents_home import HomeLine, HomeStatement
from voltway.billing.documents_statement import (
    HOME,
    Charge,
)
from voltway.billing.model import Invoice
from voltway.billing.model_homes import Credit, CreditKind, Rate
from voltway.billing.model_statements import Customer
from voltway.billing.rules_statements import Month
from voltway.billing.statements import Draft
from voltway.billing.store_homes_months import About, Written
from voltway.kernel.ids import InvoiceId, OnceKey, new_id
from voltway.kernel.money import Currency, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account, Entry
from voltway.parties.model import Party
from voltway.runtime.work import Work

#: Of drivers' statements, and of the claims.
SERIES = "D"
CLAIMS = "C"


@dataclass(frozen=True, slots=True)
class _Month:
    """A driver's month, made but for its place in the books."""

    made: HomeStatement
    raw: bytes
    sha256: str
    place: int
    credits: Sequence[Credit]


async def issue_home_statements(
    work: Work, party: Party, month: Month, customers: Sequence[UUID]
) -> list[InvoiceId]:
    """The claims on these customers for a month that is over, with their drivers' statements. Asked
    again, those that were written are given, and nothing is written twice. What comes late lands on
    the next month's."""
    rules_statements.must_be_over(month, work.now)
    found = await store_statements.lock_customers(work, customers)
    await store_homes.lock(work, party.id)
    before = await store_statements.stated(work, month.first, customers=list(found), about=HOME)
    fresh = [each for each in found if each not in before]
    open_ = await store_homes.unstated(work, party.id, month.ends, fresh)
    about = await store_homes_months.about(work, open_)
    rates = {rate.id: rate for rate in await store_homes.rates(work, {c.fleet for c in open_})}
    year = work.now.astimezone(ZoneInfo(party.time_zone)).year
    place = await store_homes_months.last_place(work, party.id, SERIES, year)
    drafts, months = [], []
    for (customer, currency), theirs in _by_customer(open_).items():
        written = []
        for credits in _by_driver(theirs):
            place += 1
            number = rules.number(party.ident, SERIES, year, place)
            made = _of_driver(work, party, month, found[customer], credits, about, rates, number)
            raw, sha256 = documents.frozen(made)
            written.append(_Month(made, raw, sha256, place, credits))
        drafts.append(_claim(work, party, month, found[customer], currency, written))
        months.append(written)
    issued = await statements.issue(work, party, month, CLAIMS, drafts)
    for (draft, claim), written in zip(issued, months, strict=True):
        await _keep(work, party, month, year, draft, claim, written)
    return [id for ids in before.values() for id in ids] + [claim.id for _, claim in issued]


async def _keep(
    work: Work,
    party: Party,
    month: Month,
    year: int,
    draft: Draft,
    claim: Invoice,
    written: Sequence[_Month],
) -> None:
    """Keep the drivers' statements with the claim, and let the customer owe it."""
    assert draft.customer is not None
    await store_homes_months.keep(
        work,
        [
            Written(
                id=new_id(work.now),
                party=party.id,
                driver=each.credits[0].driver,
                customer=draft.customer,
                claim=claim.id,
                month=month.first,
                series=SERIES,
                year=year,
                place=each.place,
                made=each.made,
                raw=each.raw,
                sha256=each.sha256,
                credits=tuple(credit.id for credit in each.credits),
                issued_at=work.now,
            )
            for each in written
        ],
    )
    sums: dict[Account, int] = {}
    for credit in (credit for each in written for credit in each.credits):
        whose = homes.claimed_from(credit.fleet)
        sums[whose] = sums.get(whose, 0) + credit.amount_minor
    postings = [
        posting
        for whose, minor in sums.items()
        for posting in statements.moving(
            statements.owed_by(draft.customer), whose, Money(minor, claim.currency)
        )
    ]
    if postings:
        entry = Entry(
            party=party.id,
            once=OnceKey(f"statement:{claim.id}"),
            at=work.now,
            memo=f"Statement {claim.number} claims what {draft.made.recipient.name}"
            " pays its drivers back for charging at home.",
            evidence={"statement": str(claim.id), "customer": str(draft.customer)},
            postings=tuple(postings),
            supplied_at=month.ends - timedelta(seconds=1),
        )
        await ledger.post_many(work, [entry])


def _by_customer(open_: Sequence[Credit]) -> Mapping[tuple[UUID, Currency], list[Credit]]:
    groups: dict[tuple[UUID, Currency], list[Credit]] = {}
    for each in open_:
        groups.setdefault((each.customer, each.currency), []).append(each)
    return groups


def _by_driver(credits: Sequence[Credit]) -> list[list[Credit]]:
    groups: dict[UUID, list[Credit]] = {}
    for each in credits:
        groups.setdefault(each.driver, []).append(each)
    return list(groups.values())


def _of_driver(
    work: Work,
    party: Party,
    month: Month,
    customer: Customer,
    credits: Sequence[Credit],
    about: Mapping[UUID, About],
    rates: Mapping[UUID, Rate],
    number: str,
) -> HomeStatement:
    first = about[credits[0].id]
    return HomeStatement(
        number=number,
        issued_at=freezing.utc(work.now),
        zone=party.time_zone,
        month=str(month),
        currency=credits[0].currency,
        operator=freezing.seller(party),
        company=statements.recipient_of(customer),
        driver=first.driver,
        fleet=first.fleet,
        lines=tuple(_line(each, about[each.id], rates[each.rate]) for each in credits),
        energy_wh=sum(each.energy_wh for each in credits),
        total_minor=sum(each.amount_minor for each in credits),
    )


def _line(credit: Credit, about: About, rate: Rate) -> HomeLine:
    return HomeLine(
        credit=str(credit.id),
        kind=credit.kind,
        session=str(credit.session),
        cdr=str(credit.cdr),
        begins=freezing.utc(credit.began_at),
        ends=freezing.utc(credit.ended_at),
        zone=about.zone,
        place=about.place,
        station=about.station,
        energy_wh=credit.energy_wh,
        meter_begin_wh=credit.begin_wh,
        meter_end_wh=credit.end_wh,
        per_kwh=_plain(rate.per_kwh),
        rate=f"{rate.version} of {rate.valid_from.isoformat()}",
        amount_minor=credit.amount_minor,
    )


def _claim(
    work: Work,
    party: Party,
    month: Month,
    customer: Customer,
    currency: Currency,
    written: Sequence[_Month],
) -> Draft:
    charges = tuple(_charge(each, line) for each in written for line in each.made.lines)
    items = tuple(credit.id for each in written for credit in each.credits)
    return statements.drafted(work, party, month, customer, currency, charges, items, about=HOME)


def _charge(of: _Month, line: HomeLine) -> Charge:
    """A line of a driver's statement on the claim: by the driver's name, without tax."""
    minor = line.amount_minor
    return Charge(
        number=of.made.number,
        sha256=of.sha256,
        session=line.session,
        at=line.ends,
        zone=line.zone,
        place=line.place,
        evse=line.station,
        vehicle=of.made.driver,
        energy_wh=line.energy_wh,
        taxes=(Tax(rate=None, gross_minor=minor, net_minor=minor, tax_minor=0),),
        net_minor=minor,
        gross_minor=minor,
        corrects=of.made.number if line.kind == CreditKind.CORRECTION else None,
    )


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
