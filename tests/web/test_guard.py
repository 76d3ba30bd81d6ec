"""What guards every answer: headers, the origin of forms, sizes, and no script inside pages."""

import re

import pytest
from httpx import AsyncClient

from tests.payments.scene import Scene
from tests.web.browsers import HERE, Browser
from voltway.web import assets

PATHS = [
    "/",
    "/nothing/here",
    "/console",
    "/console/sign-in",
    "/health/live",
    "/health/ready",
    "/metrics",
    assets.load().url("driver.css"),
]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_carries_the_policy(browser: Browser, path: str) -> None:
    headers = (await browser.opens(path)).headers

    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_forms_may_lead_to_the_provider_and_nowhere_else(
    browser: Browser, scene: Scene
) -> None:
    policy = (await browser.opens("/")).headers["content-security-policy"]

    assert f"form-action 'self' {scene.bank.url}" in policy


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Sec-Fetch-Site": "same-origin"}, 303, id="our own form"),
        pytest.param({"Origin": HERE}, 303, id="our own form from an old browser"),
        pytest.param({}, 303, id="no browser, and no cookie to misuse"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="another name of this site"),
        pytest.param({"Origin": "https://evil.example"}, 403, id="another site, old browser"),
        pytest.param({"Origin": "null"}, 403, id="a sandbox"),
        pytest.param({"Cookie": "theme=dark"}, 403, id="cookies, and no word of where from"),
    ],
)
async def test_a_form_is_taken_from_here_alone(
    browser: Browser, headers: dict[str, str], status: int
) -> None:
    answer = await browser.client.post("/appearance", data={"theme": "dark"}, headers=headers)

    assert answer.status_code == status


async def test_a_choice_is_kept_and_shown(browser: Browser) -> None:
    await browser.sends("/appearance", theme="dark", contrast="more", back="/?q=x")

    page = (await browser.opens("/")).text
    assert 'data-theme="dark"' in page
    assert 'data-contrast="more"' in page


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
async def test_the_way_back_never_leaves_the_site(browser: Browser, back: str) -> None:
    answer = await browser.sends("/appearance", theme="dark", back=back)

    assert answer.headers["location"] == "/"


async def test_a_body_too_large_is_refused(browser: Browser) -> None:
    answer = await browser.sends("/appearance", theme="x" * (2 << 20))

    assert answer.status_code == 413


async def test_no_page_holds_a_script_or_a_style_of_its_own(owner: Browser, scene: Scene) -> None:
    station = scene.station.station.id
    bay = scene.station.evses[1].public_id
    for path in ("/", f"/e/{bay}", "/console", f"/console/stations/{station}", "/console/people"):
        page = (await owner.opens(path)).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page), path
        assert not re.search(r"(src|href)=\"(https?:)?//(?!www\.openstreetmap)", page), path


async def test_assets_are_small_packed_and_kept_for_ever(browser: Browser) -> None:
    scripts = 0
    for name in ("htmx.js", "page.js", "near.js"):
        answer = await browser.opens(assets.load().url(name))
        assert answer.headers["content-encoding"] == "gzip"
        assert "immutable" in answer.headers["cache-control"]
        scripts += len(answer.content)

    assert scripts < 120_000, "a driver's page stays under 120 kB of script"


@pytest.mark.parametrize(
    "name", ["manifest.json", "..%2fhouse.py", "%2e%2e/house.py", "driver.css"]
)
async def test_only_built_files_are_served(client_of_nobody: AsyncClient, name: str) -> None:
    assert (await client_of_nobody.get(f"/assets/{name}")).status_code == 404


@pytest.fixture
def client_of_nobody(browser: Browser) -> AsyncClient:
    return browser.client


@pytest.mark.parametrize("path", ["/?q=%00", "/?q=a%00b", "/e/DE%00"])
async def test_an_address_with_a_nul_names_nothing(browser: Browser, path: str) -> None:
    answer = await browser.opens(path)

    assert answer.status_code == 422
    assert "holds a NUL" in answer.text
