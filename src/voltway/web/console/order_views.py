"""Orders in words: what was asked, how far it came, what happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from voltway.runtime.work import Row, Work
from voltway.stations.orders import OrderState

#: The three marks of an order: asked, answered, took effect.
_MARKS: Final[dict[OrderState, tuple[str, str, str]]] = {
    OrderState.QUEUED: ("wait", "none", "none"),
    OrderState.SENT: ("done", "wait", "none"),
    OrderState.ANSWERED: ("done", "done", "wait"),
    OrderState.DONE: ("done", "done", "done"),
    OrderState.REFUSED: ("done", "bad", "none"),
    OrderState.SILENT: ("done", "bad", "none"),
    OrderState.WITHOUT_EFFECT: ("done", "done", "bad"),
    OrderState.EXPIRED: ("bad", "none", "none"),
    OrderState.CANCELLED: ("bad", "none", "none"),
}

_SAYS: Final[dict[OrderState, str]] = {
    OrderState.QUEUED: "Waits for the station's line",
    OrderState.SENT: "Asked, no answer yet",
    OrderState.ANSWERED: "Answered, effect not seen yet",
    OrderState.DONE: "Took effect",
    OrderState.REFUSED: "The station said no",
    OrderState.SILENT: "No answer in time",
    OrderState.WITHOUT_EFFECT: "It said yes, and nothing happened",
    OrderState.EXPIRED: "Never sent: the station had no line in time",
    OrderState.CANCELLED: "Taken back",
}


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order on a station's page."""

    id: UUID
    at: datetime
    title: str
    by: str
    marks: tuple[str, str, str]
    steps_words: str
    happened: str
    answer: str
    is_open: bool


async def orders_of(work: Work, station: UUID, limit: int = 8) -> list[OrderLine]:
    """The last orders of a station, the newest first."""
    rows = await work.all(
        "SELECT * FROM order_view WHERE station_id = $1 ORDER BY id DESC LIMIT $2", station, limit
    )
    return [line(row) for row in rows]


def line(row: Row) -> OrderLine:
    state = OrderState(row["state"])
    word = row["word"]
    happened = row["why"] or _SAYS[state]
    if (
        state in (OrderState.ANSWERED, OrderState.DONE, OrderState.REFUSED)
        and word
        and word not in happened
    ):
        happened = f"{word}. {happened}"
    return OrderLine(
        id=row["id"],
        at=row["placed_at"],
        title=_title(row["kind"], row["body"]),
        by=row["placed_by"],
        marks=_MARKS[state],
        steps_words=_SAYS[state],
        happened=happened,
        answer=row["answer"] or "",
        is_open=state in (OrderState.QUEUED, OrderState.SENT, OrderState.ANSWERED),
    )


def _title(kind: str, body: Mapping[str, Any]) -> str:
    bay = f", Bay {body['evse']}" if body.get("evse") else ""
    match kind:
        case "StartCharging":
            return f"Start charging{bay}"
        case "ReserveNow":
            return f"Reserve{bay}, number {body.get('reservation')}"
        case "CancelReservation":
            return f"Cancel reservation {body.get('reservation')}"
        case "StopCharging":
            return "Stop charging"
        case "Reset":
            return f"{'Restart at once' if body.get('immediate') else 'Restart'}{bay}"
        case "Unlock":
            return f"Unlock cable{bay}"
        case "ChangeAvailability":
            return f"{'Put into service' if body.get('operative') else 'Take out of service'}{bay}"
        case "Trigger":
            return f"Ask for {body.get('message')}{bay}"
        case "ReadVariables":
            names = body.get("names") or ()
            return f"Read {', '.join(names)}" if names else "Read the whole configuration"
        case "SetVariable":
            return f"Set {body.get('name')}"
        case "ClearCache":
            return "Clear the token cache"
        case "RawCall":
            return f"Call {body.get('action')}"
        case _:
            return kind
