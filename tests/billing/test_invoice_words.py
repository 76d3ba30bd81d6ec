"""Invoices and credit notes show no word that is not a word of their language."""

import io

import pypdf
import pytest

from tests.billing.reading import plain
from tests.billing.test_words import known, nonsense, others
from tests.billing.varied import varied
from voltway.billing import actions, documents

__all__ = ["nonsense"]

DOCUMENTS = [(name, documents.frozen(made)[0]) for name, made in varied()]


@pytest.mark.usefixtures("nonsense")
def test_no_page_of_an_invoice_shows_another_word() -> None:
    shown = {
        name: others(plain(actions.invoice_html(document, "fi"))) - known(document)
        for name, document in DOCUMENTS
    }

    assert {name: words for name, words in shown.items() if words} == {}


@pytest.mark.usefixtures("nonsense")
def test_no_pdf_of_an_invoice_does_either() -> None:
    for name, document in DOCUMENTS[::12]:
        pdf = pypdf.PdfReader(io.BytesIO(actions.invoice_pdf(document, "fi")))
        told = " ".join(page.extract_text() for page in pdf.pages)
        assert others(told) - known(document) == set(), name
