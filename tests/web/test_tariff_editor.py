"""The editor: what is typed is kept, shown as drivers read it, and published for good."""

import re

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.parties.model import Role
from voltway.tariffs import taxes

EVIL = "<script>alert(1)</script>"
NIGHT = {
    **{"id": "NIGHT", "currency": "EUR", "type": "", "power": "both", "tax": "net"},
    **{"vat_from": "place", "elements": "0", "e0-components": "0,1"},
    **{"e0-c0-type": "ENERGY", "e0-c0-price": "0.40", "e0-c0-step": "1"},
    **{"e0-c1-type": "PARKING_TIME", "e0-c1-price": "0.10", "e0-c1-per": "min", "e0-c1-step": "60"},
}


async def begun(browser: Browser, **fields: str) -> str:
    """The address of a new draft."""
    answer = await browser.sends("/console/tariffs/drafts", **fields)
    assert answer.status_code == 303, words_of(answer.text)
    return str(answer.headers["location"])


async def revision(browser: Browser, at: str) -> str:
    page = await browser.opens(at)
    found = re.search(r'name="revision" value="(\d+)"', page.text)
    assert found is not None
    return found[1]


async def test_a_tariff_is_written_looked_at_and_published(owner: Browser, scene: Scene) -> None:
    at = await begun(owner)
    saved = await owner.sends(at, **NIGHT, revision="1", do="save")
    assert saved.status_code == 303
    seen = await owner.reads(at)

    assert "Energy €0.502 per kWh" in seen, "with the tax of Finland"
    assert "Idle fee, plugged in without charging €0.1255 per min" in seen
    assert "25.5 % in Finland on 2026-03-02" in seen
    assert "30 kWh in 25 min €15.06" in seen
    assert "20 kWh in 2 h, then 1 h plugged in €17.57" in seen
    assert "Nothing forbids it." in seen
    assert "NIGHT" in await owner.reads("/console/tariffs"), "a draft is in the list"

    done = await owner.sends(at, **NIGHT, revision=await revision(owner, at), do="publish")
    assert done.status_code == 303, words_of(done.text)
    assert (await owner.opens(at)).status_code == 404
    async with scene.begin() as work:
        row = await work.one(
            "SELECT version, document FROM tariff_view WHERE tariff_ident = 'NIGHT'"
        )
    assert row is not None
    assert row["version"] == 1
    assert '"price": 6.00' in row["document"]


async def test_what_the_law_forbids_is_refused_with_the_reason_and_stays_a_draft(
    owner: Browser, scene: Scene
) -> None:
    at = await begun(owner)
    flat = {**NIGHT, "e0-c1-type": "FLAT", "e0-c1-price": "1"}

    refused = await owner.sends(at, **flat, revision="1", do="publish")

    assert refused.status_code == 422
    said = words_of(refused.text)
    assert "The law does not allow this price. At 50 kW and more" in said
    assert (
        "no price per session: remove the flat fee (Regulation (EU) 2023/1804, Art. 5(4))." in said
    )
    assert 'value="1"' in refused.text
    slow = {**flat, "power": "slow"}
    done = await owner.sends(at, **slow, revision=await revision(owner, at), do="publish")
    assert done.status_code == 303, "below 50 kW it is allowed"
    assert await scene.count("tariff_view WHERE tariff_ident = 'NIGHT'") == 1


async def test_bad_input_is_told_at_its_field_and_nothing_typed_is_lost(owner: Browser) -> None:
    at = await begun(owner)

    await owner.sends(at, **{**NIGHT, "e0-c0-price": EVIL, "text": EVIL}, revision="1", do="save")
    page = await owner.opens(at)

    assert page.status_code == 200
    assert "is no number, such as 0.49." in words_of(page.text)
    assert 'id="e0-c0-price-wrong"' in page.text
    assert EVIL not in page.text
    assert page.text.count("&lt;script&gt;") >= 2
    refused = await owner.sends(at, **{**NIGHT, "id": ""}, revision="2", do="publish")
    assert refused.status_code == 422
    assert "cannot be published yet" in words_of(refused.text)


async def test_buttons_add_and_remove_parts_without_a_script(owner: Browser) -> None:
    at = await begun(owner)
    for nth, do in enumerate(("add-element", "add-component:1", "up:1", "remove-element:0"), 1):
        page = await owner.opens(at)
        form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        answer = await owner.sends(at, **{**NIGHT, **form}, do=do)
        assert answer.status_code == 303, do
        assert form["revision"] == str(nth)

    page = await owner.opens(at)
    assert 'id="element-1"' in page.text
    assert 'id="element-0"' not in page.text


async def test_the_next_version_begins_from_the_last_one(owner: Browser, scene: Scene) -> None:
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM tariff_view WHERE tariff_ident = 'DAY'")
    assert row is not None
    at = await begun(owner, **{"from": str(row["id"])})
    page = await owner.opens(at)

    assert "Energy €0.49 per kWh" in words_of(page.text)
    assert (await owner.sends("/console/tariffs/drafts", **{"from": "7"})).status_code == 404


async def test_two_who_write_at_once_are_told(owner: Browser) -> None:
    at = await begun(owner)
    await owner.sends(at, **NIGHT, revision="1", do="save")

    late = await owner.sends(at, **{**NIGHT, "id": "MINE"}, revision="1", do="save")

    assert late.status_code == 409
    assert "Somebody else saved this draft meanwhile" in words_of(late.text)
    assert 'value="MINE"' in late.text
    assert (await owner.sends(at, do="discard")).status_code == 303
    assert (await owner.opens(at)).status_code == 404


async def test_a_viewer_reads_a_draft_and_changes_nothing(browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.OWNER)
    at = await begun(browser)
    browser.client.cookies.clear()
    await sits_down(browser, scene, Role.VIEWER)

    page = await browser.opens(at)

    assert page.status_code == 200
    assert 'value="publish"' not in page.text
    assert (await browser.sends(at, **NIGHT, revision="1", do="save")).status_code == 403


async def test_a_field_is_no_fault_before_somebody_has_looked_at_it(owner: Browser) -> None:
    at = await begun(owner)
    fresh = await owner.opens(at)
    found = re.search(r'name="fresh" value="([^"]+)"', fresh.text)
    assert found is not None
    form = {**NIGHT, "id": "", "e0-components": "0", "e0-c0-price": "", "fresh": found[1]}
    await owner.sends(at, **form, revision="1", do="add-component:0")
    grown = await owner.opens(at)
    await owner.sends(at, **{**form, "e0-c0-price": "much"}, revision="2", do="add-element")
    typed = await owner.opens(at)
    await owner.sends(at, **form, revision="3", do="save")
    looked = await owner.opens(at)

    for page in (fresh, grown):
        assert "aria-invalid" not in page.text
        assert "Type a name and a price, then save and look." in words_of(page.text)
    assert "much is no number" in words_of(typed.text), "what was typed is looked at"
    assert "A price is needed; 0 is one." not in words_of(typed.text)
    assert "A price is needed; 0 is one." in words_of(looked.text)
    refused = await owner.sends(at, **form, revision="4", do="publish")
    assert refused.status_code == 422
    assert "A price is needed; 0 is one." in words_of(refused.text)


async def test_a_draft_is_shown_with_the_tax_that_the_party_set_or_declared(
    owner: Browser, scene: Scene
) -> None:
    party = scene.station.party.id
    async with scene.begin() as work:
        await work.run("UPDATE party SET country_code = 'IE' WHERE id = $1", party)
    at = await begun(owner)
    await owner.sends(at, **NIGHT, revision="1", do="save")
    standard = await owner.reads(at)
    async with scene.begin() as work:
        await taxes.declare(
            work, party, "IE", applies=True, legal_basis="Revenue, 16 June 2020", by="Aino"
        )
    declared = await owner.reads(at)

    assert "Energy €0.492 per kWh" in standard, "with 23 %"
    assert "Energy €0.436 per kWh" in declared, "with 9 %"
    assert "declared by Aino: Revenue, 16 June 2020" in declared
