"""What is said of a charge that is complete, in the six languages: of a car that has stopped and
stands, and of a charge that has ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: A title and what follows it. ``cost`` and ``fee`` are sentences, or nothing.
SAYS: Final[Mapping[str, tuple[str, str]]] = {
    "en": ("Charging is complete", "{place}: {energy}. {cost} {fee} Please free the bay."),
    "de": ("Das Laden ist fertig", "{place}: {energy}. {cost} {fee} Bitte machen Sie Platz."),
    "fr": ("La charge est terminée", "{place} : {energy}. {cost} {fee} Merci de libérer la place."),
    "es": ("La carga ha terminado", "{place}: {energy}. {cost} {fee} Por favor, libere la plaza."),
    "nl": ("Het laden is klaar", "{place}: {energy}. {cost} {fee} Maak de plek vrij."),
    "fi": ("Lataus on valmis", "{place}: {energy}. {cost} {fee} Vapauta paikka."),
}


@dataclass(frozen=True, slots=True)
class WhileItStands:
    """Sentences of a car that stands: what is owed so far, from when on an idle fee is, and that it
    is owed already."""

    so_far: str
    fee_from: str
    fee_since: str


STANDS: Final[Mapping[str, WhileItStands]] = {
    "en": WhileItStands(
        "{amount} so far.",
        "From {when} on standing costs {price} per minute.",
        "The idle fee runs since {when}: {price} per minute.",
    ),
    "de": WhileItStands(
        "Bisher {amount}.",
        "Ab {when} kostet das Stehen {price} pro Minute.",
        "Die Standgebühr läuft seit {when}: {price} pro Minute.",
    ),
    "fr": WhileItStands(
        "{amount} jusqu'ici.",
        "Dès {when}, rester branché coûte {price} par minute.",
        "Les frais de stationnement courent depuis {when} : {price} par minute.",
    ),
    "es": WhileItStands(
        "{amount} hasta ahora.",
        "Desde las {when}, seguir enchufado cuesta {price} por minuto.",
        "La tarifa por estar enchufado corre desde las {when}: {price} por minuto.",
    ),
    "nl": WhileItStands(
        "Tot nu toe {amount}.",
        "Vanaf {when} kost blijven staan {price} per minuut.",
        "Het blokkeertarief loopt sinds {when}: {price} per minuut.",
    ),
    "fi": WhileItStands(
        "Tähän asti {amount}.",
        "Klo {when} alkaen seisominen maksaa {price} minuutilta.",
        "Seisontamaksu juoksee klo {when} alkaen: {price} minuutilta.",
    ),
}
