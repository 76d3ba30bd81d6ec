"""``voltway check``: a bill made again from its proof, without a database, each step in words."""

from pathlib import Path
from typing import Annotated

import typer

from voltway.billing import documents_proof, rules_proof, rules_proof_sum
from voltway.billing.documents_proof import BYTES_MAX
from voltway.ocpp.own_frames import StationDoor


def check_command(
    proof: Annotated[Path, typer.Argument(help="The proof, as it was downloaded.")],
    fingerprint: Annotated[
        str | None,
        typer.Option(help="The fingerprint that is printed on your receipt, to be compared."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say only what does not hold.")] = False,
) -> int:
    """Make a bill again from its proof. Exit 0: all of it holds. 1: something does not."""
    read = documents_proof.read(_content(proof))
    wrong = 0
    for step in rules_proof.check(read, StationDoor().hear, fingerprint):
        wrong += not step.holds
        if not step.holds or not quiet:
            typer.echo(f"{'ok  ' if step.holds else 'NOT '} {step.says}")
    if wrong:
        typer.echo(f"{wrong} of what was looked at does not hold: do not believe this bill.")
        return 1
    typer.echo(f"The bill {read.receipt.name} is right: {_total(read)}.")
    return 0


def _total(proof: documents_proof.Proof) -> str:
    return rules_proof_sum.money(proof.sum.total_minor, proof.sum.currency)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError as error:
        why = (error.strerror or "it cannot be read").lower()
        typer.echo(f"{file}: the file cannot be read: {why}.", err=True)
        raise typer.Exit(2) from error
