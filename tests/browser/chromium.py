"""A real browser: the Chromium of the machine, driven by Playwright."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, async_playwright, expect

MISSING: Final = "install chromium (apt install chromium) to run the browser tests"
PATIENCE_MS: Final = 20_000

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_ARGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """Where this machine keeps its Chromium, if it has one."""
    return next((path for path in map(shutil.which, _NAMES) if path), None)


@asynccontextmanager
async def open_chromium(path: str) -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(_ARGS))
        yield browser
        await browser.close()
