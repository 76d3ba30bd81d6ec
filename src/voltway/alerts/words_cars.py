"""What is said where one car's address was at two places at once, in the six languages."""

from dataclasses import dataclass
from typing import Final

from voltway.billing.words import language


@dataclass(frozen=True, slots=True)
class CarWords:
    subject: str
    text: str
    what_now: str
    why: str


WORDS: Final = {
    "en": CarWords(
        "Your car was seen at two places at once",
        "Somebody may have copied its address, so it opens no station for now, and the charge was"
        " stopped. You can charge with your card.",
        "Please call us if it was you: then it can charge again.",
        "This mail is about the car that charges on your account.",
    ),
    "de": CarWords(
        "Ihr Auto wurde an zwei Orten zugleich gesehen",
        "Vielleicht hat jemand seine Adresse kopiert. Es öffnet deshalb vorerst keine Station, und"
        " das Laden wurde beendet. Mit Ihrer Karte können Sie laden.",
        "Bitte rufen Sie uns an, wenn Sie es waren: Dann kann es wieder laden.",
        "Diese Nachricht betrifft das Auto, das auf Ihr Konto lädt.",
    ),
    "fr": CarWords(
        "Votre voiture a été vue à deux endroits à la fois",
        "Quelqu'un a peut-être copié son adresse : elle n'ouvre donc plus de borne pour le moment,"
        " et la charge a été arrêtée. Vous pouvez charger avec votre carte.",
        "Appelez-nous si c'était vous : elle pourra alors charger de nouveau.",
        "Ce message concerne la voiture qui charge sur votre compte.",
    ),
    "es": CarWords(
        "Su coche fue visto en dos lugares a la vez",
        "Puede que alguien haya copiado su dirección, así que por ahora no abre ningún punto y la"
        " carga se detuvo. Puede cargar con su tarjeta.",
        "Llámenos si era usted: entonces podrá cargar de nuevo.",
        "Este mensaje trata del coche que carga en su cuenta.",
    ),
    "nl": CarWords(
        "Uw auto is op twee plaatsen tegelijk gezien",
        "Misschien heeft iemand het adres gekopieerd. De auto opent daarom voorlopig geen paal en"
        " het laden is gestopt. Met uw pas kunt u wel laden.",
        "Bel ons als u het was: dan kan de auto weer laden.",
        "Dit bericht gaat over de auto die op uw account laadt.",
    ),
    "fi": CarWords(
        "Autosi nähtiin kahdessa paikassa yhtä aikaa",
        "Joku on ehkä kopioinut sen osoitteen, joten se ei toistaiseksi avaa asemaa ja lataus"
        " pysäytettiin. Voit ladata kortillasi.",
        "Soita meille, jos se olit sinä: silloin se voi taas ladata.",
        "Tämä viesti koskee autoa, joka lataa tilillesi.",
    ),
}


def words(locale: str) -> CarWords:
    return WORDS[language(locale)]
