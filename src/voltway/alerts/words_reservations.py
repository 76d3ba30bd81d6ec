"""What is said to who has reserved a bay, in the six languages."""

from collections.abc import Mapping
from typing import Final

from voltway.alerts.model_events import Event
from voltway.waiting.model_reservations import WhyReservation

#: A title and a sentence or two for each event.
WORDS: Final[Mapping[str, Mapping[Event, tuple[str, str]]]] = {
    "en": {
        Event.RESERVATION_SOON: (
            "Your reservation ends at {when}",
            "Bay {bay} at {place}. If nothing has started by then, it is free for others.",
        ),
        Event.RESERVATION_OVER: ("Your reservation was cancelled", "Bay {bay} at {place}: {why}"),
    },
    "de": {
        Event.RESERVATION_SOON: (
            "Ihre Reservierung endet um {when}",
            "Ladeplatz {bay} an {place}. Hat bis dahin nichts begonnen, ist er für andere frei.",
        ),
        Event.RESERVATION_OVER: (
            "Ihre Reservierung wurde aufgehoben",
            "Ladeplatz {bay} an {place}: {why}",
        ),
    },
    "fr": {
        Event.RESERVATION_SOON: (
            "Votre réservation se termine à {when}",
            "Place {bay} à {place}. Si rien n'a commencé d'ici là, elle est libre pour d'autres.",
        ),
        Event.RESERVATION_OVER: (
            "Votre réservation a été annulée",
            "Place {bay} à {place} : {why}",
        ),
    },
    "es": {
        Event.RESERVATION_SOON: (
            "Su reserva termina a las {when}",
            "Plaza {bay} en {place}. Si hasta entonces no empieza nada, queda libre para otros.",
        ),
        Event.RESERVATION_OVER: ("Su reserva se ha anulado", "Plaza {bay} en {place}: {why}"),
    },
    "nl": {
        Event.RESERVATION_SOON: (
            "Uw reservering eindigt om {when}",
            "Plek {bay} bij {place}. Is er dan niets begonnen, dan is de plek vrij voor anderen.",
        ),
        Event.RESERVATION_OVER: ("Uw reservering is geannuleerd", "Plek {bay} bij {place}: {why}"),
    },
    "fi": {
        Event.RESERVATION_SOON: (
            "Varauksesi päättyy kello {when}",
            "Latauspaikka {bay} kohteessa {place}. Jos mitään ei ole alkanut siihen mennessä, se"
            " vapautuu muille.",
        ),
        Event.RESERVATION_OVER: (
            "Varauksesi peruttiin",
            "Latauspaikka {bay} kohteessa {place}: {why}",
        ),
    },
}

#: Why it was cancelled. What an operator wrote stands in their own words.
WHY: Final[Mapping[str, Mapping[WhyReservation, str]]] = {
    "en": {
        WhyReservation.REFUSED: "The station said no.",
        WhyReservation.SILENT: "The station did not answer.",
        WhyReservation.FAULT: "The bay cannot be used now.",
        WhyReservation.REMOVED: "The station keeps it no more.",
        WhyReservation.TAKEN: "Somebody else charges there.",
        WhyReservation.CLOSED: "The place is closed.",
        WhyReservation.WORK: "Planned work has begun there.",
    },
    "de": {
        WhyReservation.REFUSED: "Die Station hat abgelehnt.",
        WhyReservation.SILENT: "Die Station hat nicht geantwortet.",
        WhyReservation.FAULT: "Der Ladeplatz ist gerade nicht nutzbar.",
        WhyReservation.REMOVED: "Die Station hält ihn nicht mehr frei.",
        WhyReservation.TAKEN: "Dort lädt jemand anderes.",
        WhyReservation.CLOSED: "Der Ort ist geschlossen.",
        WhyReservation.WORK: "Dort haben geplante Arbeiten begonnen.",
    },
    "fr": {
        WhyReservation.REFUSED: "La borne a refusé.",
        WhyReservation.SILENT: "La borne n'a pas répondu.",
        WhyReservation.FAULT: "La place n'est pas utilisable en ce moment.",
        WhyReservation.REMOVED: "La borne ne la garde plus.",
        WhyReservation.TAKEN: "Quelqu'un d'autre y charge.",
        WhyReservation.CLOSED: "Le lieu est fermé.",
        WhyReservation.WORK: "Des travaux prévus y ont commencé.",
    },
    "es": {
        WhyReservation.REFUSED: "El punto lo rechazó.",
        WhyReservation.SILENT: "El punto no respondió.",
        WhyReservation.FAULT: "La plaza no se puede usar ahora.",
        WhyReservation.REMOVED: "El punto ya no la guarda.",
        WhyReservation.TAKEN: "Allí carga otra persona.",
        WhyReservation.CLOSED: "El lugar está cerrado.",
        WhyReservation.WORK: "Allí han empezado trabajos previstos.",
    },
    "nl": {
        WhyReservation.REFUSED: "De laadpaal heeft geweigerd.",
        WhyReservation.SILENT: "De laadpaal heeft niet geantwoord.",
        WhyReservation.FAULT: "De plek is nu niet te gebruiken.",
        WhyReservation.REMOVED: "De laadpaal houdt de plek niet meer vrij.",
        WhyReservation.TAKEN: "Daar laadt iemand anders.",
        WhyReservation.CLOSED: "De locatie is gesloten.",
        WhyReservation.WORK: "Daar zijn geplande werkzaamheden begonnen.",
    },
    "fi": {
        WhyReservation.REFUSED: "Asema kieltäytyi.",
        WhyReservation.SILENT: "Asema ei vastannut.",
        WhyReservation.FAULT: "Latauspaikkaa ei voi nyt käyttää.",
        WhyReservation.REMOVED: "Asema ei enää pidä sitä varattuna.",
        WhyReservation.TAKEN: "Joku muu lataa siellä.",
        WhyReservation.CLOSED: "Paikka on suljettu.",
        WhyReservation.WORK: "Siellä on alkanut suunniteltu työ.",
    },
}
