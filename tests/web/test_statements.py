"""Customers, their statements, and what is done in one go, on the console's pages."""

import csv
import hashlib
import io
import re
import zipfile
from uuid import UUID

import pytest

from tests.billing.months import GIVEN, a_card, a_customer, charges, in_month
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.billing import monthly, runs
from voltway.drivers import contracts
from voltway.parties.model import Role

HERE = "/console/statements"


async def a_month(scene: Scene) -> None:
    """March is over; two customers have charged in it, one of them twice."""
    van, car = await a_card(scene, "04AAAA01", "Van 7"), await a_card(scene, "04BBBB02")
    await a_customer(scene, [van])
    await a_customer(scene, [car], name="Ann Aalto", is_business="no")
    for card, day in ((van, 5), (van, 6), (car, 7)):
        await charges(scene, card, f"2026-03-0{day}T10:00")
    scene.clock.jump_to(in_month(scene, "2026-03").ends)


async def asks(browser: Browser, scene: Scene, kind: str, month: str = "2026-03") -> str:
    """Ask for much in one go, and let the jobs do it; the run's page."""
    answer = await browser.sends(f"{HERE}/runs", kind=kind, month=month, locale="de")
    assert answer.status_code == 303, answer.text
    await scene.settles()
    return answer.headers["location"]


@pytest.fixture
def working(scene: Scene) -> Scene:
    scene.jobs.handle(runs.JOB, monthly.write_job)
    return scene


async def test_a_customer_is_added_with_its_cards(owner: Browser, scene: Scene) -> None:
    card = await a_card(scene, "04AAAA01", "Van 7")
    assert "No customer yet" in await owner.reads("/console/customers")

    added = await owner.sends("/console/customers", **GIVEN, is_business="yes")
    page = added.headers["location"]
    await owner.sends(f"{page}/cards", cards="04aaaa01\n")

    said = await owner.reads(page)
    assert "Posti Kuljetus Oy" in said
    assert "Van 7 04AAAA01 active" in said
    await owner.sends(f"{page}/cards", take=str(card.id))
    assert "No card yet" in await owner.reads(page)


async def test_a_customer_gets_all_cards_of_a_fleet(owner: Browser, scene: Scene) -> None:
    card, _ = await a_card(scene, "04AAAA01", "Van 7"), await a_card(scene, "04BBBB02")
    async with scene.begin() as work:
        party = scene.station.party.id
        fleet = await contracts.add_fleet(work, party, "Posti")
        contract = await contracts.add_contract(work, party, "FI-VLT-C1", fleet=fleet.id)
        await contracts.stands_for(work, card.id, contract.id)
    customer = await a_customer(scene)
    page = f"/console/customers/{customer.id}"
    assert "all cards that it has or gets Posti" in await owner.reads(page)

    await owner.sends(f"{page}/cards", fleet=str(fleet.id))

    said = await owner.reads(page)
    assert "Van 7 04AAAA01" in said
    assert "04BBBB02" not in said


SLIPS = [
    ({"vat_id": "FI12345678"}, "its check digit is wrong"),
    ({"vat_id": "DE136695976"}, "is one of DE, but the address is in FI"),
    ({"due_days": "121"}, "Paid within is not valid"),
]


async def test_a_slip_is_told_and_what_was_typed_stays(owner: Browser) -> None:
    for changed, why in SLIPS:
        answer = await owner.sends("/console/customers", **{**GIVEN, **changed})

        assert answer.status_code == 422
        assert why in answer.text
        assert 'value="Posti Kuljetus Oy"' in answer.text


async def test_a_card_that_is_not_there_is_told(owner: Browser, scene: Scene) -> None:
    customer = await a_customer(scene)

    answer = await owner.sends(f"/console/customers/{customer.id}/cards", cards="04FFFF")

    assert answer.status_code == 422
    assert "No card of yours has the number 04FFFF" in answer.text


async def test_the_statements_of_a_month_are_written_in_one_go(
    browser: Browser, working: Scene
) -> None:
    await a_month(working)
    await sits_down(browser, working, Role.OWNER)
    owner = browser

    page = await asks(owner, working, "statements")
    again = await asks(owner, working, "statements")

    said = await owner.reads(page)
    assert "Done 2 of 2 documents" in said
    assert '<progress max="2" value="2"' in (await owner.opens(page)).text
    assert "0 of 0 documents" in await owner.reads(again)
    listed = await owner.opens(f"{HERE}?of=2026-03")
    assert listed.text.count("-S2026-") == 2
    [one, _] = re.findall(rf'href="({HERE}/[0-9a-f-]{{36}})"', listed.text)
    whole = await owner.reads(one)
    assert "To pay, March 2026" in whole
    assert (await owner.opens(f"{one}/statement.pdf")).content.startswith(b"%PDF")
    finnish = await owner.opens(one, **{"Accept-Language": "fi"})
    assert 'lang="fi"' in finnish.text


async def test_a_zip_has_every_document_of_the_month_and_an_index_with_hashes(
    browser: Browser, working: Scene
) -> None:
    await a_month(working)
    await sits_down(browser, working, Role.OWNER)
    owner = browser
    page = await asks(owner, working, "archive")
    assert "0 of 3 documents" in await owner.reads(page)

    answer = await owner.opens(f"{page}/documents.zip")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as made:
        assert made.testzip() is None
        rows = list(csv.DictReader(io.StringIO(made.read("2026-03/index.csv").decode())))
        assert len(rows) == 3
        for row in rows:
            pdf, data = made.read(row["file"]), made.read(row["file"].replace(".pdf", ".json"))
            assert row["sha256_of_pdf"] == hashlib.sha256(pdf).hexdigest()
            assert row["sha256_of_data"] == hashlib.sha256(data).hexdigest()
            assert pdf.startswith(b"%PDF")
            assert row["total"] == "4.90"
    assert "Done 3 of 3 documents" in await owner.reads(page)


async def test_a_month_that_is_not_over_is_refused_with_the_day(owner: Browser) -> None:
    answer = await owner.sends(f"{HERE}/runs", kind="statements", month="2026-03", locale="en")

    assert answer.status_code == 409
    assert "2026-03 is not over yet in Europe/Helsinki" in answer.text
    assert "2026-04-01" in answer.text


async def test_what_cannot_be_asked_is_refused(owner: Browser) -> None:
    for kind, month in (("all", "2026-02"), ("statements", "March")):
        answer = await owner.sends(f"{HERE}/runs", kind=kind, month=month, locale="en")

        assert answer.status_code == 422


async def test_who_may_not_move_money_writes_nothing(browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.OPERATOR)

    answer = await browser.sends(f"{HERE}/runs", kind="statements", month="2026-02")

    assert answer.status_code == 403
    assert (await browser.sends("/console/customers", **GIVEN)).status_code == 403
    assert "Nothing is written for this month yet" in await browser.reads(HERE)


async def test_what_is_no_statement_is_not_there(owner: Browser) -> None:
    for path in (f"/{UUID(int=7)}", f"/{UUID(int=7)}/statement.pdf", f"/runs/{UUID(int=7)}"):
        assert (await owner.opens(f"{HERE}{path}")).status_code == 404
