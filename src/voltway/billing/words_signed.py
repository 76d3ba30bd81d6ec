"""What a receipt says of signed meter data, in the languages that we speak."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedWords:
    title: str  # over what a meter signed, where all is well
    valid: str
    not_billable: str
    invalid: str
    unchecked: str
    check: str


SPOKEN: Final[Mapping[str, SignedWords]] = {
    "en": SignedWords(
        title="Signed by the meter, and it matches",
        valid="The meter's signature is valid for its registered key: {energy} kWh ({format}).",
        not_billable="The meter's signature is genuine, but speaks against billing from it.",
        invalid="The meter's signed data could not be confirmed.",
        unchecked="The meter signed its data, but no key is registered to check them with.",
        check="The meter's signed data have the SHA-256 {sha256}. You can check them in your own "
        "browser, or with the free transparency software.",
    ),
    "de": SignedWords(
        title="Vom Zähler signiert, und es stimmt überein",
        valid="Die Signatur des Zählers ist für den hinterlegten Schlüssel gültig: {energy} kWh "
        "({format}).",
        not_billable="Die Signatur des Zählers ist echt, spricht aber gegen eine Abrechnung.",
        invalid="Die signierten Zählerdaten konnten nicht bestätigt werden.",
        unchecked="Der Zähler hat seine Daten signiert, aber es ist kein Schlüssel hinterlegt, mit "
        "dem sie sich prüfen ließen.",
        check="Die signierten Zählerdaten haben den SHA-256 {sha256}. Sie können sie im eigenen "
        "Browser prüfen oder mit der kostenlosen Transparenzsoftware.",
    ),
    "fr": SignedWords(
        title="Signé par le compteur, et cela concorde",
        valid="La signature du compteur est valide pour sa clé enregistrée : {energy} kWh "
        "({format}).",
        not_billable="La signature du compteur est authentique, mais s'oppose à une facturation.",
        invalid="Les données signées du compteur n'ont pas pu être confirmées.",
        unchecked="Le compteur a signé ses données, mais aucune clé n'est enregistrée pour les "
        "vérifier.",
        check="Les données signées du compteur ont le SHA-256 {sha256}. Vous pouvez les vérifier "
        "dans votre navigateur ou avec le logiciel de transparence gratuit.",
    ),
    "es": SignedWords(
        title="Firmado por el contador, y coincide",
        valid="La firma del contador es válida para su clave registrada: {energy} kWh ({format}).",
        not_billable="La firma del contador es auténtica, pero no permite facturar.",
        invalid="Los datos firmados del contador no se han podido confirmar.",
        unchecked="El contador firmó sus datos, pero no hay ninguna clave registrada para "
        "comprobarlos.",
        check="Los datos firmados del contador tienen el SHA-256 {sha256}. Puede comprobarlos en "
        "su navegador o con el programa de transparencia gratuito.",
    ),
    "nl": SignedWords(
        title="Ondertekend door de meter, en het klopt",
        valid="De handtekening van de meter is geldig voor de geregistreerde sleutel: {energy} kWh "
        "({format}).",
        not_billable="De handtekening van de meter is echt, maar laat geen facturatie toe.",
        invalid="De ondertekende meetgegevens konden niet worden bevestigd.",
        unchecked="De meter heeft zijn gegevens ondertekend, maar er is geen sleutel geregistreerd "
        "om ze te controleren.",
        check="De ondertekende meetgegevens hebben de SHA-256 {sha256}. U kunt ze in uw eigen "
        "browser controleren of met de gratis transparantiesoftware.",
    ),
    "fi": SignedWords(
        title="Mittarin allekirjoittama, ja se täsmää",
        valid="Mittarin allekirjoitus on pätevä sen rekisteröidylle avaimelle: {energy} kWh "
        "({format}).",
        not_billable="Mittarin allekirjoitus on aito, mutta ei salli laskutusta.",
        invalid="Mittarin allekirjoittamia tietoja ei voitu vahvistaa.",
        unchecked="Mittari allekirjoitti tietonsa, mutta avainta niiden tarkistamiseen ei ole "
        "rekisteröity.",
        check="Mittarin allekirjoittamien tietojen SHA-256 on {sha256}. Voit tarkistaa ne omassa "
        "selaimessasi tai maksuttomalla läpinäkyvyysohjelmalla.",
    ),
}


def signed_words(language: str) -> SignedWords:
    """The words of a language; of one that we do not speak, the English ones."""
    return SPOKEN.get(language, SPOKEN["en"])
