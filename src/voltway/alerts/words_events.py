"""What is said when something happened, in the six languages: a title, and a sentence or two.

What stands in braces is put in from the alert's facts. What operators are told is in English, as
their console is; a language that has no words for an event falls back to English.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from voltway.alerts.model_events import Event
from voltway.alerts.words_disruptions import SAYS as DISRUPTED
from voltway.alerts.words_full import SAYS as FULL
from voltway.alerts.words_operators import NAMES as OPERATORS_NAMES
from voltway.alerts.words_operators import SAYS as OPERATORS
from voltway.alerts.words_reservations import WORDS as RESERVED
from voltway.alerts.words_waiting import WORDS as WAITING
from voltway.billing.words import language


@dataclass(frozen=True, slots=True)
class Say:
    title: str
    body: str


class Early(StrEnum):
    """Why a charge ended before its driver wanted, as far as a driver needs to know."""

    FAULT = "fault"
    POWER = "power"
    EMERGENCY = "emergency"
    NOT_ALLOWED = "not_allowed"
    LIMIT = "limit"
    OPERATOR = "operator"
    SILENT = "silent"


_EN: Final = {
    Event.SESSION_STARTED: Say("Charging has begun", "{place}, at {when}."),
    Event.SOON_DONE: Say(
        "Your car is soon done", "{place}: {percent} at about {when}. Please be there to move it."
    ),
    Event.DONE_MOVED: Say("The time has changed", "{place}: {percent} now at about {when}."),
    Event.STOPPED_EARLY: Say("Charging stopped early", "{place}, after {energy}. {why}"),
    Event.FEE_SOON: Say(
        "Standing will soon cost",
        "{place}: from {when} on {amount} per minute. Unplug before, and it costs nothing.",
    ),
    Event.FEE_BEGAN: Say(
        "The idle fee runs",
        "{place}: since {when} {amount} per minute. Unplug to end it.",
    ),
    Event.PAYMENT_FAILED: Say(
        "Your bank said no", "The payment at {place} did not work. Please choose another way."
    ),
    Event.HOLD_RELEASED: Say("Nothing was charged", "{why} The hold of {amount} was released."),
    Event.QUEUE_TURN: Say(
        "Your turn: bay {bay} at {place}",
        "It is held for you until {when}. Say on the page that you come.",
    ),
    Event.QUEUE_OVER: Say("You are not in line any more", "{place}: {why}"),
    Event.RECEIPT: Say("Your receipt", "{amount} at {place}."),
    Event.HOME_PAID: Say(
        "Paid back to you: {amount}",
        "For charging at home, by {number}. Your bank has it within some days.",
    ),
}

_DE: Final = {
    Event.SESSION_STARTED: Say("Das Laden hat begonnen", "{place}, um {when}."),
    Event.SOON_DONE: Say(
        "Ihr Auto ist bald fertig", "{place}: {percent} gegen {when}. Bitte fahren Sie es dann weg."
    ),
    Event.DONE_MOVED: Say("Die Zeit hat sich geändert", "{place}: {percent} jetzt gegen {when}."),
    Event.STOPPED_EARLY: Say("Das Laden endete zu früh", "{place}, nach {energy}. {why}"),
    Event.FEE_SOON: Say(
        "Stehen kostet bald",
        "{place}: ab {when} {amount} pro Minute. Wer vorher absteckt, zahlt nichts dafür.",
    ),
    Event.FEE_BEGAN: Say(
        "Die Standgebühr läuft",
        "{place}: seit {when} {amount} pro Minute. Abstecken beendet sie.",
    ),
    Event.PAYMENT_FAILED: Say(
        "Ihre Bank hat abgelehnt",
        "Die Zahlung bei {place} kam nicht zustande. Bitte zahlen Sie anders.",
    ),
    Event.HOLD_RELEASED: Say(
        "Es wurde nichts berechnet", "{why} Die Vormerkung von {amount} wurde aufgehoben."
    ),
    Event.QUEUE_TURN: Say(
        "Sie sind dran: Ladeplatz {bay} an {place}",
        "Er ist bis {when} für Sie frei gehalten. Sagen Sie auf der Seite, dass Sie kommen.",
    ),
    Event.QUEUE_OVER: Say("Sie stehen nicht mehr in der Schlange", "{place}: {why}"),
    Event.RECEIPT: Say("Ihr Beleg", "{amount} bei {place}."),
    Event.HOME_PAID: Say(
        "Ihnen erstattet: {amount}",
        "Für das Laden zu Hause, mit {number}. In einigen Tagen hat es Ihre Bank.",
    ),
}

_FR: Final = {
    Event.SESSION_STARTED: Say("La charge a commencé", "{place}, à {when}."),
    Event.SOON_DONE: Say(
        "Votre voiture est bientôt chargée",
        "{place} : {percent} vers {when}. Pensez à libérer la place.",
    ),
    Event.DONE_MOVED: Say("L'heure a changé", "{place} : {percent} désormais vers {when}."),
    Event.STOPPED_EARLY: Say("La charge s'est arrêtée trop tôt", "{place}, après {energy}. {why}"),
    Event.FEE_SOON: Say(
        "Rester branché coûtera bientôt",
        "{place} : dès {when}, {amount} par minute. Débranchez avant et rien n'est dû.",
    ),
    Event.FEE_BEGAN: Say(
        "Les frais de stationnement courent",
        "{place} : depuis {when}, {amount} par minute. Débranchez pour y mettre fin.",
    ),
    Event.PAYMENT_FAILED: Say(
        "Votre banque a refusé",
        "Le paiement à {place} n'a pas abouti. Choisissez un autre moyen de paiement.",
    ),
    Event.HOLD_RELEASED: Say("Rien n'a été débité", "{why} La réserve de {amount} a été levée."),
    Event.QUEUE_TURN: Say(
        "À vous : place {bay} à {place}",
        "Elle vous est gardée jusqu'à {when}. Dites sur la page que vous venez.",
    ),
    Event.QUEUE_OVER: Say("Vous n'êtes plus dans la file", "{place} : {why}"),
    Event.RECEIPT: Say("Votre reçu", "{amount} à {place}."),
    Event.HOME_PAID: Say(
        "Remboursé : {amount}",
        "Pour la recharge à domicile, par {number}. Votre banque l'aura sous quelques jours.",
    ),
}

_ES: Final = {
    Event.SESSION_STARTED: Say("La carga ha empezado", "{place}, a las {when}."),
    Event.SOON_DONE: Say(
        "Su coche está casi listo",
        "{place}: {percent} hacia las {when}. Por favor, libere la plaza.",
    ),
    Event.DONE_MOVED: Say("La hora ha cambiado", "{place}: {percent} ahora hacia las {when}."),
    Event.STOPPED_EARLY: Say("La carga se detuvo antes", "{place}, tras {energy}. {why}"),
    Event.FEE_SOON: Say(
        "Pronto costará seguir enchufado",
        "{place}: desde las {when}, {amount} por minuto. Desenchufe antes y no costará nada.",
    ),
    Event.FEE_BEGAN: Say(
        "Ya corre la tarifa por estar enchufado",
        "{place}: desde las {when}, {amount} por minuto. Desenchufe para pararla.",
    ),
    Event.PAYMENT_FAILED: Say(
        "Su banco dijo que no", "El pago en {place} no funcionó. Elija otra forma de pago."
    ),
    Event.HOLD_RELEASED: Say("No se cobró nada", "{why} Se liberó la retención de {amount}."),
    Event.QUEUE_TURN: Say(
        "Su turno: plaza {bay} en {place}",
        "Se le guarda hasta las {when}. Diga en la página que viene.",
    ),
    Event.QUEUE_OVER: Say("Ya no está en la cola", "{place}: {why}"),
    Event.RECEIPT: Say("Su recibo", "{amount} en {place}."),
    Event.HOME_PAID: Say(
        "Reembolsado: {amount}",
        "Por la recarga en casa, con {number}. Su banco lo tendrá en unos días.",
    ),
}

_NL: Final = {
    Event.SESSION_STARTED: Say("Het laden is begonnen", "{place}, om {when}."),
    Event.SOON_DONE: Say(
        "Uw auto is bijna klaar", "{place}: {percent} rond {when}. Maak de plek dan vrij."
    ),
    Event.DONE_MOVED: Say("De tijd is veranderd", "{place}: {percent} nu rond {when}."),
    Event.STOPPED_EARLY: Say("Het laden stopte te vroeg", "{place}, na {energy}. {why}"),
    Event.FEE_SOON: Say(
        "Blijven staan kost straks geld",
        "{place}: vanaf {when} {amount} per minuut. Trek eerder uit en het kost niets.",
    ),
    Event.FEE_BEGAN: Say(
        "Het blokkeertarief loopt",
        "{place}: sinds {when} {amount} per minuut. Trek uit om het te stoppen.",
    ),
    Event.PAYMENT_FAILED: Say(
        "Uw bank heeft geweigerd",
        "De betaling bij {place} lukte niet. Kies een andere betaalwijze.",
    ),
    Event.HOLD_RELEASED: Say(
        "Er is niets in rekening gebracht", "{why} De reservering van {amount} is vrijgegeven."
    ),
    Event.QUEUE_TURN: Say(
        "Uw beurt: plek {bay} bij {place}",
        "Die wordt tot {when} voor u vrijgehouden. Zeg op de pagina dat u komt.",
    ),
    Event.QUEUE_OVER: Say("U staat niet meer in de rij", "{place}: {why}"),
    Event.RECEIPT: Say("Uw bon", "{amount} bij {place}."),
    Event.HOME_PAID: Say(
        "Aan u vergoed: {amount}",
        "Voor thuis laden, met {number}. Uw bank heeft het binnen enkele dagen.",
    ),
}

_FI: Final = {
    Event.SESSION_STARTED: Say("Lataus on alkanut", "{place}, klo {when}."),
    Event.SOON_DONE: Say(
        "Autosi on pian ladattu", "{place}: {percent} noin klo {when}. Siirrä auto silloin."
    ),
    Event.DONE_MOVED: Say("Aika on muuttunut", "{place}: {percent} nyt noin klo {when}."),
    Event.STOPPED_EARLY: Say("Lataus päättyi liian aikaisin", "{place}, {energy}. {why}"),
    Event.FEE_SOON: Say(
        "Seisominen maksaa pian",
        "{place}: klo {when} alkaen {amount} minuutilta."
        " Irrota kaapeli ennen sitä, niin se ei maksa mitään.",
    ),
    Event.FEE_BEGAN: Say(
        "Seisontamaksu juoksee",
        "{place}: klo {when} alkaen {amount} minuutilta. Irrota kaapeli, niin se loppuu.",
    ),
    Event.PAYMENT_FAILED: Say(
        "Pankkisi ei hyväksynyt maksua", "Maksu ei onnistunut: {place}. Valitse toinen maksutapa."
    ),
    Event.HOLD_RELEASED: Say("Mitään ei veloitettu", "{why} Katevaraus {amount} vapautettiin."),
    Event.QUEUE_TURN: Say(
        "Sinun vuorosi: latauspaikka {bay}, {place}",
        "Paikkaa pidetään sinulle klo {when} asti. Kerro sivulla, että tulet.",
    ),
    Event.QUEUE_OVER: Say("Et ole enää jonossa", "{place}: {why}"),
    Event.RECEIPT: Say("Kuittisi", "{amount}: {place}."),
    Event.HOME_PAID: Say(
        "Sinulle korvattu: {amount}",
        "Kotilatauksesta, {number}. Raha on pankissasi muutamassa päivässä.",
    ),
}

_OWN: Final = {"en": _EN, "de": _DE, "fr": _FR, "es": _ES, "nl": _NL, "fi": _FI}
SAYS: Final[Mapping[str, Mapping[Event, Say]]] = {
    spoken: {
        **own,
        **{event: Say(*said) for event, said in DISRUPTED[spoken].items()},
        Event.COMPLETE: Say(*FULL[spoken]),
        **{event: Say(*said) for event, said in OPERATORS.items() if spoken == "en"},
    }
    for spoken, own in _OWN.items()
}

EARLY: Final[Mapping[str, tuple[str, str, str, str, str, str, str]]] = {
    "en": (
        "The station had a fault.",
        "The power at the station failed.",
        "The emergency button was pressed.",
        "What pays for it was refused.",
        "The limit was reached.",
        "The operator stopped it.",
        "The station is not heard any more.",
    ),
    "de": (
        "Die Station hatte eine Störung.",
        "An der Station fiel der Strom aus.",
        "Der Notschalter wurde gedrückt.",
        "Die Zahlungsart wurde abgelehnt.",
        "Die Grenze war erreicht.",
        "Der Betreiber hat es beendet.",
        "Die Station meldet sich nicht mehr.",
    ),
    "fr": (
        "La borne a eu une panne.",
        "Le courant a manqué à la borne.",
        "L'arrêt d'urgence a été pressé.",
        "Le moyen de paiement a été refusé.",
        "La limite était atteinte.",
        "L'exploitant l'a arrêtée.",
        "La borne ne répond plus.",
    ),
    "es": (
        "El punto tuvo un fallo.",
        "Falló la corriente en el punto.",
        "Se pulsó la parada de emergencia.",
        "Se rechazó la forma de pago.",
        "Se alcanzó el límite.",
        "El operador la detuvo.",
        "El punto ya no responde.",
    ),
    "nl": (
        "De laadpaal had een storing.",
        "De stroom bij de laadpaal viel uit.",
        "Er is op de noodknop gedrukt.",
        "De betaalwijze is geweigerd.",
        "De grens was bereikt.",
        "De exploitant heeft het gestopt.",
        "De laadpaal meldt zich niet meer.",
    ),
    "fi": (
        "Asemassa oli vika.",
        "Aseman sähkö katkesi.",
        "Hätäpysäytystä painettiin.",
        "Maksutapaa ei hyväksytty.",
        "Raja tuli täyteen.",
        "Operaattori pysäytti sen.",
        "Asemasta ei enää kuulu mitään.",
    ),
}

#: Under a mail of an event: why it came, and the way out of more.
WHY: Final[Mapping[str, tuple[str, str]]] = {
    "en": ("You get this mail because you wanted to be told.", "No more of these: {page}"),
    "de": (
        "Sie erhalten diese Nachricht, weil Sie es wissen wollten.",
        "Keine mehr davon: {page}",
    ),
    "fr": ("Vous recevez ce message car vous vouliez être averti.", "Ne plus en recevoir : {page}"),
    "es": ("Recibe este mensaje porque quería saberlo.", "No recibir más: {page}"),
    "nl": ("U krijgt dit bericht omdat u het wilde weten.", "Niet meer ontvangen: {page}"),
    "fi": ("Saat tämän viestin, koska halusit tietää.", "Ei enää näitä: {page}"),
}


def say(event: Event, locale: str, facts: Mapping[str, str]) -> Say:
    """An event in the house's words, in a person's language, or in English."""
    return filled(house(event, locale) or SAYS["en"][event], event, facts)


def house(event: Event, locale: str) -> Say | None:
    """The house's words for an event in a person's language, with braces; ``None``: it has none."""
    spoken = language(locale)
    return SAYS[spoken].get(event) or _reserved(event, spoken) or _waiting(event, spoken)


def filled(words: Say, event: Event, facts: Mapping[str, str]) -> Say:
    """Words with what they name. A fact that is not there is shown as a dash: an alert is better
    told with a gap than not at all. One that says nothing leaves no gap."""
    known = {name: facts.get(name, "-") for name in NAMES[event]}
    return Say(_closed(words.title.format(**known)), _closed(words.body.format(**known)))


def _closed(text: str) -> str:
    return " ".join(word for word in text.split(" ") if word)


def _reserved(event: Event, spoken: str) -> Say | None:
    said = RESERVED[spoken].get(event)
    return Say(*said) if said else None


def _waiting(event: Event, spoken: str) -> Say | None:
    """What who waits is told on a phone is what their mail says."""
    said = WAITING[spoken]
    if event is Event.BAY_FREE:
        return Say(said.free, said.free_text)
    return Say(said.outrun, said.outrun_text) if event is Event.BAY_TAKEN else None


def early(why: Early, locale: str) -> str:
    return EARLY[language(locale)][list(Early).index(why)]


#: The facts that the words of an event may name.
NAMES: Final[Mapping[Event, frozenset[str]]] = {
    Event.SESSION_STARTED: frozenset({"place", "when"}),
    Event.SOON_DONE: frozenset({"place", "when", "percent"}),
    Event.DONE_MOVED: frozenset({"place", "when", "percent"}),
    Event.COMPLETE: frozenset({"place", "energy", "cost", "fee"}),
    Event.STOPPED_EARLY: frozenset({"place", "energy", "why"}),
    Event.FEE_SOON: frozenset({"place", "when", "amount"}),
    Event.FEE_BEGAN: frozenset({"place", "when", "amount"}),
    Event.PAYMENT_FAILED: frozenset({"place"}),
    Event.HOLD_RELEASED: frozenset({"place", "amount", "why"}),
    Event.RECEIPT: frozenset({"place", "amount"}),
    Event.HOME_PAID: frozenset({"amount", "number"}),
    Event.BAY_FREE: frozenset({"place", "bay"}),
    Event.BAY_TAKEN: frozenset({"place"}),
    Event.QUEUE_TURN: frozenset({"place", "bay", "when"}),
    Event.QUEUE_OVER: frozenset({"place", "why"}),
    Event.RESERVATION_SOON: frozenset({"place", "bay", "when"}),
    Event.RESERVATION_OVER: frozenset({"place", "bay", "why"}),
    Event.POWER_REDUCED: frozenset({"place", "power", "before", "why"}),
    Event.DISRUPTION: frozenset({"place", "bays", "why"}),
    Event.WORK_PLANNED: frozenset({"place", "bays", "when", "until", "why"}),
    Event.WORK_CHANGED: frozenset({"place", "why"}),
    Event.BACK_IN_SERVICE: frozenset({"place", "bays"}),
    Event.PLACE_UNCERTAIN: frozenset({"place", "bays", "why"}),
    **OPERATORS_NAMES,
}
