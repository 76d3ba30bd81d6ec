"""A driver's account: signed in by a code, ways to pay, a charge in two taps, and gone for good."""

import re
from datetime import timedelta

import httpx
import pytest

from tests.payments.hosted_page import pay
from tests.payments.providers import by_stripe
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from voltway.drivers import actions as drivers
from voltway.drivers import contracts, entry
from voltway.drivers.model import Bar

__all__ = ["by_stripe"]

ANN = "ann@example.org"


async def code_of(scene: Scene, email: str = ANN) -> str:
    """What stands in the newest mail to an address."""
    async with scene.begin() as work:
        rows = await work.all(
            "SELECT code FROM driver_code WHERE email = $1 ORDER BY made_at DESC, id DESC", email
        )
    return str(rows[0]["code"])


async def enters(browser: Browser, scene: Scene, email: str = ANN) -> httpx.Response:
    asked = await browser.sends("/me/code", email=email)
    assert asked.status_code == httpx.codes.OK, asked.text
    return await browser.sends("/me/enter", email=email, code=await code_of(scene, email.lower()))


async def saves(browser: Browser, number: str = "4242 4242 4242 4242") -> None:
    page = (await browser.sends("/me/methods")).headers["location"]
    back = (await pay(page, number)).headers["location"]
    answer = await browser.opens(back)
    assert answer.status_code == 303, answer.text


def bay(scene: Scene) -> str:
    return f"/e/{scene.station.evses[1].public_id}"


async def test_who_has_the_code_from_the_mail_is_let_in(browser: Browser, scene: Scene) -> None:
    assert "No password: we mail you a code" in await browser.reads("/me")

    answer = await enters(browser, scene, "Ann@Example.org")

    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    said = await browser.reads("/me")
    assert ANN in said
    assert "Nothing is saved" in said


async def test_a_code_is_good_once_and_for_a_quarter_of_an_hour(
    browser: Browser, scene: Scene
) -> None:
    await browser.sends("/me/code", email=ANN)
    code = await code_of(scene)
    assert (await browser.sends("/me/enter", email=ANN, code=code)).status_code == 303
    again = await browser.sends("/me/enter", email=ANN, code=code)
    await browser.sends("/me/code", email=ANN)
    late = await code_of(scene)
    scene.clock.jump(timedelta(minutes=16))
    too_late = await browser.sends("/me/enter", email=ANN, code=late)

    assert again.status_code == too_late.status_code == httpx.codes.FORBIDDEN
    assert "This is not the code, or it is too old" in again.text


async def test_who_guesses_five_times_has_used_the_code_up(browser: Browser, scene: Scene) -> None:
    await browser.sends("/me/code", email=ANN)
    code = await code_of(scene)
    for _ in range(entry.WRONG_MAX):
        wrong = f"{(int(code) + 1) % 10**8:08d}"
        await browser.sends("/me/enter", email=ANN, code=wrong)

    answer = await browser.sends("/me/enter", email=ANN, code=code)

    assert answer.status_code == httpx.codes.FORBIDDEN


async def test_a_known_address_and_an_unknown_one_are_answered_alike(
    browser: Browser, scene: Scene
) -> None:
    async with scene.begin() as work:
        await contracts.add_driver(work, scene.station.party.id, "Ann", ANN)

    known = await browser.sends("/me/code", email=ANN)
    unknown = await browser.sends("/me/code", email="eve@example.org")

    assert known.status_code == unknown.status_code
    assert known.text.replace(ANN, "X") == unknown.text.replace("eve@example.org", "X")


async def test_there_is_an_end_to_codes_for_an_address(browser: Browser, scene: Scene) -> None:
    for _ in range(entry.CODES_OF_ADDRESS):
        await browser.sends("/me/code", email=ANN)

    answer = await browser.sends("/me/code", email=ANN)

    assert answer.status_code == httpx.codes.TOO_MANY_REQUESTS
    assert "Some codes were sent already" in answer.text


@pytest.mark.parametrize("email", ["", "ann", "ann@", "a b@example.org", "ann@example.org\nBcc: x"])
async def test_what_is_no_address_gets_a_sentence(browser: Browser, email: str) -> None:
    answer = await browser.sends("/me/code", email=email)

    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "does not look like an e-mail address" in answer.text
    assert "receipt by mail" not in answer.text, "nobody signs in without one"


async def test_a_way_to_pay_is_saved_chosen_and_removed(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    await saves(browser)
    await saves(browser, "5555 5555 5555 4444")

    said = await browser.reads("/me")
    assert "Visa ·· 4242 pays from now on" in said
    page = (await browser.opens("/me")).text
    [other] = re.findall(r'action="(/me/methods/[0-9a-f-]{36}/default)"', page)
    await browser.sends(other)
    assert "Mastercard ·· 4444 pays from now on" in await browser.reads("/me")
    await browser.sends(other.replace("/default", "/remove"))

    said = await browser.reads("/me")
    assert "4444" not in said
    assert "Visa ·· 4242 pays from now on" in said


async def test_who_went_away_from_the_page_is_told_that_nothing_was_saved(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await browser.sends("/me/methods")
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM method_saving")
    assert row is not None

    answer = await browser.opens(f"/me/saved/{row['id']}")

    assert "Nothing was saved" in answer.text


async def test_a_saved_way_starts_a_charge_in_two_taps_and_its_receipt_is_on_the_page(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    assert "Charge with" not in await browser.reads(bay(scene))
    await saves(browser)
    assert "Charge with Visa ·· 4242" in await browser.reads(bay(scene))

    started = await browser.sends(f"{bay(scene)}/start", way="saved")

    assert started.status_code == 303
    visit = started.headers["location"]
    assert visit.startswith("/v/")
    async with scene.begin() as work:
        [row] = await work.all("SELECT token_uid, state FROM payment_view")
    assert row["state"] == "held"
    await scene.starts(row["token_uid"])
    await scene.ends(60_000, minutes=60)
    await scene.settles()
    assert "€4.90" in await browser.reads("/me")
    assert "€4.90" in await browser.reads(f"{visit}/receipt")


async def test_a_saved_way_of_somebody_else_starts_nothing(browser: Browser, scene: Scene) -> None:
    answer = await browser.sends(f"{bay(scene)}/start", way="saved")

    assert answer.headers["location"].startswith("/me")
    async with scene.begin() as work:
        assert await work.all("SELECT id FROM payment_view") == []


async def test_a_refused_way_is_said_on_the_page_with_what_to_do(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await saves(browser, "4000 0027 6000 3184")
    party = scene.station.party.id
    async with scene.begin() as work:
        [ann] = await entry.drivers_of(work, ANN)
        contract = await contracts.add_contract(work, party, "C1", driver=ann.id)
        card = await drivers.add_token(work, party, "04A1B2C3", label="Blue card")
        await contracts.stands_for(work, card.id, contract.id)
    await scene.settles()

    await scene.starts(card.uid)
    await scene.settles()

    said = await browser.reads("/me")
    assert "Your bank said no" in said
    assert "Blue card ·· B2C3" in said
    assert "Choose or add another way to pay" in said
    async with scene.begin() as work:
        [barred] = await drivers.tokens_of_driver(work, party, ann.id)
    assert barred.bars == {Bar.METHOD}
    assert "Charge with" not in await browser.reads(bay(scene))


async def test_nobody_touches_what_is_anothers(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    await saves(browser)
    page = (await browser.opens("/me")).text
    [own] = set(re.findall(r'action="(/me/methods/[0-9a-f-]{36})/remove"', page))
    await browser.sends("/me/leave")
    assert "No password" in await browser.reads("/me")

    for deed in ("default", "remove"):
        assert (await browser.sends(f"{own}/{deed}")).status_code == httpx.codes.NOT_FOUND
    await enters(browser, scene, "eve@example.org")
    for deed in ("default", "remove"):
        assert (await browser.sends(f"{own}/{deed}")).status_code == httpx.codes.NOT_FOUND


async def test_an_account_is_deleted_with_all_that_names_its_person(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await saves(browser)
    await browser.sends(f"{bay(scene)}/start", way="saved")
    async with scene.begin() as work:
        [paid] = await work.all("SELECT token_uid, email FROM payment")
    assert paid["email"] == ANN
    await scene.starts(paid["token_uid"])
    await scene.ends(60_000, minutes=60)
    await scene.settles()
    said = await browser.reads("/me/delete")
    assert "Kept, because the law of books wants it" in said

    answer = await browser.sends("/me/delete")

    assert answer.status_code == 303
    assert "No password" in await browser.reads("/me")
    async with scene.begin() as work:
        assert await entry.drivers_of(work, ANN) == []
        for table in ("driver", "driver_seat", "driver_code", "payment"):
            found = await work.all(f"SELECT * FROM {table}")
            assert ANN not in str(found), table
    [method] = scene.bank.books.methods.values()
    assert method.customer is None


async def test_another_site_cannot_send_the_forms(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)

    answer = await browser.client.post(
        "/me/delete", headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == httpx.codes.FORBIDDEN
