"""``voltway admin partner``: EV makers and mobility providers whose accounts pay."""

from typing import Annotated

import typer

from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run_for, tell, tell_list
from voltway.parties.model import Party
from voltway.partners import actions
from voltway.partners.model import Partner
from voltway.runtime.work import Row, Work

partner = typer.Typer(help="EV makers and mobility providers who pay.", no_args_is_help=True)


@partner.command("add")
def partner_add(
    name: Annotated[str, typer.Argument(help="Its name, as on its statements.")],
    ident: Annotated[str, typer.Option(help="Its OCPI country and party, such as DE*AUR.")],
    url: Annotated[str, typer.Option(help="Of its platform; we add /authorize and /events.")],
    street: Annotated[str, typer.Option(help="Street and number, as on its statements.")],
    postal_code: Annotated[str, typer.Option(help="As on its statements.")],
    city: Annotated[str, typer.Option(help="As on its statements.")],
    vat_id: Annotated[str, typer.Option(help="As on its statements.")] = "",
    email: Annotated[str, typer.Option(help="Where its statements are mailed.")] = "",
    due_days: Annotated[int, typer.Option(help="It pays within.", min=0, max=120)] = 14,
    credit_limit_minor: Annotated[
        int | None,
        typer.Option(help="It owes no more, in minor units (cents).", min=1, max=10**12),
    ] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Add a partner. Its key and its secret are printed once."""
    country, _, own = ident.partition("*")
    given = {
        "name": name,
        "street": street,
        "postal_code": postal_code,
        "city": city,
        "country": country.upper(),
        "vat_id": vat_id,
        "email": email,
        "due_days": str(due_days),
    }

    async def do(work: Work, owner: Party) -> tuple[Partner, str]:
        made = await actions.add_partner(
            work,
            owner,
            given,
            country_code=country,
            ident=own,
            url=url,
            credit_limit_minor=credit_limit_minor,
        )
        _, key = await actions.add_key(work, made.id)
        await note(work, owner, "added a partner", f"partner:{made.id}")
        return made, key

    made, key = run_for(data, of_party, do)
    told = {"id": made.id, "name": made.name, "key": key, "secret": made.secret}
    sentence = (
        f"{made.name} pays for its contracts from now on.\n\n"
        f"For its platform, shown only once:\nkey     {key}\nsecret  {made.secret}"
    )
    tell(told, sentence, as_json=as_json)


@partner.command("list")
def partner_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the partners and what they owe."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(
            await work.all(
                """
                SELECT id, name, country_code || '*' || ident AS ident, owed_minor,
                       credit_limit_minor, currency, url, trouble
                  FROM partner_view ORDER BY name
                """
            )
        )

    columns = {
        "name": "NAME",
        "ident": "IDENT",
        "owed_minor": "OWES (MINOR)",
        "credit_limit_minor": "LIMIT",
        "currency": "CURRENCY",
        "trouble": "TROUBLE",
    }
    tell_list(run_for(data, of_party, do), columns, "There is no partner yet.", as_json=as_json)
