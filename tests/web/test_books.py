"""The pages of the books: balances at a day, entries, the check, its findings, months, exports."""

from datetime import timedelta

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.billing import checking
from voltway.ledger import actions as ledger
from voltway.ocpp.hearing import heard_again
from voltway.parties.model import Role
from voltway.runtime.database import connect_owner


async def a_paid_session(scene: Scene) -> None:
    visit = await scene.opens(email="ann@example.org")
    payment = await scene.pays(visit)
    await scene.starts(payment.token)
    await scene.ends(60_000, minutes=30)
    await scene.settles()
    await ledger.seal(scene.begin)


async def checks(scene: Scene) -> None:
    party = scene.station.station.party
    await checking.check_books(scene.begin, heard_again, party, asked_by="Aino", whole=True)


async def test_balances_are_of_a_day_and_each_entry_leads_to_what_shows_it(
    owner: Browser, scene: Scene
) -> None:
    await a_paid_session(scene)

    now = await owner.reads("/console/ledger?under=revenue")
    before = await owner.reads("/console/ledger?at=2026-03-01")
    page = (await owner.opens("/console/ledger")).text
    entry = page.split('href="/console/ledger/entries/')[1].split('"')[0]
    shown = (await owner.opens(f"/console/ledger/entries/{entry}")).text

    assert "revenue:energy income EUR" in now
    assert "driver" not in now.split("Entries")[0]
    assert "revenue:energy" not in before.split("Entries")[0]
    assert "Link" in words_of(shown)
    session = shown.split('href="/console/sessions/')[1].split('"')[0]
    assert "Ended" in await owner.reads(f"/console/sessions/{session}")
    assert (await owner.opens(f"/console/ledger/entries/{session}")).status_code == 404


async def test_what_the_check_found_leads_to_its_object_and_is_closed_with_a_reason(
    owner: Browser, scene: Scene, database_url: str
) -> None:
    await a_paid_session(scene)
    empty = await owner.reads("/console/books")
    await checks(scene)
    sound = await owner.reads("/console/books")
    intruder = await connect_owner(database_url)
    await intruder.execute("UPDATE payment SET refunded_minor = 5")
    await intruder.close()
    await checks(scene)

    page = (await owner.opens("/console/books")).text
    payment = page.split('href="/console/money?on=')[1].split('"')[0]
    drawer = await owner.reads(f"/console/money?on={payment}")
    rail = await owner.reads("/console/money")
    finding = page.split('action="/console/books/findings/')[1].split("/")[0]
    refused = await owner.sends(f"/console/books/findings/{finding}/close", reason=" ")
    done = await owner.sends(f"/console/books/findings/{finding}/close", reason="<b>Cash</b>")
    after = (await owner.opens("/console/books")).text

    assert "Not checked yet" in empty
    assert "All that must hold does" in sound
    assert "1 finding is open" in words_of(page)
    assert "refunded 5" in words_of(page)
    assert "Asked of the provider" in drawer
    assert "Money 1 Tariffs" in rail
    assert "1 finding in the books" in rail
    assert (refused.status_code, done.status_code) == (422, 303)
    assert "&lt;b&gt;Cash&lt;/b&gt;" in after
    assert "Nothing is open" in words_of(after)


async def test_a_month_is_closed_by_an_owner_and_given_out(browser: Browser, scene: Scene) -> None:
    await a_paid_session(scene)
    scene.clock.jump(timedelta(days=40))
    await sits_down(browser, scene, Role.OWNER)
    owner = browser

    page = await owner.reads("/console/books")
    early = await owner.sends("/console/books/close", month="2026-04")
    done = await owner.sends("/console/books/close", month="2026-03")
    closed = await owner.reads("/console/books")
    csv = await owner.opens("/console/books/months/2026-03/csv")
    datev = await owner.opens("/console/books/months/2026-03/datev")
    heads = await owner.opens("/console/books/heads.csv")

    assert "Close 2026-03" in page
    assert (early.status_code, done.status_code) == (409, 303)
    assert "2026-03 closed by" in closed
    assert csv.text.startswith("place,link,hash,entry")
    assert "9.80" not in csv.text, "net and tax are postings of their own"
    assert datev.status_code == 409
    assert "tax consultant" in datev.text
    assert heads.text.splitlines()[0] == "party,day,link,head"


async def test_support_sees_the_books_and_closes_no_month(browser: Browser, scene: Scene) -> None:
    await a_paid_session(scene)
    scene.clock.jump(timedelta(days=40))
    await sits_down(browser, scene, Role.SUPPORT)

    assert "can be closed by an owner" in await browser.reads("/console/books")
    assert (await browser.sends("/console/books/close", month="2026-03")).status_code == 403
