"""A person's own phone number on their page of alerts: a driver's and an operator's alike."""

from dataclasses import dataclass
from typing import ClassVar

from voltway.alerts import numbers
from voltway.alerts.model_events import PEOPLES, Channel
from voltway.alerts.model_numbers import Number, shown
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.web.appearance import Form
from voltway.web.house import House
from voltway.web.pages import HttpRequest, reader


@dataclass(frozen=True, slots=True)
class TextsShown:
    """The number that texts go to, the one that waits for its code, and what was typed."""

    number: Number | None
    waits: str
    typed: str


@dataclass(eq=False)
class WrongNumberCode(Refusal):
    """This is not the code, or it is too old. Look at the last text, or ask for a new one."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NoTexts(Refusal):
    """This network sends no texts."""


def offered(house: House) -> frozenset[Channel]:
    """The channels that this house has."""
    return PEOPLES - (frozenset() if house.settings.sms_account else {Channel.SMS})


async def ask_for_number(
    request: HttpRequest,
    work: Work,
    house: House,
    holder: str,
    data: Form,
    *,
    party: PartyId | None = None,
) -> None:
    """Send a code to the number of a form, for this party or the first. Raises ``NoTexts`` and as
    ``numbers.ask``."""
    if party is None:
        first = await parties.first_party(work)
        party = first.id if first is not None else None
    if party is None or Channel.SMS not in offered(house):
        raise NoTexts
    await numbers.ask(work, party, holder, number_typed(data), reader(request).papers)


async def texts_shown(work: Work, house: House, holder: str, typed: str) -> TextsShown | None:
    """What stands on the page of texts; ``None`` where the house has none."""
    if Channel.SMS not in offered(house):
        return None
    number = await numbers.number_of(work, holder)
    waits = await numbers.waiting(work, holder)
    return TextsShown(number, shown(waits.number) if waits else "", typed)


def number_typed(data: Form) -> str:
    return data.get("number", "")[: numbers.TYPED_LENGTH_MAX]
