"""The command ``voltway``: every command of the house, and how trouble is told.

What a person can mend is one sentence on standard error and exit 2, never a traceback.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import typer

from voltway.cli.admin import admin
from voltway.cli.demo import demo_command
from voltway.cli.price import price_command
from voltway.cli.replay import replay_command
from voltway.cli.serve import serve_command
from voltway.kernel.errors import Trouble

app = typer.Typer(
    name="voltway",
    help="Voltway: a charging network, from the plug to the paid receipt.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("serve")(serve_command)
app.command("demo")(demo_command)
app.command("replay")(replay_command)
app.command("price")(price_command)
app.add_typer(admin, name="admin")


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
