"""What is said of places that are disrupted, worked at and back in service, and of power that was
reduced, in the six languages."""

from collections.abc import Mapping, Sequence
from typing import Final

from voltway.alerts.model_events import Event
from voltway.billing.words import language

#: A title and what follows it, by event.
SAYS: Final[Mapping[str, Mapping[Event, tuple[str, str]]]] = {
    "en": {
        Event.DISRUPTION: ("Not working: {place}", "{bays}. {why}"),
        Event.WORK_PLANNED: ("Planned work: {place}", "{bays}, from {when} until {until}. {why}"),
        Event.WORK_CHANGED: ("Planned work has changed: {place}", "{why}"),
        Event.BACK_IN_SERVICE: ("Back in service: {place}", "{bays}."),
        Event.PLACE_UNCERTAIN: ("Not sure any more: {place}", "{bays}. {why}"),
        Event.POWER_REDUCED: (
            "Your car charges slowly",
            "{place}: {power} instead of {before}. {why}",
        ),
    },
    "de": {
        Event.DISRUPTION: ("Außer Betrieb: {place}", "{bays}. {why}"),
        Event.WORK_PLANNED: ("Geplante Arbeiten: {place}", "{bays}, von {when} bis {until}. {why}"),
        Event.WORK_CHANGED: ("Geplante Arbeiten geändert: {place}", "{why}"),
        Event.BACK_IN_SERVICE: ("Wieder in Betrieb: {place}", "{bays}."),
        Event.PLACE_UNCERTAIN: ("Nicht mehr sicher: {place}", "{bays}. {why}"),
        Event.POWER_REDUCED: ("Ihr Auto lädt langsam", "{place}: {power} statt {before}. {why}"),
    },
    "fr": {
        Event.DISRUPTION: ("Hors service : {place}", "{bays}. {why}"),
        Event.WORK_PLANNED: ("Travaux prévus : {place}", "{bays}, du {when} au {until}. {why}"),
        Event.WORK_CHANGED: ("Travaux prévus modifiés : {place}", "{why}"),
        Event.BACK_IN_SERVICE: ("De nouveau en service : {place}", "{bays}."),
        Event.PLACE_UNCERTAIN: ("On ne sait plus : {place}", "{bays}. {why}"),
        Event.POWER_REDUCED: (
            "Votre voiture charge lentement",
            "{place} : {power} au lieu de {before}. {why}",
        ),
    },
    "es": {
        Event.DISRUPTION: ("Fuera de servicio: {place}", "{bays}. {why}"),
        Event.WORK_PLANNED: (
            "Trabajos previstos: {place}",
            "{bays}, desde {when} hasta {until}. {why}",
        ),
        Event.WORK_CHANGED: ("Han cambiado los trabajos previstos: {place}", "{why}"),
        Event.BACK_IN_SERVICE: ("De nuevo en servicio: {place}", "{bays}."),
        Event.PLACE_UNCERTAIN: ("Ya no se sabe: {place}", "{bays}. {why}"),
        Event.POWER_REDUCED: (
            "Su coche carga despacio",
            "{place}: {power} en lugar de {before}. {why}",
        ),
    },
    "nl": {
        Event.DISRUPTION: ("Buiten dienst: {place}", "{bays}. {why}"),
        Event.WORK_PLANNED: ("Gepland werk: {place}", "{bays}, van {when} tot {until}. {why}"),
        Event.WORK_CHANGED: ("Gepland werk is veranderd: {place}", "{why}"),
        Event.BACK_IN_SERVICE: ("Weer in dienst: {place}", "{bays}."),
        Event.PLACE_UNCERTAIN: ("Niet meer zeker: {place}", "{bays}. {why}"),
        Event.POWER_REDUCED: (
            "Uw auto laadt langzaam",
            "{place}: {power} in plaats van {before}. {why}",
        ),
    },
    "fi": {
        Event.DISRUPTION: ("Poissa käytöstä: {place}", "{bays}. {why}"),
        Event.WORK_PLANNED: (
            "Suunniteltu työ: {place}",
            "{bays}, {when} alkaen {until} asti. {why}",
        ),
        Event.WORK_CHANGED: ("Suunniteltu työ on muuttunut: {place}", "{why}"),
        Event.BACK_IN_SERVICE: ("Taas käytössä: {place}", "{bays}."),
        Event.PLACE_UNCERTAIN: ("Ei enää tiedossa: {place}", "{bays}. {why}"),
        Event.POWER_REDUCED: ("Autosi lataa hitaasti", "{place}: {power}, aiemmin {before}. {why}"),
    },
}

#: One bay, several, all of a place.
_BAYS: Final[Mapping[str, tuple[str, str, str]]] = {
    "en": ("Bay {numbers}", "Bays {numbers}", "All bays"),
    "de": ("Ladeplatz {numbers}", "Ladeplätze {numbers}", "Alle Ladeplätze"),
    "fr": ("Place {numbers}", "Places {numbers}", "Toutes les places"),
    "es": ("Plaza {numbers}", "Plazas {numbers}", "Todas las plazas"),
    "nl": ("Plek {numbers}", "Plekken {numbers}", "Alle plekken"),
    "fi": ("Latauspaikka {numbers}", "Latauspaikat {numbers}", "Kaikki latauspaikat"),
}

#: Why bays are out of service, by ``DisruptionKind``.
WHY_OUT: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "offline": "The station is not heard any more.",
        "faulted": "It reports a fault.",
        "starts": "The last starts there came to nothing.",
    },
    "de": {
        "offline": "Die Station meldet sich nicht mehr.",
        "faulted": "Es liegt eine Störung vor.",
        "starts": "Die letzten Starts dort sind gescheitert.",
    },
    "fr": {
        "offline": "La borne ne répond plus.",
        "faulted": "Une panne est signalée.",
        "starts": "Les derniers démarrages y ont échoué.",
    },
    "es": {
        "offline": "El punto ya no responde.",
        "faulted": "Comunica un fallo.",
        "starts": "Los últimos inicios allí fallaron.",
    },
    "nl": {
        "offline": "De laadpaal meldt zich niet meer.",
        "faulted": "Er is een storing gemeld.",
        "starts": "De laatste starts daar mislukten.",
    },
    "fi": {
        "offline": "Asemasta ei enää kuulu mitään.",
        "faulted": "Siitä on ilmoitettu vika.",
        "starts": "Viimeiset aloitukset siellä epäonnistuivat.",
    },
}
#: Why nobody can say any more how it is there: nobody charged for long, or it is closed.
UNCERTAIN: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "time": "We told you that it does not work. Nobody has charged there for a day, so we do"
        " not know whether it works now.",
        "gone": "We told you that it does not work. It is not open to the public any more.",
    },
    "de": {
        "time": "Wir schrieben, dass hier etwas nicht geht. Seit einem Tag hat dort niemand"
        " geladen: Ob es wieder geht, wissen wir nicht.",
        "gone": "Wir schrieben, dass hier etwas nicht geht. Es ist nicht mehr öffentlich.",
    },
    "fr": {
        "time": "Nous vous avions signalé une panne. Personne n'y a chargé depuis un jour : nous ne"
        " savons pas si cela fonctionne.",
        "gone": "Nous vous avions signalé une panne. Ce n'est plus ouvert au public.",
    },
    "es": {
        "time": "Le avisamos de que no funcionaba. Nadie ha cargado allí desde hace un día: no"
        " sabemos si funciona ahora.",
        "gone": "Le avisamos de que no funcionaba. Ya no está abierto al público.",
    },
    "nl": {
        "time": "We meldden dat het niet werkte. Al een dag heeft daar niemand geladen: of het nu"
        " werkt, weten we niet.",
        "gone": "We meldden dat het niet werkte. Het is niet meer openbaar.",
    },
    "fi": {
        "time": "Kerroimme, ettei se toimi. Siellä ei ole ladattu vuorokauteen, joten emme tiedä,"
        " toimiiko se nyt.",
        "gone": "Kerroimme, ettei se toimi. Se ei ole enää avoinna yleisölle.",
    },
}
#: To who charges there.
GOES_ON: Final[Mapping[str, str]] = {
    "en": "Your charge is not cut from here; you pay for what was measured.",
    "de": "Ihre Ladung wird von hier nicht abgebrochen; Sie zahlen, was gemessen wurde.",
    "fr": "Votre charge n'est pas coupée d'ici ; vous payez ce qui a été mesuré.",
    "es": "Su carga no se corta desde aquí; paga lo que se midió.",
    "nl": "Uw lading wordt van hieruit niet afgebroken; u betaalt wat is gemeten.",
    "fi": "Latausta ei katkaista täältä; maksat siitä, mitä mitattiin.",
}
BEGAN: Final[Mapping[str, str]] = {
    "en": "It has begun.",
    "de": "Sie haben begonnen.",
    "fr": "Ils ont commencé.",
    "es": "Han empezado.",
    "nl": "Het is begonnen.",
    "fi": "Se on alkanut.",
}
MOVED: Final[Mapping[str, str]] = {
    "en": "It is now from {when} until {until}.",
    "de": "Sie dauern jetzt von {when} bis {until}.",
    "fr": "Ils auront lieu du {when} au {until}.",
    "es": "Ahora son desde {when} hasta {until}.",
    "nl": "Het is nu van {when} tot {until}.",
    "fi": "Se on nyt {when} alkaen {until} asti.",
}
CANCELLED: Final[Mapping[str, str]] = {
    "en": "It is cancelled: you can charge there as always.",
    "de": "Sie sind abgesagt: Sie können dort laden wie immer.",
    "fr": "Ils sont annulés : vous pouvez y charger comme d'habitude.",
    "es": "Se han cancelado: puede cargar allí como siempre.",
    "nl": "Het gaat niet door: u kunt daar laden als altijd.",
    "fi": "Se on peruttu: voit ladata siellä kuten aina.",
}
#: Why a car charges slowly, as far as that is known.
SLOW: Final[Mapping[str, tuple[str, str]]] = {
    "en": ("The station limits the power.", "The car or the station takes it back."),
    "de": ("Die Station begrenzt die Leistung.", "Das Auto oder die Station nimmt sie zurück."),
    "fr": ("La borne limite la puissance.", "La voiture ou la borne la réduit."),
    "es": ("El punto limita la potencia.", "El coche o el punto la reduce."),
    "nl": ("De laadpaal beperkt het vermogen.", "De auto of de laadpaal neemt het terug."),
    "fi": ("Asema rajoittaa tehoa.", "Auto tai asema pienentää sitä."),
}


def bays_in_words(numbers: Sequence[int], locale: str, *, all_of_them: bool) -> str:
    """Bays by their numbers, in a person's language."""
    one, many, all_ = _BAYS[language(locale)]
    if all_of_them and len(numbers) > 1:
        return all_
    said = ", ".join(str(number) for number in numbers)
    return (one if len(numbers) == 1 else many).format(numbers=said)
