"""A receipt says all that a driver needs to check it, on page, paper and mail."""

import hashlib
import io
import re
from decimal import Decimal
from importlib.resources import files

import pikepdf
import pypdf
import pytest
from msgspec.structs import replace

from tests.billing.reading import plain
from tests.billing.sample import KAMPPI, raw
from voltway.billing import actions, formats
from voltway.billing.documents import Line, Paid, Tax
from voltway.billing.views import TEMPLATE
from voltway.kernel.money import EUR, Currency, Money

HOSTILE = '<script>alert(1)</script>#import "x": \\" $x$ [*] & \'q\' \u202e'


def pdf_text(document: bytes, locale: str = "en") -> str:
    reader = pypdf.PdfReader(io.BytesIO(actions.receipt_pdf(document, locale)))
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))


FACTS = [
    "Receipt VLT-R2026-000118",
    "Nordvolt Oy",
    "Salomonkatu 1",
    "FI31847725",
    "23 November 2026",
    "Kamppi Garage",
    "FI*VLT*E1042*3",
    "17:26",
    "18:20",
    "Europe/Helsinki",
    "UTC+2",
    "54 min",
    "49.12 kWh \N{MULTIPLICATION SIGN} €0.49",
    "6 min \N{MULTIPLICATION SIGN} €0.10",
    "€24.07",
    "€0.60",
    "of which VAT 25.5 % on €19.66",
    "€5.01",
    "€24.67",
    "€25.33 of the €50.00 hold was released.",
    "Apple Pay ending 4417",
    "18,204.31",
    "18,253.43",
    "How to check this bill",
]


@pytest.mark.parametrize("fact", FACTS)
def test_every_layout_tells_every_fact(fact: str) -> None:
    document = raw()
    layouts = {
        "page": plain(actions.receipt_html(document, "en")),
        "mail": plain(actions.receipt_mail(document, "en", url="https://x.example/v/1")),
        "text": re.sub(r"[\s\xa0]+", " ", actions.receipt_text(document, "en")),
        "pdf": pdf_text(document).replace("\xa0", " "),
    }
    missing = [name for name, said in layouts.items() if fact not in said]

    assert missing == []


def test_figures_and_words_are_german_where_german_is_asked_for() -> None:
    said = plain(actions.receipt_html(raw(), "de"))

    for fact in (
        "Beleg VLT-R2026-000118",
        "24,67 € bezahlt",
        "23. November 2026",
        "49,12 kWh \N{MULTIPLICATION SIGN} 0,49 €",
        "darin 25,5 % MwSt. auf 19,66 €",
        "18.204,31",
    ):
        assert fact in said


@pytest.mark.parametrize("locale", ["sv", "xx", "", "../../etc", "en_US.UTF-8", "e" * 500])
def test_a_language_that_we_do_not_speak_is_answered_in_english(locale: str) -> None:
    said = actions.receipt_view(raw(), locale)

    assert said.language == "en"
    assert said.total == "€24.67"


def test_the_pdf_is_archival_and_can_be_read_aloud() -> None:
    made = actions.receipt_pdf(raw(), "de")

    with pikepdf.open(io.BytesIO(made)) as pdf:
        with pdf.open_metadata() as told:
            assert told["pdfaid:part"] == "3"
            assert told["pdfaid:conformance"] == "B"
            assert told["pdfuaid:part"] == "1"
            assert told["dc:title"] == "Beleg VLT-R2026-000118: 24,67\xa0€. Nordvolt"
        assert str(pdf.Root.Lang) == "de"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in pdf.Root
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        fonts = {str(font.BaseFont) for page in pdf.pages for font in page.Resources.Font.values()}
    assert {name.partition("+")[2] for name in fonts} <= {
        "Inter-Regular-Identity-H",
        "Inter-Medium-Identity-H",
        "Inter-SemiBold-Identity-H",
        "DejaVuSansMono-Identity-H",
        "Inter-Regular",
        "Inter-Medium",
        "Inter-SemiBold",
        "DejaVuSansMono",
    }


def test_the_same_document_is_the_same_pdf() -> None:
    assert actions.receipt_pdf(raw(), "en") == actions.receipt_pdf(raw(), "en")


def test_names_from_outside_are_text_and_never_markup() -> None:
    hostile = raw(
        place=replace(KAMPPI.place, location=HOSTILE, address=HOSTILE),
        seller=replace(KAMPPI.seller, name=HOSTILE, legal_name=HOSTILE, address=(HOSTILE,)),
    )

    for html in (actions.receipt_html(hostile, "en"), actions.receipt_mail(hostile, "en")):
        assert "<script" not in html
        assert "&lt;script&gt;" in html
    assert "<script>alert(1)</script>#import" in pdf_text(hostile)


def test_a_page_of_it_can_be_seen() -> None:
    assert actions.receipt_picture(raw(), "en").startswith(b"\x89PNG")


def test_many_lines_go_on_to_a_second_page() -> None:
    line = KAMPPI.lines[0]

    made = actions.receipt_pdf(raw(lines=(line,) * 60), "en")

    assert len(pypdf.PdfReader(io.BytesIO(made)).pages) > 1


@pytest.mark.parametrize(
    ("paid", "notes", "word"),
    [
        pytest.param(
            Paid(how="nothing", hold_minor=5000, released_minor=5000),
            ("You were not charged.", "The whole hold of €50.00 was released."),
            "nothing to pay",
            id="nothing charged",
        ),
        pytest.param(
            Paid(how="card", hold_minor=2000, paid_minor=2000, open_minor=467),
            ("€4.67 is still to be paid: the hold did not cover it.",),
            "to be paid",
            id="the hold did not cover it",
        ),
        pytest.param(
            Paid(how="card", hold_minor=2000, open_minor=2467),
            ("€24.67 is still to be paid: we could not take it from the hold.",),
            "to be paid",
            id="the bank declined",
        ),
        pytest.param(
            Paid(how="account", open_minor=2467), (), "to be paid", id="without a payment"
        ),
    ],
)
def test_how_it_was_paid(paid: Paid, notes: tuple[str, ...], word: str) -> None:
    total = 0 if paid.how == "nothing" else KAMPPI.total_minor

    said = actions.receipt_view(raw(paid=paid, total_minor=total), "en")

    assert (said.notes, said.paid_word) == (notes, word)


def line(kind: str, volume: str, price: str, billed: str | None = None) -> Line:
    return Line(
        kind=kind,
        reservation=None,
        volume=volume,
        billed_volume=billed or volume,
        price=price,
        rate=None,
        gross_minor=100,
        net_minor=100,
        why="",
    )


@pytest.mark.parametrize(
    ("line", "how"),
    [
        (line("ENERGY", "1.5", "0.4899"), "1.50 kWh x €0.4899"),
        (line("ENERGY", "1.2345", "0.5"), "1.234 kWh x €0.50"),
        (line("ENERGY", "1.5", "0.5", "2"), "2.00 kWh x €0.50 (1.50 kWh used, billed as 2.00 kWh)"),
        (line("TIME", "0.5", "3"), "30 min x €0.05"),
        (line("TIME", "0.5", "1"), "30 min x €1.00 per hour"),
        (
            line("PARKING_TIME", "0.25", "6", "0.5"),
            "30 min x €0.10 (15 min used, billed as 30 min)",
        ),
        (
            line("PARKING_TIME", "0.026111111111111", "6", "0.033333333333333"),
            "2 min x €0.10 (1 min 34 s used, billed as 2 min)",
        ),
        (line("PARKING_TIME", "0.026111111111111", "6"), "1.567 min x €0.10"),
        (line("FLAT", "1", "0.35"), "€0.35 once"),
    ],
)
def test_a_line_says_volume_times_price(line: Line, how: str) -> None:
    [row] = actions.receipt_view(raw(lines=(line,)), "en").rows

    assert row.how.replace("\N{MULTIPLICATION SIGN}", "x").replace("\xa0", " ") == how


def test_a_visit_over_the_autumn_hour_names_both_offsets() -> None:
    visit = replace(
        KAMPPI.visit, begins="2026-10-25T00:30:00+00:00", ends="2026-10-25T01:30:00+00:00"
    )

    said = actions.receipt_view(raw(visit=visit), "en")

    assert said.zone == "Times are those of Europe/Helsinki (UTC+3, UTC+2)."
    told = {each.name: each.value for each in said.visit}
    assert (told["Plugged in"], told["Ended"]) == ("25 October 2026, 03:30", "03:30")


def test_a_night_that_ends_on_another_day_says_so() -> None:
    visit = replace(KAMPPI.visit, ends="2026-11-24T05:00:00+00:00")

    told = {each.name: each.value for each in actions.receipt_view(raw(visit=visit), "en").visit}

    assert told["Ended"] == "24 November 2026, 07:00"


def test_a_session_without_a_register_says_so() -> None:
    visit = replace(KAMPPI.visit, meter_begin_wh=None, doubtful=("The end told no register.",))

    said = actions.receipt_view(raw(visit=visit), "en")

    assert said.meter.startswith("The station told no register")
    assert said.doubtful == ("The end told no register.",)


def test_what_no_tax_was_stated_for_is_not_called_untaxed() -> None:
    taxes = (Tax(rate=None, gross_minor=2467, net_minor=2467, tax_minor=0),)

    [row] = actions.receipt_view(raw(taxes=taxes), "en").sums

    assert (row.what, row.amount) == ("no VAT stated on €24.67", "")


@pytest.mark.parametrize(
    ("amount", "locale", "said"),
    [
        (Money(-150, EUR), "en", "\N{MINUS SIGN}€1.50"),
        (Money(123456, EUR), "de", "1.234,56\xa0€"),
        (Money(500, Currency("JPY")), "en", "JP¥500"),
        (Money(123456, EUR), "de-CH", "EUR\xa01\u2019234.56"),
    ],
)
def test_money_is_written_as_it_is_there(amount: Money, locale: str, said: str) -> None:
    assert formats.money(amount, formats.locale_for(locale)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (94, "1 min 34 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (7501, "2 h 05 min 1 s"),
    ],
)
def test_durations(seconds: int, said: str) -> None:
    assert formats.lasting(seconds).replace("\xa0", " ") == said


def test_a_price_keeps_its_digits() -> None:
    assert formats.price(Decimal("0.4899"), EUR, formats.locale_for("en")) == "€0.4899"
    assert formats.price(Decimal(6), EUR, formats.locale_for("en")) == "€6.00"


#: The layouts of each version, by the digest of their files.
LAYOUTS = {1: "177be8ea539a9607", 2: "a54547650eb43da1"}


def test_each_drawing_says_which_layout_drew_it_and_a_new_layout_has_a_new_version() -> None:
    folder = files("voltway.billing") / "templates"
    found = sorted(folder.iterdir(), key=lambda file: file.name)
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in found)).hexdigest()[:16]

    said = f"Drawn from that data, layout {TEMPLATE}."
    assert said in actions.receipt_html(raw(), "en")
    assert said in actions.receipt_text(raw(), "en")
    assert said in pdf_text(raw())
    assert LAYOUTS[TEMPLATE] == digest, "the layouts changed: count TEMPLATE up, and say so here"
