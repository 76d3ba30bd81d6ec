"""A driver reports a problem, the operator reads and answers it, and the driver is told."""

import re
from datetime import timedelta

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.alerts import store
from voltway.alerts.model import Template
from voltway.alerts.reports import hears_report
from voltway.alerts.writing import writers
from voltway.helpdesk import actions as helpdesk
from voltway.helpdesk.model import ProblemAnswered, ProblemReported
from voltway.kernel.ids import AlertId
from voltway.parties.model import Role

ANN = "ann@example.org"


def bay(scene: Scene) -> str:
    return f"/e/{scene.station.evses[1].public_id}"


async def reports(browser: Browser, scene: Scene, **fields: str) -> str:
    answer = await browser.sends(f"{bay(scene)}/report", **{"kind": "no_start", **fields})
    assert answer.status_code == 303, words_of(answer.text)
    return answer.headers["location"]


async def test_a_report_from_a_visit_carries_what_had_happened(
    browser: Browser, scene: Scene
) -> None:
    assert (await browser.sends(f"{bay(scene)}/start")).status_code == 303
    async with scene.begin() as work:
        [row] = await work.all("SELECT visit_key FROM payment")
    form = await browser.reads(f"{bay(scene)}/report?v={row['visit_key']}")
    assert "what we know of your visit" in form

    page = await reports(browser, scene, v=row["visit_key"], words="The light is red.")

    said = await browser.reads(page)
    assert "Sent to the operator" in said
    assert "It does not start" in said
    assert "The light is red." in said
    assert "The driver opened a visit" in said
    assert "Keep this page" in said


async def test_an_operator_reads_and_answers_and_the_driver_sees_both(
    browser: Browser, scene: Scene
) -> None:
    page = await reports(browser, scene, email=ANN)
    await sits_down(browser, scene, Role.SUPPORT)
    listed = await browser.reads("/console/reports")
    assert "It does not start" in listed
    assert "nobody has read it" in listed
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM driver_report_view")

    await browser.reads(f"/console/reports/{row['id']}")
    assert "The operator has read it" in await browser.reads(page)
    empty = await browser.sends(f"/console/reports/{row['id']}/answer", answer="  ")
    assert "Write an answer" in words_of(empty.text)
    sent = await browser.sends(f"/console/reports/{row['id']}/answer", answer="We reset it.")

    assert sent.status_code == 303
    said = await browser.reads(page)
    assert "The operator has answered" in said
    assert "We reset it." in said
    again = await browser.sends(f"/console/reports/{row['id']}/answer", answer="Twice.")
    assert "answered meanwhile" in words_of(again.text)


async def test_who_only_looks_on_neither_marks_it_as_read_nor_answers(
    browser: Browser, scene: Scene
) -> None:
    page = await reports(browser, scene)
    await sits_down(browser, scene, Role.VIEWER)
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM driver_report_view")

    assert "not answer them" in await browser.reads(f"/console/reports/{row['id']}")
    refused = await browser.sends(f"/console/reports/{row['id']}/answer", answer="x")

    assert refused.status_code == 403
    assert "Sent to the operator" in await browser.reads(page)


async def test_pressed_twice_it_is_one_report_and_said_later_another(
    browser: Browser, scene: Scene
) -> None:
    form = await form_of(browser, scene)
    first = await reports(browser, scene, form=form)
    assert await reports(browser, scene, form=form) == first
    assert await reports(browser, scene, form=form, words="Now it smells.") != first
    scene.clock.jump(timedelta(minutes=11))
    assert await reports(browser, scene, form=form) != first


async def form_of(browser: Browser, scene: Scene) -> str:
    page = (await browser.opens(f"{bay(scene)}/report")).text
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("email", ["", ANN])
async def test_two_people_who_say_the_same_have_each_a_report_of_their_own(
    browser: Browser, scene: Scene, email: str
) -> None:
    first = await reports(browser, scene, form=await form_of(browser, scene), email=email)
    second = await reports(browser, scene, form=await form_of(browser, scene), email=email)
    bare = [await reports(browser, scene, email=email) for _ in range(2)]
    weak = await reports(browser, scene, form="x", email=email)

    assert len({first, second, *bare, weak}) == 5
    assert weak != "/h/x"
    assert await scene.count("driver_report_view") == 5


async def test_pressed_twice_in_a_visit_it_is_one_report(browser: Browser, scene: Scene) -> None:
    assert (await browser.sends(f"{bay(scene)}/start")).status_code == 303
    async with scene.begin() as work:
        [row] = await work.all("SELECT visit_key FROM payment")
    first = await reports(browser, scene, v=row["visit_key"])
    assert await reports(browser, scene, v=row["visit_key"]) == first


async def test_a_flood_of_reports_is_refused_in_a_sentence(browser: Browser, scene: Scene) -> None:
    for number in range(helpdesk.AN_HOUR_MAX):
        await reports(browser, scene, words=f"{number}")

    answer = await browser.sends(f"{bay(scene)}/report", kind="other", words="one more")

    assert answer.status_code == 429
    assert "Many people have reported" in words_of(answer.text)
    assert "one more" in answer.text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": ""}, "Choose what is wrong"),
        ({"kind": "hack"}, "Choose what is wrong"),
        ({"kind": "other", "email": "not one"}, "address"),
    ],
)
async def test_what_is_missing_is_said_and_what_was_typed_is_kept(
    browser: Browser, scene: Scene, fields: dict[str, str], says: str
) -> None:
    answer = await browser.sends(f"{bay(scene)}/report", words="It hums.", **fields)

    assert answer.status_code == 422
    assert says in words_of(answer.text)
    assert "It hums." in answer.text


async def test_a_visit_or_a_report_that_nobody_has_is_not_there(
    browser: Browser, scene: Scene
) -> None:
    assert (await browser.opens("/h/no-such-report")).status_code == 404
    answer = await browser.sends(f"{bay(scene)}/report", kind="other", v="no-such-visit")
    assert answer.status_code == 404


async def test_owners_are_mailed_once_and_the_driver_gets_the_answer_in_their_language(
    browser: Browser, scene: Scene
) -> None:
    await sits_down(browser, scene, Role.OWNER)
    browser.client.cookies.set("papers", "de")
    await reports(browser, scene, email=ANN, words="The light is red.")
    async with scene.begin() as work:
        [row] = await work.all("SELECT id, party_id FROM driver_report_view")
        await helpdesk.answer(work, row["id"], "Es geht wieder.", "Ben")
        heard = [
            kind(party=row["party_id"], at=work.now, report=row["id"])
            for kind in (ProblemReported, ProblemAnswered)
        ]
        await hears_report(work, heard)
        await hears_report(work, heard)
        kept = await work.all("SELECT id, recipient, template, locale, facts FROM alert_view")
        found = await store.load_many(work, [AlertId(each["id"]) for each in kept])
        write = await writers(work, found, "https://charge.example")

    by_template = {each["template"]: each for each in kept}
    assert len(kept) == 2
    assert by_template[Template.ANSWER]["recipient"] == ANN
    assert by_template[Template.ANSWER]["locale"] == "de"
    told = by_template[Template.EVENT]
    assert told["recipient"] != ANN
    letter = write[AlertId(told["id"])]
    assert callable(letter)
    written = letter()
    assert written.subject.startswith("A driver reports: it does not start.")
    assert "The light is red." in written.text
    assert f"https://charge.example/console/reports/{row['id']}" in written.text
    assert "red" not in str(told["facts"]), "what a driver wrote goes to no phone and no program"


async def test_an_address_is_forgotten_a_month_after_the_answer(
    browser: Browser, scene: Scene
) -> None:
    await reports(browser, scene, email=ANN)
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM driver_report_view")
        await helpdesk.answer(work, row["id"], "Done.", "Ben")
    scene.clock.jump(helpdesk.KEEP_ADDRESS + timedelta(hours=1))
    async with scene.begin() as work:
        await helpdesk.forget_addresses(work)
        assert (await helpdesk.by_id(work, row["id"])).email is None
