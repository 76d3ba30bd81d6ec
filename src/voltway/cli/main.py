"""The command ``voltway``: every command of the house, and how trouble is told.

What a person can mend is one sentence on standard error and exit 2, never a traceback.
"""

import gc
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

from voltway.kernel.errors import Trouble

#: The commands: where each is, and what the list of them says of it.
COMMANDS: Final = {
    "serve": ("voltway.cli.serve:serve_command", "Run Voltway until it is told to stop."),
    "demo": ("voltway.cli.demo:demo_command", "Run Voltway with a simulated world around it."),
    "replay": ("voltway.cli.replay:replay_command", "Play real sessions of the past through it."),
    "price": ("voltway.cli.price:price_command", "Price one session under a tariff."),
    "verify": ("voltway.cli.verify:verify_command", "Check signed meter data with a key."),
    "prove": ("voltway.cli.prove:prove_command", "Write the proof of a bill as one file."),
    "check": ("voltway.cli.check:check_command", "Make a bill again from its proof."),
    "books": ("voltway.cli.books:books", "Check the books, close months, export them."),
    "documents": ("voltway.cli.documents:documents", "Write a month's documents, or zip them."),
    "admin": ("voltway.cli.admin:admin", "Parties, people, keys, stations, tokens and tariffs."),
}


class Commands(TyperGroup):
    """The commands, each loaded when it is wanted: the whole house takes a second to load."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        gc.disable()  # nothing that is loaded is garbage, and looking for it is a sixth of the time
        try:
            found = getattr(import_module(module), name)
        finally:
            gc.enable()
        if isinstance(found, typer.Typer):
            return typer.main.get_command(found)
        alone = typer.Typer(**_PLAIN)
        alone.command(cmd_name)(found)
        return typer.main.get_command(alone)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


_PLAIN: Final[dict[str, Any]] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
}

app = typer.Typer(name="voltway", cls=Commands, no_args_is_help=True, **_PLAIN)


@app.callback()
def voltway() -> None:
    """Voltway: a charging network, from the plug to the paid receipt."""


def main(words: Sequence[str] | None = None) -> None:
    """Run the command that the words name; ends the process with its status."""
    sys.exit(run(app, words))


def run(command: Callable[..., Any], words: Sequence[str] | None = None) -> int:
    """The exit status of a command: 0 done, 1 done and found wanting, 2 not done."""
    try:
        result = command(args=words, standalone_mode=False)
    except typer.TyperException as mistake:
        # Typer keeps a Click of its own, whose classes it does not publish.
        if type(mistake).__name__ == "NoArgsIsHelpError":
            typer.echo(mistake.format_message())
            return 0
        said = mistake.format_message().rstrip(".")
        typer.echo(f"{said}. --help tells more.", err=True)
        return 2
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except Trouble as trouble:
        typer.echo(str(trouble), err=True)
        return 2
    return result if isinstance(result, int) else 0
