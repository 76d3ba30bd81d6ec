"""What is said to who owes, in the six languages, each time a little plainer."""

from dataclasses import dataclass
from typing import Final

from voltway.billing.words import language


@dataclass(frozen=True, slots=True)
class DunningWords:
    """By stage: reminder, notice, last notice, cards barred. ``{number}``, ``{owed}``, ``{due}``,
    ``{days}`` and ``{page}`` are put in."""

    subjects: tuple[str, str, str, str]
    texts: tuple[str, str, str, str]
    page: str
    why: str


WORDS: Final = {
    "en": DunningWords(
        (
            "Reminder: {number}",
            "{number} is not paid yet",
            "Last notice: {number}",
            "Cards blocked: {number} is not paid",
        ),
        (
            "{owed} for {number} was due on {due}. Perhaps it was forgotten; if it is on its way,"
            " you need do nothing.",
            "{owed} for {number} was due on {due} and has not come. Please pay it, or tell us if"
            " something is wrong with the bill.",
            "{owed} for {number} was due on {due} and has still not come. If it is not paid soon,"
            " your charging cards are blocked.",
            "{owed} for {number} was due on {due} and has not come. Your charging cards open no"
            " station until it is paid; then they do at once.",
        ),
        "See it and pay by card: {page}",
        "This mail is about a bill of yours that is not paid.",
    ),
    "de": DunningWords(
        (
            "Erinnerung: {number}",
            "{number} ist noch nicht bezahlt",
            "Letzte Mahnung: {number}",
            "Karten gesperrt: {number} ist nicht bezahlt",
        ),
        (
            "{owed} für {number} war am {due} fällig. Vielleicht wurde es vergessen; ist die"
            " Zahlung unterwegs, müssen Sie nichts tun.",
            "{owed} für {number} war am {due} fällig und ist nicht eingegangen. Bitte zahlen Sie,"
            " oder sagen Sie uns, wenn an der Rechnung etwas nicht stimmt.",
            "{owed} für {number} war am {due} fällig und ist immer noch nicht eingegangen. Wird"
            " nicht bald gezahlt, werden Ihre Ladekarten gesperrt.",
            "{owed} für {number} war am {due} fällig und ist nicht eingegangen. Ihre Ladekarten"
            " öffnen keine Station, bis gezahlt ist; danach sofort wieder.",
        ),
        "Ansehen und mit Karte zahlen: {page}",
        "Diese Nachricht betrifft eine Rechnung, die nicht bezahlt ist.",
    ),
    "fr": DunningWords(
        (
            "Rappel : {number}",
            "{number} n'est pas encore payé",
            "Dernier rappel : {number}",
            "Cartes bloquées : {number} n'est pas payé",
        ),
        (
            "{owed} pour {number} était à payer le {due}. C'est peut-être un oubli ; si le paiement"
            " est en route, vous n'avez rien à faire.",
            "{owed} pour {number} était à payer le {due} et ne nous est pas parvenu. Merci de"
            " payer, ou de nous dire si la facture n'est pas juste.",
            "{owed} pour {number} était à payer le {due} et ne nous est toujours pas parvenu. Sans"
            " paiement rapide, vos cartes de recharge seront bloquées.",
            "{owed} pour {number} était à payer le {due} et ne nous est pas parvenu. Vos cartes de"
            " recharge n'ouvrent aucune borne avant le paiement ; ensuite, aussitôt.",
        ),
        "Voir et payer par carte : {page}",
        "Ce message concerne une facture qui n'est pas payée.",
    ),
    "es": DunningWords(
        (
            "Recordatorio: {number}",
            "{number} aún no está pagado",
            "Último aviso: {number}",
            "Tarjetas bloqueadas: {number} no está pagado",
        ),
        (
            "{owed} por {number} vencía el {due}. Quizá se olvidó; si el pago está en camino, no"
            " tiene que hacer nada.",
            "{owed} por {number} vencía el {due} y no ha llegado. Páguelo, por favor, o díganos si"
            " la factura no es correcta.",
            "{owed} por {number} vencía el {due} y sigue sin llegar. Si no se paga pronto, se"
            " bloquearán sus tarjetas de recarga.",
            "{owed} por {number} vencía el {due} y no ha llegado. Sus tarjetas de recarga no abren"
            " ningún punto hasta que se pague; después, enseguida.",
        ),
        "Verlo y pagar con tarjeta: {page}",
        "Este mensaje trata de una factura que no está pagada.",
    ),
    "nl": DunningWords(
        (
            "Herinnering: {number}",
            "{number} is nog niet betaald",
            "Laatste aanmaning: {number}",
            "Passen geblokkeerd: {number} is niet betaald",
        ),
        (
            "{owed} voor {number} moest op {due} betaald zijn. Misschien is het vergeten; is de"
            " betaling onderweg, dan hoeft u niets te doen.",
            "{owed} voor {number} moest op {due} betaald zijn en is niet binnen. Betaal het, of"
            " laat ons weten als er iets met de rekening niet klopt.",
            "{owed} voor {number} moest op {due} betaald zijn en is nog steeds niet binnen. Wordt"
            " er niet snel betaald, dan worden uw laadpassen geblokkeerd.",
            "{owed} voor {number} moest op {due} betaald zijn en is niet binnen. Uw laadpassen"
            " openen geen paal tot er betaald is; daarna meteen weer.",
        ),
        "Bekijken en met een kaart betalen: {page}",
        "Dit bericht gaat over een rekening die niet betaald is.",
    ),
    "fi": DunningWords(
        (
            "Muistutus: {number}",
            "{number} on vielä maksamatta",
            "Viimeinen muistutus: {number}",
            "Kortit suljettu: {number} on maksamatta",
        ),
        (
            "{owed} laskusta {number} erääntyi {due}. Ehkä se unohtui; jos maksu on jo matkalla,"
            " sinun ei tarvitse tehdä mitään.",
            "{owed} laskusta {number} erääntyi {due} eikä ole saapunut. Maksa se, tai kerro meille,"
            " jos laskussa on jotain vikaa.",
            "{owed} laskusta {number} erääntyi {due} eikä ole vieläkään saapunut. Jos sitä ei"
            " makseta pian, latauskorttisi suljetaan.",
            "{owed} laskusta {number} erääntyi {due} eikä ole saapunut. Latauskorttisi eivät avaa"
            " asemaa ennen kuin se on maksettu; sen jälkeen heti.",
        ),
        "Katso ja maksa kortilla: {page}",
        "Tämä viesti koskee laskuasi, jota ei ole maksettu.",
    ),
}


def words(locale: str) -> DunningWords:
    return WORDS[language(locale)]
