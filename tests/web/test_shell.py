"""The pages as an app: what a phone installs, and what it may keep."""

import json
import re
import struct

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of


async def test_a_phone_finds_what_it_needs_to_install_the_app(
    browser: Browser, scene: Scene
) -> None:
    home = await browser.opens("/")
    link = re.search(r'rel="manifest" href="([^"]+)"', home.text)
    assert link
    answer = await browser.opens(link[1])
    said = json.loads(answer.content)

    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert (said["start_url"], said["display"]) == ("/", "standalone")
    pictures = [icon for icon in said["icons"] if icon["type"] == "image/png"]
    assert {icon["purpose"] for icon in pictures} == {"any", "maskable"}
    for icon in pictures:
        content = (await browser.opens(icon["src"])).content
        wide, high = struct.unpack(">II", content[16:24])
        assert f"{wide}x{high}" == icon["sizes"]


async def test_the_shell_that_a_service_worker_keeps_is_there_whole(
    browser: Browser, scene: Scene
) -> None:
    script = await browser.opens("/sw.js")
    shell = json.loads(script.text.split("\n", 1)[0].removeprefix("const SHELL = ").rstrip(";"))

    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cache-control"] == "no-cache", "a new build is noticed at once"
    for address in (*shell["addresses"], shell["icon"], shell["badge"]):
        assert (await browser.opens(address)).status_code == 200, address
    assert "States and prices change" in words_of((await browser.opens("/offline")).text)


async def test_no_page_with_a_state_or_a_price_may_be_kept(browser: Browser, scene: Scene) -> None:
    location, bay = scene.station.location.id, scene.station.evses[1].public_id

    for path in ("/", f"/l/{location}", f"/e/{bay}", "/me"):
        assert "Voltway-Keep" not in (await browser.opens(path)).headers, path
