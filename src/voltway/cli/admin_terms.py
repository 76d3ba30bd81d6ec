"""``voltway admin contract``, and of ``tariff``: where one holds, for whom, and which applies."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from voltway.billing import fleets
from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run_for, tell, tell_list
from voltway.cli.admin_network import location_of
from voltway.cli.admin_prices import NoTokenNamed
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.model import Contract
from voltway.kernel.ids import TokenUid
from voltway.parties.model import Party
from voltway.runtime.work import Row, Work
from voltway.sessions import actions_price
from voltway.stations import actions as stations
from voltway.tariffs import assigning, lawful
from voltway.tariffs.model_versions import (
    Assignment,
    DriverKind,
    GroupMember,
    GroupVersion,
    Scope,
)
from voltway.tariffs.rules_afir import NotAllowed

contract = typer.Typer(help="For whom tokens stand: drivers and fleets.", no_args_is_help=True)


@contract.command("add")
def contract_add(
    ident: Annotated[str, typer.Argument(help="Its name; an eMAID where there is one.")],
    driver: Annotated[str, typer.Option(help="The driver's name.")] = "",
    email: Annotated[str, typer.Option(help="The driver's e-mail.")] = "",
    fleet: Annotated[str, typer.Option(help="The fleet's name; made if there is none.")] = "",
    token: Annotated[str, typer.Option(help="The uid of the token that stands for it.")] = "",
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Add a contract of a driver, of a fleet, or of a driver of a fleet."""

    async def do(work: Work, owner: Party) -> Contract:
        person = await contracts.add_driver(work, owner.id, driver, email) if driver else None
        made = await contracts.add_contract(
            work,
            owner.id,
            ident,
            driver=person.id if person else None,
            fleet=await contracts.fleet_for(work, owner.id, fleet) if fleet else None,
        )
        if token:
            asked = (owner.id, TokenUid(token))
            found = (await drivers.tokens_of(work, [asked])).get(asked)
            if found is None:
                raise NoTokenNamed(token)
            await fleets.stands_for(work, found.id, made.id)
        await note(work, owner, "added a contract", f"contract:{made.id}")
        return made

    made = run_for(data, of_party, do)
    told = {"id": made.id, "ident": made.ident, "driver": made.driver, "fleet": made.fleet}
    tell(told, f"Added the contract {made.ident}.", as_json=as_json)


@contract.command("list")
def contract_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the contracts."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(await work.all("SELECT * FROM contract_view ORDER BY ident"))

    columns = {
        "ident": "CONTRACT",
        "driver_name": "DRIVER",
        "fleet_name": "FLEET",
        "tokens": "TOKENS",
    }
    tell_list(run_for(data, of_party, do), columns, "There is no contract yet.", as_json=as_json)


def tariff_assign(
    ident: Annotated[str, typer.Argument(help="The id in the tariff's document, or a group.")],
    at_location: Annotated[
        str | None, typer.Option("--location", help="Only at this location (name or id).")
    ] = None,
    at_station: Annotated[
        str | None, typer.Option("--station", help="Only at this station (its identity).")
    ] = None,
    at_evse: Annotated[
        str | None, typer.Option("--evse", help="Only at this EVSE (its public name).")
    ] = None,
    for_contract: Annotated[
        str | None, typer.Option("--contract", help="Only for this contract.")
    ] = None,
    for_fleet: Annotated[str | None, typer.Option("--fleet", help="Only for this fleet.")] = None,
    as_group: Annotated[bool, typer.Option("--group", help="It is a group.")] = False,
    since: Annotated[datetime | None, typer.Option(help="From when, UTC; without, now.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Until when, UTC.")] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Let a tariff or a group hold for a contract or a fleet, at a place, or everywhere."""
    named = {
        Scope.LOCATION: at_location,
        Scope.STATION: at_station,
        Scope.EVSE: at_evse,
        Scope.CONTRACT: for_contract,
        Scope.FLEET: for_fleet,
    }
    given = [(scope, name) for scope, name in named.items() if name is not None]
    if len(given) > 1:
        raise typer.BadParameter("give one of --location, --station, --evse, --contract, --fleet.")

    async def do(work: Work, owner: Party) -> Assignment:
        scope, scope_id = Scope.PARTY, UUID(str(owner.id))
        for scope, name in given:
            scope_id = await _id_of(work, owner, scope, name)
        made = await assigning.assign_to(
            work,
            owner.id,
            scope,
            scope_id,
            ident=None if as_group else ident,
            group=ident if as_group else None,
            since=_utc(since),
            until=_utc(until),
        )
        await note(work, owner, "assigned a tariff", f"{made.scope}:{made.scope_id}")
        return made

    made = run_for(data, of_party, do)
    told = {"tariff": made.ident, "scope": made.scope, "scope_id": made.scope_id}
    where = given[0][1] if given else "the whole network"
    end = f" until {made.until:%Y-%m-%d %H:%M} UTC" if made.until else ""
    sentence = f"{ident} holds at {where} from {made.since:%Y-%m-%d %H:%M} UTC{end}."
    tell({**told, "since": made.since, "until": made.until}, sentence, as_json=as_json)


async def _id_of(work: Work, owner: Party, scope: Scope, name: str) -> UUID:
    match scope:
        case Scope.LOCATION:
            return await location_of(work, name)
        case Scope.STATION:
            return (await stations.station_named(work, name)).id
        case Scope.EVSE:
            return (await stations.place_named(work, name)).evse
        case Scope.CONTRACT:
            return (await contracts.contract_named(work, owner.id, name)).id
        case _:
            return await contracts.fleet_for(work, owner.id, name)


def tariff_group(
    ident: Annotated[str, typer.Argument(help="The name of the group.")],
    members: Annotated[
        list[str],
        typer.Argument(help="Tariffs in their order: DAY, or GUEST=ad_hoc for some drivers only."),
    ],
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Keep a group of tariffs, or its next version; the first that fits a driver counts."""
    read = [_member(text) for text in members]

    async def do(work: Work, owner: Party) -> GroupVersion:
        made = await assigning.add_group(work, owner.id, ident, read)
        await note(work, owner, "added a group of tariffs", f"tariff-group:{made.ident}")
        return made

    made = run_for(data, of_party, do)
    told = {"id": made.id, "group": made.ident, "version": made.version}
    sentence = (
        f"The group {made.ident} is kept as version {made.version}. Let it hold with: "
        f"voltway admin tariff assign --group {made.ident}"
    )
    tell(told, sentence, as_json=as_json)


def _member(text: str) -> GroupMember:
    tariff, _, kinds = text.partition("=")
    try:
        return GroupMember(tariff, tuple(DriverKind(kind) for kind in kinds.split("+") if kind))
    except ValueError as error:
        known = ", ".join(kind.value for kind in DriverKind)
        raise typer.BadParameter(f"{text}: a kind of driver is one of {known}.") from error


def tariff_which(
    evse: Annotated[str, typer.Argument(help="The public name of an EVSE.")],
    token: Annotated[str | None, typer.Option(help="The uid that is shown.")] = None,
    for_contract: Annotated[str | None, typer.Option("--contract", help="Or a contract.")] = None,
    at: Annotated[datetime | None, typer.Option(help="When, UTC; without, now.")] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Say which tariff would apply here for somebody, and why; nobody named is a guest."""

    async def do(work: Work, owner: Party) -> actions_price.Climbed:
        place = await stations.place_named(work, evse)
        agreed = (
            await contracts.contract_named(work, owner.id, for_contract) if for_contract else None
        )
        asks = actions_price.Asks(
            token=TokenUid(token) if token else None, contract=agreed.id if agreed else None
        )
        return await actions_price.which_tariff(work, place.evse, asks, _utc(at) or work.now)

    climbed = run_for(data, of_party, do)
    winner = climbed.winner
    told = {
        "tariff": winner.version.ident if winner and winner.version else None,
        "ladder": [
            {"scope": rung.scope, "says": rung.says, "wins": rung.wins} for rung in climbed.rungs
        ],
    }
    lines = [f"{'*' if rung.wins else ' '} {rung.says}" for rung in climbed.rungs]
    tell(told, "\n".join(lines), as_json=as_json)


def tariff_law(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> int:
    """Say where guests meet a price that the law forbids (AFIR); exit 1 if anywhere."""

    async def do(work: Work, owner: Party) -> list[NotAllowed]:
        return await lawful.found(work, owner.id)

    found = run_for(data, of_party, do)
    told = [
        {
            "evse": each.bay.name,
            "location": each.bay.at,
            "power_w": each.bay.power_w,
            "tariff": each.tariff,
            "begins": each.begins,
            "why": each.why,
        }
        for each in found
    ]
    lines = [f"{each.says} {' '.join(each.why)}" for each in found]
    sentence = "\n".join(lines) or "Every price of guests is allowed where it is charged."
    tell({"not_allowed": told}, sentence, as_json=as_json)
    return 1 if found else 0


def add_to(tariff: typer.Typer) -> None:
    """These are commands of ``voltway admin tariff``."""
    tariff.command("assign")(tariff_assign)
    tariff.command("group")(tariff_group)
    tariff.command("which")(tariff_which)
    tariff.command("law")(tariff_law)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
