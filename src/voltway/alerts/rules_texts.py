"""What a text says and how many parts it is billed in."""

from math import ceil
from typing import Final

#: A text of more than this is many parts, and nobody reads it on a phone.
LENGTH_MAX: Final = 300

#: The alphabet of GSM (3GPP TS 23.038 §6.2.1); what is in the second stands for two signs there.
_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE: Final = frozenset("^{}\\[~]|€")
#: What we write in sums and sentences, and GSM does not know: it would halve the room for all.
_PLAIN: Final = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{EN DASH}": "-",
        "\N{MULTIPLICATION SIGN}": "x",
    }
)


def written(title: str, body: str, seller: str, page: str) -> str:
    """A text: who says what happened, and the page about it. What is too long for a phone is cut,
    and never the page."""
    said = f"{title}. {body}" if not title.endswith((".", "?", "!")) else f"{title} {body}"
    said = " ".join(f"{seller}: {said}".translate(_PLAIN).split())
    room = LENGTH_MAX - (len(page) + 1 if page else 0)
    if len(said) > room:
        said = said[: room - 3].rsplit(" ", 1)[0] + "..."
    return f"{said} {page}" if page else said


def parts(text: str) -> int:
    """In how many parts a text travels: 160 signs of GSM or 70 of others make one, and 153 or 67
    each of several (3GPP TS 23.040 §9.2.3.24.1)."""
    if all(sign in _GSM or sign in _GSM_TWICE for sign in text):
        length, one, of_many = sum(2 if sign in _GSM_TWICE else 1 for sign in text), 160, 153
    else:
        length, one, of_many = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= one else ceil(length / of_many)
