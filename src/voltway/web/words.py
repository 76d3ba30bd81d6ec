"""Languages: which one a page is in, and the catalogue that holds its sentences.

Sentences stand in templates and code as English, marked by ``_``; a language without a catalogue,
or a sentence without translation, falls back to that English.
"""

import re
from collections.abc import Collection
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale, negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from voltway.billing.words import SPOKEN

CATALOGUES: Final = Path(__file__).parent / "locale"

#: The languages of the pages and how each names itself; English is always there.
LANGUAGES: Final[dict[str, str]] = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "nl": "Nederlands",
    "fi": "Suomi",
}

#: Languages that nobody speaks, by the locale of their figures: in them each sentence stands in
#: brackets, and what stands in none was forgotten; the second is written from right to left. They
#: are chosen by the cookie alone (``docs/recipes/sentence.md``).
PSEUDO: Final = {"qps": "en_GB", "qpr": "ar"}

#: Longer than any browser's list of languages.
ACCEPTED_MAX: Final = 1000

#: How English pages write money, dates and numbers: as in Europe, with the currency in front.
_REGION: Final = {"en": "en_GB"} | PSEUDO


def language(cookie: str | None, accepted: str) -> str:
    """The language chosen by the person, else by the browser, else English."""
    if cookie in LANGUAGES or cookie in PSEUDO:
        return str(cookie)
    wanted = [part.split(";")[0].strip().replace("-", "_") for part in accepted.split(",")]
    return negotiate_locale(wanted, LANGUAGES) or "en"


#: The languages of receipts, invoices and statements, and how each names itself.
PAPERS: Final[dict[str, str]] = {tag: spoken.name for tag, spoken in SPOKEN.items()}

_TAG: Final = re.compile(r"([A-Za-z]{2})(?:[_-]([A-Za-z]{2}))?")


def papers(chosen: str | None, accepted: str, pages: str | None = None) -> str:
    """The language of documents and of what is sent: chosen by the person, else that of ``pages``
    which they chose, else the first that the browser asks for and we speak (with its country, which
    says how figures are written), else English."""
    if chosen in PAPERS:
        return str(chosen)
    wanted = [pages] if pages in PAPERS else PAPERS
    for part in accepted[:ACCEPTED_MAX].split(","):
        asked = _TAG.fullmatch(part.split(";")[0].strip())
        if asked is not None and asked[1].lower() in wanted:
            return asked[1].lower() + (f"-{asked[2].upper()}" if asked[2] else "")
    return str(pages) if pages in PAPERS else "en"


@cache
def locale(name: str) -> Locale:
    """The locale whose formats a language is written with."""
    return Locale.parse(_REGION.get(name, name))


class Marked(NullTranslations):
    """The sentences of a language that nobody speaks: those that the catalogues have, and no other,
    for in a language that somebody speaks it would stay English."""

    def __init__(self, known: Collection[str]) -> None:
        super().__init__()
        self._known = frozenset(known)

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧" if message in self._known else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@cache
def sentences(name: str) -> NullTranslations:
    """The catalogue of a language; English needs none. A catalogue is a text file, compiled here
    when it is needed first (0.1 s)."""
    if name in PSEUDO:
        return Marked(_gathered())
    path = CATALOGUES / f"{name}.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, _read(name))
    compiled.seek(0)
    return Translations(compiled)


def _read(name: str) -> Catalog:
    with (CATALOGUES / f"{name}.po").open("rb") as file:
        return read_po(file, locale=name)


def _gathered() -> set[str]:
    """All sentences that have a translation, in English: each catalogue has the same."""
    last = list(LANGUAGES)[-1]
    ids = (each.id for each in _read(last) if each.id)
    return {one for id in ids for one in ((id,) if isinstance(id, str) else id)}
