"""Paying at a card reader beside the bay: the bay's page, the visit's page, and the console's."""

from collections.abc import AsyncIterator

import pytest
from httpx import Response

from tests.payments.providers import STRIPE
from tests.payments.readers import a_reader, at, serves
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from tests.web.test_languages import forgotten
from voltway.parties.model import Role
from voltway.payments.model_readers import CardReader
from voltway.payments.providers.stripe import StripeProvider
from voltway_world.provider import ProviderServer

PAGE = "/console/readers"


@pytest.fixture
async def provider(bank: ProviderServer) -> AsyncIterator[StripeProvider]:
    made = STRIPE.speaks_to(bank)
    assert isinstance(made, StripeProvider)
    yield made
    await made.close()


async def starts(browser: Browser, scene: Scene, reader: CardReader) -> Response:
    bay = scene.station.evses[1].public_id
    return await browser.sends(f"/e/{bay}/start", email="", code="", reader=str(reader.id))


async def test_a_driver_holds_a_card_to_the_terminal_and_is_told_to_plug_in(
    browser: Browser, scene: Scene, bank: ProviderServer
) -> None:
    bay = f"/e/{scene.station.evses[1].public_id}"
    before = await browser.reads(bay)
    reader = await serves(scene)
    offers = await browser.reads(bay)
    answer = await starts(browser, scene, reader)
    waits = await browser.reads(answer.headers["location"])
    await at(bank, reader.ref, "tap")
    held = await browser.reads(answer.headers["location"])

    assert "Card at the terminal" not in before
    assert "Card at the terminal Entrance" in offers
    assert (answer.status_code, answer.headers["location"][:3]) == (303, "/v/")
    assert "Hold your card to the terminal Entrance" in waits
    assert "It shows €50. That is held, not taken" in waits
    assert "The terminal waits for you until" in waits
    assert "Plug in now" in held
    assert await scene.count("payment_view WHERE state = 'held'") == 1
    assert await scene.count("order_view WHERE kind = 'StartCharging'") == 1


@pytest.mark.parametrize(
    ("happens", "says"),
    [
        ("tap_declined", "Your bank said no to this card. Another card may work."),
        ("cancel", "The payment was cancelled there."),
        ("offline", "It has no line at the moment."),
    ],
)
async def test_what_went_wrong_at_the_terminal_is_said_and_tried_again_there(
    browser: Browser, scene: Scene, bank: ProviderServer, happens: str, says: str
) -> None:
    reader = await serves(scene)
    page = (await starts(browser, scene, reader)).headers["location"]
    await at(bank, reader.ref, happens)
    stopped = await browser.reads(page)
    await at(bank, reader.ref, "online")

    again = await browser.sends(f"{page}/show")
    shows = await browser.reads(page)

    assert "Not held yet at the terminal Entrance" in stopped
    assert says in stopped
    assert (again.status_code, again.headers["location"]) == (303, page)
    assert "Hold your card to the terminal Entrance" in shows


async def test_who_pays_another_way_leaves_the_terminal_to_the_next(
    browser: Browser, scene: Scene, bank: ProviderServer
) -> None:
    reader = await serves(scene)
    page = (await starts(browser, scene, reader)).headers["location"]
    busy = await starts(browser, scene, reader)

    left = await browser.sends(f"{page}/elsewhere")
    over = await browser.reads(page)
    late = await browser.sends(f"{page}/show")
    following = await starts(browser, scene, reader)

    assert busy.status_code == 409
    assert "Somebody else is paying at the terminal Entrance just now." in words_of(busy.text)
    assert left.headers["location"] == f"/e/{scene.station.evses[1].public_id}"
    assert "No card was held to the terminal Entrance in time" in over
    assert late.headers["location"] == page
    assert following.headers["location"].startswith("/v/")


async def test_a_terminal_that_asks_a_bank_keeps_its_driver(
    browser: Browser, scene: Scene, bank: ProviderServer
) -> None:
    reader = await serves(scene)
    page = (await starts(browser, scene, reader)).headers["location"]
    await at(bank, reader.ref, "busy")

    left = await browser.sends(f"{page}/elsewhere")

    assert left.headers["location"] == page
    assert "It is asking your bank just now." in await browser.reads(page)


@pytest.mark.parametrize("chosen", ["nothing", "019cae6b-6600-72a7-8573-6268f9386c8e"])
async def test_a_terminal_that_is_not_here_takes_nobody(
    browser: Browser, scene: Scene, chosen: str
) -> None:
    bay = scene.station.evses[1].public_id

    refused = await browser.sends(f"/e/{bay}/start", email="", code="", reader=chosen)

    assert refused.status_code == 409
    assert "This bay cannot be paid for at that terminal any more." in words_of(refused.text)
    assert await scene.count("payment_view") == 0


async def test_every_word_at_a_terminal_can_be_translated(
    browser: Browser, scene: Scene, bank: ProviderServer
) -> None:
    reader = await serves(scene, name="1")
    browser.client.cookies.set("language", "qps")
    offers = await browser.opens(f"/e/{scene.station.evses[1].public_id}")
    page = (await starts(browser, scene, reader)).headers["location"]
    shows = await browser.opens(page)
    await at(bank, reader.ref, "tap_declined")
    stopped = await browser.opens(page)

    assert [forgotten(each.text) for each in (offers, shows, stopped)] == ["", "", ""]


async def test_an_operator_finds_a_reader_says_where_it_stands_and_takes_it_away(
    owner: Browser, scene: Scene, bank: ProviderServer
) -> None:
    ref = await a_reader(bank, "Box 7")
    place, bay = str(scene.station.location.id), scene.station.evses[1].public_id
    before = await owner.reads(PAGE)

    added = await owner.sends(
        PAGE, reader=f"stripe/{ref}", name="Entrance", place=place, bays=str(bay)
    )
    after = await owner.reads(PAGE)
    driver = await owner.reads(f"/e/{bay}")
    await at(bank, ref, "offline")
    offline = await owner.reads(PAGE)
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM card_reader_view")
    await owner.sends(f"{PAGE}/{row['id']}/remove")

    assert "No reader is set up for drivers yet." in before
    assert "Box 7" in before
    assert added.status_code == 303
    assert (str(bay) in after, "online" in after, "offline" in offline) == (True, True, True)
    assert "Card at the terminal Entrance" in driver
    assert "No reader is set up for drivers yet." in await owner.reads(PAGE)
    assert "Card at the terminal" not in await owner.reads(f"/e/{bay}")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"reader": "stripe/tmr_none"}, "There is no such card reader."),
        ({"name": ""}, "A reader needs a name"),
        ({"place": ""}, "There is no such place of yours"),
        ({"bays": "FI*VLT*E9*9"}, "There is no such place of yours"),
    ],
)
async def test_what_cannot_be_registered_is_refused_in_a_sentence(
    owner: Browser, scene: Scene, bank: ProviderServer, said: dict[str, str], answer: str
) -> None:
    ref = await a_reader(bank)
    given = {"reader": f"stripe/{ref}", "name": "Box", "place": str(scene.station.location.id)}

    refused = await owner.sends(PAGE, **{**given, "bays": "", **said})

    assert 400 <= refused.status_code < 500
    assert answer in words_of(refused.text)
    assert await scene.count("card_reader_view") == 0


async def test_who_may_not_change_the_network_sees_readers_and_changes_none(
    browser: Browser, scene: Scene, bank: ProviderServer
) -> None:
    await serves(scene)
    await sits_down(browser, scene, Role.SUPPORT)

    assert "Entrance" in await browser.reads(PAGE)
    assert (await browser.sends(PAGE, reader="stripe/x", name="x")).status_code == 403


async def test_accounts_that_are_silent_are_said_and_hide_no_reader(
    owner: Browser, scene: Scene, bank: ProviderServer
) -> None:
    await serves(scene)
    await bank.stop()

    page = await owner.reads(PAGE)

    assert "The payment provider stripe did not answer" in page
    assert "Entrance" in page
