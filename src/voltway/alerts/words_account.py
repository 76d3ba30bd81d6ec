"""What the letters of drivers' accounts say, in the six languages."""

from dataclasses import dataclass
from typing import Final

from voltway.billing.words import language


@dataclass(frozen=True, slots=True)
class AccountWords:
    """``{code}``, ``{minutes}``, ``{method}``, ``{why}`` and ``{page}`` are put in."""

    code_subject: str
    code_text: str
    code_why: str
    refused_subject: str
    refused_text: str
    refused_page: str
    refused_why: str


WORDS: Final = {
    "en": AccountWords(
        "Your code is {code}",
        "Type it on the page on which you asked for it. It is good for {minutes} minutes and once.",
        "If you did not ask for it, you need do nothing: nobody has come in.",
        "{method} could not be charged",
        "Your bank said no, so the charge was stopped. It said: {why}",
        "Choose another way to pay: {page}",
        "This mail is about the way to pay that you saved.",
    ),
    "de": AccountWords(
        "Ihr Code ist {code}",
        "Geben Sie ihn auf der Seite ein, auf der Sie ihn angefordert haben. Er gilt {minutes}"
        " Minuten und einmal.",
        "Wenn Sie ihn nicht angefordert haben, müssen Sie nichts tun: Niemand hat sich angemeldet.",
        "{method} konnte nicht belastet werden",
        "Ihre Bank hat abgelehnt, deshalb wurde das Laden beendet. Sie sagt: {why}",
        "Wählen Sie eine andere Zahlungsart: {page}",
        "Diese Nachricht betrifft die Zahlungsart, die Sie gespeichert haben.",
    ),
    "fr": AccountWords(
        "Votre code est {code}",
        "Saisissez-le sur la page où vous l'avez demandé. Il est valable {minutes} minutes et une"
        " seule fois.",
        "Si vous ne l'avez pas demandé, vous n'avez rien à faire : personne ne s'est connecté.",
        "{method} n'a pas pu être débité",
        "Votre banque a refusé, la charge a donc été arrêtée. Elle dit : {why}",
        "Choisissez un autre moyen de paiement : {page}",
        "Ce message concerne le moyen de paiement que vous avez enregistré.",
    ),
    "es": AccountWords(
        "Su código es {code}",
        "Escríbalo en la página en la que lo pidió. Vale {minutes} minutos y una sola vez.",
        "Si no lo pidió, no tiene que hacer nada: nadie ha entrado.",
        "No se pudo cobrar en {method}",
        "Su banco dijo que no, por eso se detuvo la carga. Dijo: {why}",
        "Elija otra forma de pago: {page}",
        "Este mensaje trata de la forma de pago que guardó.",
    ),
    "nl": AccountWords(
        "Uw code is {code}",
        "Typ hem op de pagina waarop u hem hebt gevraagd. Hij geldt {minutes} minuten en één keer.",
        "Als u hem niet hebt gevraagd, hoeft u niets te doen: niemand is binnengekomen.",
        "{method} kon niet worden belast",
        "Uw bank heeft geweigerd, daarom is het laden gestopt. De bank zegt: {why}",
        "Kies een andere betaalwijze: {page}",
        "Dit bericht gaat over de betaalwijze die u hebt bewaard.",
    ),
    "fi": AccountWords(
        "Koodisi on {code}",
        "Kirjoita se sivulle, jolla pyysit sitä. Se on voimassa {minutes} minuuttia ja kerran.",
        "Jos et pyytänyt sitä, sinun ei tarvitse tehdä mitään: kukaan ei ole kirjautunut.",
        "{method} ei voitu veloittaa",
        "Pankkisi ei hyväksynyt maksua, joten lataus lopetettiin. Se sanoo: {why}",
        "Valitse toinen maksutapa: {page}",
        "Tämä viesti koskee maksutapaa, jonka tallensit.",
    ),
}


def account_words(locale: str) -> AccountWords:
    return WORDS[language(locale)]
