"""Every word of billing is there in every language, with the same blanks, and no other is shown."""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

import pypdf
import pytest
from msgspec.structs import replace as changed

from tests.billing.reading import plain
from tests.billing.sample import KAMPPI, raw
from voltway.billing import actions, documents, formats, words
from voltway.billing.documents import Line, Paid, Tax
from voltway.billing.words import DE, EN, SPOKEN, Words
from voltway.billing.words_doubts import DOUBTS
from voltway.sessions.model import SAYS, Doubt

OTHERS = [tag for tag in SPOKEN if tag != "en"]
BLANK = re.compile(r"{\w*}")

#: What is the same word in two languages, by the language.
SAME: Mapping[str, set[str]] = {
    "de": {"EVSE"},
    "fr": {"Date", "Page {page} sur {pages}", "Total"},
    "es": {"Total"},
    "nl": set(),
    "fi": set(),
}


def said(spoken: Words) -> Iterator[tuple[str, str]]:
    for field in fields(Words):
        value = getattr(spoken, field.name)
        if isinstance(value, str):
            yield field.name, value
        else:
            for key, word in value.items():
                yield f"{field.name}.{key}", word


@pytest.mark.parametrize("tag", OTHERS)
def test_every_word_is_there_in_every_language_with_the_same_blanks(tag: str) -> None:
    english, mine = dict(said(EN)), dict(said(SPOKEN[tag]))

    assert mine.keys() == english.keys()
    for name, word in mine.items():
        assert word.strip() == word != "", name
        assert sorted(BLANK.findall(word)) == sorted(BLANK.findall(english[name])), name


@pytest.mark.parametrize("tag", OTHERS)
def test_no_english_is_left_in_another_language(tag: str) -> None:
    english = dict(said(EN))
    same = {
        word
        for name, word in said(SPOKEN[tag])
        if word == english[name] and re.search(r"[a-z]{3}", BLANK.sub("", word))
    }

    units = {"per_kwh", "per_minute", "share_kwh"}
    assert same - {english[name] for name in units} <= SAME[tag]


def test_every_doubt_is_told_in_every_language() -> None:
    assert set(DOUBTS) == set(OTHERS)
    for tag in OTHERS:
        assert set(DOUBTS[tag]) == set(Doubt)
        assert not set(DOUBTS[tag].values()) & set(SAYS.values())
        for doubt, sentence in SAYS.items():
            assert words.doubt(sentence, tag) == DOUBTS[tag][doubt]


def pseudo(word: str) -> str:
    """The word in letters that no document has by itself; its blanks stay."""
    return "".join(
        part if BLANK.fullmatch(part) else re.sub(r"[^\W\d_]", "ж", part)
        for part in re.split(r"({\w*})", word)
    )


@pytest.fixture
def nonsense(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finnish, with every word of ours in letters that only our words have."""
    strange: dict[str, Any] = {}
    for field in fields(Words):
        value = getattr(EN, field.name)
        strange[field.name] = (
            pseudo(value)
            if isinstance(value, str)
            else {key: pseudo(word) for key, word in value.items()}
        )
    monkeypatch.setitem(words.SPOKEN, "fi", replace(EN, **strange))
    sentences = {doubt: pseudo(sentence) for doubt, sentence in SAYS.items()}
    monkeypatch.setitem(DOUBTS, "fi", sentences)


def known(document: bytes) -> set[str]:
    """Words that are no words of ours: data, months, units."""
    locale = formats.locale_for("fi")
    months = " ".join(
        month
        for form in ("format", "stand-alone")
        for month in locale.months[form]["wide"].values()
    )
    there = f"{document.decode()} {months} {' '.join(locale.territories.values())}"
    return set(re.findall(r"[^\W\d_ж]+", there)) | {"kWh", "h", "min", "s", "UTC", "SHA", "PDF"}


def others(text: str) -> set[str]:
    """The words in it that are none of ours, and no parts of a fingerprint or an id."""
    found = re.findall(r"[^\W\d_ж]+", text)
    return {word for word in found if not re.fullmatch(r"[a-f]+", word)}


def every_line() -> tuple[Line, ...]:
    one = KAMPPI.lines[0]
    return tuple(
        changed(one, kind=kind, reservation=reserved, billed_volume="50", price=price)
        for kind in EN.lines
        for reserved in (None, "RESERVATION", "RESERVATION_EXPIRES")
        for price in ("1", None)
    )


def every_receipt() -> Iterator[bytes]:
    """Receipts that between them use every sentence."""
    ways = (
        Paid(how="nothing", hold_minor=5000, released_minor=5000),
        Paid(how="card", card_last4="4417", wallet="Apple Pay", hold_minor=2000, open_minor=467),
        Paid(how="card", hold_minor=5000, paid_minor=2000, released_minor=3000, open_minor=5),
        Paid(how="account", open_minor=2467),
    )
    for paid in ways:
        yield raw(paid=paid)
    doubtful = changed(KAMPPI.visit, meter_begin_wh=None, doubtful=tuple(SAYS.values()))
    taxes = (*KAMPPI.taxes, Tax(rate=None, gross_minor=0, net_minor=0, tax_minor=0))
    yield raw(visit=doubtful, lines=every_line(), taxes=taxes)
    for reason in EN.reasons:
        yield raw(visit=changed(KAMPPI.visit, ended_because=reason, token="A1B2"))


@pytest.mark.usefixtures("nonsense")
def test_a_receipt_shows_no_word_that_is_not_a_word_of_its_language() -> None:
    for document in every_receipt():
        for layout in (actions.receipt_html, actions.receipt_mail, actions.receipt_text):
            assert others(plain(layout(document, "fi"))) - known(document) == set()


@pytest.mark.usefixtures("nonsense")
def test_the_pdf_of_a_receipt_shows_no_other_word_either() -> None:
    document = raw(visit=changed(KAMPPI.visit, token="A1B2"), lines=every_line())
    pdf = pypdf.PdfReader(io.BytesIO(actions.receipt_pdf(document, "fi")))
    shown = " ".join(page.extract_text() for page in pdf.pages)

    assert others(shown) - known(document) == set()


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("en", {"€24.67", "23 November 2026", "49.12 kWh x €0.49", "18,204.31"}),
        ("de", {"24,67 €", "23. November 2026", "49,12 kWh x 0,49 €", "18.204,31"}),
        ("fr", {"24,67 €", "23 novembre 2026", "49,12 kWh x 0,49 €", "18 204,31"}),
        ("es", {"24,67 €", "23 de noviembre de 2026", "49,12 kWh x 0,49 €", "18.204,31"}),
        ("nl", {"€ 24,67", "23 november 2026", "49,12 kWh x € 0,49", "18.204,31"}),
        ("fi", {"24,67 €", "23. marraskuuta 2026", "49,12 kWh x 0,49 €", "18 204,31"}),
    ],
)
def test_figures_are_written_as_the_language_does(tag: str, told: set[str]) -> None:
    read = re.sub(r"[\s\xa0\u202f]+", " ", plain(actions.receipt_html(raw(), tag)))

    assert {
        each for each in told if each not in read.replace("\N{MULTIPLICATION SIGN}", "x")
    } == set()


@pytest.mark.parametrize("tag", SPOKEN)
def test_every_language_fits_the_page(tag: str) -> None:
    made = actions.receipt_pdf(raw(visit=changed(KAMPPI.visit, token="A1B2")), tag)

    assert len(pypdf.PdfReader(io.BytesIO(made)).pages) == 1


def test_german_says_receipt_in_german() -> None:
    assert actions.receipt_view(raw(), "de-AT").heading == DE.receipt.format(number=KAMPPI.number)
    assert documents.receipt(raw()).number == KAMPPI.number
