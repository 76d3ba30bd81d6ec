"""``voltway admin terminals``: platforms of stand-alone payment terminals, and what these serve."""

from typing import Annotated
from uuid import UUID

import typer

from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run_for, tell, tell_list
from voltway.kernel.ids import EvseId
from voltway.parties.model import Party
from voltway.payments import kiosks
from voltway.runtime.work import Row, Work

terminals = typer.Typer(
    help="Platforms of stand-alone payment terminals, which speak OCPI.", no_args_is_help=True
)

PlatformId = Annotated[UUID, typer.Argument(help="The platform's id, as the list shows it.")]


@terminals.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Who runs the terminals.")],
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Let a platform in. Its key is printed once and kept as a hash."""

    async def do(work: Work, owner: Party) -> tuple[UUID, str]:
        id, made = await kiosks.add_platform(work, owner.id, name)
        await note(work, owner, "let a platform of terminals in", f"terminal_provider:{id}")
        return id, made

    id, made = run_for(data, of_party, do)
    sentence = f"{made}\n\nThis key is shown only once. The platform's id: {id}"
    tell({"id": id, "name": name, "key": made}, sentence, as_json=as_json)


@terminals.command("list")
def list_(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the terminals that platforms have told of."""

    async def do(work: Work, owner: Party) -> list[Row]:
        rows = await work.all(
            """
            SELECT p.id, p.name, p.revoked_at, k.terminal_id,
                   coalesce(array_length(k.evses, 1), 0) AS bays
              FROM terminal_provider_view p LEFT JOIN kiosk_view k ON k.provider_id = p.id
             WHERE p.party_id = $1 ORDER BY p.name, p.id, k.terminal_id
            """,
            owner.id,
        )
        return list(rows)

    columns = {"id": "PLATFORM", "name": "NAME", "terminal_id": "TERMINAL", "bays": "BAYS"}
    tell_list(run_for(data, of_party, do), columns, "No platform is let in.", as_json=as_json)


@terminals.command("assign")
def assign(
    platform: PlatformId,
    terminal: Annotated[str, typer.Argument(help="The terminal's id, as its platform told it.")],
    evses: Annotated[list[UUID], typer.Argument(help="The ids of all EVSEs that it serves.")],
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Say which bays, and no others, can be paid for at a terminal."""

    async def do(work: Work, owner: Party) -> None:
        bays = [EvseId(each) for each in evses]
        await kiosks.assign(work, owner.id, platform, terminal, bays)
        await note(work, owner, "assigned bays to a terminal", f"terminal:{terminal}")

    run_for(data, of_party, do)
    tell(
        {"terminal": terminal, "bays": len(evses)}, f"It serves {len(evses)} bays.", as_json=as_json
    )


@terminals.command("revoke")
def revoke(
    platform: PlatformId, data: Data = None, of_party: OfParty = None, as_json: AsJson = False
) -> None:
    """Let a platform's key hold no more."""

    async def do(work: Work, owner: Party) -> None:
        await kiosks.revoke_platform(work, owner.id, platform)
        await note(work, owner, "revoked a platform of terminals", f"terminal_provider:{platform}")

    run_for(data, of_party, do)
    tell({"id": platform, "revoked": True}, "Its key holds no more.", as_json=as_json)
