"""Drivers' pages speak six languages, wholly: what is not translated is found here."""

import html
import re
from datetime import UTC, datetime
from typing import Final

import pytest
from babel.messages.pofile import read_po

from scripts.make_catalogues import gathered
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.test_account import enters
from voltway.web import words
from voltway.web.formats import Formats

#: What stands on pages and is nobody's to translate: names, units, codes, other languages.
NAMES = re.compile(
    r"""Voltway(\s+Oy)?|Market\s+Square|Helsinki|OpenStreetMap|CHAdeMO|CCS|NACS|CSV|JSON|PDF|CO₂
      |English|Deutsch|Français|Español|Nederlands|Suomi|\b(kWh|kW|min|s|h|d|AC|DC)\b|€
      |[A-Z]{2}\*[A-Z0-9*]+|\S+@\S+|Open\s+EV\s+Data|https?:\S+|Pohjoisesplanadi|not_found""",
    re.VERBOSE,
)


#: What a page shows and does not say: a document, which has a language of its own; what somebody
#: typed or a meter signed; countries by the names that their locale has; a code for our support.
SHOWN: Final = re.compile(
    r"""(?s)<div\ class="paper".*?\n</div>\n|<textarea.*?</textarea>|<code>.*?</code>
      |<option\ value="[A-Z]{2}".*?</option>""",
    re.VERBOSE,
)


#: What is said to who does not see the page, and where nothing is typed yet.
NOT_SEEN: Final = re.compile(r' (?:aria-label|aria-description|alt|title|placeholder)="([^"]*)"')


def forgotten(page: str) -> str:
    """What stands on a page in no brackets, without names and figures."""
    shown = SHOWN.sub(" ", page)
    said = html.unescape(" ".join([words_of(shown), *NOT_SEEN.findall(shown)]))
    while (bare := re.sub(r"⟦[^⟦⟧]*⟧", " ", said)) != said:
        said = bare
    return " ".join(re.findall(r"[^\W\d_]{2,}", NAMES.sub(" ", said)))


async def test_every_word_of_the_pages_is_a_sentence_that_can_be_translated(
    browser: Browser, scene: Scene
) -> None:
    bay = scene.station.evses[1].public_id
    place = scene.station.location.id
    await enters(browser, scene)
    browser.client.cookies.set("language", "qps")
    paths = (
        "/",
        f"/l/{place}",
        f"/e/{bay}",
        f"/e/{bay}/report",
        f"/l/{place}/watch",
        f"/l/{place}/queue",
        "/car",
        "/me",
        "/me/charges",
        "/me/tokens",
        "/me/delete",
        "/me/alerts",
        f"/l/{place}/busy",
        "/offline",
        "/check",
        "/no/such/page",
    )

    found = {path: forgotten((await browser.opens(path)).text) for path in paths}

    assert {path: left for path, left in found.items() if left} == {}


@pytest.mark.parametrize(
    ("tag", "says", "price"),
    [
        ("de", "Orte zum Laden", "0,49"),
        ("fr", "Où charger", "0,49"),
        ("es", "Lugares para cargar", "0,49"),
        ("nl", "Plekken om te laden", "0,49"),
        ("fi", "Latauspaikat", "0,49"),
        ("pt", "Places to charge", "0.49"),
    ],
)
async def test_a_page_speaks_the_language_of_its_reader_and_else_english(
    browser: Browser, scene: Scene, tag: str, says: str, price: str
) -> None:
    page = await browser.opens("/", **{"Accept-Language": f"{tag},en;q=0.5"})

    said = words_of(page.text)
    assert says in said
    assert price in said
    spoken = tag if tag in words.LANGUAGES else "en"
    assert f'<html lang="{spoken}" dir="ltr"' in page.text


async def test_a_language_that_was_chosen_stays_and_the_console_speaks_english(
    browser: Browser, scene: Scene, owner: Browser
) -> None:
    chosen = await browser.sends("/appearance", language="de", back="/")
    assert chosen.status_code == 303

    assert "Orte zum Laden" in await browser.reads("/")
    assert "Live" in await owner.reads("/console")


async def test_a_refusal_is_said_in_the_language_of_the_page(
    browser: Browser, scene: Scene
) -> None:
    browser.client.cookies.set("language", "de")

    answer = await browser.sends(
        f"/e/{scene.station.evses[1].public_id}/report", kind="", words="Es brummt."
    )

    assert "Wählen Sie, was nicht stimmt" in words_of(answer.text)
    gone = await browser.opens("/l/00000000-0000-0000-0000-000000000000")
    assert "Diesen Ort gibt es nicht" in words_of(gone.text)
    no_bay = await browser.opens("/e/FI*NO*SUCH")
    assert "Einen Ladeplatz FI*NO*SUCH gibt es nicht" in words_of(no_bay.text)


async def test_a_language_from_right_to_left_turns_the_page(browser: Browser, scene: Scene) -> None:
    browser.client.cookies.set("language", "qpr")

    page = await browser.opens("/")

    assert '<html lang="qpr" dir="rtl"' in page.text
    assert forgotten(page.text) == ""


@pytest.mark.parametrize("tag", sorted(set(words.LANGUAGES) - {"en"}))
def test_a_catalogue_has_each_sentence_with_all_that_is_given_in_it(tag: str) -> None:
    with (words.CATALOGUES / f"{tag}.po").open("rb") as file:
        kept = {each.id: each.string for each in read_po(file, locale=tag) if each.id}

    assert set(kept) == {each.id for each in gathered() if each.id}, (
        "python scripts/make_catalogues.py"
    )
    for sentence, said in kept.items():
        for one, other in zip(many(sentence), many(said), strict=False):
            assert other, f"{tag} says nothing for {one!r}"
            assert given(one) <= given(other) | {"%(num)d"}, f"{tag}: {other!r}"
            assert given(other) <= given(many(sentence)[-1]), f"{tag}: {other!r}"


def many(said: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (said or "",) if said is None or isinstance(said, str) else tuple(said)


def given(sentence: str) -> set[str]:
    """What is put into a sentence."""
    return set(re.findall(r"%\(\w+\)[sd]|\{\w+\}|%%", sentence))


def test_a_sentence_that_is_empty_stays_so_in_every_language() -> None:
    for tag in (*words.LANGUAGES, *words.PSEUDO):
        drawn = Formats(words.locale(tag), datetime(2026, 3, 2, tzinfo=UTC), words.sentences(tag))
        assert drawn.say("") == ""
