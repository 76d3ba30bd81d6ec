"""CDRs at the console: what partners are given of sessions, listed and taken away as OCPI JSON."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Response

from voltway.billing import actions as billing
from voltway.billing import ocpi_cdr
from voltway.billing.actions import KeptCdr
from voltway.kernel.errors import Kind, Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Work
from voltway.tariffs.ocpi_write import OcpiVersion
from voltway.web.console.door import console_page
from voltway.web.formats import Formats
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of

LINES: Final = 60

#: So many CDRs are in one file at most; a month of more is taken from the API, page by page.
IN_ONE_FILE_MAX: Final = 5_000


class MonthNotUnderstood(Refusal):
    """A month is written as 2026-11."""

    kind = Kind.INVALID


@dataclass(eq=False)
class TooManyCdrs(Refusal):
    """There are more than {most} CDRs in {month}. Take them from the API, page by page."""

    kind = Kind.LIMIT

    most: int
    month: str


@dataclass(frozen=True, slots=True)
class CdrLine:
    """A CDR in a list."""

    cdr: KeptCdr
    word: str
    total: str


def lines_of(cdrs: list[KeptCdr], formats: Formats) -> tuple[CdrLine, ...]:
    return tuple(
        CdrLine(each, _word(each), formats.amount(each.total_minor, each.currency)) for each in cdrs
    )


def _word(cdr: KeptCdr) -> str:
    if cdr.record.credits:
        return "takes back"
    return "taken back" if cdr.credited_by else "holds"


@get("/cdrs", include_in_schema=False)
async def list_cdrs(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    before: FromQuery[str] = "",
) -> Response[str]:
    """The CDRs of this party, the newest first."""
    actor.must(Permission.SEE_MONEY)
    formats = formats_of(request, house)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            """
            SELECT * FROM ocpi_cdr_view
             WHERE ($1 = '' OR id < $1)
             ORDER BY id DESC LIMIT $2
            """,
            before.replace("\x00", "")[:39],
            LINES + 1,
        )
    shown = [billing.kept_cdr(row) for row in rows[:LINES]]
    return await console_page(
        request,
        house,
        actor,
        "console/cdrs.html",
        place="money",
        cdrs=lines_of(shown, formats),
        following=shown[-1].id if len(rows) > LINES else None,
        versions=[version.value for version in ocpi_cdr.VERSIONS],
        month=f"{house.clock.now():%Y-%m}",
    )


@get("/cdrs/file", include_in_schema=False)
async def cdrs_of_month(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    month: Annotated[str, QueryParameter(pattern=r"^\d{4}-\d{2}$")],
    version: FromQuery[OcpiVersion] = OcpiVersion.V230,
) -> Response[str]:
    """All CDRs of a month in the party's zone, as one OCPI list, the oldest first."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        begins, ends = await _month(work, actor, month)
        rows = await work.all(
            """
            SELECT * FROM ocpi_cdr_view
             WHERE made_at >= $1 AND made_at < $2
             ORDER BY made_at, id LIMIT $3
            """,
            begins,
            ends,
            IN_ONE_FILE_MAX + 1,
        )
    if len(rows) > IN_ONE_FILE_MAX:
        raise TooManyCdrs(IN_ONE_FILE_MAX, month)
    texts = [ocpi_cdr.json_text(billing.kept_cdr(row).record, version) for row in rows]
    return _file("[" + ",\n".join(texts) + "]\n", f"cdrs-{month}-ocpi-{version}.json")


async def _month(work: Work, actor: Actor, month: str) -> tuple[datetime, datetime]:
    zone = ZoneInfo((await parties.party(work, actor.party)).time_zone)
    try:
        begins = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    except ValueError as error:
        raise MonthNotUnderstood from error
    return begins, (begins + timedelta(days=31)).replace(day=1)


@get("/cdrs/{cdr:str}/file", include_in_schema=False)
async def cdr_file(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    cdr: FromPath[str],
    version: FromQuery[OcpiVersion] = OcpiVersion.V230,
) -> Response[str]:
    """One CDR as OCPI JSON."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        found = await billing.kept_cdr_named(work, cdr)
    return _file(
        ocpi_cdr.json_text(found.record, version) + "\n", f"cdr-{found.id}-ocpi-{version}.json"
    )


def _file(text: str, name: str) -> Response[str]:
    return Response(
        text,
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
