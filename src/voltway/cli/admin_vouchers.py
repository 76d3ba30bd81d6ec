"""``voltway admin vouchers``: codes of a value that drivers put on a prepaid balance."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated
from uuid import UUID

import typer

from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run_for, tell, tell_list
from voltway.kernel.money import Money, minor_digits
from voltway.parties.model import Party
from voltway.payments import vouchers as rooms
from voltway.runtime.work import Row, Work

vouchers = typer.Typer(
    help="Vouchers: codes of a value for prepaid balances.", no_args_is_help=True
)


@vouchers.command("make")
def vouchers_make(
    name: Annotated[str, typer.Argument(help="What the series is for.")],
    value: Annotated[str, typer.Argument(help="Of each, in the party's currency, such as 10.50.")],
    count: Annotated[int, typer.Argument(help="How many, 1 to 10000.")],
    until: Annotated[datetime, typer.Argument(help="The last day, UTC.", formats=["%Y-%m-%d"])],
    sold: Annotated[
        bool, typer.Option("--sold", help="Somebody paid for all of them; else, gifts.")
    ] = False,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Make a series. Its codes are told now, one a line, and never again."""

    async def do(work: Work, owner: Party) -> tuple[UUID, list[str]]:
        series, codes = await rooms.make_series(
            work,
            owner.id,
            name=name,
            value=_money(value, owner),
            count=count,
            valid_until=until.replace(tzinfo=UTC) + timedelta(days=1),
            is_sold=sold,
            by="the shell",
        )
        await note(work, owner, "made vouchers", f"voucher_series:{series}")
        return series, codes

    series, codes = run_for(data, of_party, do)
    tell({"id": series, "codes": codes}, "\n".join(codes), as_json=as_json)


@vouchers.command("list")
def vouchers_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the series, and how many of each are on a balance."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(await work.all("SELECT * FROM voucher_series_view ORDER BY id DESC"))

    columns = {
        "id": "ID",
        "name": "NAME",
        "amount_minor": "VALUE, MINOR",
        "currency": "CURRENCY",
        "count": "MADE",
        "redeemed": "REDEEMED",
        "is_sold": "SOLD",
        "valid_until": "UNTIL",
        "withdrawn_at": "WITHDRAWN",
    }
    tell_list(run_for(data, of_party, do), columns, "There are no vouchers yet.", as_json=as_json)


def _money(text: str, owner: Party) -> Money:
    try:
        minor = Decimal(text.replace(",", ".")).scaleb(minor_digits(owner.currency))
    except InvalidOperation as error:
        raise typer.BadParameter(f"{text} is no amount, such as 10.50.") from error
    if not minor.is_finite() or minor != int(minor) or abs(minor) > 10**12:
        raise typer.BadParameter(f"{text} is no amount, such as 10.50.")
    return Money(int(minor), owner.currency)
