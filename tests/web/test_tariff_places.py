"""The console's pages of tariffs: where they hold, which applies and why, groups, taxes."""

import pytest

from tests.network import a_token
from tests.payments.scene import TARIFF, Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.parties.model import Role
from voltway.tariffs import actions as tariffs

PAGES = [f"/console/tariffs{rest}" for rest in ("", "/where", "/which", "/drivers", "/taxes")]
EVIL = "<script>alert(1)</script>"


@pytest.mark.parametrize("path", PAGES)
async def test_a_viewer_sees_each_page_and_changes_nothing(
    browser: Browser, scene: Scene, path: str
) -> None:
    assert (await browser.opens(path)).status_code == 303, "nobody sees it without signing in"
    await sits_down(browser, scene, Role.VIEWER)

    page = await browser.opens(path)

    assert page.status_code == 200
    assert '<button class="btn primary" type="submit">Assign' not in page.text
    assert "Set the rate" not in page.text
    if path not in (PAGES[0], PAGES[2]):
        assert (await browser.sends(path)).status_code == 403


async def test_an_operator_gives_a_fleet_its_price_and_sees_why_it_holds(
    owner: Browser, scene: Scene
) -> None:
    async with scene.begin() as work:
        token = await a_token(work, scene.station.party)
    evse = scene.station.evses[1].public_id

    added = await owner.sends(
        "/console/tariffs/drivers", ident="C1", driver="Ann", fleet="Vans", token=token.uid
    )
    assert added.status_code == 303, words_of(added.text)
    group = await owner.sends(
        "/console/tariffs/groups",
        **{"ident": "CITY", "member-1": "DAY", "member-1-rfid": "yes"},
    )
    assert group.status_code == 303, words_of(group.text)
    held = await owner.sends(
        "/console/tariffs/where",
        what="group:CITY",
        scope="fleet",
        name="vans",
        until="2031-01-01T00:00",
    )
    assert held.status_code == 303, words_of(held.text)

    said = await owner.reads("/console/tariffs/where")
    asked = f"/console/tariffs/which?evse={evse.lower()}&who=token&name={token.uid}"
    answer = await owner.reads(asked)
    guest = await owner.reads(f"/console/tariffs/which?evse={evse}")

    assert "Fleet Vans CITY group" in said
    assert "of group CITY, version 1, which is assigned to the fleet." in answer
    assert "The driver has no tariff of its own." in answer
    assert "goes behind" in answer
    assert "Tariff DAY, version 1, is assigned to the party." in guest
    assert "No fleet is known." in guest


@pytest.mark.parametrize(
    ("path", "fields", "says"),
    [
        ("where", {"what": "tariff:DAY", "scope": "station", "name": EVIL}, "There is no station"),
        ("where", {"what": "tariff:NONE", "scope": "party"}, "There is no tariff NONE."),
        ("where", {"what": "", "scope": "party"}, "Say which tariff or group"),
        ("where", {"what": "tariff:DAY", "scope": "party", "since": EVIL}, "no date and time"),
        ("where", {"what": "tariff:DAY", "scope": "moon"}, "There is no scope moon"),
        ("groups", {"ident": "G", "member-1": EVIL}, "There is no tariff"),
        ("drivers", {"ident": "C1"}, "A contract needs a driver"),
        ("drivers", {"ident": EVIL, "driver": "Ann", "token": "FFFF"}, "no token of that name"),
        ("taxes", {"country": "FI", "rate": "ten", "reason": "x"}, "ten is no number"),
        ("taxes", {"country": "FI", "rate": "1e99", "reason": EVIL}, "is no number"),
        ("taxes", {"country": "FI", "rate": "10", "reason": ""}, "needs a reason"),
    ],
)
async def test_a_bad_form_says_what_is_wrong_and_keeps_what_was_typed(
    owner: Browser, path: str, fields: dict[str, str], says: str
) -> None:
    answer = await owner.sends(f"/console/tariffs/{path}", **fields)

    assert 400 <= answer.status_code < 500
    assert says in words_of(answer.text)
    assert EVIL not in answer.text


async def test_a_rate_is_set_with_its_reason_and_shown_over_the_table(owner: Browser) -> None:
    before = await owner.reads("/console/tariffs/taxes")
    answer = await owner.sends(
        "/console/tariffs/taxes", country="fi", rate="13,5", reason="Ruling 123/2026"
    )
    assert answer.status_code == 303, words_of(answer.text)
    after = await owner.reads("/console/tariffs/taxes")

    assert "Finland FI 25.5 % 2024-09-01 24 % from 2013-01-01" in before
    assert "13.5 % set; table 25.5 %" in after
    assert "Ruling 123/2026" in after


async def test_a_question_about_nothing_is_answered_with_a_sentence(owner: Browser) -> None:
    answer = await owner.opens("/console/tariffs/which?evse=NOWHERE&who=contract&name=X")

    assert answer.status_code == 404
    assert "There is no EVSE NOWHERE." in words_of(answer.text)


async def test_what_the_law_forbids_at_a_fast_bay_is_not_assigned_to_it(
    owner: Browser, scene: Scene
) -> None:
    document = TARIFF.replace('"DAY"', '"FLAT"').replace("PARKING_TIME", "FLAT")
    async with scene.begin() as work:
        await tariffs.add_version(work, scene.station.party.id, document)
        await work.run("UPDATE evse SET power_w = 150000 WHERE id = $1", scene.station.evse(1))
    bays = [scene.station.evses[number].public_id for number in (1, 2)]
    fields = {"what": "tariff:FLAT", "scope": "evse"}

    fast = await owner.sends("/console/tariffs/where", **fields, name=bays[0])
    slow = await owner.sends("/console/tariffs/where", **fields, name=bays[1])

    assert fast.status_code == 422
    assert "At 50 kW and more there may be no price per session" in words_of(fast.text)
    assert slow.status_code == 303, "below 50 kW it is allowed"


async def test_a_price_that_more_power_made_forbidden_is_told_on_the_wall_and_at_its_place(
    owner: Browser, scene: Scene
) -> None:
    document = TARIFF.replace('"DAY"', '"FLAT"').replace("PARKING_TIME", "FLAT")
    station, bay = scene.station.station, scene.station.evses[1]
    async with scene.begin() as work:
        await tariffs.add_version(work, scene.station.party.id, document)
        await tariffs.assign(work, scene.station.party.id, "FLAT", station=station.id)
    pages = ["/console/", "/console/tariffs/where", f"/console/stations/{station.id}"]
    quiet = [await owner.reads(page) for page in pages]
    async with scene.begin() as work:
        await work.run("UPDATE evse SET power_w = 150000 WHERE id = $1", bay.evse)
    told = [await owner.reads(page) for page in pages]

    for before, after in zip(quiet, told, strict=True):
        assert "Price not allowed here" not in before
        assert "Price not allowed here" in after
        assert bay.public_id in after
        assert "remove the flat fee (Regulation (EU) 2023/1804, Art. 5(4))." in after


async def test_a_group_takes_as_many_tariffs_as_rows_are_added_and_is_written_again(
    owner: Browser, scene: Scene
) -> None:
    async with scene.begin() as work:
        for nth in range(6):
            text = TARIFF.replace('"DAY"', f'"T{nth}"')
            await tariffs.add_version(work, scene.station.party.id, text)
    typed = {"ident": "CITY", "member-1": "T0", "member-1-rfid": "yes", "member-2": "T1"}
    more = await owner.sends("/console/tariffs/groups", **typed, do="add")
    assert more.status_code == 200
    assert 'name="rows" value="1,2,3"' in more.text
    assert '<option value="T0" selected>' in more.text, "what was typed stays"

    typed |= {f"member-{nth}": f"T{nth - 1}" for nth in range(3, 7)}
    typed["member-6-until"] = "2031-01-01T00:00"
    fewer = await owner.sends("/console/tariffs/groups", **typed, rows="1,2,3,4,5,6", do="remove:2")
    moved = await owner.sends("/console/tariffs/groups", **typed, rows="1,3,4,5,6", do="up:6")
    assert 'name="rows" value="1,3,4,5,6"' in fewer.text
    assert 'name="rows" value="1,3,4,6,5"' in moved.text
    kept = await owner.sends("/console/tariffs/groups", **typed, rows="1,3,4,6,5", do="keep")
    assert kept.status_code == 303, words_of(kept.text)
    shown = await owner.opens("/console/tariffs/where?group=CITY")

    async with scene.begin() as work:
        row = await work.one("SELECT members, version FROM tariff_group_view")
    assert row is not None
    assert [each["tariff"] for each in row["members"]] == ["T0", "T2", "T3", "T5", "T4"]
    assert row["members"][0]["drivers"] == ["rfid"]
    assert 'name="rows" value="1,2,3,4,5"' in shown.text
    assert 'value="2031-01-01T00:00"' in shown.text


@pytest.mark.parametrize("rows", ["", "x", "1,1,2", ",".join(str(nth) for nth in range(500))])
async def test_rows_that_no_form_has_do_no_harm(owner: Browser, rows: str) -> None:
    answer = await owner.sends("/console/tariffs/groups", ident="G", rows=rows, do="add")

    assert answer.status_code == 200
    assert answer.text.count("<fieldset") <= 100


async def test_a_reduced_rate_is_declared_with_its_law_and_withdrawn(
    owner: Browser, scene: Scene
) -> None:
    at = "/console/tariffs/taxes/declarations"
    before = await owner.reads("/console/tariffs/taxes")
    bad = await owner.sends(at, **{"declare-country": "PT", "legal_basis": "Law 1"})
    empty = await owner.sends(at, **{"declare-country": "IE", "legal_basis": " "})
    done = await owner.sends(
        at, **{"declare-country": "IE", "legal_basis": "Revenue, 16 June 2020", "applies": "yes"}
    )
    assert done.status_code == 303, words_of(done.text)
    after = await owner.reads("/console/tariffs/taxes")
    await owner.sends(at, **{"declare-country": "IE", "legal_basis": "Over", "applies": "no"})
    withdrawn = await owner.reads("/console/tariffs/taxes")
    async with scene.begin() as work:
        audit = await work.all("SELECT * FROM audit_view WHERE on_what = 'tax:IE'")

    assert "Nothing is declared: charging takes the standard rate everywhere." in before
    assert "Ireland IE 23 %" in before
    assert before.count("Its rates are as known to us on 2026-11-26, from no database.") == 3
    assert (bad.status_code, empty.status_code) == (422, 422)
    assert "charging posts are left out by name" in words_of(bad.text)
    assert 'value="Law 1"' in bad.text, "nothing typed is lost"
    assert "it needs its legal basis" in words_of(empty.text)
    assert "IE the reduced rate Revenue, 16 June 2020 The owner" in after
    assert "9 % declared; standard 23 %" in after
    assert "Ireland IE 23 %" in withdrawn
    assert len(audit) == 2


async def test_a_viewer_declares_nothing(browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.VIEWER)

    answer = await browser.sends("/console/tariffs/taxes/declarations", legal_basis="Law")

    assert answer.status_code == 403
    assert "Declare a reduced rate" not in await browser.reads("/console/tariffs/taxes")
