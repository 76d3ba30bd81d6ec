"""A visit: hold, plug in, charge, stop, receipt; and every way in which it does not come so far."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pypdf
import pytest
from httpx import Response
from msgspec import structs

from tests.payments.hosted_page import pay
from tests.payments.scene import Scene
from tests.web.browsers import HERE, Browser, words_of
from tests.web.conftest import built
from voltway.ocpp.v21.dialect import Dialect21
from voltway.payments import actions as payments
from voltway.payments.model import Payment
from voltway.sessions import actions as sessions
from voltway.stations import actions as stations
from voltway.stations.orders import RawCall
from voltway.tariffs import actions as tariffs
from voltway.tariffs import promotions
from voltway.tariffs.model_promotions import GrantKind
from voltway.web.house import House
from voltway.web.words import papers
from voltway_world.provider.faults import Fault


async def start(browser: Browser, scene: Scene, **fields: str) -> Response:
    """The driver presses the button of bay 1."""
    return await browser.sends(f"/e/{scene.station.evses[1].public_id}/start", **fields)


async def paid(browser: Browser, scene: Scene) -> tuple[str, Payment]:
    """A visit whose hold is placed: its address, and the payment."""
    answer = await start(browser, scene)
    assert answer.status_code == 303, answer.text
    await pay(answer.headers["location"], "4242 4242 4242 4242")
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM payment_view ORDER BY id DESC LIMIT 1")
        assert row is not None
        payment = await payments.payment(work, row["id"])
    return f"/v/{payment.visit_key}", payment


async def test_the_start_leads_to_the_providers_own_page(browser: Browser, scene: Scene) -> None:
    answer = await start(browser, scene)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(scene.bank.url)
    assert await scene.count("payment_view WHERE state = 'awaiting'") == 1


async def test_a_station_of_2_1_is_told_that_somebody_is_paying_at_its_bay(
    browser: Browser, scene: Scene
) -> None:
    await start(browser, scene)
    assert await scene.count("order_view") == 0

    async with scene.begin() as work:
        await work.run("UPDATE station SET ocpp_version = '2.1'")
    await start(browser, scene)

    async with scene.begin() as work:
        [order] = await stations.orders_of(work, scene.station.station.id)
    told = RawCall("NotifyWebPaymentStarted", '{"evseId": 1, "timeout": 120}')
    assert order.order == told
    assert Dialect21().say(told) == ("NotifyWebPaymentStarted", b'{"evseId":1,"timeout":120}')


async def test_who_is_back_before_the_webhook_is_told_to_plug_in(
    browser: Browser, scene: Scene
) -> None:
    visit, _ = await paid(browser, scene)

    said = await browser.reads(visit)

    assert "Plug in now" in said
    assert "If nothing starts before 14:02:00, you are not charged" in said


async def test_who_has_plugged_in_is_told_so_before_the_charge_begins(
    browser: Browser, scene: Scene
) -> None:
    visit, _ = await paid(browser, scene)
    async with scene.begin() as work:
        await work.run("UPDATE evse SET status = 'preparing'")

    said = await browser.reads(visit)

    assert "A car is plugged in The bay and the car talk to each other now." in said
    assert "If nothing starts before 14:02:00, you are not charged" in said
    assert "Plugged in : done Charging : to come" in said
    assert "Plug in now" not in said


@pytest.mark.parametrize(
    ("before_the_start", "words"), [(True, "A car is"), (False, "Plug in now")]
)
async def test_in_1_6_a_bay_that_prepares_tells_of_a_car_only_where_it_did_so_before_the_start(
    browser: Browser, scene: Scene, *, before_the_start: bool, words: str
) -> None:
    visit, _ = await paid(browser, scene)
    shift = timedelta(minutes=-1 if before_the_start else 1)
    async with scene.begin() as work:
        await work.run("UPDATE station SET ocpp_version = '1.6'")
        await work.run(
            "UPDATE evse SET status = 'preparing', status_at = $1", scene.clock.now() + shift
        )

    said = await browser.reads(visit)

    assert words in said
    assert ("Plugged in : done" in said) is before_the_start


async def test_in_the_demo_the_car_is_plugged_in_and_out_from_the_page_of_the_visit(
    browser: Browser, scene: Scene, house: House
) -> None:
    visit, payment = await paid(browser, scene)
    assert "Simulator" not in await browser.reads(visit)
    steered = structs.replace(house.settings, simulator_url="http://127.0.0.1:8292/")
    built().open_to(replace(house, settings=steered))
    identity = scene.station.station.identity
    at_bay = f'action="http://127.0.0.1:8292/do/{identity}/evses/1'
    back = f'name="back" value="{HERE}{visit}"'

    before = await browser.opens(visit)
    await scene.starts(payment.token)
    await scene.settles()
    running = await browser.opens(visit)
    await scene.ends(60_000)
    await scene.settles()
    over = await browser.opens(visit)
    async with scene.begin() as work:
        await work.run("UPDATE evse SET status = 'preparing'")
    left = await browser.opens(visit)

    assert f'{at_bay}/plug"' in before.text
    assert back in before.text
    assert "form-action 'self'" in before.headers["content-security-policy"]
    assert "http://127.0.0.1:8292" in before.headers["content-security-policy"]
    for page in (running, left):
        assert f'{at_bay}/unplug"' in page.text
        assert back in page.text
    assert "Simulator" not in over.text


async def test_while_it_charges_the_page_shows_the_cost_of_the_one_calculator(
    browser: Browser, scene: Scene
) -> None:
    visit, payment = await paid(browser, scene)
    await browser.opens(visit)
    session = await scene.starts(payment.token)
    await scene.settles()
    scene.clock.jump(timedelta(minutes=10))
    await scene.meters(53_000)

    said = await browser.reads(visit)

    async with scene.begin() as work:
        _, cost = await sessions.cost_so_far(work, session)
    assert cost.payable.minor == 147
    assert "€1.47 if you stop now" in said
    assert "3.00 kWh" in said


async def test_a_code_stands_on_the_visit_from_the_hold_to_its_end(
    browser: Browser, scene: Scene
) -> None:
    async with scene.begin() as work:
        party = scene.station.party.id
        await promotions.add(work, party, "FIRST", GrantKind.ENERGY, Decimal(5))
    answer = await start(browser, scene, code="first")
    await pay(answer.headers["location"], "4242 4242 4242 4242")
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM payment_view")
        assert row is not None
        payment = await payments.payment(work, row["id"])
    visit = f"/v/{payment.visit_key}"
    held = await browser.reads(visit)
    await scene.starts(payment.token)
    await scene.settles()
    scene.clock.jump(timedelta(minutes=10))
    await scene.meters(53_000)
    running = await browser.reads(visit)
    await scene.ends(54_000)
    await scene.settles()
    over = await browser.reads(visit)

    says = "Code FIRST: the first 5 kWh are free."
    assert f"Your code is held for this visit {says}" in held
    assert f"{says} \N{MINUS SIGN}€1.47" in running
    assert "€0.00 if you stop now" in running
    assert "Nothing to pay Your code has paid all of it. The €50 hold is released." in over
    assert f"{says} \N{MINUS SIGN}€1.96" in over


async def test_a_stop_is_asked_of_the_station_and_the_page_says_so(
    browser: Browser, scene: Scene
) -> None:
    visit, payment = await paid(browser, scene)
    await browser.opens(visit)
    await scene.starts(payment.token)
    await scene.settles()
    scene.clock.jump(timedelta(minutes=5))
    await scene.meters(51_000)

    assert "You pay €0.49" in await browser.reads(f"{visit}/stop")
    answer = await browser.sends(f"{visit}/stop")

    assert answer.headers["location"] == visit
    assert await scene.count("order_view WHERE kind = 'StopCharging'") == 1
    assert "You asked to stop" in await browser.reads(visit)


async def test_the_receipt_is_on_the_page_and_a_pdf(browser: Browser, scene: Scene) -> None:
    visit, payment = await paid(browser, scene)
    await browser.opens(visit)
    await scene.starts(payment.token)
    await scene.settles()
    await scene.ends(60_000, minutes=30)
    assert "Your receipt is being written" in await browser.reads(visit)
    assert (await browser.opens(f"{visit}/receipt")).status_code == 404
    await scene.settles()

    assert "€4.90 paid" in await browser.reads(visit)
    said = await browser.reads(f"{visit}/receipt")
    pdf = await browser.opens(f"{visit}/receipt.pdf")
    kept = (await browser.opens(f"{visit}/receipt")).headers["Voltway-Keep"]

    assert "€4.90 paid" in said
    assert kept == "receipt", "a phone may keep it"
    assert "10.00 kWh" in said or "10 kWh" in said
    assert "VAT 25.5 %" in said
    assert "€45.10 of the €50.00 hold was released" in said
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")


async def test_the_receipt_speaks_the_language_that_was_asked_for(
    browser: Browser, scene: Scene
) -> None:
    visit, payment = await paid(browser, scene)
    await browser.reads(visit)  # who comes back makes us look, whether the webhook has come or not
    await scene.starts(payment.token)
    await scene.ends(60_000, minutes=30)
    await scene.settles()
    asks = {"Accept-Language": "sv;q=0.9, fi-FI, de;q=0.5"}

    finnish = await browser.opens(f"{visit}/receipt", **asks)
    chosen = await browser.sends("/appearance", papers="fr", back=f"{visit}/receipt")
    french = await browser.opens(chosen.headers["location"], **asks)
    pdf = await browser.opens(f"{visit}/receipt.pdf", **asks)

    assert '<div class="paper" lang="fi">' in finnish.text
    assert "maksettu" in finnish.text
    assert '<div class="paper" lang="fr">' in french.text
    assert "Comment vérifier" in french.text
    assert "Montant" in pypdf.PdfReader(BytesIO(pdf.content)).pages[0].extract_text()


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        ("de-CH,de;q=0.9", "de-CH"),
        ("sv, nl", "nl"),
        ("tlh", "en"),
        ("", "en"),
        ("x" * 5000, "en"),
        ("fr-\uff26R", "en"),
    ],
)
def test_documents_are_in_the_first_language_asked_for_that_we_speak(
    accepted: str, locale: str
) -> None:
    assert papers(None, accepted) == locale
    assert papers("es", accepted) == "es"
    assert papers("../etc", accepted) == locale


async def test_when_nothing_starts_the_driver_reads_that_nothing_was_charged(
    browser: Browser, scene: Scene
) -> None:
    visit, _ = await paid(browser, scene)
    await browser.opens(visit)

    scene.clock.jump(timedelta(seconds=180))
    await scene.sweeps()
    await scene.settles()

    said = await browser.reads(visit)
    assert "You were not charged" in said
    assert "The €50 hold is released" in said
    assert scene.moved_minor == 0


async def test_a_declined_card_is_told_and_leads_back_to_the_bay(
    browser: Browser, scene: Scene
) -> None:
    answer = await start(browser, scene)
    await pay(answer.headers["location"], "4000 0000 0000 0002")
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM payment_view")
        assert row is not None
        key = (await payments.payment(work, row["id"])).visit_key

    said = await browser.reads(f"/v/{key}")

    assert "Your bank said no" in said
    assert "Try this bay again" in said


async def test_a_wrong_mail_address_keeps_what_was_typed_and_holds_nothing(
    browser: Browser, scene: Scene
) -> None:
    answer = await start(browser, scene, email="ann at home")

    assert answer.status_code == 422
    assert "does not look like an e-mail address" in words_of(answer.text)
    assert 'value="ann at home"' in answer.text
    assert await scene.count("payment_view") == 0


async def test_a_price_that_changed_while_the_driver_looked_is_shown_before_anything_is_held(
    browser: Browser, scene: Scene
) -> None:
    page = await browser.opens(f"/e/{scene.station.evses[1].public_id}")
    seen = page.text.split('name="price" value="')[1].split('"')[0]
    dearer = (await _tariff_text(scene)).replace("0.49", "0.99")
    scene.clock.jump(timedelta(seconds=1))
    async with scene.begin() as work:
        await tariffs.add_version(work, scene.station.party.id, dearer)

    answer = await start(browser, scene, price=seen)

    assert answer.status_code == 409
    assert "The price changed while you looked" in words_of(answer.text)
    assert "€0.99" in words_of(answer.text)
    assert await scene.count("payment_view") == 0


async def _tariff_text(scene: Scene) -> str:
    async with scene.begin() as work:
        row = await work.one("SELECT document FROM tariff_view WHERE tariff_ident = 'DAY'")
    assert row is not None
    return str(row["document"])


async def test_a_provider_that_is_out_is_told_in_words_and_nothing_starts(
    browser: Browser, scene: Scene
) -> None:
    scene.bank.faults.set([Fault(on="hold", kind="error_500", times=9)])

    answer = await start(browser, scene)

    assert answer.status_code == 503
    assert "You were not charged" in words_of(answer.text)


async def test_without_script_the_page_loads_itself_again_while_something_can_move(
    browser: Browser, scene: Scene
) -> None:
    visit, _ = await paid(browser, scene)
    assert '<noscript><meta http-equiv="refresh"' in (await browser.opens(visit)).text

    scene.clock.jump(timedelta(seconds=180))
    await scene.sweeps()
    assert "http-equiv" not in (await browser.opens(visit)).text


@pytest.mark.parametrize("path", ["/v/nothing", "/v/nothing/receipt", "/v/nothing/live"])
async def test_a_key_that_opens_no_visit_is_refused(
    browser: Browser, scene: Scene, path: str
) -> None:
    assert (await browser.opens(path)).status_code == 404


async def test_a_receipt_leads_to_its_proof_and_says_when_its_frames_are_gone(
    browser: Browser, scene: Scene
) -> None:
    visit = await scene.opens()
    payment = await scene.pays(visit)
    await scene.starts(payment.token)
    early = await browser.opens(f"/v/{visit.visit_key}/proof")
    await scene.ends(60_000)
    await scene.settles()

    page = (await browser.opens(f"/v/{visit.visit_key}/receipt")).text
    gone = await browser.opens(f"/v/{visit.visit_key}/proof")  # this station sent no frames

    assert f'href="/v/{visit.visit_key}/proof"' in page
    assert "voltway check" in words_of(page)
    assert (early.status_code, gone.status_code) == (404, 404)
    assert "are not kept any more" in words_of(gone.text)
