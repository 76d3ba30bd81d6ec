"""How much one card may do, at a place or at all together."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from voltway.kernel.ids import LocationId, PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Permission
from voltway.payments import card_limits
from voltway.payments.card_limits import CardRule, KeptRule, NoSuchLimit
from voltway.runtime.work import Work
from voltway.web.api.caller import Calling
from voltway.web.api.operations import puts, reads, removes
from voltway.web.api.payments import Major, money_of
from voltway.web.api.shapes import Amount, Given, Page, Shown

Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class CardLimit(Shown):
    """What one card may do within 24 hours; what is too much is let go, and nothing starts."""

    id: UUID
    location_id: Annotated[UUID | None, Meta(description="null: at all places together.")]
    holds_at_once: int | None
    holds: int | None
    amount: Annotated[Amount | None, Meta(description="Held, or taken. null: any.")]
    set_by: str


class NewCardLimit(Given):
    """What is to hold from now on; it replaces what was said of the same place before."""

    location_id: Annotated[UUID | None, Meta(description="null: all places together.")] = None
    holds_at_once: Count | None = None
    holds: Count | None = None
    amount: Major | None = None


@reads("/card-limits", "List how much one card may do", Permission.SEE_MONEY)
async def list_card_limits(caller: Calling) -> Page[CardLimit]:
    """All of them: there is one a place at most."""
    async with caller.begin() as work:
        return Page(items=await _all(caller, work))


@puts("/card-limits", "Say how much one card may do", Permission.MANAGE_PEOPLE)
async def put_card_limit(caller: Calling, data: JSONBody[NewCardLimit]) -> CardLimit:
    party = PartyId(caller.actor.party)
    place = None if data.location_id is None else LocationId(data.location_id)
    async with caller.begin() as work:
        currency = (await parties.party(work, party)).currency
        rule = CardRule(
            open_max=data.holds_at_once,
            day_max=data.holds,
            minor_max=None if data.amount is None else money_of(data.amount, currency).minor,
        )
        await card_limits.set_rule(work, party, place, rule, by=caller.name)
        about = f"location:{place}" if place else f"party:{party}"
        await caller.audit(work, "set how much one card may do", about)
        [kept] = [each for each in await _all(caller, work) if each.location_id == place]
        return kept


@removes("/card-limits/{limit_id:uuid}", "Take a limit of cards away", Permission.MANAGE_PEOPLE)
async def remove_card_limit(caller: Calling, limit_id: FromPath[UUID]) -> None:
    async with caller.begin() as work:
        if limit_id not in {each.id for each in await _all(caller, work)}:
            raise NoSuchLimit
        await card_limits.take_away(work, limit_id)
        await caller.audit(work, "took a limit of cards away", f"card_rule:{limit_id}")


async def _all(caller: Calling, work: Work) -> list[CardLimit]:
    party = PartyId(caller.actor.party)
    currency = (await parties.party(work, party)).currency
    return [_shown(each, currency) for each in await card_limits.rules_of(work, party)]


def _shown(kept: KeptRule, currency: str) -> CardLimit:
    rule = kept.rule
    return CardLimit(
        id=kept.id,
        location_id=kept.location,
        holds_at_once=rule.open_max,
        holds=rule.day_max,
        amount=None if rule.minor_max is None else Amount.of(rule.minor_max, currency),
        set_by=kept.set_by,
    )


ROUTER = Router(
    "/",
    tags=["card limits"],
    route_handlers=[list_card_limits, put_card_limit, remove_card_limit],
)
