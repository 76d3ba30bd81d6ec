"""Hosts: who has a part in what is charged at their places, what was agreed, what they are owed."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import actions as billing
from voltway.billing import paying_hosts, rules_hosts
from voltway.billing.actions import NoSuchHost
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import LocationId, PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments import transfers
from voltway.runtime.work import Row, Work
from voltway.web.appearance import Form
from voltway.web.console.door import console_page, uuid_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS
from voltway.web.words import PAPERS

SHARES_SHOWN = 100
_HERE = "/console/hosts"


@dataclass(frozen=True, slots=True)
class Owed:
    """What a host has earned and was not settled yet, in one currency."""

    currency: str
    minor: int
    count: int


@get("/hosts", include_in_schema=False)
async def list_hosts(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _hosts(request, house, actor)


async def _hosts(
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
        rows = await work.all("SELECT * FROM host_view ORDER BY name")
        owed = await _owed(work)
    return await console_page(
        request,
        house,
        actor,
        "console/hosts.html",
        status=status,
        place="money",
        hosts=rows,
        owed=owed,
        papers=PAPERS,
        may_agree=actor.may(Permission.MOVE_MONEY),
        trouble=trouble,
        given=given or {},
    )


async def _owed(work: Work) -> dict[UUID, list[Owed]]:
    rows = await work.all(
        """
        SELECT host_id, currency, sum(amount_minor)::bigint AS minor, count(*)::int AS n
          FROM host_share_view WHERE settled_by IS NULL
         GROUP BY host_id, currency ORDER BY currency
        """
    )
    owed: dict[UUID, list[Owed]] = {}
    for row in rows:
        owed.setdefault(row["host_id"], []).append(Owed(row["currency"], row["minor"], row["n"]))
    return owed


@post("/hosts", include_in_schema=False)
async def add_host(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """A host, who has agreed nothing yet."""
    actor.must(Permission.MOVE_MONEY)
    try:
        async with house.begin(actor.party) as work:
            added = await billing.add_host(work, billing.new_host(work, actor.party, data))
            await parties.audit(work, actor, "added a host", f"host:{added.id}")
    except Refusal as no:
        return await _hosts(
            request, house, actor, trouble=str(no), given=data, status=STATUS[no.kind]
        )
    return see_other(f"{_HERE}/{added.id}")


@get("/hosts/{host:uuid}", include_in_schema=False)
async def host(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    host: FromPath[UUID],
) -> Response[str]:
    return await _host(request, house, actor, host)


async def _host(
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
        knows = await _known(work, id)
        senders = await transfers.senders(work, house.provider, PartyId(actor.party))
    return await console_page(
        request,
        house,
        actor,
        "console/host.html",
        status=status,
        place="money",
        may_agree=actor.may(Permission.MOVE_MONEY),
        papers=PAPERS,
        senders=senders,
        trouble=trouble,
        given=given or {},
        **knows,
    )


async def _known(work: Work, id: UUID) -> dict[str, Any]:
    found = await work.one("SELECT * FROM host_view WHERE id = $1", id)
    if found is None:
        raise NoSuchHost(id)
    agreements = await work.all(
        """
        SELECT a.*, l.name AS location_name,
               a.version = max(a.version) OVER (PARTITION BY a.location_id) AS newest
          FROM host_agreement_view a JOIN location_view l ON l.id = a.location_id
         WHERE a.host_id = $1
         ORDER BY l.name, a.version DESC
        """,
        id,
    )
    shares = await work.all(
        """
        SELECT s.*, v.location_name, v.public_id, a.version
          FROM host_share_view s
          JOIN host_agreement_view a ON a.id = s.agreement_id
          LEFT JOIN session_view v ON v.id = s.session_id
         WHERE s.host_id = $1 AND s.settled_by IS NULL
         ORDER BY s.at DESC, s.id LIMIT $2
        """,
        id,
        SHARES_SHOWN,
    )
    locations: list[Row] = list(
        await work.all("SELECT id, name, city FROM location_view ORDER BY name, city")
    )
    return {
        "host": found,
        "agreements": agreements,
        "shares": shares,
        "owed": (await _owed(work)).get(id, []),
        "locations": locations,
    }


@post("/hosts/{host:uuid}/reach", include_in_schema=False)
async def reach_host(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    host: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Where a host's settlements go from now on."""
    actor.must(Permission.MOVE_MONEY)
    try:
        async with house.begin(actor.party) as work:
            await billing.reach_host(work, host, data)
            did = "changed where a host's settlements go"
            await parties.audit(work, actor, did, f"host:{host}")
    except Refusal as no:
        if isinstance(no, NoSuchHost):
            raise
        return await _host(request, house, actor, host, trouble=str(no), status=STATUS[no.kind])
    return see_other(f"{_HERE}/{host}")


@post("/hosts/{host:uuid}/account", include_in_schema=False)
async def pay_host_by(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    host: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """To which account a host is paid from now on."""
    actor.must(Permission.MOVE_MONEY)
    try:
        async with house.begin(actor.party) as work:
            party = PartyId(actor.party)
            await paying_hosts.pay_by(work, house.provider, party, host, data)
            did = "changed to which account a host is paid"
            await parties.audit(work, actor, did, f"host:{host}")
    except Refusal as no:
        if isinstance(no, NoSuchHost):
            raise
        return await _host(request, house, actor, host, trouble=str(no), status=STATUS[no.kind])
    return see_other(f"{_HERE}/{host}")


@post("/hosts/{host:uuid}/agreements", include_in_schema=False)
async def agree(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    host: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """A new version of what was agreed for a place."""
    actor.must(Permission.MOVE_MONEY)
    try:
        async with house.begin(actor.party) as work:
            made = await billing.agree(work, host, _agreement(data), by=actor.name)
            await parties.audit(work, actor, "agreed with a host", f"host:{made.host}")
    except Refusal as no:
        if isinstance(no, NoSuchHost):
            raise
        return await _host(
            request, house, actor, host, trouble=str(no), given=data, status=STATUS[no.kind]
        )
    return see_other(f"{_HERE}/{host}")


def _agreement(data: dict[str, str]) -> billing.NewAgreement:
    location = uuid_of(data.get("location", ""))
    if location is None:
        raise rules_hosts.FieldNotValid("The place", "choose one of yours")
    begins = rules_hosts.day(data, "valid_from", "The first day")
    if begins is None:
        raise rules_hosts.FieldNotValid("The first day", "write a day as 2026-11-01")
    return billing.NewAgreement(
        location=LocationId(location),
        valid_from=begins,
        valid_until=rules_hosts.day(data, "valid_until", "The last day"),
        terms=rules_hosts.terms(data),
        vat_rate=rules_hosts.rate(data),
    )
