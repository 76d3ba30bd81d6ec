"""Paying at a card reader beside the bay: drivers call it a terminal."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict, Unpack
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from voltway.kernel.errors import Outage
from voltway.kernel.ids import DriverId, EvseId, LocationId, PaymentId, TokenUid
from voltway.payments import actions as payments
from voltway.payments import actions_reader, readers
from voltway.payments.actions_reader import NotAtThisReader, NothingToShow
from voltway.payments.model import Payment, Visit
from voltway.payments.model_methods import Method
from voltway.payments.model_readers import CardReader, Stage
from voltway.payments.provider_more import ReaderNo
from voltway.payments.racing import YouStart
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.web.driver.views import Bay
from voltway.web.formats import Formats
from voltway.web.house import House
from voltway.web.pages import see_other

#: Why a terminal shows nothing, and what a driver can do about it.
NO: Final[Mapping[ReaderNo, str]] = {
    ReaderNo.BUSY: "It is busy with something else. Try again in a moment.",
    ReaderNo.OFFLINE: "It has no line at the moment. Pay another way, or try again.",
    ReaderNo.SILENT: "It did not answer. Try again, or pay another way.",
    ReaderNo.CARD_DECLINED: "Your bank said no to this card. Another card may work.",
    ReaderNo.CANCELED: "The payment was cancelled there.",
    ReaderNo.LINE_LOST: "It lost its line while it asked your bank, and nothing was held.",
    ReaderNo.REPLACED: "It shows something else now. Try again in a moment.",
    ReaderNo.FAILED: "It could not read a card. Try again, or pay another way.",
}
ASKING: Final = "In a few seconds it shows the amount."
UNSURE: Final = "It has not answered. If it shows the amount, hold your card to it."
SHOWING: Final = "It shows %(hold)s. That is held, not taken; you pay for what you use."
LEAVING: Final = "It is asking your bank just now. This page says in a moment what came of it."


@dataclass(frozen=True, slots=True)
class AtReader:
    """A payment at a terminal, as its driver sees it."""

    name: str
    stage: Stage
    words: str
    until: datetime

    @property
    def may_try(self) -> bool:
        return self.stage is Stage.STOPPED


async def at_reader(work: Work, payment: Payment, formats: Formats) -> AtReader | None:
    """How it goes at the terminal; ``None`` where the visit is paid elsewhere."""
    use = await actions_reader.use_of(work, payment.id)
    if use is None:
        return None
    match use.stage:
        case Stage.STOPPED:
            words = formats.say(NO[use.trouble or ReaderNo.FAILED])
        case Stage.SHOWING:
            hold = formats.hold(payment.hold_minor, payment.currency)
            words = formats.say(SHOWING, hold=hold)
        case Stage.LEAVING:
            words = formats.say(LEAVING)
        case Stage.ASKING:
            words = formats.say(UNSURE if use.trouble else ASKING)
    return AtReader(use.reader.name, use.stage, words, use.until)


async def at_bay(work: Work, house: House, bay: Bay) -> list[CardReader]:
    """The terminals at which a bay can be paid for."""
    return await readers.serving(work, house.provider, bay.evse, LocationId(bay.location_id))


class Begun(TypedDict):
    """What a visit begins with, wherever it is paid; ``mine``: the keys of this browser's visits
    before."""

    evse: EvseId
    email: str | None
    locale: str
    return_url: str
    cancel_url: str
    code: str
    token: TokenUid | None
    driver: DriverId | None
    mine: Collection[str]


async def open_visit(
    house: House, reader: str, *, saved: Method | None, **begun: Unpack[Begun]
) -> Visit:
    """A visit at the terminal that the driver chose, or, where none was, on a page or method; the
    one that their button began already, where it was pressed twice."""
    try:
        if not reader:
            return await payments.open_visit(house.begin, house.provider, saved=saved, **begun)
        return await actions_reader.open_visit(
            house.begin, house.provider, reader=_chosen(reader), **begun
        )
    except YouStart as yours:
        return Visit(yours.visit_key, "")


def _chosen(reader: str) -> UUID:
    try:
        return UUID(reader)
    except ValueError as error:
        raise NotAtThisReader from error


async def look(house: House, payment: PaymentId) -> None:
    """See whether the card was held; what cannot be said now comes later."""
    try:
        await actions_reader.look(house.begin, house.provider, payment)
    except Outage:
        return


@post("/v/{key:str}/show", include_in_schema=False)
async def show_again(house: NamedDependency[House], key: FromPath[str]) -> Redirect:
    """Let the terminal show the amount once more."""
    async with house.begin() as work:
        payment = await payments.visit(work, key)
    with suppress(NothingToShow, Outage):  # the visit's page says where it stands
        await actions_reader.show(house.begin, house.provider, payment.id)
    return see_other(f"/v/{key}")


@post("/v/{key:str}/elsewhere", include_in_schema=False)
async def pay_elsewhere(house: NamedDependency[House], key: FromPath[str]) -> Redirect:
    """Leave the terminal to the next driver, and choose another way to pay at the bay's page."""
    async with house.begin() as work:
        payment = await payments.visit(work, key)
        place = await stations.place_of(work, payment.evse)
    try:
        left = await actions_reader.leave(house.begin, house.provider, payment.id)
    except Outage:
        left = False
    async with house.begin() as work:
        now = await payments.visit(work, key)
    if left and now.held_at is None:
        return see_other(f"/e/{place.public_id}")
    return see_other(f"/v/{key}")
