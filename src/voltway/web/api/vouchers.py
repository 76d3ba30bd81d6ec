"""Vouchers: series of codes that drivers put on their balances; each code is told once."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Permission
from voltway.payments import vouchers
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import asks, moves_money, reads
from voltway.web.api.payments import Major, money_of
from voltway.web.api.shapes import Amount, Given, Moment, Page, Shown, Text, shown, utc

SERIES = Source("voucher_series_view")


class NoSuchSeries(Refusal):
    """There is no such series of vouchers."""

    kind = Kind.ABSENT


class VoucherSeries(Shown):
    """Codes that were made together."""

    id: UUID
    name: str
    value: Annotated[Amount, Meta(description="Of each code.")]
    count: int
    redeemed: Annotated[int, Meta(description="How many of them are on a balance.")]
    is_sold: Annotated[bool, Meta(description="Somebody paid for all of them; else, gifts.")]
    valid_until: Moment
    made_by: str
    made_at: Moment
    withdrawn_at: Moment | None
    closed_at: Annotated[
        Moment | None, Meta(description="When what nobody redeemed left the books.")
    ]


class NewSeries(Given):
    """Codes to be made."""

    name: Text
    value: Major
    count: Annotated[int, Meta(ge=1, le=vouchers.COUNT_MAX)]
    valid_until: Moment
    is_sold: Annotated[
        bool,
        Meta(description="Booked as money in the bank that is owed in charging; else, gifts."),
    ] = False


class MadeSeries(Shown):
    series: VoucherSeries
    codes: Annotated[list[str], Meta(description="They are kept as hashes: told here, once.")]


@reads("/voucher-series", "List the series of vouchers", Permission.SEE_MONEY)
async def list_series(caller: Calling, window: Paging) -> Page[VoucherSeries]:
    async with caller.begin() as work:
        return await listed(work, SERIES, window, _series)


@moves_money("/voucher-series", "Make vouchers")
async def make_series(caller: Calling, data: JSONBody[NewSeries]) -> MadeSeries:
    """Asked again with the same key within a day, the same codes are answered."""
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        currency = (await parties.party(work, party)).currency
        value = money_of(data.value, currency)
        series, codes = await vouchers.make_series(
            work,
            party,
            name=data.name,
            value=value,
            count=data.count,
            valid_until=utc(data.valid_until),
            is_sold=data.is_sold,
            by=caller.name,
        )
        said = {"count": str(len(codes)), "value": str(value)}
        await caller.audit(work, "made vouchers", f"voucher_series:{series}", **said)
        return MadeSeries(series=await _shown(work, series), codes=codes)


@asks("/voucher-series/{series_id:uuid}/withdraw", "Withdraw vouchers", Permission.MOVE_MONEY)
async def withdraw_series(caller: Calling, series_id: FromPath[UUID]) -> VoucherSeries:
    """What is not redeemed of a series is worth nothing from now on."""
    async with caller.begin() as work:
        await _shown(work, series_id)
        await vouchers.withdraw(work, series_id)
        await caller.audit(work, "withdrew vouchers", f"voucher_series:{series_id}")
        return await _shown(work, series_id)


async def _shown(work: Work, id: UUID) -> VoucherSeries:
    row = await work.one("SELECT * FROM voucher_series_view WHERE id = $1", id)
    if row is None:
        raise NoSuchSeries
    return _series(row)


def _series(row: Row) -> VoucherSeries:
    return shown(VoucherSeries, row, value=Amount.of(row["amount_minor"], row["currency"]))


ROUTER = Router("/", tags=["vouchers"], route_handlers=[list_series, make_series, withdraw_series])
