"""The pages on which operators see partners, what they owe, and whether they hear us."""

from uuid import UUID

import pytest

from tests.billing.months import charges
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.drivers import actions as drivers
from voltway.drivers.model import TokenKind
from voltway.kernel.ids import TokenUid
from voltway.parties.model import Role
from voltway.partners import actions, credit, delivering, store_events, telling
from voltway.partners.model import Given, Whitelist

PAGE = "/console/partners"
UID = "DE-AUR-C00000001-5"
AURORA = {
    "name": "Aurora Motors",
    "ident": "de*aur",
    "url": "http://127.0.0.1:9",
    "limit": "4.90",
    "street": "Werkstr. 1",
    "postal_code": "80331",
    "city": "München",
    "country": "DE",
}


async def the_partner(scene: Scene) -> UUID:
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM partner_view")
    assert row is not None
    id: UUID = row["id"]
    return id


async def test_a_partner_is_added_and_its_key_and_secret_are_shown_once(
    owner: Browser, scene: Scene
) -> None:
    assert "No partner yet" in await owner.reads(PAGE)

    added = await owner.sends(PAGE, **AURORA)
    assert added.status_code == 201
    partner = await the_partner(scene)
    async with scene.begin() as work:
        secret = (await actions.partner_of(work, partner)).secret
    assert secret in added.text
    assert "vw_" in added.text
    page = await owner.reads(f"{PAGE}/{partner}")
    listed = await owner.reads(PAGE)
    assert "DE*AUR" in listed
    assert "€4.90" in listed
    assert secret not in page + listed
    assert "vw_" not in page + listed

    changed = await owner.sends(f"{PAGE}/{partner}", url="https://a.example", new_secret="yes")
    assert changed.status_code == 201
    assert secret not in changed.text
    assert "of at most" not in await owner.reads(f"{PAGE}/{partner}")
    assert "vw_" in (await owner.sends(f"{PAGE}/{partner}/keys")).text


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"url": "http://aurora.example"}, "begins with https://"),
        ({"ident": "Germany"}, "a country of two letters"),
        ({"limit": "much"}, "much"),
        ({"limit": "0"}, "A credit limit is an amount above zero"),
        ({"city": ""}, "The town"),
    ],
)
async def test_what_cannot_be_a_partner_is_refused_and_nothing_typed_is_lost(
    owner: Browser, said: dict[str, str], answer: str
) -> None:
    refused = await owner.sends(PAGE, **{**AURORA, **said})
    assert 400 <= refused.status_code < 500
    assert answer in refused.text
    assert 'value="Werkstr. 1"' in refused.text
    assert "No partner yet" in refused.text


async def test_a_page_shows_what_a_partner_charged_owes_and_did_not_hear(
    browser: Browser, scene: Scene
) -> None:
    async with scene.begin() as work:
        found = await actions.add_partner(
            work,
            scene.station.party,
            AURORA,
            country_code="DE",
            ident="AUR",
            url=AURORA["url"],
            credit_limit_minor=490,
        )
        await actions.put_contract(
            work,
            found,
            Given(uid=UID, kind=TokenKind.CONTRACT, contract=UID, whitelist=Whitelist.NEVER),
        )
        asked = (found.party, TokenUid(UID))
        token = (await drivers.tokens_of(work, [asked]))[asked]
    await charges(scene, token, "2026-03-05 10:00")
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM session_view")
        assert row is not None
        await store_events.claim(work, {row["id"]: token.id})
        assert await telling.tell_sessions(work, [row["id"]]) == 1
        await credit.look(work, found.id)
    await sits_down(browser, scene, Role.OWNER)
    partner = found.id
    assert await delivering.deliver_due(scene.begin) == 0

    page = await browser.reads(f"{PAGE}/{partner}")
    assert "It owes, with what charges now, as much as was agreed" in page
    assert "Its platform was silent when it was last asked or told: it cannot be reached" in page
    assert "does not charge" in page
    assert "session.updated" in page
    async with scene.begin() as work:
        await work.run(
            """
            UPDATE partner_event
               SET made_at = made_at - interval '3 days', next_at = next_at - interval '3 days'
            """
        )
    await delivering.deliver_due(scene.begin)
    assert "laid aside" in await browser.reads(f"{PAGE}/{partner}")
    async with scene.begin() as work:
        event = await work.one("SELECT id FROM partner_event_view")
    assert event is not None
    await browser.sends(f"{PAGE}/{partner}/again", event=str(event["id"]))
    assert "laid aside" not in await browser.reads(f"{PAGE}/{partner}")
    assert (await browser.sends(f"{PAGE}/{partner}/again", event="x")).status_code == 404


async def test_who_manages_no_keys_adds_no_partner_and_a_viewer_sees_none(
    browser: Browser, scene: Scene
) -> None:
    await sits_down(browser, scene, Role.SUPPORT)
    page = await browser.reads(PAGE)
    assert "Add a partner" not in page
    assert (await browser.sends(PAGE, **AURORA)).status_code == 403
    await sits_down(browser, scene, Role.VIEWER)
    assert (await browser.opens(PAGE)).status_code == 403
