"""The words of documents and mails, in the languages that we speak: a file for each language.

``words_scheme`` is what a language must say, ``words_doubts`` the sentences about what is doubtful.
"""

from typing import Final

from voltway.billing.words_de import DE
from voltway.billing.words_doubts import DOUBTS
from voltway.billing.words_en import EN
from voltway.billing.words_es import ES
from voltway.billing.words_fi import FI
from voltway.billing.words_fr import FR
from voltway.billing.words_nl import NL
from voltway.billing.words_scheme import Words
from voltway.sessions.model import SAYS

__all__ = ["DE", "EN", "ES", "FI", "FR", "NL", "SPOKEN", "Words", "doubt", "language", "words"]

SPOKEN: Final[dict[str, Words]] = {
    "en": EN,
    "de": DE,
    "fr": FR,
    "es": ES,
    "nl": NL,
    "fi": FI,
}

#: A document freezes a doubt as its English sentence, so that is what it is found by.
_SAID: Final = {sentence: doubt for doubt, sentence in SAYS.items()}


def language(locale: str) -> str:
    """The language of a locale, if we speak it; English if not."""
    asked = locale.replace("-", "_").partition("_")[0].lower()
    return asked if asked in SPOKEN else "en"


def words(locale: str) -> Words:
    return SPOKEN[language(locale)]


def doubt(sentence: str, locale: str) -> str:
    """What is doubtful about a session, in the reader's language."""
    spoken = language(locale)
    if spoken == "en" or sentence not in _SAID:
        return sentence
    return DOUBTS[spoken][_SAID[sentence]]
