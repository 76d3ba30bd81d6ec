"""For partners' platforms: where their contracts can charge and at which price, their CDRs, and
their statements."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from voltway.billing import actions as billing
from voltway.billing import documents_statement
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import InvoiceId
from voltway.partners import telling
from voltway.runtime.work import Row, Work
from voltway.sessions.actions_price import Asks, which_tariff
from voltway.stations import actions as stations
from voltway.stations.reports import PortStatus
from voltway.tariffs.ocpi_write import OcpiVersion
from voltway.web.api.caller import Calling
from voltway.web.api.cdrs import CDRS, Version
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import reads
from voltway.web.api.partner import MINE, mine
from voltway.web.api.shapes import Amount, Moment, Page, Shown, utc

LOCATIONS = Source("location_view")
STATEMENTS = Source("statement_view")


class NotYourDocument(Refusal):
    """You have been given no such CDR or statement."""

    kind = Kind.ABSENT


class NoPrice(Refusal):
    """There is no price for your contracts at this EVSE now."""

    kind = Kind.CONFLICT


class PartnerEvse(Shown):
    """An EVSE and how it stands."""

    uid: UUID
    evse_id: Annotated[str, Meta(examples=["FI*VLT*E1042*1"])]
    status: PortStatus
    connector_standard: str
    power_w: int


class PartnerLocation(Shown):
    """A place with stations, by OCPI's names."""

    id: UUID
    name: str
    address: str
    city: str
    postal_code: str | None
    country: str
    latitude: float
    longitude: float
    time_zone: str
    evses: list[PartnerEvse]


class PartnerTariff(Shown):
    """The price of an EVSE for the partner's contracts, if a session began now."""

    evse_id: str
    why: Annotated[str, Meta(description="Where the price stems from.")]
    ocpi: Annotated[msgspec.Raw, Meta(description="The Tariff object of OCPI.")]


class PartnerCdr(Shown):
    """What a session is charged; a credit takes an earlier one back."""

    id: str
    session_id: UUID
    credit_of: str | None
    total: Amount
    sha256: str
    made_at: Moment
    ocpi: Annotated[msgspec.Raw, Meta(description="The CDR object of the version asked for.")]


class PartnerStatement(Shown):
    """A month as one numbered document; its lines name the sessions of the CDRs."""

    id: UUID
    number: str
    month: str
    total: Amount
    issued_at: Moment
    due_on: str


class PartnerStatementLines(PartnerStatement):
    lines: list[dict[str, Any]]


@reads("/partner/locations", "List the places, their EVSEs and how they stand", MINE)
async def list_partner_locations(caller: Calling, window: Paging) -> Page[PartnerLocation]:
    async with caller.begin() as work:
        await mine(work, caller)
        page = await listed(work, LOCATIONS, window, lambda row: row, [("published = {}", True)])
        evses = await work.all(
            "SELECT * FROM evse_view WHERE location_id = ANY($1::uuid[]) ORDER BY public_id",
            [row["id"] for row in page.items],
        )
    return Page(items=[_location(row, evses) for row in page.items], next_cursor=page.next_cursor)


@reads("/partner/tariffs/{evse_id:str}", "Read the price of an EVSE for your contracts", MINE)
async def read_partner_tariff(caller: Calling, evse_id: FromPath[str]) -> PartnerTariff:
    async with caller.begin() as work:
        partner = await mine(work, caller)
        place = await stations.place_named(work, evse_id)
        climbed = await which_tariff(work, place.evse, Asks(fleet=partner.fleet), work.now)
    if climbed.winner is None or climbed.winner.version is None:
        raise NoPrice
    version = climbed.winner.version
    return PartnerTariff(
        evse_id=place.public_id,
        why=climbed.winner.says,
        ocpi=msgspec.Raw(version.document.encode()),
    )


@reads("/partner/cdrs", "List your CDRs", MINE)
async def list_partner_cdrs(
    caller: Calling,
    window: Paging,
    version: Version = OcpiVersion.V230,
    session: Annotated[UUID | None, QueryParameter(description="Those of this session.")] = None,
    since: Annotated[
        datetime | None, QueryParameter(name="from", description="Made at or after this.")
    ] = None,
    until: Annotated[datetime | None, QueryParameter(description="Made before this.")] = None,
) -> Page[PartnerCdr]:
    async with caller.begin() as work:
        partner = await mine(work, caller)
        page = await listed(
            work,
            CDRS,
            window,
            lambda row: row,
            [
                (
                    "session_id IN (SELECT id FROM partner_session_view WHERE partner_id = {})",
                    partner.id,
                ),
                ("session_id = {}", session),
                ("made_at >= {}", since and utc(since)),
                ("made_at < {}", until and utc(until)),
            ],
        )
        contracts = await _contracts(work, [row["session_id"] for row in page.items])
    shown = [
        PartnerCdr(
            id=row["id"],
            session_id=row["session_id"],
            credit_of=row["credits"],
            total=Amount.of(row["total_minor"], row["currency"]),
            sha256=row["sha256"],
            made_at=row["made_at"],
            ocpi=telling.json_of(
                telling.cdr_said(
                    row["document"], contracts.get(row["session_id"]), partner, version
                )
            ),
        )
        for row in page.items
    ]
    return Page(items=shown, next_cursor=page.next_cursor)


@reads("/partner/statements", "List your statements", MINE)
async def list_partner_statements(caller: Calling, window: Paging) -> Page[PartnerStatement]:
    async with caller.begin() as work:
        partner = await mine(work, caller)
        return await listed(
            work, STATEMENTS, window, _statement, [("customer_id = {}", partner.customer)]
        )


@reads("/partner/statements/{statement_id:uuid}", "Read a statement, line by line", MINE)
async def read_partner_statement(
    caller: Calling, statement_id: FromPath[UUID]
) -> PartnerStatementLines:
    """Each line names its session, and has the total of that session's CDRs."""
    async with caller.begin() as work:
        partner = await mine(work, caller)
        row = await work.one(
            "SELECT * FROM statement_view WHERE id = $1 AND customer_id = $2",
            statement_id,
            partner.customer,
        )
        if row is None:
            raise NotYourDocument
        kept = await billing.invoice(work, InvoiceId(statement_id))
    said = telling.statement_said(statement_id, documents_statement.statement(kept.document))
    brief = _statement(row)
    return PartnerStatementLines(
        **{name: getattr(brief, name) for name in brief.__struct_fields__}, lines=said["lines"]
    )


async def _contracts(work: Work, ids: list[UUID]) -> dict[UUID, str | None]:
    """By session, the contract that its token stood for."""
    rows = await work.all(
        """
        SELECT p.id, c.contract FROM partner_session_view p
          JOIN partner_contract_view c ON c.id = p.token_id
         WHERE p.id = ANY($1::uuid[])
        """,
        ids,
    )
    return {row["id"]: row["contract"] for row in rows}


def _statement(row: Row) -> PartnerStatement:
    return PartnerStatement(
        id=row["id"],
        number=row["number"],
        month=f"{row['month']:%Y-%m}",
        total=Amount.of(row["total_minor"], row["currency"]),
        issued_at=row["issued_at"],
        due_on=row["due_on"].isoformat(),
    )


def _location(row: Row, evses: Any) -> PartnerLocation:
    return PartnerLocation(
        id=row["id"],
        name=row["name"],
        address=row["address"],
        city=row["city"],
        postal_code=row["postal_code"],
        country=row["country"],
        latitude=float(row["lat"]),
        longitude=float(row["lon"]),
        time_zone=row["time_zone"],
        evses=[
            PartnerEvse(
                uid=each["id"],
                evse_id=each["public_id"],
                status=each["status"],
                connector_standard=each["connector_type"],
                power_w=each["power_w"],
            )
            for each in evses
            if each["location_id"] == row["id"]
        ],
    )


ROUTER = Router(
    "/",
    tags=["partner"],
    route_handlers=[
        list_partner_locations,
        read_partner_tariff,
        list_partner_cdrs,
        list_partner_statements,
        read_partner_statement,
    ],
)
