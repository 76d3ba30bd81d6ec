"""Partners: EV makers and mobility providers who pay, their keys, and whether they hear us."""

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.money import Currency, Money
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.partners import actions
from voltway.runtime.work import Work
from voltway.web.appearance import Form
from voltway.web.console.door import console_page, uuid_of
from voltway.web.console.form_fields import minor_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS
from voltway.web.words import PAPERS

_HERE: Final = "/console/partners"
SHOWN: Final = 100


class NotALimit(Refusal):
    """A credit limit is an amount above zero, such as 10000 or 2500.50; or nothing, for none."""

    kind = Kind.INVALID


@get("/partners", include_in_schema=False)
async def list_partners(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _partners(request, house, actor)


async def _partners(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    given: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        rows = await work.all("SELECT * FROM partner_view ORDER BY name LIMIT 1000")
    return await console_page(
        request,
        house,
        actor,
        "console/partners.html",
        status=status,
        place="money",
        partners=rows,
        papers=PAPERS,
        may_change=actor.may(Permission.MANAGE_PEOPLE),
        trouble=trouble,
        given=given or {},
    )


@post("/partners", include_in_schema=False)
async def add_partner(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str]:
    """A new partner; its key and its secret are shown once."""
    actor.must(Permission.MANAGE_PEOPLE)
    country, _, ident = data.get("ident", "").partition("*")
    try:
        async with house.begin(actor.party) as work:
            party = await parties.party(work, actor.party)
            made = await actions.add_partner(
                work,
                party,
                data,
                country_code=country,
                ident=ident,
                url=data.get("url", ""),
                credit_limit_minor=_limit(data.get("limit", ""), party.currency),
            )
            _, key = await actions.add_key(work, made.id)
            await parties.audit(work, actor, "added a partner", f"partner:{made.id}")
    except Refusal as no:
        given = {name: text[:300] for name, text in data.items()}
        return await _partners(
            request, house, actor, trouble=str(no), given=given, status=STATUS[no.kind]
        )
    return await _once(request, house, actor, made.name, made.id, key=key, secret=made.secret)


@get("/partners/{partner:uuid}", include_in_schema=False)
async def partner(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    partner: FromPath[UUID],
) -> Response[str]:
    return await _partner(request, house, actor, partner)


async def _partner(
    request: HttpRequest,
    house: House,
    actor: Actor,
    id: UUID,
    *,
    trouble: str = "",
    given: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        seen = await _seen(work, id)
    return await console_page(
        request,
        house,
        actor,
        "console/partner.html",
        status=status,
        place="money",
        **seen,
        may_change=actor.may(Permission.MANAGE_PEOPLE),
        may_tell=actor.may(Permission.ORDER_STATION),
        trouble=trouble,
        given=given or {},
    )


async def _seen(work: Work, id: UUID) -> dict[str, Any]:
    """A partner, and what it charged, registered and was told lately."""
    row = await work.one("SELECT * FROM partner_view WHERE id = $1", id)
    if row is None:
        raise actions.NoSuchPartner(id)
    contracts = await work.all(
        """
        SELECT * FROM partner_contract_view
         WHERE partner_id = $1 AND removed_at IS NULL ORDER BY updated_at DESC, uid LIMIT $2
        """,
        id,
        SHOWN,
    )
    sessions = await work.all(
        """
        SELECT s.id, s.public_id, s.location_name, s.started_at, s.energy_wh, s.running,
               s.token_uid
          FROM partner_session_view p JOIN session_view s ON s.id = p.id
         WHERE p.partner_id = $1 ORDER BY s.started_at DESC LIMIT $2
        """,
        id,
        SHOWN,
    )
    events = await work.all(
        """
        SELECT * FROM partner_event_view
         WHERE partner_id = $1
         ORDER BY state = 'delivered', state = 'waiting', number DESC LIMIT $2
        """,
        id,
        SHOWN,
    )
    keys = await actions.keys_of(work, id)
    limit = row["credit_limit_minor"]
    return {
        "partner": row,
        "contracts": contracts,
        "sessions": sessions,
        "events": events,
        "keys": keys,
        "limit": f"{Money(limit, Currency(row['currency'])).decimal:f}" if limit else "",
    }


@post("/partners/{partner:uuid}", include_in_schema=False)
async def change_partner(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    partner: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Another address or limit; and a new secret, if one is wished, shown once."""
    actor.must(Permission.MANAGE_PEOPLE)
    try:
        async with house.begin(actor.party) as work:
            party = await parties.party(work, actor.party)
            secret = await actions.change_partner(
                work,
                partner,
                url=data.get("url", ""),
                credit_limit_minor=_limit(data.get("limit", ""), party.currency),
                new_secret=data.get("new_secret") == "yes",
            )
            name = (await actions.partner_of(work, partner)).name
            await parties.audit(work, actor, "changed a partner", f"partner:{partner}")
    except Refusal as no:
        if isinstance(no, actions.NoSuchPartner):
            raise
        given = {name: text[:300] for name, text in data.items()}
        return await _partner(
            request, house, actor, partner, trouble=str(no), given=given, status=STATUS[no.kind]
        )
    if secret is None:
        return see_other(f"{_HERE}/{partner}")
    return await _once(request, house, actor, name, partner, secret=secret)


@post("/partners/{partner:uuid}/keys", include_in_schema=False)
async def add_partner_key(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    partner: FromPath[UUID],
) -> Response[str]:
    """Another key for its platform, shown once. Keys are revoked where all keys are."""
    actor.must(Permission.MANAGE_PEOPLE)
    async with house.begin(actor.party) as work:
        id, key = await actions.add_key(work, partner)
        name = (await actions.partner_of(work, partner)).name
        await parties.audit(work, actor, "made a key for a partner", f"api_key:{id}")
    return await _once(request, house, actor, name, partner, key=key)


@post("/partners/{partner:uuid}/again", include_in_schema=False)
async def tell_partner_again(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    partner: FromPath[UUID],
    data: Form,
) -> Redirect:
    """Tell it once more what waits or was laid aside."""
    actor.must(Permission.ORDER_STATION)
    event = uuid_of(data.get("event", ""))
    if event is None:
        raise actions.NoSuchEvent
    async with house.begin(actor.party) as work:
        await actions.tell_again(work, partner, event)
        await parties.audit(work, actor, "told a partner again", f"partner_event:{event}")
    return see_other(f"{_HERE}/{partner}")


async def _once(
    request: HttpRequest,
    house: House,
    actor: Actor,
    name: str,
    partner: UUID,
    *,
    key: str = "",
    secret: str = "",
) -> Response[str]:
    return await console_page(
        request,
        house,
        actor,
        "console/partner_once.html",
        status=HTTPStatus.CREATED,
        place="money",
        title=name,
        key=key,
        secret=secret,
        back=f"{_HERE}/{partner}",
    )


def _limit(text: str, currency: Currency) -> int | None:
    """A credit limit that somebody typed, in minor units; nothing is none."""
    if not text.strip():
        return None
    minor = minor_of(text, currency)
    if not minor or minor < 0:
        raise NotALimit
    return minor
