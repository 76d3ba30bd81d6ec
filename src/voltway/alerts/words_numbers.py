"""What the text says that proves a number, in the six languages."""

from collections.abc import Mapping
from typing import Final

from voltway.alerts.model_numbers import NumberCode
from voltway.billing.words import language

#: ``{code}``, ``{seller}`` and ``{minutes}`` are put in. The code comes first: phones show that.
TEXT: Final[Mapping[str, str]] = {
    "en": "{code} is your code from {seller}. It is good for {minutes} minutes. Tell it to nobody.",
    "de": "{code} ist Ihr Code von {seller}. Er gilt {minutes} Minuten. Sagen Sie ihn niemandem.",
    "fr": "{code} est votre code de {seller}, valable {minutes} minutes. Ne le dites à personne.",
    "es": "{code} es su código de {seller}. Vale {minutes} minutos. No se lo diga a nadie.",
    "nl": "{code} is uw code van {seller}. Hij geldt {minutes} minuten. Zeg hem tegen niemand.",
    "fi": "{code} on koodisi, {seller}. Se on voimassa {minutes} minuuttia. Älä kerro sitä muille.",
}


def code_text(code: NumberCode, locale: str, *, seller: str) -> str:
    minutes = int((code.until - code.made_at).total_seconds() // 60)
    words = TEXT.get(language(locale), TEXT["en"])
    return words.format(code=code.code, seller=seller, minutes=minutes)
