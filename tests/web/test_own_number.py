"""A person's own number: typed, proved by a code, taken away; and what is told of texts."""

import dataclasses

import pytest
from msgspec.structs import replace

from tests.payments.scene import Scene
from tests.web.browsers import HERE as SITE
from tests.web.browsers import Browser, words_of
from tests.web.test_account import ANN, enters
from voltway.alerts import numbers
from voltway.alerts.model_events import Channel, Event
from voltway.alerts.telling import wishes_of
from voltway.web.house import House
from voltway_world.sms import signature

HERE = "/me/alerts"
NUMBER = "+358 40 1234567"
SECRET = "twilio-secret"


@pytest.fixture
def house(house: House) -> House:
    """The house has a carrier."""
    settings = replace(house.settings, sms_account="AC1", sms_secret=SECRET)
    return dataclasses.replace(house, settings=settings)


async def code_sent(scene: Scene) -> str:
    async with scene.begin() as work:
        rows = await work.all("SELECT code FROM alert_number_code ORDER BY made_at DESC, id DESC")
    return str(rows[0]["code"])


async def proves(browser: Browser, scene: Scene, here: str = HERE) -> None:
    assert (await browser.sends(f"{here}/number", number=NUMBER)).status_code == 303
    said = await browser.reads(here)
    assert f"A text with six digits is on its way to {NUMBER}." in said
    answer = await browser.sends(f"{here}/number/code", code=await code_sent(scene))
    assert answer.headers["location"] == f"{here}?kept=1"


async def test_a_number_is_proved_by_its_code_shown_and_taken_away(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    assert "Mobile number" in await browser.reads(HERE)

    await proves(browser, scene)

    said = await browser.reads(HERE)
    assert NUMBER in said
    assert "is on its way" not in said
    export = (await browser.opens("/me/export")).json()
    assert export["number"] == NUMBER.replace(" ", "")
    assert "sms" in {each["channel"] for each in export["letters"]}
    await browser.sends(f"{HERE}/number/remove")
    assert NUMBER not in await browser.reads(HERE)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("call me", "This is no phone number. Write it with its country"),
        ("+49 30 123456", "+49 30 123456 takes no texts"),
    ],
)
async def test_what_is_no_number_is_refused_and_stays_as_it_was_typed(
    browser: Browser, scene: Scene, typed: str, says: str
) -> None:
    await enters(browser, scene)

    answer = await browser.sends(f"{HERE}/number", number=typed)

    assert answer.status_code == 422
    assert says in words_of(answer.text)
    assert f'value="{typed}"' in answer.text


async def test_a_wrong_code_keeps_no_number_and_the_code_can_be_typed_still(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await browser.sends(f"{HERE}/number", number=NUMBER)

    answer = await browser.sends(f"{HERE}/number/code", code="12")

    assert answer.status_code == 403
    assert "This is not the code" in words_of(answer.text)
    assert "Code from the text" in words_of(answer.text)
    async with scene.begin() as work:
        assert await numbers.number_of(work, ANN) is None


async def test_a_sixth_code_of_a_day_is_refused(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    for _ in range(numbers.CODES_A_DAY):
        assert (await browser.sends(f"{HERE}/number", number=NUMBER)).status_code == 303

    answer = await browser.sends(f"{HERE}/number", number=NUMBER)

    assert (answer.status_code, "try again tomorrow" in answer.text) == (429, True)


async def test_texts_are_chosen_by_event_beside_phone_and_mail(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await proves(browser, scene)

    form = {"from": "", "until": "", "zone": "UTC", "complete.sms": "1"}
    await browser.sends(HERE, **form)

    assert 'name="complete.sms" value="1" checked' in (await browser.opens(HERE)).text
    async with scene.begin() as work:
        assert (await wishes_of(work, ANN, "UTC")).wants(Event.COMPLETE, Channel.SMS)


async def test_who_is_not_signed_in_is_sent_to_sign_in(browser: Browser) -> None:
    for path in ("number", "number/code"):
        answer = await browser.sends(f"{HERE}/{path}", number=NUMBER, code="1")
        assert answer.headers["location"] == f"/me?back={HERE}"
    assert (await browser.sends(f"{HERE}/number/remove")).status_code == 303


async def test_an_operator_has_a_number_too(owner: Browser, scene: Scene) -> None:
    here = "/console/alerts"

    await proves(owner, scene, here)

    assert NUMBER in await owner.reads(here)
    assert (await owner.sends(f"{here}/number", number="x")).status_code == 422
    assert (await owner.sends(f"{here}/number/code", code="x")).status_code == 403
    await owner.sends(f"{here}/number/remove")
    assert NUMBER not in await owner.reads(here)


async def test_what_the_carrier_tells_counts_if_it_signed_it_for_this_address(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await browser.sends(f"{HERE}/number", number=NUMBER)
    async with scene.begin() as work:
        [row] = await work.all("SELECT id, party_id FROM alert_view WHERE channel = 'sms'")
        await work.run(
            """
            INSERT INTO alert_text (id, alert_id, party_id, day, parts)
            VALUES ($1, $1, $2, '2026-03-02', 1)
            """,
            row["id"],
            row["party_id"],
        )
    path = f"/webhooks/sms/{row['id']}"
    told = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+358401234567"}

    async def tells(url: str, secret: str = SECRET) -> int:
        headers = {"X-Twilio-Signature": signature(secret, url, told)}
        return (await browser.client.post(path, data=told, headers=headers)).status_code

    assert await tells(f"{SITE}{path}", "another") == 403
    assert await tells(f"{SITE}/webhooks/sms/elsewhere") == 403
    assert (await browser.client.post(path, data=told)).status_code == 403
    assert await scene.count("alert WHERE state = 'delivered'") == 0

    for _ in range(2):
        assert await tells(f"{SITE}{path}") == 204

    assert await scene.count("alert WHERE state = 'delivered'") == 1


async def test_who_deletes_their_account_leaves_no_number(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    await proves(browser, scene)

    await browser.sends("/me/delete")

    assert await scene.count("alert_number") == 0
    assert await scene.count("alert_number_code") == 0
