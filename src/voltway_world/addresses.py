"""What the command lines of the simulated outside have in common: addresses, and stopping."""

import argparse
import asyncio
import signal


def host_and_port(text: str) -> tuple[str, int]:
    """An address as ``127.0.0.1:8080``; port 0 takes any free port."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address like 127.0.0.1:8080")
    return host, int(port)


async def asked_to_stop() -> None:
    """Wait for SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(asked, stop.set)
    await stop.wait()


def say(line: str) -> None:
    """Tell the program that started us."""
    print(line, flush=True)  # noqa: T201
