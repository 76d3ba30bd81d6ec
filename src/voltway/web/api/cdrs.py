"""CDRs: what a partner is given of a session, in the words of the OCPI version asked for."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Router
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from voltway.billing import actions, ocpi_cdr
from voltway.billing.actions import KeptCdr
from voltway.parties.model import Permission
from voltway.tariffs.ocpi_write import OcpiVersion
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import reads
from voltway.web.api.shapes import Amount, Moment, Page, Shown, utc

CDRS: Final = Source("ocpi_cdr_view", type="text")

Version = Annotated[
    OcpiVersion, QueryParameter(description="The OCPI version to write it in: 2.2.1 or 2.3.0.")
]


class Cdr(Shown):
    """A CDR as it was frozen. It never changes: what was wrong is taken back by a credit CDR."""

    id: Annotated[str, Meta(examples=["0199e2c0-5a10-7d3e-8f10-2b7f3c9a1e55"])]
    session_id: UUID
    credit_of: Annotated[str | None, Meta(description="The CDR that this credit takes back.")]
    credited_by: Annotated[str | None, Meta(description="The credit CDR that took this back.")]
    total: Amount
    sha256: Annotated[str, Meta(description="Of what was frozen, whatever version it is read in.")]
    made_at: Moment
    version: Annotated[OcpiVersion, Meta(description="In whose words `ocpi` is written.")]
    ocpi: Annotated[msgspec.Raw, Meta(description="The CDR object of the version asked for.")]


@reads("/cdrs", "List the CDRs", Permission.SEE_MONEY)
async def list_cdrs(
    caller: Calling,
    window: Paging,
    version: Version = OcpiVersion.V230,
    session: Annotated[UUID | None, QueryParameter(description="Those of this session.")] = None,
    credit: Annotated[
        bool | None, QueryParameter(description="Only credits, or only what is none.")
    ] = None,
    since: Annotated[
        datetime | None, QueryParameter(name="from", description="Made at or after this.")
    ] = None,
    until: Annotated[datetime | None, QueryParameter(description="Made before this.")] = None,
) -> Page[Cdr]:
    async with caller.begin() as work:
        return await listed(
            work,
            CDRS,
            window,
            lambda row: _shown(actions.kept_cdr(row), version),
            [
                ("session_id = {}", session),
                ("(credits IS NOT NULL) = {}", credit),
                ("made_at >= {}", since and utc(since)),
                ("made_at < {}", until and utc(until)),
            ],
        )


@reads("/cdrs/{cdr_id:str}", "Read a CDR", Permission.SEE_MONEY)
async def read_cdr(
    caller: Calling,
    cdr_id: FromPath[str],
    version: Version = OcpiVersion.V230,
) -> Cdr:
    async with caller.begin() as work:
        return _shown(await actions.kept_cdr_named(work, cdr_id), version)


def _shown(cdr: KeptCdr, version: OcpiVersion) -> Cdr:
    return Cdr(
        id=cdr.id,
        session_id=cdr.session,
        credit_of=cdr.record.credits,
        credited_by=cdr.credited_by,
        total=Amount.of(cdr.total_minor, cdr.currency),
        sha256=cdr.sha256,
        made_at=cdr.made_at,
        version=version,
        ocpi=msgspec.Raw(ocpi_cdr.json_text(cdr.record, version).encode()),
    )


ROUTER = Router("/", tags=["cdrs"], route_handlers=[list_cdrs, read_cdr])
