"""What is said where a budget nears its end, in the six languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from voltway.billing.rules_budgets import Period
from voltway.billing.words import language


@dataclass(frozen=True, slots=True)
class BudgetWords:
    """``{name}``, ``{used}``, ``{limit}`` and ``{day}`` are put in."""

    subject_near: str
    subject_up: str
    periods: Mapping[Period, str]
    of: str
    stops: str  # of a session's budget, before its end and at it
    stopped: str
    shuts: str  # of a day's or month's, likewise
    shut: str
    why: str


def _periods(session: str, day: str, month: str) -> Mapping[Period, str]:
    return {Period.SESSION: session, Period.DAY: day, Period.MONTH: month}


WORDS: Final = {
    "en": BudgetWords(
        "Four fifths of the budget are used: {name}",
        "The budget is used up: {name}",
        _periods("This charge", "Today", "This month"),
        "{used} of {limit}",
        "The charge is stopped when all of it is used.",
        "The charge was stopped.",
        "When all of it is used, charging is stopped and starts again on {day}.",
        "Charging was stopped. Stations can be opened again from {day} on, or when the budget is"
        " raised.",
        "This mail is about a budget that was set for charging that concerns you.",
    ),
    "de": BudgetWords(
        "Vier Fünftel des Budgets sind verbraucht: {name}",
        "Das Budget ist aufgebraucht: {name}",
        _periods("Dieser Ladevorgang", "Heute", "Diesen Monat"),
        "{used} von {limit}",
        "Der Ladevorgang wird beendet, wenn alles verbraucht ist.",
        "Der Ladevorgang wurde beendet.",
        "Ist alles verbraucht, wird das Laden beendet; ab {day} geht es wieder.",
        "Das Laden wurde beendet. Stationen lassen sich ab {day} wieder öffnen, oder wenn das"
        " Budget erhöht wird.",
        "Diese Nachricht betrifft ein Budget für das Laden, das Sie angeht.",
    ),
    "fr": BudgetWords(
        "Quatre cinquièmes du budget sont utilisés : {name}",
        "Le budget est épuisé : {name}",
        _periods("Cette charge", "Aujourd'hui", "Ce mois"),
        "{used} sur {limit}",
        "La charge s'arrête quand tout est utilisé.",
        "La charge a été arrêtée.",
        "Quand tout est utilisé, la charge s'arrête ; elle reprend le {day}.",
        "La charge a été arrêtée. Les bornes s'ouvriront de nouveau à partir du {day}, ou dès que"
        " le budget est augmenté.",
        "Ce message concerne un budget fixé pour des charges qui vous regardent.",
    ),
    "es": BudgetWords(
        "Se han usado cuatro quintos del presupuesto: {name}",
        "El presupuesto se ha agotado: {name}",
        _periods("Esta carga", "Hoy", "Este mes"),
        "{used} de {limit}",
        "La carga se detiene cuando se haya usado todo.",
        "La carga se detuvo.",
        "Cuando se haya usado todo, la carga se detiene; vuelve a ser posible el {day}.",
        "La carga se detuvo. Los puntos se pueden abrir de nuevo a partir del {day}, o cuando se"
        " aumente el presupuesto.",
        "Este mensaje trata de un presupuesto para cargas que le conciernen.",
    ),
    "nl": BudgetWords(
        "Vier vijfde van het budget is gebruikt: {name}",
        "Het budget is op: {name}",
        _periods("Deze laadbeurt", "Vandaag", "Deze maand"),
        "{used} van {limit}",
        "Het laden stopt als alles gebruikt is.",
        "Het laden is gestopt.",
        "Als alles gebruikt is, stopt het laden; vanaf {day} kan het weer.",
        "Het laden is gestopt. Palen gaan weer open vanaf {day}, of als het budget wordt verhoogd.",
        "Dit bericht gaat over een budget voor laadbeurten die u aangaan.",
    ),
    "fi": BudgetWords(
        "Neljä viidesosaa budjetista on käytetty: {name}",
        "Budjetti on käytetty: {name}",
        _periods("Tämä lataus", "Tänään", "Tässä kuussa"),
        "{used} / {limit}",
        "Lataus pysäytetään, kun koko budjetti on käytetty.",
        "Lataus pysäytettiin.",
        "Kun koko budjetti on käytetty, lataus pysäytetään; se onnistuu taas {day}.",
        "Lataus pysäytettiin. Asemat avautuvat taas {day} alkaen tai kun budjettia korotetaan.",
        "Tämä viesti koskee latauksillesi asetettua budjettia.",
    ),
}


def words(locale: str) -> BudgetWords:
    return WORDS[language(locale)]
