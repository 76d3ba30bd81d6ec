"""The letters that drivers and owners get: text, HTML, and the receipt as a PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from voltway.alerts.model import Alert
from voltway.alerts.text import one_line
from voltway.alerts.words_account import account_words
from voltway.billing import actions as billing
from voltway.billing import formats
from voltway.billing.model import Invoice
from voltway.billing.words import language, words
from voltway.drivers.model import Code
from voltway.kernel.errors import Refusal
from voltway.payments.model import Payment, Why
from voltway.payments.model_methods import Method

_pages = Environment(
    loader=PackageLoader("voltway.alerts", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,  # else each letter looks whether the file has changed
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    subject: str
    text: str
    html: str
    pdf: bytes | None = None
    pdf_name: str = ""
    xml: bytes | None = None
    xml_name: str = ""
    note: str | None = None  # what was to be in it and could not be, and why
    leave: str = ""  # where its reader says "no more of these" (RFC 8058), if they may


def receipt_letter(invoice: Invoice, locale: str, *, seller: str, url: str | None) -> Letter:
    """The receipt: readable in the mail itself, and attached. It makes a PDF, so call it off the
    event loop."""
    said = words(locale)
    shown = billing.receipt_view(invoice.document, locale)
    energy = formats.kwh(shown.energy_wh, formats.locale_for(locale))
    subject = said.mail_subject.format(seller=seller, total=shown.total, energy=energy)
    opening = f"{said.mail_greeting.format(place=shown.place)}\n{said.mail_attached}\n\n"
    closing = f"\n{said.mail_why}\n"
    return Letter(
        subject=subject,
        text=opening + billing.receipt_text(invoice.document, locale, url=url) + closing,
        html=billing.receipt_mail(invoice.document, locale, url=url),
        pdf=billing.receipt_pdf(invoice.document, locale),
        pdf_name=f"{invoice.number}.pdf",
    )


def document_letter(invoice: Invoice, locale: str, *, url: str | None, with_xml: bool) -> Letter:
    """An invoice, credit note, statement or settlement. Where an XRechnung was asked for and the
    document has not what it needs, the PDF goes without it, and the letter notes why. It makes a
    PDF, so call it off the event loop."""
    xml, note = None, None
    if with_xml:
        try:
            xml = billing.document_xrechnung(invoice)
        except (billing.LacksForXRechnung, billing.NotForMachines) as why:
            note = f"Sent without an XRechnung. {why}"
    mail = billing.document_mail(invoice, locale, url=url, with_xml=xml is not None)
    return Letter(
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        pdf=billing.document_pdf(invoice, locale),
        pdf_name=f"{invoice.number}.pdf",
        xml=xml,
        xml_name=f"{invoice.number}.xml",
        note=note,
    )


def not_charged_letter(payment: Payment, locale: str, *, seller: str) -> Letter:
    """The hold was let go: what that means for the driver's money."""
    said = words(locale)
    hold = formats.money(payment.hold, formats.locale_for(locale))
    nothing_started = payment.why == Why.NOTHING_STARTED
    sentence = said.not_charged_text if nothing_started else said.not_charged_expired
    body = sentence.format(hold=hold)
    html = _pages.get_template("not_charged.html").render(
        language=language(locale),
        title=said.not_charged_subject,
        body=body,
        seller=seller,
        why=said.mail_why,
    )
    return Letter(
        subject=f"{said.not_charged_subject}. {seller}",
        text=f"{body}\n\n{seller}\n\n{said.mail_why}\n",
        html=html,
    )


@dataclass(eq=False)
class TooLate(Refusal):
    """The code of this letter is used up or too old: nobody would want it now."""


class ToldAsEvent(Refusal):
    """What this letter said is told as an event now, where it is still so."""


def code_letter(code: Code, locale: str, *, seller: str) -> Letter:
    """A driver's code, first of all in the subject, where phones show it."""
    said = account_words(locale)
    minutes = int((code.until - code.made_at).total_seconds() // 60)
    shown = f"{code.code[:4]} {code.code[4:]}"
    subject = said.code_subject.format(code=shown)
    return plain(locale, subject, [said.code_text.format(minutes=minutes)], seller, said.code_why)


def refused_letter(method: Method, locale: str, *, seller: str, page: str) -> Letter:
    """To a driver: their bank said no, what that did, and where to mend it."""
    said = account_words(locale)
    why = method.refused or "-"
    body = [said.refused_text.format(why=why)]
    if page:
        body.append(said.refused_page.format(page=page))
    subject = said.refused_subject.format(method=method.name)
    return plain(locale, subject, body, seller, said.refused_why)


def plain(locale: str, title: str, body: Sequence[str], seller: str, why: str) -> Letter:
    """A letter of some sentences."""
    html = _pages.get_template("not_charged.html").render(
        language=language(locale), title=title, body=" ".join(body), seller=seller, why=why
    )
    text = "\n\n".join([title, *body, seller, why])
    return Letter(subject=f"{title}. {seller}", text=f"{text}\n", html=html)


def message(alert: Alert, letter: Letter, *, mail_from: str, at: datetime) -> EmailMessage:
    """The letter as a mail. Tried again it is the same mail: its id is the alert's, so that a
    mail server or program that got it twice can tell."""
    made = EmailMessage(policy=SMTP)
    made["From"] = one_line(mail_from)
    made["To"] = alert.recipient
    made["Subject"] = one_line(letter.subject)
    made["Date"] = format_datetime(at)
    made["Message-ID"] = message_id(alert, mail_from)
    made["Auto-Submitted"] = "auto-generated"
    if letter.leave:
        made["List-Unsubscribe"] = f"<{letter.leave}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(letter.text)
    made.add_alternative(letter.html, subtype="html")
    if letter.pdf is not None:
        made.add_attachment(
            letter.pdf, maintype="application", subtype="pdf", filename=letter.pdf_name
        )
    if letter.xml is not None:
        made.add_attachment(
            letter.xml, maintype="application", subtype="xml", filename=letter.xml_name
        )
    # Last: a header about the content, set before, would move into the first part.
    made["Content-Language"] = language(alert.locale)
    return made


@lru_cache(maxsize=16)
def address_of(mail_from: str) -> str:
    """The mere address of who sends: ``a@b.example`` of ``Ann <a@b.example>``."""
    return parseaddr(mail_from)[1]


def message_id(alert: Alert, mail_from: str) -> str:
    """The same at each try, so that who got a mail twice can tell."""
    domain = address_of(mail_from).rpartition("@")[2] or "localhost"
    return f"<{alert.id}@{domain}>"
