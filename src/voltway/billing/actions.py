"""What can be done about bills: settle, look, and try again what rests."""

from dataclasses import dataclass, replace

from voltway.billing import drawing, settling, store, store_documents
from voltway.billing.addressees import Addressee, addressees
from voltway.billing.adjusting import (
    GIVE_BACK_ADJUSTED,
    NeverRaised,
    NothingMoreOwed,
    NothingToAdjust,
    adjust,
    billed_now,
    give_back_adjusted,
)
from voltway.billing.adjusting import standing as bill_standing
from voltway.billing.cdrs import freezes_cdrs
from voltway.billing.charging import charge_rule, set_charge_rule
from voltway.billing.correcting import HEAR_CORRECTION, hear_correction, hears_session_corrected
from voltway.billing.crediting import (
    CreditTooLarge,
    Left,
    credit_receipt,
    hears_payment_refunded,
    left_of,
)
from voltway.billing.customers import (
    add_customer,
    give_cards,
    give_fleet,
    new_customer,
    reach_customer,
    take_card,
)
from voltway.billing.hosts import (
    NewAgreement,
    add_host,
    agree,
    hears_cdrs_issued,
    new_host,
    reach_host,
)
from voltway.billing.invoices import (
    invoice_greeting,
    invoice_html,
    invoice_mail,
    invoice_pdf,
    invoice_picture,
    invoice_subject,
    invoice_text,
    invoice_xrechnung,
)
from voltway.billing.invoicing import (
    NotAReceipt,
    Prospect,
    give_back_tax,
    invoice_for_company,
    invoice_prospect,
)
from voltway.billing.model import Cdr, DocumentKind, Invoice, Settlement, SettlementState
from voltway.billing.proofs import LINES_ON_A_PAGE, prove
from voltway.billing.receipts import (
    receipt_html,
    receipt_mail,
    receipt_pdf,
    receipt_picture,
    receipt_text,
    receipt_view,
)
from voltway.billing.reviewing import NothingToDecide, decide, decision_of
from voltway.billing.rules_review import Choice, Decision
from voltway.billing.runs import NotAnArchive
from voltway.billing.settlements_hosts import correct_shares, issue_settlements
from voltway.billing.settling import settle, settle_many
from voltway.billing.statement_layouts import (
    statement_greeting,
    statement_html,
    statement_mail,
    statement_pdf,
    statement_pictures,
    statement_subject,
    statement_text,
    statement_view,
    statement_why,
)
from voltway.billing.statements import issue_statements
from voltway.billing.store import NoSuchSettlement
from voltway.billing.store_adjustments import Adjustment, Made
from voltway.billing.store_cdrs import KeptCdr, NoSuchCdr
from voltway.billing.store_cdrs import kept as kept_cdr
from voltway.billing.store_cdrs import of_session as kept_cdrs_of
from voltway.billing.store_cdrs import one as kept_cdr_named
from voltway.billing.store_documents import NoSuchInvoice
from voltway.billing.store_hosts import NoSuchHost
from voltway.billing.store_runs import NoSuchRun
from voltway.billing.store_statements import NoSuchCustomer
from voltway.billing.sweeps import wake_resting
from voltway.billing.watchers import hears_session_ended
from voltway.billing.words import words
from voltway.billing.xml_statement import statement_xrechnung
from voltway.billing.xml_ubl import LacksForXRechnung, NotForMachines
from voltway.kernel.ids import InvoiceId, SessionId, SettlementId
from voltway.runtime.work import Work

__all__ = [
    "GIVE_BACK_ADJUSTED",
    "HEAR_CORRECTION",
    "LINES_ON_A_PAGE",
    "Addressee",
    "Adjustment",
    "Choice",
    "CreditTooLarge",
    "Decision",
    "KeptCdr",
    "LacksForXRechnung",
    "Left",
    "Made",
    "MailOf",
    "NeverRaised",
    "NewAgreement",
    "NoSuchCdr",
    "NoSuchCustomer",
    "NoSuchHost",
    "NoSuchInvoice",
    "NoSuchRun",
    "NoSuchSettlement",
    "NotAReceipt",
    "NotAnArchive",
    "NotForMachines",
    "NothingMoreOwed",
    "NothingToAdjust",
    "NothingToDecide",
    "Prospect",
    "add_customer",
    "add_host",
    "addressees",
    "adjust",
    "agree",
    "bill_standing",
    "billed_now",
    "cdr_of",
    "charge_rule",
    "correct_shares",
    "credit_receipt",
    "decide",
    "decision_of",
    "document_html",
    "document_mail",
    "document_pdf",
    "document_xrechnung",
    "freezes_cdrs",
    "give_back_adjusted",
    "give_back_tax",
    "give_cards",
    "give_fleet",
    "hear_correction",
    "hears_cdrs_issued",
    "hears_payment_refunded",
    "hears_session_corrected",
    "hears_session_ended",
    "invoice",
    "invoice_for_company",
    "invoice_html",
    "invoice_of",
    "invoice_pdf",
    "invoice_picture",
    "invoice_prospect",
    "is_for_machines",
    "issue_settlements",
    "issue_statements",
    "kept_cdr",
    "kept_cdr_named",
    "kept_cdrs_of",
    "left_of",
    "new_customer",
    "new_host",
    "prove",
    "reach_customer",
    "reach_host",
    "receipt_html",
    "receipt_mail",
    "receipt_pdf",
    "receipt_picture",
    "receipt_text",
    "receipt_view",
    "set_charge_rule",
    "settle",
    "settle_many",
    "settlement_of",
    "standing_for",
    "statement_html",
    "statement_mail",
    "statement_pdf",
    "statement_pictures",
    "statement_subject",
    "statement_text",
    "statement_view",
    "take_card",
    "try_again",
    "wake_resting",
]


#: What gathers other documents has layouts of its own.
_GATHERED = (DocumentKind.STATEMENT, DocumentKind.SETTLEMENT)


async def try_again(work: Work, settlement: SettlementId) -> Settlement:
    """Walk a settlement on now. One that is held is looked at again, and held again as long as
    there is a reason to; see ``decide``."""
    before = await store.lock(work, settlement)
    if before.next is None:
        return before
    after = replace(
        before,
        state=SettlementState.WALKING,
        tries=before.tries + 1,
        next_try_at=work.now,
    )
    await store.save(work, after)
    await work.enqueue(settling.job(after))
    return after


async def settlement_of(work: Work, session: SessionId) -> Settlement | None:
    return await store.of_session(work, session)


async def cdr_of(work: Work, session: SessionId) -> Cdr | None:
    return await store_documents.cdr_of_session(work, session)


async def invoice(work: Work, id: InvoiceId) -> Invoice:
    return await store_documents.invoice(work, id)


async def invoice_of(work: Work, session: SessionId) -> Invoice | None:
    """The receipt of a session, once it is issued."""
    return await store_documents.invoice_of(work, session)


async def standing_for(work: Work, receipt: Invoice) -> list[Invoice]:
    """What replaces or credits a receipt, and what credits its replacement; the oldest first."""
    found = await store_documents.referring_to(work, [receipt.id])
    return found + await store_documents.referring_to(work, [each.id for each in found])


def document_html(found: Invoice, locale: str) -> str:
    """A document as part of a page, whatever its kind."""
    if found.is_receipt:
        return receipt_html(found.document, locale)
    if found.kind in _GATHERED:
        return statement_html(found.document, locale)
    return invoice_html(found.document, locale)


def document_pdf(found: Invoice, locale: str) -> bytes:
    """A document as a PDF, whatever its kind. Call it off the event loop."""
    return drawing.pdf(found.kind, found.document, locale)


@dataclass(frozen=True, slots=True)
class MailOf:
    """What a mail that carries a document says."""

    subject: str
    text: str
    html: str


def document_mail(
    found: Invoice, locale: str, *, url: str | None, with_xml: bool = False
) -> MailOf:
    """The mail of an invoice, credit note, statement or settlement; the document is attached."""
    said, raw = words(locale), found.document
    attached = said.document_attached + (f" {said.xml_attached}" if with_xml else "")
    if found.kind in _GATHERED:
        opening, why = statement_greeting(raw, locale), statement_why(raw, locale)
        subject, html = statement_subject(raw, locale), statement_mail(raw, locale, attached)
        text = statement_text(raw, locale)
    else:
        opening, why = invoice_greeting(raw, locale), said.invoice_mail_why
        subject = invoice_subject(raw, locale)
        html = invoice_mail(raw, locale, attached, url=url)
        text = invoice_text(raw, locale, url=url)
    whole = f"{opening}\n{attached}\n\n{text.strip()}\n\n{why}\n"
    return MailOf(subject, whole, html)


def is_for_machines(found: Invoice) -> bool:
    """Whether there is an XRechnung of a document, as far as its kind and its buyer tell."""
    try:
        document_xrechnung(found)
    except (LacksForXRechnung, NotForMachines):
        return False
    return True


def document_xrechnung(found: Invoice) -> bytes:
    """A full invoice, its credit note, or a business's statement, as XRechnung."""
    if found.is_receipt:
        raise NotForMachines
    if found.kind in _GATHERED:
        return statement_xrechnung(found.document)
    return invoice_xrechnung(found.document)
