"""To whom a document is mailed: the buyer that it names, who paid, or whose account or place it is.

Who left no address gets none; the document's page says so, and it can be sent by hand.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from voltway.billing import documents_invoice, store_addressees
from voltway.billing.documents_invoice import Buyer
from voltway.billing.model import DocumentKind
from voltway.billing.store_addressees import Account
from voltway.kernel.ids import InvoiceId, PaymentId
from voltway.parties import actions as parties
from voltway.payments import actions as payments
from voltway.payments.model import Payment
from voltway.runtime.work import Work

#: What names its buyer in its own document.
_NAMING = (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where a document goes: ``email`` is empty where nobody left one."""

    email: str
    locale: str  # the language that they read
    wants_xrechnung: bool = False


async def addressees(work: Work, ids: Collection[InvoiceId]) -> Mapping[InvoiceId, Addressee]:
    """To whom these documents go, by document."""
    found = await store_addressees.accounts_of(work, ids)
    paying = {each.payment for each in found if each.payment is not None}
    paid = await payments.payments(work, [PaymentId(id) for id in paying]) if paying else {}
    speaks = {
        party.id: party.locale for party in await parties.parties(work, {e.party for e in found})
    }
    return {
        each.document: _addressee(
            each, paid[each.payment] if each.payment is not None else None, speaks[each.party]
        )
        for each in found
    }


def _addressee(account: Account, payment: Payment | None, otherwise: str) -> Addressee:
    buyer = _buyer(account)
    address, locale = account.email, account.locale or otherwise
    if payment is not None:
        address, locale = payment.email, payment.locale
    return Addressee(
        email=(buyer.email if buyer else None) or address or "",
        locale=locale,
        wants_xrechnung=(buyer.xrechnung if buyer else False) or account.wants_xrechnung,
    )


def _buyer(account: Account) -> Buyer | None:
    if account.kind not in _NAMING:
        return None
    return documents_invoice.invoice(account.text).buyer
