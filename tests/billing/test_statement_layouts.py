"""Statements and settlements on page, paper and in mail: one view, six languages, to the cent."""

import hashlib
import io
import re
from importlib.resources import files

import pikepdf
import pypdf
import pytest
from msgspec.structs import replace

from tests.billing import sample_statement as sample
from tests.billing.reading import plain
from tests.billing.test_words import known, nonsense, others
from voltway.billing import actions, documents_statement
from voltway.billing.documents_invoice import GROSS_LEADING
from voltway.billing.documents_statement import StatementDocument
from voltway.billing.views_statement import TEMPLATE
from voltway.billing.words import SPOKEN

__all__ = ["nonsense"]

HOSTILE = "<script>alert(1)</script>#import $x$ [*]"


def every_document() -> list[StatementDocument]:
    bare = replace(sample.charge(1), vehicle="", evse="")
    return [
        sample.statement(),
        sample.statement(bare, mode=GROSS_LEADING),
        sample.statement(sample.correction()),
        sample.settlement(),
        sample.settlement(sample.share_correction(), self_billed=False),
    ]


def pdf_text(document: bytes, tag: str) -> str:
    reader = pypdf.PdfReader(io.BytesIO(actions.statement_pdf(document, tag)))
    return " ".join(page.extract_text() for page in reader.pages)


def flat(text: str) -> str:
    return re.sub(r"[\s\xa0\u202f]+", " ", text)


@pytest.mark.parametrize(
    "fact",
    [
        "Statement VLT-S2026-000003",
        "October 2026",
        "€348.00",
        "Posti Kuljetus Oy",
        "Please pay €348.00 by 16 November 2026 and name VLT-S2026-000003.",
        "Van 1",
        "Sessions: 8",
        "Nordvolt Oy",
        "VAT 25.5 % on €277.29",
        "€70.71",
    ],
)
def test_every_layout_tells_what_is_to_be_paid(fact: str) -> None:
    document = sample.raw(sample.statement())
    layouts = {
        "page": plain(actions.statement_html(document, "en")),
        "mail": plain(actions.statement_mail(document, "en")),
        "text": actions.statement_text(document, "en"),
        "pdf": pdf_text(document, "en"),
    }

    assert [name for name, said in layouts.items() if fact not in flat(said)] == []


@pytest.mark.usefixtures("nonsense")
def test_no_layout_shows_a_word_that_is_not_a_word_of_its_language() -> None:
    for made in every_document():
        document = sample.raw(made)
        for layout in (
            actions.statement_html,
            actions.statement_mail,
            actions.statement_text,
            actions.statement_subject,
        ):
            assert others(plain(layout(document, "fi"))) - known(document) == set()
        assert others(pdf_text(document, "fi")) - known(document) == set()


@pytest.mark.parametrize("tag", SPOKEN)
def test_a_settlement_says_how_each_share_came_to_be(tag: str) -> None:
    shown = actions.statement_view(sample.raw(sample.settlement()), tag)
    rows = [row for group in shown.groups for row in group.rows]

    assert len(rows) == 13
    assert all(row.note for row in rows)
    assert len(actions.statement_pictures(sample.raw(sample.settlement()), tag)) <= 2


def test_english_says_it_so() -> None:
    shown = actions.statement_view(sample.raw(sample.settlement()), "en")

    assert shown.heading == "Self-billing invoice VLT-H2026-000002"
    assert flat(shown.groups[0].rows[0].note) == (
        "10 % of €7.81; €0.50 per session; 20.41 kWh \N{MULTIPLICATION SIGN} €0.02; "
        "Agreement 3 of 01/01/2026"
    )
    assert flat(shown.groups[0].rows[-1].note) == (
        "Fixed fee for October 2026; Agreement 3 of 01/01/2026"
    )
    assert shown.lead == "We pay you €173.63 by 16 November 2026."


def test_names_from_outside_are_text_and_never_markup() -> None:
    hostile = replace(sample.RECIPIENT, name=HOSTILE)
    document = sample.raw(replace(sample.statement(sample.charge(1)), recipient=hostile))

    assert "<script" not in actions.statement_html(document, "en")
    assert "<script" not in actions.statement_mail(document, "en")
    assert "</script>#import" in re.sub(r"\s", "", pdf_text(document, "en"))


def test_the_pdf_is_archival_can_be_read_aloud_and_is_the_same_again() -> None:
    document = sample.raw(sample.statement())
    made = actions.statement_pdf(document, "de")

    with pikepdf.open(io.BytesIO(made)) as pdf, pdf.open_metadata() as told:
        assert (told["pdfaid:part"], told["pdfaid:conformance"]) == ("3", "B")
        assert told["pdfuaid:part"] == "1"
        assert str(pdf.Root.Lang) == "de"
    assert made == actions.statement_pdf(document, "de")


def test_a_document_that_does_not_add_up_cannot_be_read() -> None:
    document = sample.raw(sample.statement()).replace(b'"tax_minor":7071', b'"tax_minor":7072')

    with pytest.raises(AssertionError, match="net and tax make the total"):
        documents_statement.statement(document)


#: The layouts of each version, by the digest of their files.
LAYOUTS = {1: "bd165e266f6ce497", 2: "f4ef5bfffb1547db"}


def test_a_new_layout_has_a_new_version() -> None:
    folder = files("voltway.billing") / "templates_statement"
    found = sorted(folder.iterdir(), key=lambda file: file.name)
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in found)).hexdigest()[:16]

    assert f"layout {TEMPLATE}." in actions.statement_text(sample.raw(sample.statement()), "en")
    assert LAYOUTS[TEMPLATE] == digest, "the layouts changed: count TEMPLATE up, and say so here"
