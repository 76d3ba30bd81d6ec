"""``voltway admin terminals``: platforms of stand-alone payment terminals, and what these serve."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run_for, tell, tell_list
from voltway.kernel.ids import EvseId
from voltway.parties.model import Party
from voltway.partners import platforms
from voltway.payments import kiosks
from voltway.runtime.work import Row, Work

terminals = typer.Typer(
    help="Platforms of stand-alone payment terminals, which speak OCPI.", no_args_is_help=True
)

PlatformId = Annotated[UUID, typer.Argument(help="The platform's id, as the list shows it.")]
Bays = Annotated[list[UUID], typer.Argument(help="The ids of all EVSEs that it serves.")]


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
    evses: Bays,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Say which bays, and no others, can be paid for at a terminal."""

    async def do(work: Work, owner: Party) -> None:
        bays = [EvseId(each) for each in evses]
        await platforms.assign(work, owner.id, platform, terminal, bays)
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


@terminals.command("tell")
def tell_at(
    platform: PlatformId,
    url: Annotated[str, typer.Argument(help="Its OCPI address, above sessions, cdrs, payments.")],
    token_file: Annotated[
        Path | None,
        typer.Option(help="The file that holds the token.", exists=True, dir_okay=False),
    ] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Tell a platform of its sessions, CDRs, commands and terminals, at this address. The token
    that it gave for that is asked for, never given on the command line."""
    if token_file is None:
        token = typer.prompt("Token", hide_input=True)
    else:
        token = token_file.read_text("utf-8", "replace")

    async def do(work: Work, owner: Party) -> None:
        await platforms.set_line(work, owner.id, platform, url, token.strip())
        await note(work, owner, "gave a platform an address", f"terminal_provider:{platform}")

    run_for(data, of_party, do)
    tell({"id": platform, "url": url}, "From now on it is told.", as_json=as_json)


@terminals.command("hush")
def hush(
    platform: PlatformId, data: Data = None, of_party: OfParty = None, as_json: AsJson = False
) -> None:
    """Tell a platform no more, and forget what waits for it. It can read as before."""

    async def do(work: Work, owner: Party) -> None:
        await platforms.drop_line(work, owner.id, platform)
        await note(work, owner, "took a platform's address away", f"terminal_provider:{platform}")

    run_for(data, of_party, do)
    tell({"id": platform, "told": False}, "It is told no more.", as_json=as_json)


@terminals.command("activate")
def activate(
    platform: PlatformId,
    reference: Annotated[str, typer.Argument(help="What its maker calls it: a serial number.")],
    evses: Bays,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Ask a platform to begin with a terminal. When it has told of it, assign its bays."""

    async def do(work: Work, owner: Party) -> None:
        bays = [EvseId(each) for each in evses]
        await platforms.activate(work, owner.id, platform, reference, bays)
        await note(work, owner, "activated a terminal", f"terminal:{reference}")

    run_for(data, of_party, do)
    tell({"reference": reference}, "Its platform is asked to activate it.", as_json=as_json)


@terminals.command("deactivate")
def deactivate(
    platform: PlatformId,
    terminal: Annotated[str, typer.Argument(help="The terminal's id, as its platform told it.")],
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Let a terminal serve no bay, and ask its platform to switch it off. What charges goes on."""

    async def do(work: Work, owner: Party) -> None:
        await platforms.deactivate(work, owner.id, platform, terminal)
        await note(work, owner, "deactivated a terminal", f"terminal:{terminal}")

    run_for(data, of_party, do)
    tell({"terminal": terminal}, "It serves no bay any more.", as_json=as_json)
