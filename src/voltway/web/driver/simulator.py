"""The driver's hands in the demo: buttons that plug the simulated car in and out, and come back."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from voltway.stations.model import EvsePlace
from voltway.web.house import House
from voltway.web.pages import HttpRequest, public_url


@dataclass(frozen=True, slots=True)
class Simulator:
    """Where the buttons of a visit's page lead. ``plug`` and ``unplug`` take a form, do it, and
    send the browser to ``back``; ``choose`` is the page where another car can be taken there."""

    plug: str
    unplug: str
    choose: str
    back: str


def simulator(request: HttpRequest, house: House, place: EvsePlace, key: str) -> Simulator | None:
    """Those of this bay, and back to this visit; ``None`` outside the demo."""
    base = house.settings.simulator_url.rstrip("/")
    if not base:
        return None
    station, back = quote(place.identity), f"{public_url(request, house)}/v/{quote(key)}"
    at_bay = f"{base}/do/{station}/evses/{place.number}"
    return Simulator(
        plug=f"{at_bay}/plug",
        unplug=f"{at_bay}/unplug",
        choose=f"{base}/stations/{station}?{urlencode({'bay': place.number, 'back': back})}",
        back=back,
    )
