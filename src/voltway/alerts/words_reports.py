"""What is said when a driver's report is answered, in the six languages."""

from dataclasses import dataclass
from typing import Final

from voltway.billing.words import language


@dataclass(frozen=True, slots=True)
class ReportWords:
    subject: str
    about: str
    why: str


WORDS: Final = {
    "en": ReportWords(
        "The operator has answered your report",
        "You reported a problem at {where}. The answer:",
        "You get this mail once, because you asked for the answer.",
    ),
    "de": ReportWords(
        "Der Betreiber hat auf Ihre Meldung geantwortet",
        "Sie haben ein Problem gemeldet: {where}. Die Antwort:",
        "Diese Nachricht kommt einmal, weil Sie die Antwort haben wollten.",
    ),
    "fr": ReportWords(
        "L'opérateur a répondu à votre signalement",
        "Vous avez signalé un problème à {where}. La réponse :",
        "Ce message vous est envoyé une seule fois, car vous avez demandé la réponse.",
    ),
    "es": ReportWords(
        "El operador ha respondido a su aviso",
        "Usted avisó de un problema en {where}. La respuesta:",
        "Recibe este mensaje una sola vez, porque pidió la respuesta.",
    ),
    "nl": ReportWords(
        "De exploitant heeft op uw melding geantwoord",
        "U hebt een probleem gemeld bij {where}. Het antwoord:",
        "U krijgt dit bericht één keer, omdat u het antwoord wilde hebben.",
    ),
    "fi": ReportWords(
        "Operaattori on vastannut ilmoitukseesi",
        "Ilmoitit ongelmasta: {where}. Vastaus:",
        "Saat tämän viestin kerran, koska pyysit vastauksen.",
    ),
}


def words(locale: str) -> ReportWords:
    return WORDS[language(locale)]
