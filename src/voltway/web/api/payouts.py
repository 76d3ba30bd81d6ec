"""Payouts: reports of providers, what they paid, and the lines that nothing explains."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.parties.model import Permission
from voltway.payments import payouts, payouts_csv, payouts_read
from voltway.payments.model_payouts import Doubt, LineKind, Taken
from voltway.runtime.work import Row
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import asks, reads
from voltway.web.api.shapes import NO_NUL, Amount, Given, LongText, Moment, Page, Shown, shown

PAYOUTS = Source("payout_view")
LINES = Source("payout_line_view")

ProviderName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$", examples=["stripe"])]


class PaidOut(Shown):
    """A transfer of a provider to the bank."""

    id: UUID
    provider: str
    ref: Annotated[str, Meta(description="The provider's name for it.")]
    amount: Annotated[Amount | None, Meta(description="Null while only its lines are known.")]
    lines: int
    gross: Amount
    fees: Amount
    paid_at: Moment | None
    posted_at: Annotated[Moment | None, Meta(description="Since then it is in the books.")]
    doubt: Doubt | None
    said: Annotated[str, Meta(description="Why it is not in the books, in words.")]


class PayoutLine(Shown):
    """A movement on the balance at a provider, and the entry that explains it."""

    id: UUID
    provider: str
    ref: str
    payout_ref: str | None
    kind: LineKind
    gross: Amount
    fee: Amount
    at: Moment
    payment_id: UUID | None
    entry_id: UUID | None
    first_at: Moment
    doubt: Doubt | None
    said: str
    closed_at: Moment | None
    closed_by: str | None
    why: str | None


class TakenReport(Shown):
    """What became of a report."""

    lines: int
    fresh: Annotated[int, Meta(description="Lines that nobody told before.")]
    payouts: int
    posted: Annotated[int, Meta(description="Payouts that are booked now.")]
    open: Annotated[int, Meta(description="Lines of this provider that are not explained.")]
    said: Annotated[list[str], Meta(description="What was told otherwise before; the first stays.")]


class NewReport(Given):
    """A provider's report."""

    provider: ProviderName
    csv: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=900_000,
            description="Our columns, Stripe's itemised payout reconciliation, or its payouts.",
        ),
    ]


class Reason(Given):
    why: LongText


@reads("/payouts", "List the payouts of providers", Permission.SEE_MONEY)
async def list_payouts(caller: Calling, window: Paging) -> Page[PaidOut]:
    async with caller.begin() as work:
        return await listed(work, PAYOUTS, window, _payout)


@reads("/payout-lines", "List the lines of providers' reports", Permission.SEE_MONEY)
async def list_payout_lines(
    caller: Calling,
    window: Paging,
    unexplained: Annotated[
        bool | None, QueryParameter(description="Only what nothing explains, or only the rest.")
    ] = None,
    payout: Annotated[
        str | None,
        QueryParameter(max_length=200, pattern=NO_NUL, description="The provider's name of one."),
    ] = None,
) -> Page[PayoutLine]:
    async with caller.begin() as work:
        return await listed(
            work,
            LINES,
            window,
            _line,
            [
                ("(doubt IS NOT NULL AND closed_at IS NULL) = {}::boolean", unexplained),
                ("payout_ref = {}", payout),
            ],
        )


@asks("/payout-reports", "Take a provider's report", Permission.MOVE_MONEY)
async def take_payout_report(caller: Calling, data: JSONBody[NewReport]) -> TakenReport:
    """Taken whole or not at all. The same report again changes nothing."""
    report = payouts_csv.read(data.provider, data.csv)
    async with caller.begin() as work:
        taken = await payouts.take(work, caller.actor.party, report, by=caller.name)
        on = f"provider:{data.provider}"
        await caller.audit(work, "took a payout report", on, lines=str(taken.lines))
    return _taken(taken)


@asks("/payout-reports/read", "Ask the provider for its payouts", Permission.MOVE_MONEY)
async def read_payouts(caller: Calling) -> TakenReport:
    """Those that are not in the books yet."""
    house = caller.house
    return _taken(
        await payouts_read.fetch(house.begin, house.provider, caller.actor.party, by=caller.name)
    )


@asks("/payout-lines/{line_id:uuid}/put-aside", "Put a line aside", Permission.MOVE_MONEY)
async def put_payout_line_aside(
    caller: Calling, line_id: FromPath[UUID], data: JSONBody[Reason]
) -> PayoutLine:
    """What nothing explains is taken as it is, with a reason, and waits in suspense."""
    async with caller.begin() as work:
        await payouts.put_aside(work, line_id, by=caller.name, why=data.why)
        await caller.audit(work, "put a payout line aside", f"payout_line:{line_id}")
        row = await work.one("SELECT * FROM payout_line_view WHERE id = $1", line_id)
    assert row is not None, "it was there a moment ago"
    return _line(row)


def _taken(taken: Taken) -> TakenReport:
    return TakenReport(
        lines=taken.lines,
        fresh=taken.fresh,
        payouts=taken.payouts,
        posted=taken.posted,
        open=taken.open,
        said=list(taken.said),
    )


def _amounts(row: Row, **minors: str) -> dict[str, Any]:
    return {name: Amount.of(row[minor], row["currency"]) for name, minor in minors.items()}


def _payout(row: Row) -> PaidOut:
    minor = row["amount_minor"]
    return shown(
        PaidOut,
        row,
        amount=None if minor is None else Amount.of(minor, row["currency"]),
        **_amounts(row, gross="gross_minor", fees="fee_minor"),
    )


def _line(row: Row) -> PayoutLine:
    return shown(PayoutLine, row, **_amounts(row, gross="gross_minor", fee="fee_minor"))


ROUTER = Router(
    "/",
    tags=["payouts"],
    route_handlers=[
        list_payouts,
        list_payout_lines,
        take_payout_report,
        read_payouts,
        put_payout_line_aside,
    ],
)
