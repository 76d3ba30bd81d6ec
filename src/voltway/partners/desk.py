"""What a partner's platform asks of sessions on its contracts: to see, to start, to stop them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OrderId, SessionId, StationId, TokenUid
from voltway.partners import store_events, telling
from voltway.partners.model import Partner
from voltway.runtime.work import Row, Work
from voltway.sessions import actions as sessions_room
from voltway.stations import actions as stations
from voltway.stations.orders import StartCharging
from voltway.waiting import starting


@dataclass(eq=False)
class NotYourSession(Refusal):
    """There is no session {session} on a contract of yours."""

    kind: ClassVar[Kind] = Kind.ABSENT

    session: object


@dataclass(eq=False)
class NotYourOrder(Refusal):
    """You have placed no order {order}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    order: object


@dataclass(frozen=True, slots=True)
class Placed:
    order: OrderId
    station: StationId


def placed_by(partner: Partner) -> str:
    """Who placed an order, as the console shows it."""
    return f"partner {partner.name} ({partner.country_code}*{partner.ident})"


async def session(work: Work, partner: Partner, id: SessionId) -> Row:
    """A session of the partner's, as ``partner_session_view`` has it. Raises ``NotYourSession``."""
    row = await work.one(
        "SELECT * FROM partner_session_view WHERE id = $1 AND partner_id = $2", id, partner.id
    )
    if row is None:
        raise NotYourSession(id)
    return row


async def sessions(
    work: Work, partner: Partner, ids: Collection[UUID]
) -> Mapping[UUID, dict[str, Any]]:
    """These sessions as OCPI has them, those of the partner alone."""
    rows = await store_events.sessions(work, [SessionId(id) for id in ids])
    return {
        row["id"]: await telling.session_said(work, row, partner)
        for row in rows
        if row["partner_id"] == partner.id
    }


async def start(work: Work, partner: Partner, uid: str, public_id: str) -> Placed:
    """Ask a station to begin a session; of its own party alone. Raises what stands against that
    (``starting.may_start_now``): nobody starts through a partner at a bay that is another's."""
    place = await stations.place_named(work, public_id)
    await starting.may_start_now(work, place.evse)
    order = await stations.place_order(
        work, place.station, StartCharging(place.number, TokenUid(uid)), placed_by(partner)
    )
    return Placed(order, place.station)


async def stop(work: Work, partner: Partner, id: SessionId) -> OrderId:
    await session(work, partner, id)
    return await sessions_room.stop(work, id, placed_by(partner))


async def must_be_placed_by(work: Work, partner: Partner, order: UUID) -> None:
    row = await work.one(
        "SELECT FROM order_view WHERE id = $1 AND placed_by = $2", order, placed_by(partner)
    )
    if row is None:
        raise NotYourOrder(order)
