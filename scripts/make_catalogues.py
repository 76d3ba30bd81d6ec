"""Gather what drivers' pages say, and bring the catalogues of all languages up to date.

``python scripts/make_catalogues.py`` adds what is new to ``src/voltway/web/locale/<language>.po``
untranslated, and takes out what is said no more. Fill the empty ``msgstr`` by hand.
"""

from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from voltway.web.messages import messages
from voltway.web.words import CATALOGUES, LANGUAGES

WEB = Path(__file__).parent.parent / "src" / "voltway" / "web"
JINJA = {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trimmed": "true", "silent": "false"}
METHODS = [
    ("templates/driver/**.html", "jinja2"),
    ("templates/parts/**.html", "jinja2"),
    ("templates/problem.html", "jinja2"),
    ("driver/**.py", "python"),
    ("prices.py", "python"),
    ("places_words.py", "python"),
    ("formats.py", "python"),
]
#: Catalogues say no date: the same sentences make the same file.
NEVER = datetime(2026, 1, 1, tzinfo=UTC)
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None}


def gathered() -> Catalog:
    """All that drivers' pages say, without a language."""
    catalogue = Catalog(fuzzy=False)
    found = extract_from_dir(
        WEB,
        method_map=METHODS,
        options_map={pattern: JINJA for pattern, method in METHODS if method == "jinja2"},
        keywords=KEYWORDS,
    )
    for _, _, message, _, _ in sorted(found, key=lambda each: (each[0], each[1])):
        if message:
            catalogue.add(message)
    for message in messages():
        catalogue.add(message)
    return catalogue


def main() -> None:
    template = gathered()
    for language in LANGUAGES:
        if language == "en":
            continue
        path = CATALOGUES / f"{language}.po"
        known = Catalog(locale=language)
        if path.exists():
            with path.open("rb") as file:
                known = read_po(file, locale=language)
        fresh = Catalog(
            locale=language,
            project="Voltway",
            version="1",
            header_comment="# What drivers' pages say: gathered by a script, filled by hand.",
            creation_date=NEVER,
            revision_date=NEVER,
            fuzzy=False,
        )
        for message in template:
            if not message.id:
                continue
            old = known.get(message.id)
            fresh.add(message.id, old.string if old is not None else None, flags=message.flags)
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            write_po(file, fresh, omit_header=False, width=100, sort_output=False)
        empty = sum(1 for each in fresh if each.id and not _is_full(each.string))
        print(f"{language}: {len(fresh)} sentences, {empty} without translation")  # noqa: T201


def _is_full(said: object) -> bool:
    return all(said) if isinstance(said, tuple) else bool(said)


if __name__ == "__main__":
    main()
