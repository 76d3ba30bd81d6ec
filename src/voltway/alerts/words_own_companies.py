"""What is said where an invoice to a kept company could not be written, in the six languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from voltway.billing.own_companies import Cause
from voltway.billing.words import language

#: What the driver cannot mend under their company.
OURS: Final = frozenset({Cause.REGISTER_SILENT, Cause.NO_TAX, Cause.SELLER})


@dataclass(frozen=True, slots=True)
class OwnCompanyWords:
    """``{company}`` and ``{vat_id}`` are put in."""

    subject: str
    receipt: str
    mend: str
    ask: str
    why: str
    causes: Mapping[Cause, str]


WORDS: Final = {
    "en": OwnCompanyWords(
        "No invoice to {company} was written",
        "Your receipt is good, and is there as always. You are told this once, not for each"
        " charge.",
        "Correct it under “Company and needs”. The form beside each receipt then writes the"
        " invoice.",
        "Please ask the seller, or write the invoice later with the form beside the receipt.",
        "You get this mail because you want an invoice to your company for each charge.",
        {
            Cause.VAT_UNKNOWN: "The register of the EU (VIES) knows no valid VAT number {vat_id}.",
            Cause.VAT_WRONG: "{vat_id} cannot be a VAT number of the company's country.",
            Cause.DETAILS: (
                "Something that an invoice needs of your company is missing or not right."
            ),
            Cause.REGISTER_SILENT: (
                "The tax would pass to your company, so the register of the EU (VIES) must know"
                " its VAT number {vat_id}; it did not answer."
            ),
            Cause.NO_TAX: (
                "The price of this charge stated no VAT, and an invoice to a company must."
            ),
            Cause.SELLER: "Something that it needs is missing on the seller's side.",
        },
    ),
    "de": OwnCompanyWords(
        "Es wurde keine Rechnung an {company} geschrieben",
        "Ihr Beleg gilt und liegt wie immer bereit. Das sagen wir Ihnen einmal, nicht bei jeder"
        " Ladung.",
        "Berichtigen Sie es unter „Firma und Bedarf“. Das Formular neben jedem Beleg schreibt"
        " dann die Rechnung.",
        "Bitte fragen Sie den Verkäufer, oder schreiben Sie die Rechnung später mit dem Formular"
        " neben dem Beleg.",
        "Sie erhalten diese Nachricht, weil Sie für jede Ladung eine Rechnung an Ihre Firma"
        " wünschen.",
        {
            Cause.VAT_UNKNOWN: "Das Register der EU (VIES) kennt keine gültige USt-IdNr. {vat_id}.",
            Cause.VAT_WRONG: "{vat_id} kann keine USt-IdNr. des Landes der Firma sein.",
            Cause.DETAILS: (
                "Etwas, das eine Rechnung von Ihrer Firma braucht, fehlt oder stimmt nicht."
            ),
            Cause.REGISTER_SILENT: (
                "Die Steuer ginge auf Ihre Firma über, deshalb muss das Register der EU (VIES)"
                " ihre USt-IdNr. {vat_id} kennen; es hat nicht geantwortet."
            ),
            Cause.NO_TAX: (
                "Der Preis dieser Ladung nennt keine Umsatzsteuer, eine Rechnung an eine Firma"
                " muss es."
            ),
            Cause.SELLER: "Auf der Seite des Verkäufers fehlt etwas, das sie braucht.",
        },
    ),
    "fr": OwnCompanyWords(
        "Aucune facture à {company} n'a été établie",
        "Votre reçu est valable et reste disponible. Nous vous le disons une fois, pas à chaque"
        " charge.",
        "Corrigez cela sous « Entreprise et besoins ». Le formulaire à côté de chaque reçu"
        " établit ensuite la facture.",
        "Demandez au vendeur, ou établissez la facture plus tard avec le formulaire à côté du"
        " reçu.",
        "Vous recevez ce message parce que vous voulez une facture à votre entreprise pour chaque"
        " charge.",
        {
            Cause.VAT_UNKNOWN: (
                "Le registre de l'UE (VIES) ne connaît aucun numéro de TVA valide {vat_id}."
            ),
            Cause.VAT_WRONG: "{vat_id} ne peut pas être un numéro de TVA du pays de l'entreprise.",
            Cause.DETAILS: (
                "Il manque à la facture une donnée de votre entreprise, ou elle n'est pas juste."
            ),
            Cause.REGISTER_SILENT: (
                "La taxe passerait à votre entreprise : le registre de l'UE (VIES) doit donc"
                " connaître son numéro de TVA {vat_id} ; il n'a pas répondu."
            ),
            Cause.NO_TAX: (
                "Le prix de cette charge n'indiquait pas de TVA, et une facture à une entreprise"
                " le doit."
            ),
            Cause.SELLER: "Il lui manque quelque chose du côté du vendeur.",
        },
    ),
    "es": OwnCompanyWords(
        "No se emitió ninguna factura a {company}",
        "Su recibo es válido y está donde siempre. Se lo decimos una vez, no en cada carga.",
        "Corríjalo en «Empresa y necesidades». El formulario junto a cada recibo emite después la"
        " factura.",
        "Pregunte al vendedor, o emita la factura más tarde con el formulario junto al recibo.",
        "Recibe este mensaje porque quiere una factura a su empresa por cada carga.",
        {
            Cause.VAT_UNKNOWN: (
                "El registro de la UE (VIES) no conoce ningún NIF-IVA válido {vat_id}."
            ),
            Cause.VAT_WRONG: "{vat_id} no puede ser un NIF-IVA del país de la empresa.",
            Cause.DETAILS: "Falta o no es correcto algo que una factura necesita de su empresa.",
            Cause.REGISTER_SILENT: (
                "El impuesto pasaría a su empresa, así que el registro de la UE (VIES) debe"
                " conocer su NIF-IVA {vat_id}; no respondió."
            ),
            Cause.NO_TAX: (
                "El precio de esta carga no indicaba IVA, y una factura a una empresa debe hacerlo."
            ),
            Cause.SELLER: "Falta algo del lado del vendedor.",
        },
    ),
    "nl": OwnCompanyWords(
        "Er is geen factuur aan {company} gemaakt",
        "Uw bon is geldig en staat klaar zoals altijd. We zeggen dit één keer, niet bij elke"
        " laadbeurt.",
        "Verbeter het onder “Bedrijf en behoeften”. Het formulier bij elke bon maakt dan de"
        " factuur.",
        "Vraag het de verkoper, of maak de factuur later met het formulier bij de bon.",
        "U krijgt dit bericht omdat u voor elke laadbeurt een factuur aan uw bedrijf wilt.",
        {
            Cause.VAT_UNKNOWN: (
                "Het register van de EU (VIES) kent geen geldig btw-nummer {vat_id}."
            ),
            Cause.VAT_WRONG: "{vat_id} kan geen btw-nummer van het land van het bedrijf zijn.",
            Cause.DETAILS: (
                "Iets wat een factuur van uw bedrijf nodig heeft, ontbreekt of klopt niet."
            ),
            Cause.REGISTER_SILENT: (
                "De btw zou naar uw bedrijf verlegd worden, dus het register van de EU (VIES)"
                " moet het btw-nummer {vat_id} kennen; het gaf geen antwoord."
            ),
            Cause.NO_TAX: (
                "De prijs van deze laadbeurt noemde geen btw, en een factuur aan een bedrijf moet"
                " dat."
            ),
            Cause.SELLER: "Er ontbreekt iets aan de kant van de verkoper.",
        },
    ),
    "fi": OwnCompanyWords(
        "Laskua yritykselle {company} ei kirjoitettu",
        "Kuittisi on voimassa ja löytyy kuten aina. Kerromme tästä kerran, emme joka latauksesta.",
        "Korjaa se kohdassa “Yritys ja tarpeet”. Kuitin vieressä oleva lomake kirjoittaa sitten"
        " laskun.",
        "Kysy myyjältä, tai kirjoita lasku myöhemmin kuitin vieressä olevalla lomakkeella.",
        "Saat tämän viestin, koska haluat jokaisesta latauksesta laskun yrityksellesi.",
        {
            Cause.VAT_UNKNOWN: (
                "EU:n rekisteri (VIES) ei tunne voimassa olevaa ALV-tunnusta {vat_id}."
            ),
            Cause.VAT_WRONG: "{vat_id} ei voi olla yrityksen maan ALV-tunnus.",
            Cause.DETAILS: "Jokin laskuun tarvittava tieto yrityksestäsi puuttuu tai on väärin.",
            Cause.REGISTER_SILENT: (
                "Vero siirtyisi yrityksellesi, joten EU:n rekisterin (VIES) on tunnettava sen"
                " ALV-tunnus {vat_id}; se ei vastannut."
            ),
            Cause.NO_TAX: (
                "Tämän latauksen hinnassa ei mainittu arvonlisäveroa, ja yrityslaskussa täytyy."
            ),
            Cause.SELLER: "Jotain tarvittavaa puuttuu myyjän puolelta.",
        },
    ),
}


def words(locale: str) -> OwnCompanyWords:
    return WORDS[language(locale)]
