"""Who closed the page of their visit finds the way back to it, and nobody else does."""

from datetime import timedelta

import pytest
from httpx import Response

from tests.payments.providers import by_stripe
from tests.payments.readers import serves
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.reserved import Kept
from tests.web.test_account import bay, enters, saves
from tests.web.test_own_visits import starts
from tests.web.test_racing import all_payments, other
from voltway.web.driver.coming_back import KEPT_MAX, VISITS
from voltway.web.speaking import SEAT

__all__ = ["by_stripe", "other"]

HERE, THERE = "Your charge runs here See it, stop it", "Your charge runs here Bay 1, Market Square"
STARTING, CLOSING = "You start a charge here", "Your receipt is being written"


def kept(answer: Response) -> str:
    """The cookie of visits that an answer leaves in the browser, if it does."""
    found = [each for each in answer.headers.get_list("set-cookie") if each.startswith(VISITS)]
    return found[0].lower() if found else ""


async def test_a_guest_who_closed_the_page_finds_their_charge_until_it_is_over(
    browser: Browser, other: Browser, scene: Scene
) -> None:
    payment = await starts(browser, scene, way="card")
    visit = f"/v/{payment.visit_key}"
    begins = [await browser.reads(page) for page in (bay(scene), "/", "/map", "/me")]
    await scene.starts(payment.token)
    await scene.settles()
    runs = [await browser.reads(page) for page in ("/", "/map", "/me")]
    at_bay = await browser.opens(bay(scene))
    strangers = [await other.reads(page) for page in (bay(scene), "/", "/me")]
    await scene.ends(60_000, minutes=60)
    await scene.settles()

    assert all(STARTING in said for said in begins)
    assert all(THERE in said for said in runs)
    assert HERE in words_of(at_bay.text)
    assert at_bay.text.count(f'href="{visit}"') == 2, "the row, and the button in reach"
    assert not any("Your charge" in said or "You start" in said for said in strangers)
    for page in (bay(scene), "/", "/me"):
        said = await browser.reads(page)
        assert not any(words in said for words in ("Your charge runs", STARTING, CLOSING))


async def test_the_key_is_kept_where_the_visit_began_and_by_no_script(
    browser: Browser, other: Browser, scene: Scene
) -> None:
    answer = await browser.sends(f"{bay(scene)}/start", way="card")
    [payment] = await all_payments(scene)
    opened = await other.opens(f"/v/{payment.visit_key}")

    cookie = kept(answer)
    assert payment.visit_key.lower() in cookie
    assert all(each in cookie for each in ("httponly", "samesite=lax", "max-age=172800"))
    assert kept(opened) == "", "who was sent the address is not its driver"
    assert STARTING not in await browser.reads(bay(scene)), "nobody has paid yet"


async def test_a_browser_keeps_its_last_visits_and_passes_over_what_is_none(
    browser: Browser, scene: Scene
) -> None:
    browser.client.cookies.set(VISITS, "x.'; DROP TABLE payment;")
    for _ in range(KEPT_MAX + 1):
        await browser.sends(f"{bay(scene)}/start", way="card")
    keys = [each.visit_key for each in await all_payments(scene)]
    last = [each for each in browser.client.cookies.jar if each.name == VISITS and each.domain][-1]

    assert last.value == ".".join(keys[:0:-1])


async def test_a_page_with_the_key_of_a_visit_is_not_packed(browser: Browser, scene: Scene) -> None:
    before = await browser.opens("/?q=Market")
    await starts(browser, scene, way="card")
    after = await browser.opens("/?q=Market")

    assert before.headers.get("content-encoding") == "gzip"
    assert "content-encoding" not in after.headers


async def test_an_own_second_start_leads_back_to_the_visit(browser: Browser, scene: Scene) -> None:
    payment = await starts(browser, scene, way="card")
    visit = f"/v/{payment.visit_key}"
    begins = await browser.sends(f"{bay(scene)}/start", way="card")
    await scene.starts(payment.token)
    await scene.settles()
    runs = await browser.sends(f"{bay(scene)}/start", way="card")

    assert [each.headers["location"] for each in (begins, runs)] == [visit, visit]
    assert len(await all_payments(scene)) == 1


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("at_reader", [True, False])
async def test_who_waits_for_a_bank_and_starts_again_is_not_taken_for_somebody_else(
    browser: Browser, scene: Scene, signed_in: bool, at_reader: bool
) -> None:
    await enters(browser, scene)
    await saves(browser)
    reader = str((await serves(scene)).id) if at_reader else ""
    payment = await starts(browser, scene, way="saved")
    async with scene.begin() as work:
        await work.run("UPDATE payment SET state = 'asked', created_at = $1", work.now)
    browser.client.cookies.delete(VISITS if signed_in else SEAT)

    again = await browser.sends(f"{bay(scene)}/start", way="card", reader=reader)

    assert again.headers["location"] == f"/v/{payment.visit_key}"


async def test_who_has_signed_in_finds_their_charge_in_any_browser(
    browser: Browser, other: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    payment = await starts(browser, scene, way="card")
    await scene.starts(payment.token)
    await scene.settles()
    await enters(other, scene)

    for page in ("/", "/me"):
        assert THERE in await other.reads(page)
    assert HERE in await other.reads(bay(scene))
    again = await other.sends(f"{bay(scene)}/start", way="card")
    assert again.headers["location"] == f"/v/{payment.visit_key}"
    await browser.sends("/me/leave")
    assert "Your charge runs" not in await browser.reads("/"), "others may use this browser"
    assert THERE in await other.reads("/me")
    await scene.ends(60_000, minutes=60)
    await scene.settles()
    said = await other.reads("/me")
    assert "Your charge runs" not in said
    assert "€4.90" in said, "its receipt"


async def test_a_receipt_that_does_not_come_leaves_no_row_for_ever(
    browser: Browser, scene: Scene
) -> None:
    payment = await starts(browser, scene, way="card")
    await scene.starts(payment.token)
    await scene.settles()
    await scene.ends(60_000)  # nobody bills it yet
    said = await browser.reads(bay(scene))
    scene.clock.jump(timedelta(minutes=61))

    assert CLOSING in said
    assert CLOSING not in await browser.reads("/")


async def test_who_has_the_bay_is_offered_neither_to_reserve_it_nor_to_pay_again(
    browser: Browser, other: Browser, scene: Scene
) -> None:
    await Kept(scene).can()
    form = f"{bay(scene)}/reserve"
    payment = await starts(browser, scene, way="card")
    mine, theirs = await browser.reads(bay(scene)), await other.reads(bay(scene))

    assert STARTING in mine
    assert "per kWh" in mine
    for offer in ("Reserve this bay", "is held, not taken", "E-mail for the receipt"):
        assert offer in theirs
        assert offer not in mine
    for answer in (
        await browser.opens(form),
        await browser.sends(form, minutes="15", email="ann@example.org"),
    ):
        assert answer.headers["location"] == f"/v/{payment.visit_key}"
    assert await scene.count("reservation") == 0
    assert "For how long" in await other.reads(form)


async def test_who_has_a_bay_of_a_full_place_is_not_asked_to_wait_for_one(
    browser: Browser, other: Browser, scene: Scene
) -> None:
    place = f"/l/{scene.station.location.id}"
    payment = await starts(browser, scene, way="card")
    await scene.starts(payment.token)
    await scene.settles()
    async with scene.begin() as work:
        await work.run("UPDATE evse SET status = 'charging'")
    mine, theirs = await browser.reads(place), await other.reads(place)

    for offer in ("Nothing is free now", "Tell me when a bay is free"):
        assert offer in theirs
        assert offer not in mine
    assert THERE in mine
    assert "Your charge" not in theirs
