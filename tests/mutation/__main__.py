"""``python -m tests.mutation``: how many small faults in the rules the pure tests find.

The rules are those of tariffs, of billing and of the ledger; the tests are those that need neither
a database nor a socket. Prints what lives, and ends with 1 below the share that must be killed.
"""

import sys
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Annotated, Final

import pytest
import typer

from tests.mutation.trial import Trial, Tried

ROOT: Final = Path(__file__).parents[2]
SRC: Final = ROOT / "src"
RULES: Final = ("tariffs/rules*.py", "billing/rules*.py", "ledger/rules*.py")
TESTS: Final = ("tests/tariffs", "tests/billing", "tests/ledger")
#: What draws documents, starts the command or walks a table of thousands would be met thousands of
#: times, and finds nothing that the quick ones do not.
SLOW: Final = (
    "receipts",
    "statement_layouts",
    "words",
    "price_command",
    "workplace",
)
SLOW_TESTS: Final = "not every_gross"
KILLED_MIN: Final = 0.9


def modules(patterns: tuple[str, ...]) -> list[str]:
    """The modules that these files are."""
    found = sorted(file for each in patterns for file in (SRC / "voltway").glob(each))
    return [".".join(file.relative_to(SRC).with_suffix("").parts) for file in found]


def quick(folders: tuple[str, ...]) -> list[str]:
    """The files of tests in these folders, without what is slow."""
    files = sorted(file for each in folders for file in (ROOT / each).glob("test_*.py"))
    return [str(file) for file in files if file.stem.removeprefix("test_") not in SLOW]


def told(tried: list[Tried], took_s: float) -> str:
    """The figures, a line for each module."""
    of_all = Counter(each.mutant.module for each in tried)
    killed = Counter(each.mutant.module for each in tried if each.is_killed)
    lines = ["| module | mutants | killed | share |", "|---|--:|--:|--:|"]
    lines += [
        f"| `{name.removeprefix('voltway.')}` | {of_all[name]} | {killed[name]} "
        f"| {killed[name] / of_all[name]:.1%} |"
        for name in sorted(of_all)
    ]
    share = killed.total() / max(of_all.total(), 1)
    lines.append(f"| **together** | {of_all.total()} | {killed.total()} | **{share:.1%}** |")
    return "\n".join([*lines, f"\nin {took_s:.0f} s"])


def main(
    only: Annotated[list[str] | None, typer.Option(help="Files, such as ledger/rules.py.")] = None,
    share: Annotated[float, typer.Option(help="Of all mutants, drawn by the seed.")] = 1.0,
    seed: Annotated[int, typer.Option()] = 1,
    database: Annotated[
        bool, typer.Option("--database", help="Also the tests of the room that open a database.")
    ] = False,
) -> None:
    """Try the mutants of the rules against the pure tests."""
    began = monotonic()
    files = tuple(only or RULES)
    rooms = tuple(sorted({f"tests/{file.split('/', 1)[0]}" for file in files}))
    trial = Trial(modules(files), share, seed, typer.echo, database=database)
    words = ["-q", "-p", "no:cacheprovider", "-k", SLOW_TESTS]
    status = pytest.main([*words, *quick(rooms if database else TESTS)], plugins=[trial])
    if status and not trial.tried:
        sys.exit(status)
    typer.echo(told(trial.tried, monotonic() - began))
    killed = sum(each.is_killed for each in trial.tried)
    sys.exit(killed < KILLED_MIN * len(trial.tried))


if __name__ == "__main__":
    typer.run(main)
