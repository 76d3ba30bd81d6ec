"""Promotion codes: made here, typed by drivers before they start."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import JSONBody
from msgspec import Meta

from voltway.parties.model import Permission
from voltway.runtime.work import Row
from voltway.tariffs import promotions
from voltway.tariffs.model_promotions import GrantKind
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, reads
from voltway.web.api.shapes import Given, Moment, Page, Shown, shown, utc

CODES = Source("promotion_view")

Value = Annotated[
    str,
    Meta(
        max_length=12,
        pattern=r"^[0-9]{1,6}(\.[0-9]{1,4})?$",
        description="Major units of the party's currency with tax, percent, or kWh.",
        examples=["20"],
    ),
]
Uses = Annotated[int, Meta(ge=1, le=2_000_000_000)]


class Promotion(Shown):
    """A code, and how often it was used. It never changes."""

    id: UUID
    code: str
    kind: GrantKind
    value: str
    currency: str
    since: Moment
    until: Moment | None
    uses_max: int | None
    per_driver_max: int | None
    used: Annotated[int, Meta(description="By sessions that are billed.")]
    held: Annotated[int, Meta(description="By visits that are under way.")]
    created_at: Moment


class NewPromotion(Given):
    """A code to be made."""

    code: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{3,24}$")]
    kind: GrantKind
    value: Value
    since: Moment | None = None
    until: Moment | None = None
    uses_max: Uses | None = None
    per_driver_max: Annotated[
        Uses | None, Meta(description="Counted by e-mail, which a guest must then give.")
    ] = None


@reads("/promotions", "List the promotion codes")
async def list_promotions(caller: Calling, window: Paging) -> Page[Promotion]:
    async with caller.begin() as work:
        return await listed(work, CODES, window, _promotion)


@adds("/promotions", "Make a promotion code", Permission.EDIT_TARIFFS)
async def add_promotion(caller: Calling, data: JSONBody[NewPromotion]) -> Promotion:
    async with caller.begin() as work:
        made = await promotions.add(
            work,
            caller.actor.party,
            data.code,
            data.kind,
            Decimal(data.value),
            since=None if data.since is None else utc(data.since),
            until=None if data.until is None else utc(data.until),
            uses_max=data.uses_max,
            per_driver_max=data.per_driver_max,
        )
        await caller.audit(work, "made a promotion code", f"promotion:{made.code}")
        row = await work.one("SELECT * FROM promotion_view WHERE id = $1", made.id)
    assert row is not None, "it was made in this work"
    return _promotion(row)


def _promotion(row: Row) -> Promotion:
    return shown(Promotion, row, value=f"{row['value']:f}")


ROUTER = Router("/", tags=["promotions"], route_handlers=[list_promotions, add_promotion])
