"""``python -m voltway_world.mail``: the mail catcher as a process of its own."""

import argparse
import sys
from pathlib import Path

import uvloop

from voltway_world.addresses import asked_to_stop, host_and_port, say
from voltway_world.mail import MailCatcher


def _options() -> argparse.Namespace:
    words = argparse.ArgumentParser(
        prog="voltway_world.mail", description="Catches mails and shows them on a page."
    )
    free = ("127.0.0.1", 0)
    words.add_argument("--smtp", type=host_and_port, default=free, metavar="HOST:PORT")
    words.add_argument("--http", type=host_and_port, default=free, metavar="HOST:PORT")
    words.add_argument("--data", type=Path, required=True, help="folder of the .eml files")
    return words.parse_args()


async def _main(options: argparse.Namespace) -> None:
    async with MailCatcher(options.data, smtp=options.smtp, http=options.http) as mail:
        say(f"ready {mail.url} smtp://{mail.smtp_host}:{mail.smtp_port}")
        await asked_to_stop()


def main() -> int:
    options = _options()
    try:
        uvloop.run(_main(options))
    except OSError as error:
        print(f"The mail catcher cannot start: {error}.", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
