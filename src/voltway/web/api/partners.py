"""Partners, for operators: who they are, their keys, and whether they hear what they are told."""

from typing import Annotated, Literal
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, to_builtins

from voltway.parties import actions as parties
from voltway.parties.model import Permission
from voltway.partners import actions
from voltway.partners.model import EventState
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, asks, reads
from voltway.web.api.shapes import NO_NUL, Amount, Given, Moment, Page, Shown, Text, shown

PARTNERS = Source("partner_view")
EVENTS = Source("partner_event_view")

Limit = Annotated[int, Meta(ge=1, le=10**12, description="In minor units of the currency.")]
Url = Annotated[str, Meta(min_length=1, max_length=300, pattern=NO_NUL)]


class PartnerShown(Shown):
    """An EV maker or mobility provider whose platform pays for its contracts."""

    id: UUID
    name: str
    country_code: str
    party_id: Annotated[str, Meta(description="As in OCPI.")]
    currency: str
    credit_limit: Amount | None
    owed: Annotated[Amount, Meta(description="Open statements, and what stands on none yet.")]
    under_way: Annotated[Amount, Meta(description="What charges now, as it was told last.")]
    out_of_credit: bool
    url: str
    customer_id: Annotated[UUID, Meta(description="Who gets its statements.")]
    fleet_id: Annotated[UUID, Meta(description="Assign a tariff to it: the partner's price.")]
    heard_at: Moment | None
    trouble: Annotated[str, Meta(description="Why its platform is taken for silent, if it is.")]
    created_at: Moment


class NewPartner(Given):
    """A partner to be added, and who owes what its contracts charge."""

    name: Text
    country_code: Annotated[str, Meta(pattern=r"^[A-Za-z]{2}$", examples=["DE"])]
    party_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{3}$", examples=["AUR"])]
    url: Annotated[Url, Meta(description="Of its platform: we add /authorize and /events.")]
    street: Text
    postal_code: Text
    city: Text
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$", examples=["DE"])]
    credit_limit_minor: Limit | None = None
    vat_id: Annotated[str, Meta(max_length=20, pattern=NO_NUL)] = ""
    email: Annotated[str, Meta(max_length=254, pattern=NO_NUL)] = ""
    reference: Annotated[str, Meta(max_length=120, pattern=NO_NUL)] = ""
    locale: Literal["en", "de", "fr", "es", "nl", "fi"] = "en"
    due_days: Annotated[int, Meta(ge=0, le=120)] = 14


class PartnerMade(Shown):
    """``secret`` and ``key`` are shown only here."""

    id: UUID
    secret: Annotated[str, Meta(description="Both sides sign with it (Voltway-Signature).")]
    key: Annotated[str, Meta(description="For its platform, to call us.")]


class ChangePartner(Given):
    """What holds from now on."""

    url: Url
    credit_limit_minor: Annotated[
        Limit | None, Meta(description="Without one there is no limit.")
    ] = None
    new_secret: bool = False


class Changed(Shown):
    id: UUID
    secret: Annotated[str | None, Meta(description="The new one, if one was wished.")]


class KeyMade(Shown):
    id: UUID
    key: str


class PartnerEvent(Shown):
    """Something that a partner is told."""

    id: UUID
    number: Annotated[int, Meta(description="A lower one happened before.")]
    kind: Annotated[str, Meta(examples=["session.updated", "cdr.issued"])]
    subject: str
    state: EventState
    made_at: Moment
    next_at: Moment
    tries: int
    trouble: str
    delivered_at: Moment | None


@reads("/partners", "List the partners", Permission.SEE_MONEY)
async def list_partners(caller: Calling, window: Paging) -> Page[PartnerShown]:
    async with caller.begin() as work:
        return await listed(work, PARTNERS, window, _partner)


@reads("/partners/{partner_id:uuid}", "Read a partner", Permission.SEE_MONEY)
async def read_partner(caller: Calling, partner_id: FromPath[UUID]) -> PartnerShown:
    async with caller.begin() as work:
        return await _one(work, partner_id)


@adds("/partners", "Add a partner", Permission.MANAGE_PEOPLE)
async def add_partner(caller: Calling, data: JSONBody[NewPartner]) -> PartnerMade:
    """With it are made the customer that owes, the fleet that it is priced as, and a first key."""
    given = {name: str(value) for name, value in to_builtins(data).items()}
    async with caller.begin() as work:
        party = await parties.party(work, caller.actor.party)
        made = await actions.add_partner(
            work,
            party,
            given,
            country_code=data.country_code,
            ident=data.party_id,
            url=data.url,
            credit_limit_minor=data.credit_limit_minor,
        )
        _, key = await actions.add_key(work, made.id)
        await caller.audit(work, "added a partner", f"partner:{made.id}")
    return PartnerMade(id=made.id, secret=made.secret, key=key)


@asks("/partners/{partner_id:uuid}", "Change a partner", Permission.MANAGE_PEOPLE)
async def change_partner(
    caller: Calling, partner_id: FromPath[UUID], data: JSONBody[ChangePartner]
) -> Changed:
    async with caller.begin() as work:
        secret = await actions.change_partner(
            work,
            partner_id,
            url=data.url,
            credit_limit_minor=data.credit_limit_minor,
            new_secret=data.new_secret,
        )
        await caller.audit(work, "changed a partner", f"partner:{partner_id}")
    return Changed(id=partner_id, secret=secret)


@adds("/partners/{partner_id:uuid}/keys", "Make a key for a partner", Permission.MANAGE_PEOPLE)
async def add_partner_key(caller: Calling, partner_id: FromPath[UUID]) -> KeyMade:
    """It is shown only here, and revoked as every key is."""
    async with caller.begin() as work:
        id, key = await actions.add_key(work, partner_id)
        await caller.audit(work, "made a key for a partner", f"api_key:{id}")
    return KeyMade(id=id, key=key)


@reads("/partners/{partner_id:uuid}/events", "List what a partner is told", Permission.SEE_MONEY)
async def list_partner_events(
    caller: Calling,
    window: Paging,
    partner_id: FromPath[UUID],
    being: Annotated[
        EventState | None, QueryParameter(name="state", description="Those that stand so.")
    ] = None,
) -> Page[PartnerEvent]:
    async with caller.begin() as work:
        await actions.partner_of(work, partner_id)
        return await listed(
            work,
            EVENTS,
            window,
            _event,
            [("partner_id = {}", partner_id), ("state = {}", being)],
        )


@asks(
    "/partners/{partner_id:uuid}/events/{event_id:uuid}/again",
    "Tell a partner once more",
    Permission.ORDER_STATION,
)
async def tell_partner_again(
    caller: Calling, partner_id: FromPath[UUID], event_id: FromPath[UUID]
) -> PartnerEvent:
    """What waits or was laid aside; it keeps its id, so that it counts once."""
    async with caller.begin() as work:
        await actions.tell_again(work, partner_id, event_id)
        await caller.audit(work, "told a partner again", f"partner_event:{event_id}")
        row = await work.one("SELECT * FROM partner_event_view WHERE id = $1", event_id)
    assert row is not None, "it was there just now"
    return _event(row)


async def _one(work: Work, id: UUID) -> PartnerShown:
    row = await work.one("SELECT * FROM partner_view WHERE id = $1", id)
    if row is None:
        raise actions.NoSuchPartner(id)
    return _partner(row)


def _partner(row: Row) -> PartnerShown:
    limit = row["credit_limit_minor"]
    return PartnerShown(
        id=row["id"],
        name=row["name"],
        country_code=row["country_code"],
        party_id=row["ident"],
        currency=row["currency"],
        credit_limit=None if limit is None else Amount.of(limit, row["currency"]),
        owed=Amount.of(row["owed_minor"], row["currency"]),
        under_way=Amount.of(row["under_way_minor"], row["currency"]),
        out_of_credit=row["out_of_credit"],
        url=row["url"],
        customer_id=row["customer_id"],
        fleet_id=row["fleet_id"],
        heard_at=row["heard_at"],
        trouble=row["trouble"],
        created_at=row["created_at"],
    )


def _event(row: Row) -> PartnerEvent:
    return shown(PartnerEvent, row)


ROUTER = Router(
    "/",
    tags=["partners"],
    route_handlers=[
        list_partners,
        read_partner,
        add_partner,
        change_partner,
        add_partner_key,
        list_partner_events,
        tell_partner_again,
    ],
)
