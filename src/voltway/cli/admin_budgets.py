"""``voltway admin budgets``: how much a card, a contract, a driver or a fleet may charge."""

from decimal import Decimal, InvalidOperation
from typing import Annotated
from uuid import UUID

import typer

from voltway.billing import budgets as rooms
from voltway.billing.rules_budgets import Period, Scope
from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run_for, tell, tell_list
from voltway.kernel.money import minor_digits
from voltway.parties.model import Party
from voltway.runtime.work import Row, Work

budgets = typer.Typer(
    help="Budgets: how much may be charged in a session, a day or a month.", no_args_is_help=True
)


@budgets.command("set")
def budgets_set(
    scope: Annotated[Scope, typer.Argument(help="Of what.")],
    name: Annotated[
        str,
        typer.Argument(
            help="The card's uid, the contract's id, the driver's address, the fleet's name."
        ),
    ],
    period: Annotated[Period, typer.Argument(help="Within what.")],
    amount: Annotated[
        str, typer.Option(help="Money, in the party's currency, such as 50.00.")
    ] = "",
    kwh: Annotated[str, typer.Option(help="Energy, such as 120.")] = "",
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Set a budget, instead of what was said of this period before."""

    async def do(work: Work, owner: Party) -> UUID:
        subject = await rooms.subject_named(work, owner.id, scope, name)
        id = await rooms.set_budget(
            work,
            owner.id,
            scope,
            subject,
            period,
            amount_minor=_whole(amount, minor_digits(owner.currency)),
            energy_wh=_whole(kwh, 3),
            by="the shell",
        )
        await note(work, owner, "set a budget", f"{scope}:{subject}")
        return id

    id = run_for(data, of_party, do)
    tell({"id": id}, f"Set: {id}", as_json=as_json)


@budgets.command("list")
def budgets_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the budgets, with what is used of each now."""

    async def do(work: Work, owner: Party) -> list[Row]:
        rows = await work.all("SELECT * FROM budget_view ORDER BY scope, name, period")
        used = {
            each.id: await rooms.used(work, each) for each in await rooms.of_party(work, owner.id)
        }
        return [
            {**row, "used_minor": used[row["id"]].minor, "used_wh": used[row["id"]].wh}
            for row in rows
        ]

    columns = {
        "id": "ID",
        "scope": "OF",
        "name": "NAME",
        "period": "IN A",
        "amount_minor": "MONEY, MINOR",
        "used_minor": "USED",
        "energy_wh": "ENERGY, WH",
        "used_wh": "USED, WH",
    }
    tell_list(run_for(data, of_party, do), columns, "Nobody has a budget.", as_json=as_json)


@budgets.command("remove")
def budgets_remove(
    budget: Annotated[UUID, typer.Argument(help="Its id.")],
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Take a budget away; its cards open stations again, unless another budget bars them."""

    async def do(work: Work, owner: Party) -> None:
        await rooms.budget(work, owner.id, budget)
        await rooms.take_away(work, owner.id, budget)
        await note(work, owner, "took a budget away", f"budget:{budget}")

    run_for(data, of_party, do)
    tell({"id": budget}, "Taken away.", as_json=as_json)


def _whole(text: str, digits: int) -> int | None:
    """A number in units so much smaller; nothing where nothing was said."""
    if not text:
        return None
    try:
        number = Decimal(text.replace(",", ".")).scaleb(digits)
    except InvalidOperation as error:
        raise typer.BadParameter(f"{text} is no number, such as 50.00.") from error
    if not number.is_finite() or number != int(number) or abs(number) > 10**12:
        raise typer.BadParameter(f"{text} is no number, such as 50.00.")
    return int(number)
