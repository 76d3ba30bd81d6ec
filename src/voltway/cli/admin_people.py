"""``voltway admin party | operator | key``: who works here, and which machines may ask."""

import sys
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
import typer

from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run, run_for, tell, tell_list
from voltway.kernel.errors import Kind, Refusal
from voltway.parties import actions
from voltway.parties.model import Operator, Party, Role, house
from voltway.runtime.work import Row, Work

party = typer.Typer(help="Whoever operates.", no_args_is_help=True)
operator = typer.Typer(help="People who sign in to the console.", no_args_is_help=True)
key = typer.Typer(help="Keys for programs that use the API.", no_args_is_help=True)


class NoSuchKey(Refusal):
    """There is no such key, or it is revoked already."""

    kind = Kind.ABSENT


@party.command("add")
def party_add(
    name: Annotated[str, typer.Argument(help="Its name, as drivers see it.")],
    country: Annotated[str, typer.Option(help="ISO 3166-1 alpha-2.")] = "FI",
    ident: Annotated[str, typer.Option(help="OCPI's party_id, three signs.")] = "VLT",
    legal_name: Annotated[str | None, typer.Option(help="As on receipts.")] = None,
    vat_id: Annotated[str | None, typer.Option(help="As on receipts.")] = None,
    currency: Annotated[str, typer.Option(help="ISO 4217.")] = "EUR",
    time_zone: Annotated[str, typer.Option(help="Such as Europe/Helsinki.")] = "Europe/Helsinki",
    hold_minor: Annotated[
        int,
        typer.Option(help="Set aside on a guest's card, in minor units (cents).", min=1, max=10**9),
    ] = 5000,
    street: Annotated[str, typer.Option(help="Street and number, as on receipts.")] = "",
    postal_code: Annotated[str, typer.Option(help="As on receipts.")] = "",
    city: Annotated[str, typer.Option(help="As on receipts.")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Add a party."""
    address = {"street": street, "postal_code": postal_code, "city": city}

    async def do(work: Work) -> Party:
        return await actions.add_party(
            work,
            name=name,
            country_code=country.upper(),
            ident=ident.upper(),
            legal_name=legal_name,
            vat_id=vat_id,
            address={part: text for part, text in address.items() if text},
            currency=currency.upper(),
            time_zone=time_zone,
            hold_minor=hold_minor,
        )

    made = run(data, do)
    tell(
        msgspec.to_builtins(made),
        f"Added the party {made.name} ({made.country_code}*{made.ident}).",
        as_json=as_json,
    )


@party.command("change")
def party_change(
    name: Annotated[str | None, typer.Option(help="Its name, as drivers see it.")] = None,
    legal_name: Annotated[str | None, typer.Option(help="As on receipts.")] = None,
    vat_id: Annotated[str | None, typer.Option(help="As on receipts.")] = None,
    street: Annotated[str | None, typer.Option(help="Street and number, as on receipts.")] = None,
    postal_code: Annotated[str | None, typer.Option(help="As on receipts.")] = None,
    city: Annotated[str | None, typer.Option(help="As on receipts.")] = None,
    iban: Annotated[str | None, typer.Option(help="Its account at a bank.")] = None,
    bic: Annotated[str | None, typer.Option(help="The bank's BIC.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Such as Europe/Helsinki.")] = None,
    hold_minor: Annotated[
        int | None,
        typer.Option(help="Set aside on a guest's card, in minor units (cents).", min=1),
    ] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Change what drivers and receipts say of a party. What is not given stays."""
    address = {
        "street": street,
        "postal_code": postal_code,
        "city": city,
        "iban": iban,
        "bic": bic,
    }

    async def do(work: Work, owner: Party) -> Party:
        return await actions.change_party(
            work,
            house(owner.id),
            name=name,
            legal_name=legal_name,
            vat_id=vat_id,
            address={part: text for part, text in address.items() if text is not None},
            time_zone=time_zone,
            hold_minor=hold_minor,
        )

    made = run_for(data, of_party, do)
    tell(msgspec.to_builtins(made), f"Changed the party {made.name}.", as_json=as_json)


@party.command("list")
def party_list(data: Data = None, as_json: AsJson = False) -> None:
    """List the parties."""

    async def do(work: Work) -> list[Row]:
        return list(await work.all("SELECT * FROM party_view ORDER BY id"))

    columns = {
        "country_code": "COUNTRY",
        "ident": "IDENT",
        "name": "NAME",
        "currency": "CURRENCY",
        "time_zone": "TIME ZONE",
    }
    tell_list(run(data, do), columns, "There is no party yet.", as_json=as_json)


@operator.command("add")
def operator_add(
    email: Annotated[str, typer.Argument(help="The address that they sign in with.")],
    name: Annotated[str, typer.Argument(help="Their name.")],
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.OPERATOR,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Let a person in. The password is asked for, never given on the command line."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)

    async def do(work: Work, owner: Party) -> Operator:
        made = await actions.add_operator(
            work, owner.id, email=email, name=name, role=role, password=password
        )
        await note(work, owner, "added an operator", f"operator:{made.id}")
        return made

    made = run_for(data, of_party, do)
    told = {"id": made.id, "email": made.email, "name": made.name, "role": made.role}
    tell(told, f"{made.name} may now sign in as {made.role}.", as_json=as_json)


@operator.command("list")
def operator_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List who signs in."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(await work.all("SELECT * FROM operator_view ORDER BY id"))

    columns = {"email": "EMAIL", "name": "NAME", "role": "ROLE", "active": "ACTIVE"}
    tell_list(run_for(data, of_party, do), columns, "Nobody signs in yet.", as_json=as_json)


@key.command("add")
def key_add(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.OPERATOR,
    days: Annotated[
        int | None, typer.Option(help="How many days it holds; without, for ever.", min=1, max=3650)
    ] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is printed once and kept as a hash."""

    async def do(work: Work, owner: Party) -> tuple[UUID, str]:
        expires_at = None if days is None else work.now + timedelta(days=days)
        id, made = await actions.add_api_key(
            work, owner.id, name=name, role=role, expires_at=expires_at
        )
        await note(work, owner, "made a key", f"api_key:{id}")
        return id, made

    id, made = run_for(data, of_party, do)
    sentence = f"{made}\n\nThis key is shown only once. Its id, to revoke it: {id}"
    tell({"id": id, "name": name, "role": role, "key": made}, sentence, as_json=as_json)


@key.command("list")
def key_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the keys, without their secrets."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return [asdict(each) for each in await actions.api_keys(work, owner.id)]

    columns = {
        "id": "ID",
        "name": "NAME",
        "role": "ROLE",
        "last_used_at": "LAST USED",
        "expires_at": "EXPIRES",
        "revoked_at": "REVOKED",
    }
    tell_list(run_for(data, of_party, do), columns, "There is no key yet.", as_json=as_json)


@key.command("revoke")
def key_revoke(
    id: Annotated[UUID, typer.Argument(help="The key's id, as the list shows it.")],
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Let a key hold no more."""

    async def do(work: Work, owner: Party) -> None:
        if not await actions.revoke_api_key(work, house(owner.id), id):
            raise NoSuchKey

    run_for(data, of_party, do)
    tell({"id": id, "revoked": True}, "The key holds no more.", as_json=as_json)
