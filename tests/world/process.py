"""Runs a program of the simulated outside as a process of its own."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"
START_S = 30


@contextlib.asynccontextmanager
async def running(module: str, *options: str) -> AsyncIterator[str]:
    """The first line that the program prints; it is asked to stop at the end, and must."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *options,
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S):
            yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        async with asyncio.timeout(START_S):
            await process.communicate()
    assert process.returncode == 0
