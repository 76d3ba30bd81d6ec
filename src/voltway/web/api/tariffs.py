"""Tariffs: versions that never change, as OCPI documents."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Router
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from voltway.kernel.ids import TariffId
from voltway.kernel.units import PowerW
from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.tariffs import actions, rules
from voltway.tariffs.actions import NoSuchTariffVersion
from voltway.tariffs.actions_exchange import looked_over
from voltway.tariffs.ocpi import read_tariff
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import BODY, adds, asks, reads
from voltway.web.api.shapes import NO_NUL, Moment, Page, Shown, utc
from voltway.web.api.tariff_exchange import FlawShown, flaws_shown
from voltway.web.pages import HttpRequest

VERSIONS = Source("tariff_view")

Ident = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=36,
        pattern=NO_NUL,
        description="The `id` of the OCPI document.",
        examples=["DAY-NIGHT"],
    ),
]


class TariffVersion(Shown):
    """One version of a tariff. It never changes; a later one takes its place."""

    id: UUID
    ident: Ident
    version: int
    newest: Annotated[bool, Meta(description="Whether no later version was added.")]
    currency: str
    valid_from: Moment
    valid_until: Moment | None
    created_at: Moment
    document: Annotated[
        msgspec.Raw, Meta(description="The OCPI document as it was given, digit for digit.")
    ]


class AddedVersion(TariffVersion):
    """A version that was added, and what looks wrong in it."""

    flaws: list[FlawShown]


class LintResult(Shown):
    """What the law does not allow in it (AFIR, for ad hoc charging), and what looks wrong."""

    ident: str
    currency: str
    findings: list[str]
    flaws: list[FlawShown]


ValidFrom = Annotated[
    datetime | None, QueryParameter(description="Only a first version may begin in the past.")
]
Power = Annotated[
    int, QueryParameter(ge=1, le=10_000_000, description="For an EVSE of this power, in watts.")
]

#: What these operations take: an OCPI tariff, read byte for byte so that no price becomes a float.
TAKES: Final = {BODY: dict[str, Any]}


@reads("/tariffs", "List the versions of the tariffs", Permission.SEE_ALL)
async def list_tariffs(
    caller: Calling,
    window: Paging,
    ident: Annotated[str | None, QueryParameter(max_length=36, pattern=NO_NUL)] = None,
    newest: Annotated[bool | None, QueryParameter(description="Only the newest.")] = None,
) -> Page[TariffVersion]:
    async with caller.begin() as work:
        return await listed(
            work,
            VERSIONS,
            window,
            _version,
            [("tariff_ident = {}", ident), ("newest = {}", newest)],
        )


@reads("/tariffs/{version_id:uuid}", "Read a version of a tariff")
async def read_tariff_version(caller: Calling, version_id: FromPath[UUID]) -> TariffVersion:
    async with caller.begin() as work:
        return await _shown(work, version_id)


@adds("/tariffs", "Add a tariff or its next version", Permission.EDIT_TARIFFS, opt=TAKES)
async def add_tariff(
    caller: Calling, request: HttpRequest, valid_from: ValidFrom = None
) -> AddedVersion:
    """The body is the OCPI document itself (2.1.1, 2.2.1 or 2.3.0)."""
    document = await request.body()
    async with caller.begin() as work:
        added = await actions.add_version(
            work,
            caller.actor.party,
            document,
            valid_from=None if valid_from is None else utc(valid_from),
        )
        await caller.audit(work, "added a version of a tariff", f"tariff:{added.ident}")
        flaws = await looked_over(work, caller.actor.party, added.tariff)
        whole = await _shown(work, added.id)
    return AddedVersion(**msgspec.structs.asdict(whole), flaws=flaws_shown(flaws))


@asks("/tariffs/lint", "Look a tariff over without adding it", Permission.SEE_ALL, opt=TAKES)
async def lint_tariff(
    caller: Calling, request: HttpRequest, power_w: Power = 150_000
) -> LintResult:
    """The body is the OCPI document. The findings say what AFIR forbids for ad hoc charging; the
    flaws, what looks wrong: elements that never hold, gaps, overlaps."""
    tariff = read_tariff(await request.body())
    findings = rules.lint_afir(tariff, PowerW(power_w))
    async with caller.begin() as work:
        flaws = await looked_over(work, caller.actor.party, tariff)
    return LintResult(
        ident=tariff.id,
        currency=tariff.currency,
        findings=list(findings),
        flaws=flaws_shown(flaws),
    )


async def _shown(work: Work, id: UUID) -> TariffVersion:
    row = await work.one("SELECT * FROM tariff_view WHERE id = $1", id)
    if row is None:
        raise NoSuchTariffVersion(TariffId(id))
    return _version(row)


def _version(row: Row) -> TariffVersion:
    return TariffVersion(
        id=row["id"],
        ident=row["tariff_ident"],
        version=row["version"],
        newest=row["newest"],
        currency=row["currency"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        created_at=row["created_at"],
        document=msgspec.Raw(row["document"].encode()),
    )


ROUTER = Router(
    "/",
    tags=["tariffs"],
    route_handlers=[
        list_tariffs,
        read_tariff_version,
        add_tariff,
        lint_tariff,
    ],
)
