"""Invoices to the company that a driver keeps in their account, for each of their charges.

They asked for it once, and an invoice cannot be changed afterwards; so it is written only where it
can be as they typed it. Where it cannot, the receipt stays, the form beside it says why, and the
driver is written to: once for each cause, as long as they keep the same company.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from voltway.billing.invoicing import (
    AlreadyInvoiced,
    NoTaxStated,
    NothingToInvoice,
    VatIdNotRegistered,
    invoice_for_company,
)
from voltway.billing.model import InvoiceIssued
from voltway.billing.registers import VatRegister
from voltway.billing.rules_buyer import (
    BuyerNotComplete,
    BuyerTextNotValid,
    GivenBuyer,
    VatIdNotValid,
    VatIdOfAnotherCountry,
)
from voltway.billing.rules_tax import NotCheckedByRegister
from voltway.drivers import details
from voltway.kernel.errors import Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import InvoiceId, PaymentId
from voltway.payments import actions as payments
from voltway.payments.model import Payment
from voltway.payments.whose import account_of
from voltway.runtime.work import BeginWork, Job, Work

JOB: Final = "own_company"
#: A register that is silent is asked again so often, a day long.
ASKED_AGAIN_AFTER: Final = timedelta(hours=1)
ASKED_AGAIN_MAX: Final = 24


class Cause(StrEnum):
    """Why an invoice to a kept company was not written; each is told to its driver once."""

    VAT_UNKNOWN = "vat_unknown"  # the register knows no such VAT id
    VAT_WRONG = "vat_wrong"  # it cannot be a VAT id, or not one of that country
    DETAILS = "details"  # what an invoice needs of its buyer is missing or wrong
    REGISTER_SILENT = "register_silent"  # and the tax would pass to the buyer
    NO_TAX = "no_tax"  # the tariff stated none
    SELLER = "seller"  # whatever the seller alone can mend


_CAUSES: Final[Mapping[type[Refusal], Cause]] = {
    VatIdNotRegistered: Cause.VAT_UNKNOWN,
    VatIdNotValid: Cause.VAT_WRONG,
    VatIdOfAnotherCountry: Cause.VAT_WRONG,
    BuyerNotComplete: Cause.DETAILS,
    BuyerTextNotValid: Cause.DETAILS,
    NotCheckedByRegister: Cause.REGISTER_SILENT,
    NoTaxStated: Cause.NO_TAX,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCompanyRefused(Fact):
    """An invoice that a driver wants for each charge could not be written."""

    receipt: InvoiceId
    payment: PaymentId
    cause: Cause

    @property
    def subject(self) -> str:
        return f"invoice:{self.receipt}"


async def hears_invoice_issued(work: Work, facts: Sequence[Fact]) -> None:
    """Have the invoice written for the receipts of those who want one each time."""
    issued = {
        fact.payment: fact
        for fact in facts
        if isinstance(fact, InvoiceIssued) and fact.payment is not None and fact.total_minor
    }
    paid = await payments.payments(work, list(issued)) if issued else {}
    for payment in paid.values():
        email = await account_of(work, payment)
        if email is None or not (await details.of_person(work, email)).always:
            continue
        receipt = issued[payment.id].invoice
        body = {"receipt": str(receipt), "payment": str(payment.id)}
        await work.enqueue(Job(JOB, f"{JOB}:{receipt}", body, party=payment.party))


async def write_job(
    begin: BeginWork, register: VatRegister | None, body: Mapping[str, str]
) -> None:
    """Write the invoice of one receipt, to the company as it is kept now. Where the tax would pass
    to the buyer and the register is silent, it is asked again for a day; where the seller owes the
    tax, the invoice is written without its word."""
    async with begin() as work:
        payment = PaymentId(UUID(body["payment"]))
        paid = (await payments.payments(work, [payment]))[payment]
        email = await account_of(work, paid)
        kept = await details.of_person(work, email) if email is not None else None
    if kept is None or not kept.always:
        return
    receipt = InvoiceId(UUID(body["receipt"]))
    try:
        await invoice_for_company(begin, register, receipt, buyer_kept(kept.company))
    except (AlreadyInvoiced, NothingToInvoice):
        return  # nobody misses an invoice
    except Refusal as no:
        tried = int(body.get("tried", "0")) + 1
        async with begin() as work:
            is_silent = isinstance(no, NotCheckedByRegister) and register is not None
            if is_silent and tried <= ASKED_AGAIN_MAX:
                await work.enqueue(_again(work, paid, receipt, tried))
                return
            cause = _CAUSES.get(type(no), Cause.SELLER)
            refused = OwnCompanyRefused(
                party=paid.party, at=work.now, receipt=receipt, payment=paid.id, cause=cause
            )
            await work.announce([refused])


def _again(work: Work, paid: Payment, receipt: InvoiceId, tried: int) -> Job:
    body = {"receipt": str(receipt), "payment": str(paid.id), "tried": str(tried)}
    at = work.now + ASKED_AGAIN_AFTER
    return Job(JOB, f"{JOB}:{receipt}:{tried}", body, not_before=at, party=paid.party)


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
