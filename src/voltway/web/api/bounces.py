"""Mails that came back: a server's report is handed in; addresses that take none are listed."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import JSONBody
from msgspec import Meta

from voltway.alerts import bounces
from voltway.parties.model import Permission
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import asks, reads
from voltway.web.api.shapes import NO_NUL, Given, Moment, Page, Shown, shown

BOUNCES = Source("alert_bounce_view", key="address", type="text", newest_first=False)
MAIL_LENGTH_MAX = 60_000


class BounceShown(Shown):
    """An address that takes no mail: none is sent there until its owner wishes it."""

    address: str
    at: Moment
    why: Annotated[str, Meta(examples=["5.1.1 no such user"])]
    mails: Annotated[int, Meta(description="So many were to go there.")]


class Report(Given):
    """A report that a mail could not be delivered (RFC 3464)."""

    mail: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MAIL_LENGTH_MAX,
            pattern=NO_NUL,
            description="All of it, with the headers of our mail; its text may be left out.",
        ),
    ]


class Taken(Shown):
    alert_id: UUID
    address: str


@reads("/bounces", "List addresses whose mails come back")
async def list_bounces(caller: Calling, window: Paging) -> Page[BounceShown]:
    async with caller.begin() as work:
        return await listed(work, BOUNCES, window, lambda row: shown(BounceShown, row))


@asks("/bounces", "Hand in a mail server's report", Permission.MOVE_MONEY)
async def take_bounce(caller: Calling, data: JSONBody[Report]) -> Taken:
    """The address is sent nothing more. The same report again changes nothing."""
    async with caller.begin() as work:
        alert = await bounces.take_report(work, data.mail.encode())
        await caller.audit(work, "handed in a mail that came back", f"alert:{alert.id}")
    return Taken(alert_id=alert.id, address=alert.recipient)


ROUTER = Router("/", tags=["bounces"], route_handlers=[list_bounces, take_bounce])
