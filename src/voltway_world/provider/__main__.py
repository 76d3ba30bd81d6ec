"""``python -m voltway_world.provider``: the simulated payment provider as a process of its own."""

import argparse
import sys
from pathlib import Path

import uvloop

from voltway_world.addresses import asked_to_stop, host_and_port, say
from voltway_world.provider import ProviderServer


def _options() -> argparse.Namespace:
    words = argparse.ArgumentParser(
        prog="voltway_world.provider", description="A simulated payment provider."
    )
    words.add_argument("--http", type=host_and_port, default=("127.0.0.1", 0), metavar="HOST:PORT")
    words.add_argument("--data", type=Path, required=True, help="folder of the journal")
    words.add_argument("--secret", required=True, help="the key that the merchant must send")
    words.add_argument("--webhook", help="URL that is told of every change")
    words.add_argument("--webhook-secret", default="", help="the key that signs webhooks")
    words.add_argument("--webhook-delay", type=float, default=0.5, metavar="SECONDS")
    return words.parse_args()


async def _main(options: argparse.Namespace) -> None:
    host, port = options.http
    async with ProviderServer(
        options.data,
        secret=options.secret,
        webhook=options.webhook,
        webhook_secret=options.webhook_secret,
        webhook_delay_s=options.webhook_delay,
        host=host,
        port=port,
    ) as provider:
        say(f"ready {provider.url}")
        await asked_to_stop()


def main() -> int:
    options = _options()
    try:
        uvloop.run(_main(options))
    except OSError as error:
        print(f"The provider cannot start: {error}.", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
