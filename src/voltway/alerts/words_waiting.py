"""What is said to who waits for a bay, in the six languages."""

from dataclasses import dataclass
from typing import Final

from voltway.billing.words import language


@dataclass(frozen=True, slots=True)
class WaitingWords:
    free: str
    free_text: str
    outrun: str
    outrun_text: str
    closed: str
    closed_text: str
    why: str


WORDS: Final = {
    "en": WaitingWords(
        "Bay {bay} at {place} is free",
        "It has been free for a minute. Nothing is reserved: who comes first, charges.",
        "Somebody was faster at {place}",
        "All bays are taken again. You can be told once more when one is free.",
        "{place} is closed",
        "You do not wait there any more. Please look for another place.",
        "You get this mail once, because you asked to be told. The address is forgotten in a day.",
    ),
    "de": WaitingWords(
        "Ladeplatz {bay} an {place} ist frei",
        "Er ist seit einer Minute frei. Reserviert ist nichts: Wer zuerst kommt, lädt.",
        "An {place} war jemand schneller",
        "Alle Ladeplätze sind wieder belegt. Sie können sich noch einmal Bescheid geben lassen.",
        "{place} ist geschlossen",
        "Sie warten dort nicht mehr. Bitte suchen Sie einen anderen Ort.",
        "Diese Nachricht kommt einmal, weil Sie Bescheid haben wollten. Die Adresse wird nach einem"
        " Tag gelöscht.",
    ),
    "fr": WaitingWords(
        "La place {bay} à {place} est libre",
        "Elle est libre depuis une minute. Rien n'est réservé : le premier arrivé charge.",
        "Quelqu'un a été plus rapide à {place}",
        "Toutes les places sont de nouveau prises. Vous pouvez demander à être averti encore une"
        " fois.",
        "{place} est fermé",
        "Vous n'y attendez plus. Cherchez un autre lieu, s'il vous plaît.",
        "Ce message vous est envoyé une fois, car vous l'avez demandé. L'adresse est oubliée après"
        " un jour.",
    ),
    "es": WaitingWords(
        "La plaza {bay} en {place} está libre",
        "Lleva un minuto libre. No hay nada reservado: quien llega primero, carga.",
        "Alguien fue más rápido en {place}",
        "Todas las plazas están ocupadas de nuevo. Puede pedir que le avisemos otra vez.",
        "{place} está cerrado",
        "Ya no espera allí. Busque otro lugar, por favor.",
        "Recibe este mensaje una vez, porque pidió que le avisáramos. La dirección se borra al cabo"
        " de un día.",
    ),
    "nl": WaitingWords(
        "Plek {bay} bij {place} is vrij",
        "Die is al een minuut vrij. Er is niets gereserveerd: wie het eerst komt, laadt.",
        "Iemand was sneller bij {place}",
        "Alle plekken zijn weer bezet. U kunt nog een keer bericht krijgen.",
        "{place} is gesloten",
        "U wacht daar niet meer. Zoek alstublieft een andere plek.",
        "U krijgt dit bericht één keer, omdat u erom vroeg. Het adres wordt na een dag vergeten.",
    ),
    "fi": WaitingWords(
        "Latauspaikka {bay} kohteessa {place} on vapaa",
        "Se on ollut vapaana minuutin. Mitään ei ole varattu: ensin tullut lataa.",
        "Joku ehti ensin kohteessa {place}",
        "Kaikki paikat ovat taas varattuja. Voit pyytää ilmoituksen uudelleen.",
        "{place} on suljettu",
        "Et odota siellä enää. Etsi toinen paikka.",
        "Saat tämän viestin kerran, koska pyysit ilmoituksen. Osoite unohdetaan päivän kuluttua.",
    ),
}


def words(locale: str) -> WaitingWords:
    return WORDS[language(locale)]
