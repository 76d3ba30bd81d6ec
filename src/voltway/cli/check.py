"""``voltway check``: a bill made again from its proof, without a database, each step in words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from voltway.billing import (
    documents_proofs,
    rules_proof,
    rules_proof_sum,
    rules_proofs,
    rules_proofs_sum,
)
from voltway.billing.documents_proof import BYTES_MAX, Proof
from voltway.billing.documents_proofs import DocumentProof
from voltway.billing.rules_proof import Step
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
    read = documents_proofs.read(_content(proof))
    wrong = 0
    for step in _steps(read, fingerprint):
        wrong += not step.holds
        if not step.holds or not quiet:
            typer.echo(f"{'ok  ' if step.holds else 'NOT '} {step.says}")
    if wrong:
        typer.echo(f"{wrong} of what was looked at does not hold: do not believe this bill.")
        return 1
    if unproved := rules_proofs.unproved(read):
        typer.echo(
            f"{unproved} of its receipts are shown as they were issued: the frames of their"
            " sessions are not kept any more."
        )
    typer.echo(f"The bill {_name(read)} is right: {_total(read)}.")
    return 0


def _steps(read: Proof | DocumentProof, fingerprint: str | None) -> Iterator[Step]:
    hear = StationDoor().hear
    if isinstance(read, Proof):
        return rules_proof.check(read, hear, fingerprint)
    return rules_proofs.check(read, hear, fingerprint)


def _name(read: Proof | DocumentProof) -> str:
    return read.receipt.name if isinstance(read, Proof) else read.document.name


def _total(read: Proof | DocumentProof) -> str:
    if isinstance(read, Proof):
        return rules_proof_sum.money(read.sum.total_minor, read.sum.currency)
    return rules_proofs_sum.total_of(read)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError as error:
        why = (error.strerror or "it cannot be read").lower()
        typer.echo(f"{file}: the file cannot be read: {why}.", err=True)
        raise typer.Exit(2) from error
