"""Monthly settlements with hosts: their shares, the corrections of them, and the fixed fee."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from voltway.billing import (
    documenting,
    documents_invoice,
    freezing,
    hosts,
    rules_shares,
    rules_statements,
    statements,
    store_hosts,
    store_statements,
)
from voltway.billing.documents import Tax
from voltway.billing.documents_invoice import NET_LEADING
from voltway.billing.documents_statement import (
    SETTLEMENT,
    HostShare,
    Recipient,
    StatementDocument,
)
from voltway.billing.model import Invoice
from voltway.billing.model_hosts import Agreement, Host, Part, Share, ShareKind
from voltway.billing.rules_statements import Month
from voltway.billing.statements import Draft
from voltway.kernel.ids import InvoiceId, OnceKey, SessionId
from voltway.kernel.money import Currency, Money, payable
from voltway.ledger import actions as ledger
from voltway.ledger.model import Entry, Posting, account
from voltway.parties.model import Party
from voltway.runtime.work import Row, Work

SERIES = "H"


async def issue_settlements(
    work: Work, party: Party, month: Month, ids: Sequence[UUID]
) -> list[InvoiceId]:
    """The settlements of these hosts for a month that is over. Asked again, those that were written
    are given, and nothing is written twice."""
    rules_statements.must_be_over(month, work.now)
    found = {id: await store_hosts.lock_host(work, id) for id in sorted(ids)}
    before = await store_statements.stated(work, month.first, hosts=list(found))
    fresh = [host for id, host in found.items() if id not in before]
    drafts: list[Draft] = []
    for host in fresh:
        await hosts.keep(work, await _fees(work, host, month))
        shares = await store_statements.unsettled(work, host.id, month.ends)
        drafts += await _drafts(work, party, month, host, shares)
    issued = await statements.issue(work, party, month, SERIES, drafts)
    entries = [_taxed(work, month, draft, made) for draft, made in issued]
    await ledger.post_many(work, [entry for entry in entries if entry is not None])
    work.touch(*(f"host:{id}" for id in found))
    return [id for written in before.values() for id in written] + [made.id for _, made in issued]


async def _fees(work: Work, host: Host, month: Month) -> list[Share]:
    """The fixed fee of the month, for each place."""
    agreed = await store_hosts.agreements_with(work, host.id)
    due = rules_shares.of_month(agreed, month.first, month.last)
    return [
        hosts.share(
            work,
            each,
            Part(month_minor=payable(each.terms.per_month, each.currency).minor),
            kind=ShareKind.MONTH,
            once=f"month:{month}:{place}:{host.id}",
            at=month.ends - timedelta(seconds=1),
        )
        for place, each in due.items()
        if each.terms.per_month
    ]


async def correct_shares(work: Work, party: Party) -> int:
    """Turn credit notes of sessions that were shared into corrections of the shares, each once;
    how many credit notes."""
    rows = await store_statements.uncorrected(work, party.id)
    for row in rows:
        shared = await store_hosts.shares_of(work, [SessionId(row["session_id"])])
        agreed = await store_hosts.agreements(work, {each.agreement for each in shared})
        await hosts.keep(work, _corrections(work, row, shared, agreed))
    return len(rows)


def _corrections(
    work: Work, row: Row, shared: Sequence[Share], agreed: Mapping[UUID, Agreement]
) -> list[Share]:
    first = sorted(
        (each for each in shared if each.kind is ShareKind.SESSION), key=lambda each: each.host
    )
    own = [each for each in shared if each.host == first[0].host]
    before = sum(each.revenue_minor for each in own)
    credited = documents_invoice.invoice(row["document"]).net_minor
    terms = [agreed[each.agreement].terms for each in first]
    changes = rules_shares.corrected(before, before - credited, terms)
    return [
        hosts.share(
            work,
            agreed[each.agreement],
            Part(percent_minor=change),
            kind=ShareKind.CORRECTION,
            once=f"credit:{row['id']}:{each.host}",
            session=each.session,
            cdr=each.cdr,
            corrected_by=row["id"],
            at=each.at,
            revenue_minor=-credited,
        )
        for each, change in zip(first, changes, strict=True)
    ]


async def _drafts(
    work: Work, party: Party, month: Month, host: Host, shares: Sequence[Share]
) -> list[Draft]:
    if not shares:
        return []
    agreed = await store_hosts.agreements(work, {each.agreement for each in shares})
    about = await store_statements.about_shares(work, shares)
    by_currency: dict[Currency, list[Share]] = {}
    for each in shares:
        by_currency.setdefault(each.currency, []).append(each)
    return [
        _draft(
            work,
            party,
            month,
            host,
            [_line(each, agreed[each.agreement], about[each.id], party) for each in theirs],
            currency,
        )
        for currency, theirs in by_currency.items()
    ]


def _draft(
    work: Work,
    party: Party,
    month: Month,
    host: Host,
    lines: Sequence[HostShare],
    currency: Currency,
) -> Draft:
    taxes = rules_statements.taxes(([_tax(line)] for line in lines), NET_LEADING, currency)
    made = StatementDocument(
        kind=SETTLEMENT,
        number="",
        issued_at=freezing.utc(work.now),
        zone=party.time_zone,
        month=str(month),
        due_on=statements.due_on(work, party, host.pay_days).isoformat(),
        currency=currency,
        rounding=NET_LEADING,
        self_billed=any(tax.rate is not None for tax in taxes),
        seller=freezing.seller(party),
        recipient=Recipient(
            name=host.name,
            street=host.street,
            postal_code=host.postal_code,
            city=host.city,
            country=host.country,
            vat_id=host.vat_id,
            email=host.email,
        ),
        reached=documenting.seller_if_complete(party),
        shares=tuple(lines),
        **statements.totals(taxes),
    )
    return Draft(made=made, host=host.id, items=tuple(UUID(line.share) for line in lines))


def _tax(line: HostShare) -> Tax:
    amount = line.amount_minor
    return Tax(rate=line.rate, gross_minor=amount, net_minor=amount, tax_minor=0)


def _line(share: Share, agreement: Agreement, about: Row, party: Party) -> HostShare:
    terms, part = agreement.terms, share.part
    is_month = share.kind is ShareKind.MONTH
    return HostShare(
        share=str(share.id),
        kind=share.kind,
        session=str(share.session) if share.session else None,
        number=about["number"],
        at=freezing.utc(share.at),
        zone=party.time_zone if is_month else about["time_zone"],
        location=about["location_name"],
        evse=about["public_id"],
        energy_wh=share.energy_wh,
        revenue_minor=share.revenue_minor,
        percent=_plain(terms.percent),
        per_session=_plain(terms.per_session),
        per_kwh=_plain(terms.per_kwh),
        per_month=_plain(terms.per_month),
        percent_minor=part.percent_minor,
        session_minor=part.session_minor,
        energy_minor=part.energy_minor,
        month_minor=part.month_minor,
        amount_minor=part.amount_minor,
        agreement=f"{agreement.version} {agreement.valid_from.isoformat()}",
        rate=None if agreement.vat_rate is None else _plain(agreement.vat_rate),
        settled_on=about["settled_on"],
    )


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _taxed(work: Work, month: Month, draft: Draft, invoice: Invoice) -> Entry | None:
    """The tax on a host's part: we owe it to the host, and the state to us."""
    assert draft.host is not None
    owed = hosts.payable_to(draft.host)
    postings: list[Posting] = []
    for tax in draft.made.taxes:
        if tax.rate is not None:
            input_tax = account("tax", "input", tax.rate)
            postings += statements.moving(input_tax, owed, Money(tax.tax_minor, invoice.currency))
    if not postings:
        return None
    return Entry(
        party=invoice.party,
        once=OnceKey(f"settlement:{invoice.id}"),
        at=work.now,
        memo=f"VAT on settlement {invoice.number} with {draft.made.recipient.name}.",
        evidence={"settlement": str(invoice.id), "host": str(draft.host)},
        postings=tuple(postings),
        supplied_at=month.ends - timedelta(seconds=1),
    )
