"""Taxes: the rates that the table knows, and what a party set over it."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import JSONBody
from msgspec import Meta

from voltway.parties.model import Permission
from voltway.tariffs import taxes
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, reads
from voltway.web.api.shapes import Given, Moment, Page, Shown, Text, shown, utc

OVERRIDES = Source("tax_override_view")
DECLARATIONS = Source("tax_declaration_view")

Rate = Annotated[
    str,
    Meta(
        max_length=8,
        pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?$",
        description="In percent, exact.",
        examples=["25.5"],
    ),
]


class Standard(Shown):
    """A standard rate, from a day on until the next."""

    since: str
    rate: str
    source: str


class Charging(Shown):
    """Electricity's reduced rate that charging takes where a party declared so, from a day on."""

    since: str
    rate: str
    basis: str
    source: str


class Country(Shown):
    """A country of the table. Charging takes the standard rate where nothing is declared."""

    code: str
    name: str
    standard: list[Standard]
    charging: list[Charging]
    note: str


class Table(Shown):
    """The table that comes with this version; its hash is kept with each bill that used it."""

    version: str
    sha256: str
    sources: dict[str, str]
    countries: list[Country]


class Override(Shown):
    """A rate that the party set for a country; null gives it back to the table."""

    id: UUID
    country: str
    rate: str | None
    since: Moment
    until: Moment | None
    reason: str
    made_by: str
    created_at: Moment


class NewOverride(Given):
    """A rate to be set over the table, with the reason."""

    country: Annotated[str, Meta(min_length=2, max_length=3, pattern=r"^[A-Za-z]+$")]
    rate: Rate | None
    reason: Text
    since: Moment | None = None
    until: Moment | None = None


class Declaration(Shown):
    """That the party's charging in a country takes electricity's reduced rate, and by which law;
    one that does not apply ends it."""

    id: UUID
    country: str
    applies: bool
    since: Moment
    until: Moment | None
    legal_basis: str
    made_by: str
    created_at: Moment


class NewDeclaration(Given):
    """A declaration. It never changes; a later one takes its place."""

    country: Annotated[str, Meta(min_length=2, max_length=3, pattern=r"^[A-Za-z]+$")]
    legal_basis: Annotated[
        Text, Meta(description="The law or ruling, with its date; it is frozen with each bill.")
    ]
    applies: Annotated[bool, Meta(description="False: the standard rate holds again.")] = True
    since: Moment | None = None
    until: Moment | None = None


@reads("/taxes", "Read the table of taxes")
async def read_table(caller: Calling) -> Table:
    """Tariffs that leave their taxes to the place (`"voltway_taxes": "by_place"`) take them here;
    a price component that states its VAT keeps it."""
    table = taxes.table()
    return Table(
        version=table.version,
        sha256=table.sha256,
        sources=dict(table.sources),
        countries=[
            Country(
                code=code,
                name=each.name,
                note=each.note,
                standard=[
                    Standard(
                        since=rate.since.isoformat(), rate=f"{rate.rate:f}", source=rate.source
                    )
                    for rate in each.standard
                ],
                charging=[
                    Charging(
                        since=low.since.isoformat(),
                        rate=f"{low.rate:f}",
                        basis=low.basis,
                        source=low.source,
                    )
                    for low in each.charging
                ],
            )
            for code, each in table.countries.items()
        ],
    )


@reads("/tax-overrides", "List the rates that were set over the table")
async def list_overrides(caller: Calling, window: Paging) -> Page[Override]:
    async with caller.begin() as work:
        return await listed(
            work,
            OVERRIDES,
            window,
            lambda row: shown(
                Override, row, rate=None if row["rate"] is None else f"{row['rate']:f}"
            ),
        )


@adds("/tax-overrides", "Set a rate over the table", Permission.EDIT_TARIFFS)
async def add_override(caller: Calling, data: JSONBody[NewOverride]) -> Override:
    async with caller.begin() as work:
        made = await taxes.override(
            work,
            caller.actor.party,
            data.country,
            None if data.rate is None else Decimal(data.rate),
            reason=data.reason,
            by=caller.name,
            since=None if data.since is None else utc(data.since),
            until=None if data.until is None else utc(data.until),
        )
        await caller.audit(work, "set a tax rate", f"tax:{made.country}", reason=made.reason)
    return Override(
        id=made.id,
        country=made.country,
        rate=None if made.rate is None else f"{made.rate:f}",
        since=made.since,
        until=made.until,
        reason=made.reason,
        made_by=made.made_by,
        created_at=made.created_at,
    )


@reads("/tax-declarations", "List what was declared of electricity's reduced rates")
async def list_declarations(caller: Calling, window: Paging) -> Page[Declaration]:
    async with caller.begin() as work:
        return await listed(work, DECLARATIONS, window, lambda row: shown(Declaration, row))


@adds("/tax-declarations", "Declare electricity's reduced rate", Permission.EDIT_TARIFFS)
async def add_declaration(caller: Calling, data: JSONBody[NewDeclaration]) -> Declaration:
    """Only where the table has such a rate for charging. The rate is that of the table on the day
    of each session; a rate set over the table goes before it."""
    async with caller.begin() as work:
        made = await taxes.declare(
            work,
            caller.actor.party,
            data.country,
            applies=data.applies,
            legal_basis=data.legal_basis,
            by=caller.name,
            since=None if data.since is None else utc(data.since),
            until=None if data.until is None else utc(data.until),
        )
        await caller.audit(
            work,
            "declared a reduced tax rate" if made.applies else "withdrew a reduced tax rate",
            f"tax:{made.country}",
            legal_basis=made.legal_basis,
        )
    return Declaration(
        id=made.id,
        country=made.country,
        applies=made.applies,
        since=made.since,
        until=made.until,
        legal_basis=made.legal_basis,
        made_by=made.made_by,
        created_at=made.created_at,
    )


ROUTER = Router(
    "/",
    tags=["taxes"],
    route_handlers=[
        read_table,
        list_overrides,
        add_override,
        list_declarations,
        add_declaration,
    ],
)
