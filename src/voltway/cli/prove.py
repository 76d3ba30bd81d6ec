"""``voltway prove``: the proof of a bill as one file, for whoever doubts it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from voltway.billing import actions as billing
from voltway.cli.admin_desk import Data, OfParty, run_for
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import InvoiceId
from voltway.ocpp.own_frames import StationDoor
from voltway.parties.model import Party
from voltway.runtime.work import Work


@dataclass(eq=False)
class NoDocumentNumbered(Refusal):
    """There is no receipt, invoice, credit note or statement {number}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    number: str


@dataclass(eq=False)
class FileNotWritten(Refusal):
    """The file {file} cannot be written: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    file: str
    why: str


def prove_command(
    number: Annotated[str, typer.Argument(help="Its number, such as VLT-R2026-000118.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where to write it; without, NUMBER.proof.json here."),
    ] = None,
    data: Data = None,
    of_party: OfParty = None,
) -> int:
    """Write the proof of a receipt, an invoice, a credit note or a statement: the frames, readings
    and tariff of each session behind it, and each step of the sum."""

    async def proof(work: Work, _: Party) -> bytes:
        row = await work.one("SELECT id FROM document_view WHERE number = $1", number)
        if row is None:
            raise NoDocumentNumbered(number)
        return await billing.prove(work, StationDoor(), InvoiceId(row["id"]))

    made = run_for(data, of_party, proof)
    file = out or Path(f"{number}.proof.json")
    try:
        file.write_bytes(made)
    except OSError as error:
        raise FileNotWritten(str(file), (error.strerror or "unknown").lower()) from error
    typer.echo(f"{file}: {len(made):,} bytes. Check it with: voltway check {file}")
    return 0
