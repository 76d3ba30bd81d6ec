"""When and where a card, a contract, a driver or a fleet may charge."""

from datetime import time
from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from voltway.drivers import when_where
from voltway.drivers.rules_when_where import Allowed
from voltway.drivers.when_where import NoSuchRule, Scope
from voltway.kernel.ids import PartyId
from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import puts, reads, removes
from voltway.web.api.shapes import Given, Moment, Page, Shown, shown

RULES = Source("charging_rule_view")

Clock = Annotated[
    str,
    Meta(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="By the clock of the place.",
        examples=["07:30"],
    ),
]
Day = Annotated[int, Meta(ge=1, le=7)]


class ChargingRule(Shown):
    """When and where something may charge; all rules that are about a token hold at once."""

    id: UUID
    scope: Scope
    subject_id: Annotated[UUID, Meta(description="The token, contract, driver or fleet.")]
    name: Annotated[str | None, Meta(description="Of whom; null where they are gone.")]
    days: Annotated[list[int], Meta(description="1 is Monday; none: every day.")]
    opens: Annotated[str | None, Meta(examples=["07:30"])]
    closes: Annotated[str | None, Meta(description="Not after `opens`: on the day after.")]
    location_ids: Annotated[list[UUID], Meta(description="None: everywhere.")]
    set_by: str
    set_at: Moment


class NewChargingRule(Given):
    """What is to hold from now on; it replaces what was said of the same before."""

    scope: Scope
    subject_id: UUID
    days: Annotated[tuple[Day, ...], Meta(max_length=7)] = ()
    opens: Clock | None = None
    closes: Clock | None = None
    location_ids: Annotated[tuple[UUID, ...], Meta(max_length=when_where.PLACES_MAX)] = ()


@reads("/charging-rules", "List when and where tokens may charge")
async def list_charging_rules(caller: Calling, window: Paging) -> Page[ChargingRule]:
    async with caller.begin() as work:
        return await listed(work, RULES, window, _of)


@reads("/charging-rules/{rule_id:uuid}", "Read when and where something may charge")
async def read_charging_rule(caller: Calling, rule_id: FromPath[UUID]) -> ChargingRule:
    async with caller.begin() as work:
        return await _shown(work, rule_id)


@puts("/charging-rules", "Say when and where something may charge", Permission.EDIT_NETWORK)
async def put_charging_rule(caller: Calling, data: JSONBody[NewChargingRule]) -> ChargingRule:
    """A start outside is turned away; a session that began in time goes on."""
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        await when_where.subject_known(work, party, data.scope, data.subject_id)
        allowed = Allowed(
            days=frozenset(data.days),
            opens=_time(data.opens),
            closes=_time(data.closes),
            places=frozenset(await when_where.places_known(work, party, data.location_ids)),
        )
        id = await when_where.keep_to(
            work, party, data.scope, data.subject_id, allowed, by=caller.name
        )
        await caller.audit(work, "said when and where", f"{data.scope}:{data.subject_id}")
        return await _shown(work, id)


@removes("/charging-rules/{rule_id:uuid}", "Let it charge always", Permission.EDIT_NETWORK)
async def remove_charging_rule(caller: Calling, rule_id: FromPath[UUID]) -> None:
    async with caller.begin() as work:
        await _shown(work, rule_id)
        await when_where.let_go(work, PartyId(caller.actor.party), rule_id)
        await caller.audit(work, "took hours and places away", f"charging_rule:{rule_id}")


def _time(text: str | None) -> time | None:
    return None if text is None else time.fromisoformat(text)


async def _shown(work: Work, id: UUID) -> ChargingRule:
    row = await work.one("SELECT * FROM charging_rule_view WHERE id = $1", id)
    if row is None:
        raise NoSuchRule
    return _of(row)


def _of(row: Row) -> ChargingRule:
    opens, closes = (
        None if row[name] is None else f"{row[name]:%H:%M}" for name in ("opens", "closes")
    )
    return shown(ChargingRule, row, opens=opens, closes=closes, location_ids=row["places"])


ROUTER = Router(
    "/",
    tags=["charging rules"],
    route_handlers=[
        list_charging_rules,
        read_charging_rule,
        put_charging_rule,
        remove_charging_rule,
    ],
)
