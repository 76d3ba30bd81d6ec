"""Orphans: what stations told of sessions that we do not know, kept for a person."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.sessions import actions
from voltway.sessions.actions import NoSuchOrphan
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import asks, reads
from voltway.web.api.shapes import Given, Moment, Page, Shown, shown

ORPHANS = Source("orphan_view")

#: What a station's claim is kept as where it told no time.
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Orphan(Shown):
    """A report that belongs to no known session."""

    id: UUID
    station_id: UUID
    identity: Annotated[str, Meta(description="The station's name in its OCPP address.")]
    kind: Annotated[str, Meta(description="`ended` or `metered`.", examples=["ended"])]
    transaction_ref: Annotated[str, Meta(description="The station's name for the session.")]
    evse_number: int | None
    register_wh: Annotated[int | None, Meta(description="What the meter showed.")]
    claimed_at: Annotated[Moment | None, Meta(description="When it was, by the station's word.")]
    told: Annotated[int, Meta(description="How often the station told it.")]
    first_at: Moment
    last_at: Moment
    reviewed_at: Annotated[Moment | None, Meta(description="When somebody closed it.")]
    report: Annotated[dict[str, Any], Meta(description="All that the station told.")]


class Closing(Given):
    """Why an orphan needs no more looking at."""

    reason: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            pattern=r"^[^\x00]*[^\x00\s][^\x00]*$",
            description="Kept in the audit.",
            examples=["Test by the installer"],
        ),
    ]


@reads("/orphans", "List the orphans")
async def list_orphans(
    caller: Calling,
    window: Paging,
    station: Annotated[UUID | None, QueryParameter(description="Those of this station.")] = None,
    is_open: Annotated[
        bool | None, QueryParameter(name="open", description="Those that nobody has closed.")
    ] = None,
) -> Page[Orphan]:
    async with caller.begin() as work:
        return await listed(
            work,
            ORPHANS,
            window,
            _orphan,
            [("station_id = {}", station), ("(reviewed_at IS NULL) = {}", is_open)],
        )


@asks("/orphans/{orphan_id:uuid}/close", "Close an orphan", Permission.EDIT_NETWORK)
async def close_orphan(
    caller: Calling, orphan_id: FromPath[UUID], data: JSONBody[Closing]
) -> Orphan:
    """Somebody has looked. What the station told is kept."""
    async with caller.begin() as work:
        if not await actions.review_orphan(work, orphan_id):
            raise NoSuchOrphan(orphan_id)
        await caller.audit(work, "closed an orphan", f"orphan:{orphan_id}", reason=data.reason)
        return await _shown(work, orphan_id)


async def _shown(work: Work, id: UUID) -> Orphan:
    row = await work.one("SELECT * FROM orphan_view WHERE id = $1", id)
    if row is None:
        raise NoSuchOrphan(id)
    return _orphan(row)


def _orphan(row: Row) -> Orphan:
    claimed_at = None if row["claimed_at"] == _NO_TIME else row["claimed_at"]
    return shown(Orphan, row, transaction_ref=row["ref"], claimed_at=claimed_at)


ROUTER = Router("/", tags=["orphans"], route_handlers=[list_orphans, close_orphan])
