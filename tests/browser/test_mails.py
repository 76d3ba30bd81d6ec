"""The mails that carry documents, before eyes: each language, narrow and wide, light and dark."""

from tests.billing import sample_statement as sample
from tests.billing.varied import varied
from tests.browser.eyes import Eyes
from voltway.billing import actions, documents, invoices
from voltway.billing.words import SPOKEN

VARIED = dict(varied())


def mails(tag: str) -> dict[str, str]:
    """The HTML of each kind of mail, in one language."""
    invoice = documents.frozen(VARIED["as on the receipt"])[0]
    credit = documents.frozen(VARIED["300 given back"])[0]
    return {
        "a statement": actions.statement_mail(sample.raw(sample.statement()), tag),
        "a settlement": actions.statement_mail(sample.raw(sample.settlement()), tag),
        "an invoice": invoices.invoice_mail(invoice, tag, "PDF.", url="https://x.example/v/a"),
        "a credit note": invoices.invoice_mail(credit, tag, "PDF."),
    }


async def test_a_mail_is_read_by_everybody_in_each_language(eyes: Eyes) -> None:
    for tag in SPOKEN:
        for name, html in mails(tag).items():
            await eyes.page.set_content(html)
            await eyes.approve(f"{name} in {tag}")
