"""The page of stations' own payment terminals."""

import json
import re

from msgspec.structs import replace

from tests.payments.scene import Scene
from tests.payments.test_terminals import a_card, paid, settled, told
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.kernel.ids import TokenUid
from voltway.parties.model import Role
from voltway.payments.providers.terminal import TerminalProvider

PAGE = "/console/terminals"


async def test_a_terminal_shows_what_it_holds_what_it_took_and_what_does_not_fit(
    owner: Browser, scene: Scene
) -> None:
    empty = await owner.reads(PAGE)
    await paid(scene, a_card())
    await scene.starts(TokenUid("PSP-ONE"))
    held = await owner.reads(PAGE)
    await settled(scene, told("Settled", "5.50"))
    await settled(scene, told("Settled", "4.90", "psp-9"))
    await scene.ends(60_000)
    await scene.settles()
    over = await owner.reads(PAGE)

    assert "No station has told of a card" in empty
    assert scene.station.station.identity in held
    assert "€60.00" in held
    assert "Every charge that is over was settled." in held
    assert "€5.50" in over
    assert "took something else than the bill says" in over
    assert "no card of this reference was ever told of" in over
    assert f'href="{PAGE}"' in (await owner.opens("/console/money")).text


async def test_a_charge_that_is_over_and_was_not_settled_is_listed(
    owner: Browser, scene: Scene
) -> None:
    await paid(scene, a_card())
    await scene.starts(TokenUid("PSP-ONE"))
    await scene.ends(60_000)
    await scene.bus.catch_up()

    page = await owner.reads(PAGE)

    assert "psp-1" in page
    assert "Every charge that is over was settled." not in page


async def test_who_may_not_see_money_sees_no_terminals(scene: Scene, browser: Browser) -> None:
    await sits_down(browser, scene, Role.VIEWER)

    assert (await browser.opens(PAGE)).status_code == 403


async def test_who_typed_a_company_at_the_terminal_asks_for_its_invoice_by_one_button(
    browser: Browser, scene: Scene
) -> None:
    scene.provider = TerminalProvider(scene.begin)
    await paid(scene, a_card())
    await scene.starts(TokenUid("PSP-ONE"))
    await scene.ends(60_000)
    company = {"name": "Muster GmbH", "address1": "Weg 1", "city": "Berlin", "country": "DE"}
    news = replace(told("Settled"), vat_number="DE 136695976", vat_company=json.dumps(company))
    key = await settled(scene, news)
    await scene.settles()

    form = (await browser.opens(f"/v/{key}/invoice")).text
    typed = dict(re.findall(r'name="(\w+)"[^>]*?value="([^"]*)"', form))
    ticked = ("resells", "xrechnung")
    sent = {name: text for name, text in typed.items() if name not in ticked}
    made = await browser.sends(f"/v/{key}/invoice", **sent, country="DE")
    said = await browser.reads(made.headers["location"])

    assert typed["vat_id"] == "DE136695976"
    assert '<option value="DE" selected' in form
    for words in ("Muster GmbH", "Weg 1", "Berlin", "DE136695976", "€4.90"):
        assert words in said
