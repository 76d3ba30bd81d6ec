"""What an operator asks of a station. The page tells asked, answered and took effect apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import StationId, TokenUid
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.stations import actions as stations
from voltway.stations.orders import (
    ChangeAvailability,
    ClearCache,
    Order,
    RawCall,
    ReadVariables,
    Reset,
    SetVariable,
    StartCharging,
    Trigger,
    Unlock,
)
from voltway.web.appearance import Form
from voltway.web.house import House
from voltway.web.pages import see_other

TEXT_MAX: Final = 1_000
PAYLOAD_MAX: Final = 64 * 1024


@dataclass(eq=False)
class NotAnOrder(Refusal):
    """This cannot be asked of a station: {reason}."""

    kind = Kind.INVALID

    reason: str


@post("/stations/{station:uuid}/orders", include_in_schema=False)
async def ask(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    station: FromPath[UUID],
    data: Form,
) -> Redirect:
    """Place an order; it goes out as soon as the station has a line, and is kept either way."""
    actor.must(Permission.RAW_CALL if data.get("kind") == "raw" else Permission.ORDER_STATION)
    order = order_of(data)
    async with house.begin(actor.party) as work:
        at = await stations.station(work, StationId(station))
        house.reach.must_reach(str(at.id))
        await stations.place_order(work, at.id, order, actor.name)
        detail = {"order": type(order).__name__}
        await parties.audit(work, actor, "asked a station", f"station:{at.id}", detail)
    return see_other(f"/console/stations/{station}#did")


def order_of(data: Mapping[str, str]) -> Order:
    """The order that a form asks for."""
    match data.get("kind"):
        case "start":
            token = _text(data, "token", "the token is missing")
            return StartCharging(evse=_bay(data), token=TokenUid(token))
        case "reset":
            return Reset(immediate=data.get("immediate") == "yes")
        case "unlock":
            return Unlock(evse=_bay(data))
        case "service":
            bay = int(data["bay"]) if data.get("bay", "").isdecimal() else None
            return ChangeAvailability(operative=data.get("operative") == "yes", evse=bay)
        case "trigger":
            bay = int(data["bay"]) if data.get("bay", "").isdecimal() else None
            return Trigger(_text(data, "message", "the message is missing"), evse=bay)
        case "read":
            names = data.get("names", "").replace(",", " ").split()
            return ReadVariables(tuple(name[:TEXT_MAX] for name in names[:50]))
        case "set":
            name = _text(data, "name", "the name is missing")
            return SetVariable(name, data.get("value", "").strip()[:2500])
        case "clear":
            return ClearCache()
        case "raw":
            return _raw(data)
        case _:
            raise NotAnOrder("it is none of the things on this page")


def _raw(data: Mapping[str, str]) -> RawCall:
    action = _text(data, "action", "the action is missing")
    payload = data.get("payload", "").strip() or "{}"
    if not action.isalnum():
        raise NotAnOrder("an action is one word of letters")
    if len(payload) > PAYLOAD_MAX:
        raise NotAnOrder(f"the payload is longer than {PAYLOAD_MAX} signs")
    try:
        body = msgspec.json.decode(payload)
    except msgspec.DecodeError as error:
        raise NotAnOrder(f"the payload is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise NotAnOrder("the payload is a JSON object")
    return RawCall(action, payload)


def _bay(data: Mapping[str, str]) -> int:
    given = data.get("bay", "")
    if not given.isdecimal():
        raise NotAnOrder("say which bay")
    return int(given)


def _text(data: Mapping[str, str], name: str, missing: str) -> str:
    text = data.get(name, "").strip()[:TEXT_MAX]
    if not text:
        raise NotAnOrder(missing)
    return text
