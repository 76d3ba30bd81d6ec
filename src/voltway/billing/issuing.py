"""The last steps of settlements: the books and the receipts, many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.billing import documents, freezing, rules, rules_books, store_documents
from voltway.billing.model import Cdr, Figures, Invoice, InvoiceIssued, Settlement, Step
from voltway.billing.store_documents import Numbered
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId, PaymentId, SettlementId, new_id
from voltway.kernel.units import EnergyWh, kwh
from voltway.ledger import actions as ledger
from voltway.ledger.model import Entry
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.payments import actions as payments
from voltway.payments.model import Payment
from voltway.runtime.work import Work

SERIES: Final = "R"


async def payments_of(work: Work, settlements: Sequence[Settlement]) -> Mapping[PaymentId, Payment]:
    ids = [each.payment for each in settlements if each.payment is not None]
    return await payments.payments(work, ids) if ids else {}


async def post(
    work: Work,
    settlements: Sequence[Settlement],
    cdrs: Mapping[SettlementId, Cdr],
    paid: Mapping[PaymentId, Payment],
) -> list[Settlement]:
    """Write the sales into the books, and what was taken of them."""
    taken = await payments.captures_done(work, list(paid)) if paid else {}
    entries: list[Entry] = []
    for settlement in settlements:
        payment = paid[settlement.payment] if settlement.payment is not None else None
        step = taken.get(payment.id) if payment is not None else None
        entries += _entries(work, settlement, cdrs[settlement.id], payment, step)
    await ledger.post_many(work, entries)
    return [settlement.finished(Step.POST) for settlement in settlements]


def _entries(
    work: Work, settlement: Settlement, cdr: Cdr, payment: Payment | None, taken: UUID | None
) -> list[Entry]:
    """The entry of a sale; and that of the capture, where money was taken."""
    made = documents.cdr(cdr.document)
    evidence = {
        "session": str(settlement.session),
        "cdr": str(cdr.id),
        "settlement": str(settlement.id),
    }
    if payment is not None:
        evidence["payment"] = str(payment.id)
    sale = rules_books.sale(
        made,
        party=settlement.party,
        at=work.now,
        memo=_memo(made),
        once=OnceKey(f"{settlement.id}:sale"),
        evidence=evidence,
    )
    # Where the month of the supply is closed, the entry says when it was.
    sale = replace(sale, supplied_at=datetime.fromisoformat(made.visit.ends))
    if payment is None or not payment.captured_minor:
        return [sale]
    capture = rules_books.capture(
        payment.captured,
        party=settlement.party,
        who=made.account,
        provider=payment.provider,
        at=work.now,
        memo=f"The provider {payment.provider} took {payment.captured}.",
        once=OnceKey(f"{settlement.id}:capture"),
        evidence={**evidence, **({"payment_step": str(taken)} if taken else {})},
    )
    return [sale, capture]


def _memo(made: documents.CdrDocument) -> str:
    energy = kwh(EnergyWh(made.visit.energy_wh))
    return f"Sold {energy:f} kWh at {made.place.location}, {made.place.evse or 'EVSE unknown'}."


async def invoice(
    work: Work,
    settlements: Sequence[Settlement],
    cdrs: Mapping[SettlementId, Cdr],
    paid: Mapping[PaymentId, Payment],
) -> list[Settlement]:
    """Number the receipts and freeze them, in the same work: a series has no gaps."""
    numbered: list[Numbered] = []
    found = await parties.parties(work, {each.party for each in settlements})
    # All batches take the counters of several parties in one order, so none waits for another.
    for party in sorted(found, key=lambda each: each.id):
        theirs = [each for each in settlements if each.party == party.id]
        year = work.now.astimezone(ZoneInfo(party.time_zone)).year
        places = await store_documents.next_places(work, party.id, SERIES, year, len(theirs))
        for settlement, place in zip(theirs, places, strict=True):
            payment = paid[settlement.payment] if settlement.payment is not None else None
            receipt = _receipt(work, settlement, cdrs[settlement.id], party, payment, year, place)
            numbered.append(Numbered(receipt, settlement.id, SERIES, year, place))
            work.touch(f"session:{settlement.session}")
            if payment is not None:
                work.touch(payment.subject)
    await store_documents.keep_invoices(work, numbered)
    await work.announce(_issued(each.invoice, each.settlement) for each in numbered)
    return [settlement.finished(Step.INVOICE) for settlement in settlements]


def _receipt(
    work: Work,
    settlement: Settlement,
    cdr: Cdr,
    party: Party,
    payment: Payment | None,
    year: int,
    place: int,
) -> Invoice:
    number = rules.number(party.ident, SERIES, year, place)
    receipt = freezing.receipt(cdr, number=number, at=work.now, party=party, payment=payment)
    raw, sha256 = documents.frozen(receipt)
    return Invoice(
        id=InvoiceId(new_id(work.now)),
        party=settlement.party,
        session=settlement.session,
        payment=settlement.payment,
        kind=receipt.kind,
        number=number,
        total_minor=cdr.total_minor,
        currency=cdr.currency,
        document=raw,
        sha256=sha256,
        issued_at=work.now,
        figures=Figures(
            rounding=receipt.rounding, net_minor=receipt.net_minor, tax_minor=receipt.tax_minor
        ),
    )


def _issued(invoice: Invoice, settlement: SettlementId | None) -> InvoiceIssued:
    assert invoice.session is not None, "a receipt has a session"
    assert settlement is not None, "a receipt has a settlement"
    return InvoiceIssued(
        party=PartyId(invoice.party),
        at=invoice.issued_at,
        settlement=settlement,
        session=invoice.session,
        payment=invoice.payment,
        invoice=invoice.id,
        number=invoice.number,
        total_minor=invoice.total_minor,
        currency=invoice.currency,
    )
