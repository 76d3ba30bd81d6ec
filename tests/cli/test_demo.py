"""The demo as a person meets it: one command, two addresses, and the whole way through."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from voltway.cli.demo.cars import EMAID, MAC
from voltway.cli.demo.network import FILE, OPERATOR, load_secrets
from voltway_world.calling import a_line

START_S_MAX = 120
STEP_S_MAX = 30
STOP_S_MAX = 15
ASK_AGAIN_S = 0.2
OF_A_BROWSER = {"Sec-Fetch-Site": "same-origin"}
CARD = {"number": "4242 4242 4242 4242", "expiry": "12/40", "cvc": "123"}


@dataclass(frozen=True, slots=True)
class Demo:
    """The addresses that the demo printed."""

    driver: str
    console: str
    stations: str
    mails: str
    password: str
    browser: httpx.AsyncClient

    async def until(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Ask again until there is an answer, as a person who loads the page again."""
        async with asyncio.timeout(STEP_S_MAX):
            while not (found := await ask()):
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.Event().wait(), ASK_AGAIN_S)
            return found


def keep_secrets_like_options(folder: Path) -> None:
    """Secrets that begin with a hyphen, as one in 32 does; programs are told them."""
    kept = load_secrets(folder)
    kept.provider, kept.webhook = f"-{kept.provider}", f"-{kept.webhook}"
    (folder / FILE).write_bytes(msgspec.json.encode(kept))


@pytest.fixture
async def demo(data_folder: Path) -> AsyncIterator[Demo]:
    keep_secrets_like_options(data_folder)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "voltway.cli",
        "demo",
        *("--data", str(data_folder), "--http", "0", "--ocpp", "0", "--speed", "10"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(START_S_MAX):
        while "Ctrl C" not in said:
            line = await process.stdout.readline()
            assert line, f"the demo ended: {said}"
            said += line.decode()
    found = dict(re.findall(r"(Driver's page|console|Stations|Mails)\s+(http://\S+)", said))
    async with a_line(timeout=STEP_S_MAX, headers=OF_A_BROWSER) as browser:
        yield Demo(
            found["Driver's page"],
            found["console"],
            found["Stations"],
            found["Mails"],
            load_secrets(data_folder).password,
            browser,
        )
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(STOP_S_MAX):
        assert await process.wait() == 0


async def test_a_guest_goes_the_whole_way_from_the_list_of_places_to_the_mailed_receipt(
    demo: Demo,
) -> None:
    browser = demo.browser

    async def all_online() -> list[dict[str, Any]]:
        stations: list[dict[str, Any]] = (await browser.get(f"{demo.stations}api/stations")).json()
        return stations if all(station["online"] for station in stations) else []

    stations = await demo.until(all_online)
    assert len(stations) == 12
    quiet = next(s for s in stations if all(bay["car"] is None for bay in s["evses"]))
    name = quiet["name"].split(",")[0]

    places = (await browser.get(demo.driver, params={"q": name})).text
    (location,) = set(re.findall(r'href="(/l/[0-9a-f-]+)"', places))
    bays = (await browser.get(demo.driver.rstrip("/") + location)).text
    bay = re.findall(r'href="(/e/[^"/]+)"', bays)[0]
    shown = (await browser.get(demo.driver.rstrip("/") + bay)).text
    assert "per kWh" in shown
    assert "held, not taken" in shown

    started = await browser.post(
        demo.driver.rstrip("/") + bay + "/start", data={"email": "ann@example.com"}
    )
    assert started.status_code == 303
    paid = await browser.post(started.headers["location"], data=CARD)
    assert paid.status_code == 303
    visit = paid.headers["location"]
    number = quiet["evses"][0]["number"]
    at_bay = f"{demo.stations}do/{quiet['identity']}/evses/{number}/plug"

    async def waits_for_the_plug() -> bool:
        station = (await browser.get(f"{demo.stations}api/stations/{quiet['identity']}")).json()
        return bool(station["evses"][0]["state"] == "Waiting for the plug")

    await demo.until(waits_for_the_plug)
    plug = f'action="{at_bay}"><input type="hidden" name="back" value="{visit}"'
    assert plug in (await browser.get(visit)).text
    plugged = await browser.post(at_bay, data={"back": visit})
    assert (plugged.status_code, plugged.headers["location"]) == (303, visit)

    async def has_charged() -> bool:
        station = (await browser.get(f"{demo.stations}api/stations/{quiet['identity']}")).json()
        session = station["evses"][0]["session"]
        return bool(session and session["energy_wh"] > 120)

    await demo.until(has_charged)
    assert "kWh" in (await browser.get(visit)).text
    assert (await browser.post(f"{visit}/stop")).status_code == 303

    async def receipt() -> bytes:
        answer = await browser.get(f"{visit}/receipt.pdf")
        return answer.content if answer.status_code == 200 else b""

    pdf = await demo.until(receipt)
    assert pdf.startswith(b"%PDF-")
    assert "€0.59" in (await browser.get(f"{visit}/receipt")).text

    async def mailed() -> list[Any]:
        mails: list[Any] = (
            await browser.get(f"{demo.mails}api/mails", params={"to": "ann@example.com"})
        ).json()
        return mails

    (mail,) = await demo.until(mailed)
    assert mail
    assert (await browser.get(demo.console, follow_redirects=True)).status_code == 200


async def test_two_cars_pay_by_showing_themselves_and_stand_in_the_console(demo: Demo) -> None:
    browser, console = demo.browser, demo.console.rstrip("/")
    here = {"Sec-Fetch-Site": "same-origin"}
    signed_in = await browser.post(
        f"{console}/sign-in",
        data={"email": OPERATOR, "password": demo.password, "back": "/console"},
        headers=here,
    )
    assert signed_in.status_code == 303

    async def both_charge() -> bool:
        page = (await browser.get(f"{console}/sessions")).text
        return EMAID in page and f"VID:{MAC}" in page

    await demo.until(both_charge)
    page = (await browser.get(f"{console}/tariffs/cars")).text
    for shown in ("Ada Demo", "CN=Demo mobility operator", "DEVWDC00000001", "CN=Demo contracts"):
        assert shown in page, shown
    page = (await browser.get(f"{console}/calibration")).text
    assert page.count("days left") == 1
