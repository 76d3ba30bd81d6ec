"""Invoices to the company that a driver keeps in their account, for each of their charges.

They asked for it once, and an invoice cannot be changed afterwards; so it is written only where it
can be as they typed it. Where it cannot, the receipt stays, and the form beside it says why.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from voltway.billing.invoicing import invoice_for_company
from voltway.billing.model import InvoiceIssued
from voltway.billing.registers import VatRegister
from voltway.billing.rules_buyer import GivenBuyer
from voltway.drivers import contracts, details
from voltway.kernel.errors import Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import DriverId, InvoiceId, PaymentId
from voltway.payments import actions as payments
from voltway.payments import methods
from voltway.payments.model import Payment
from voltway.payments.model_methods import MethodId
from voltway.runtime.work import BeginWork, Job, Work

JOB: Final = "own_company"


async def hears_invoice_issued(work: Work, facts: Sequence[Fact]) -> None:
    """Have the invoice written for the receipts of those who want one each time."""
    issued = {
        fact.payment: fact
        for fact in facts
        if isinstance(fact, InvoiceIssued) and fact.payment is not None and fact.total_minor
    }
    paid = await payments.payments(work, list(issued)) if issued else {}
    for payment in paid.values():
        email = await _account_of(work, payment)
        if email is None or not (await details.of_person(work, email)).always:
            continue
        receipt = issued[payment.id].invoice
        body = {"receipt": str(receipt), "payment": str(payment.id)}
        await work.enqueue(Job(JOB, f"{JOB}:{receipt}", body, party=payment.party))


async def write_job(
    begin: BeginWork, register: VatRegister | None, body: Mapping[str, str]
) -> None:
    """Write the invoice of one receipt, to the company as it is kept now. Raises
    ``RegisterSilent``, so that it is tried again."""
    async with begin() as work:
        payment = PaymentId(UUID(body["payment"]))
        paid = (await payments.payments(work, [payment]))[payment]
        email = await _account_of(work, paid)
        kept = await details.of_person(work, email) if email is not None else None
    if kept is None or not kept.always:
        return
    receipt = InvoiceId(UUID(body["receipt"]))
    try:
        await invoice_for_company(begin, register, receipt, buyer_kept(kept.company))
    except Refusal:
        return  # the receipt stands, and its form tells the driver the same


def buyer_kept(company: Mapping[str, str]) -> GivenBuyer:
    """The buyer of what is kept. Whether they sell electricity is asked each time."""
    return GivenBuyer(
        name=company.get("name", ""),
        street=company.get("street", ""),
        postal_code=company.get("postal_code", ""),
        city=company.get("city", ""),
        country=company.get("country", ""),
        vat_id=company.get("vat_id", ""),
        email=company.get("email", ""),
        reference=company.get("reference", ""),
        xrechnung=bool(company.get("xrechnung")),
    )


async def _account_of(work: Work, paid: Payment) -> str | None:
    """The address of the account whose payment this is; ``None`` for a guest's or a company's."""
    driver = paid.driver
    if driver is None and paid.method is not None:
        driver = DriverId((await methods.method(work, MethodId(paid.method))).holder)
    if driver is None:
        return None
    try:
        return (await contracts.driver_of(work, paid.party, driver)).email
    except contracts.NoSuchDriver:
        return None
