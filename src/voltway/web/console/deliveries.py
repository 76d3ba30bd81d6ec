"""Deliveries: what people were told, by which channel, and what did not reach them and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response

from voltway.alerts import actions, bounces
from voltway.alerts.model import FORGOTTEN, AlertState
from voltway.alerts.model_events import Channel, is_guest
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import AlertId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Row, Work
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.driver.alerting import NAMES
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other

_HERE: Final = "/console/deliveries"
LINES: Final = 100

STATES: Final = {
    AlertState.QUEUED: "Waits",
    AlertState.SENT: "Handed over",
    AlertState.DELIVERED: "Shown",
    AlertState.FAILED: "Failed",
    AlertState.DROPPED: "Dropped",
}
CHANNELS: Final = {
    Channel.MAIL: "Mail",
    Channel.PUSH: "Phone",
    Channel.SMS: "Text",
    Channel.CHAT: "Chat",
    Channel.HOOK: "Webhook",
}


@dataclass(eq=False)
class NotFailed(Refusal):
    """This is not a delivery that failed: somebody tried it again, or it went well."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(frozen=True, slots=True)
class Delivery:
    row: Row
    what: str
    channel: str
    state: str
    to: str


@get("/deliveries", include_in_schema=False)
async def list_deliveries(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    show: FromQuery[str] = "",
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    wanted = show if show in set(AlertState) else ""
    async with house.begin(actor.party) as work:
        lines = await _lines(work, wanted)
        bounced = await work.all("SELECT * FROM alert_bounce_view ORDER BY at DESC LIMIT 100")
        counts = await work.all("SELECT state, count(*)::int AS n FROM alert_view GROUP BY state")
    return await console_page(
        request,
        house,
        actor,
        "console/deliveries.html",
        place="jobs",
        lines=lines,
        bounced=bounced,
        lines_max=LINES,
        wanted=wanted,
        states=STATES,
        counts={row["state"]: row["n"] for row in counts},
        may_try=actor.may(Permission.MOVE_MONEY),
    )


async def _lines(work: Work, wanted: str) -> Sequence[Delivery]:
    rows = await work.all(
        """
        SELECT * FROM alert_view WHERE $1 IN ('', state) ORDER BY created_at DESC, id DESC LIMIT $2
        """,
        wanted,
        LINES,
    )
    named = await work.all(
        "SELECT id, name FROM alert_chat_view UNION ALL SELECT id, name FROM alert_hook_view"
    )
    names = {str(row["id"]): row["name"] for row in named}
    return [
        Delivery(
            row,
            NAMES.get(row["event"]) or row["template"].replace("_", " ").capitalize(),
            CHANNELS[Channel(row["channel"])],
            "Read" if row["read_at"] else STATES[AlertState(row["state"])],
            names.get(row["recipient"]) or _to(row),
        )
        for row in rows
    ]


def _to(row: Row) -> str:
    """To whom: an address or number; of a browser its owner's, or that it is a guest's, of whom in
    the end nothing else is known."""
    if row["channel"] != Channel.PUSH and row["recipient"] != FORGOTTEN:
        return str(row["recipient"])
    holder = str(row["holder"] or "")
    return "A guest" if is_guest(holder) else holder


@post("/deliveries/{alert:uuid}/again", include_in_schema=False)
async def try_again(
    house: NamedDependency[House], actor: NamedDependency[Actor], alert: FromPath[UUID]
) -> Redirect:
    """Try a failed delivery once more. What has reached somebody is not sent again."""
    actor.must(Permission.MOVE_MONEY)
    async with house.begin(actor.party) as work:
        row = await work.one("SELECT state FROM alert_view WHERE id = $1", alert)
        if row is None or row["state"] != AlertState.FAILED:
            raise NotFailed
        await actions.try_again(work, AlertId(alert))
        await parties.audit(work, actor, "tried a delivery again", f"alert:{alert}")
    return see_other(_HERE)


@post("/deliveries/mails", include_in_schema=False)
async def send_mails_again(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Redirect:
    """Mails to an address came back, and its owner asked for them again."""
    actor.must(Permission.MOVE_MONEY)
    address = data.get("address", "")
    async with house.begin(actor.party) as work:
        if await bounces.lift(work, address, actor.party):
            await parties.audit(work, actor, "let mails go again", f"address:{address}")
    return see_other(_HERE)
