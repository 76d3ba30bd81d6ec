"""``voltway verify``: whether signed meter data are genuine, and whether they may be billed."""

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from voltway.evidence import container, keys, rules
from voltway.evidence.model import Finding, Sent, Verdict
from voltway.kernel.errors import Refusal

_WORDS: Final = {
    Verdict.VALID: "valid",
    Verdict.NOT_BILLABLE: "valid but not billable",
    Verdict.INVALID: "invalid",
    Verdict.UNCHECKED: "not checked",
}


def verify_command(
    file: Annotated[
        Path,
        typer.Argument(
            help="A file with OCMF, ALFEN or PCDF data, or the XML of the transparency software."
        ),
    ],
    key: Annotated[
        str,
        typer.Option(
            help="The meter's public key, or a file with it: as it stands on the meter or in the "
            "register, in hexadecimal, Base64, Base32 or PEM. A key in FILE is never trusted."
        ),
    ] = "",
    by_time: Annotated[
        bool, typer.Option("--by-time", help="The bill has prices for time as well.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the finding as one JSON object.")
    ] = False,
) -> int:
    """Check the signatures of a charge. The exit status is 0 for valid data, 1 for others."""
    pieces = container.unwrapped(_content(file))
    try:
        public = keys.read_key(_key(key)) if key else None
    except Refusal as refusal:
        raise _stop(f"--key: {refusal}") from refusal
    finding = rules.judge(pieces, public, by_time=by_time)
    named = _named(pieces)
    if as_json:
        typer.echo(json.dumps(told(finding, named), ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(_lines(finding, named, has_key=bool(key))))
    return 0 if finding.verdict is Verdict.VALID else 1


def told(finding: Finding, named: str) -> dict[str, Any]:
    """The finding as JSON has it: exact numbers are texts."""

    def exact(value: object) -> str | None:
        return None if value is None else f"{value:f}"

    return {
        "verdict": finding.verdict.value,
        "reasons": [
            {"code": flaw.value, "says": says}
            for flaw, says in zip(finding.flaws, finding.says, strict=True)
        ],
        "format": finding.format.value if finding.format else None,
        "records": finding.records,
        "meter": finding.meter or None,
        "begins": finding.begins.isoformat() if finding.begins else None,
        "ends": finding.ends.isoformat() if finding.ends else None,
        "begin_wh": exact(finding.begin_wh),
        "end_wh": exact(finding.end_wh),
        "energy_wh": exact(finding.energy_wh),
        "sha256": finding.sha256,
        "named_key": named or None,
    }


def _lines(finding: Finding, named: str, *, has_key: bool) -> list[str]:
    lines = [_WORDS[finding.verdict], *finding.says]
    if finding.energy_wh is not None:
        lines.append(f"Energy: {finding.energy_wh / 1000:f} kWh")
    if finding.begin_wh is not None and finding.end_wh is not None:
        lines.append(f"Register: {finding.begin_wh / 1000:f} to {finding.end_wh / 1000:f} kWh")
    if finding.begins and finding.ends:
        lines.append(f"Time: {finding.begins.isoformat()} to {finding.ends.isoformat()}")
    about = f"{finding.records} of {finding.format.value}" if finding.format else "none"
    meter = f", meter {_plain(finding.meter)}" if finding.meter else ""
    lines.append(f"Records: {about}{meter}")
    lines.append(f"SHA-256: {finding.sha256}")
    if named and not has_key:
        lines.append(f"The data name the key {_plain(named)}. If it is the one on the meter or in ")
        lines[-1] += "the register, give it with --key."
    return lines


def _plain(text: str) -> str:
    """Hostile text, for a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:400]


def _named(pieces: list[Sent]) -> str:
    """The first key that the data name."""
    for piece in pieces:
        record = container.read(piece)
        if record.named_key:
            return record.named_key.hex()
        if piece.named_key:
            return piece.named_key
    return ""


def _key(given: str) -> str:
    file = Path(given)
    try:
        if len(given) < 256 and file.is_file():
            return file.read_bytes()[: keys.TEXT_MAX + 1].decode("utf-8", "replace")
    except OSError:
        pass
    return given


def _content(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(4 * container.BYTES_MAX).decode("utf-8", "replace")
    except OSError as error:
        why = (error.strerror or "it cannot be read").lower()
        raise _stop(f"{file}: the file cannot be read: {why}.") from error


def _stop(sentence: str) -> typer.Exit:
    """The sentence on the error stream, and the exit code of what the person must mend."""
    typer.echo(sentence, err=True)
    return typer.Exit(2)
