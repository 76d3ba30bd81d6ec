"""What is kept of a person stands in their file, and is forgotten with their account."""

import json
from datetime import timedelta
from typing import Final

from tests.billing.months import charges as at_home
from tests.billing.test_homes import IBAN, Home, home  # noqa: F401 - a fixture
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.test_account import ANN, enters, saves
from tests.web.test_at_home import AINO
from tests.web.test_history import charges, provider  # noqa: F401 - a fixture
from tests.web.test_my_car import chooses
from tests.web.test_queue import become, joins
from tests.web.test_reports import bay
from voltway.alerts import wishing
from voltway.alerts.model_events import Event
from voltway.billing import homes, homes_paying
from voltway.kernel.money import EUR, Money
from voltway.waiting import lining_up, looking, people

#: Columns that can name a person, by what they are called.
_NAMES: Final = "email|holder|driver|driver_id|recipient|iban|mac|token_uid"

#: Where each stands in the file of a person, or why it does not.
TOLD: Final = {
    "token.email": "operators.tokens",
    "payment.email": "charges",
    "payment.token_uid": "charges",
    "payment.driver_id": "charges",
    "session.token_uid": "charges",
    "alert.recipient": "letters",
    "alert.holder": "letters",
    "driver.email": "operators",
    "contract.driver_id": "operators.contracts",
    "payment_method.holder": "operators.ways_to_pay",
    "prepaid.holder": "operators.balance",
    "prepaid_move.holder": "operators.balance_moves",
    "debt.email": "operators.owed",
    "car_offer.mac": "operators.cars_that_may_be_yours",
    "car_offer.driver_id": "operators.cars_that_may_be_yours",
    "home_station.driver_id": "operators.at_home",
    "home_payee.driver_id": "operators.at_home",
    "home_payee.holder": "operators.at_home",
    "home_payee.iban": "operators.at_home",
    "home_credit.driver_id": "operators.at_home",
    "home_statement.driver_id": "operators.at_home",
    "home_payout.driver_id": "operators.at_home",
    "collection.holder": "operators.balance_moves",
    "prepaid_hold.holder": "operators.balance",
    "prepaid_payback.holder": "operators.balance_moves",
    "promotion_claim.driver": "codes",
    "promotion_claim.token_uid": "codes",
    "home_payout.holder": "operators.at_home",
    "home_payout.iban": "operators.at_home",
    "vehicle.email": "cars",
    "favourite.email": "places",
    "person_details.email": "details",
    "person_language.email": "languages",
    "driver_report.email": "reports",
    "watch.email": "waiting.watches",
    "waiting_turn.email": "waiting.turns",
    "reservation.email": "waiting.reservations",
    "alert_device.holder": "alerts.browsers",
    "alert_wish.holder": "alerts.chosen",
    "alert_person.holder": "alerts",
    "alert_number.holder": "number",
}
NOT_TOLD: Final = {
    "operator.email": "operators are no drivers, and see theirs at the console",
    "customer.email": "a company that pays; it has its statements",
    "host.email": "a company that is paid; it has its settlements",
    "terminal_hold.token_uid": "what a terminal was paid with; it knows nobody's name",
    "car_seen.mac": "whose car it is nobody knows until a driver says that it is theirs",
    "reservation.token_uid": "made for the reservation, and forgotten with it",
    "driver_code.email": "a code to sign in, gone within the hour",
    "driver_seat.email": "signed in; the browser that holds it asks for this file",
    "method_saving.holder": "a page on which a way to pay was saved; what came of it is told",
    "alert_number_code.holder": "a code to prove a number, gone within the hour",
    "alert_guest_mail.holder": "a guest by their visit, who has no account",
    "alert_guest_mail.email": "left for one charge, and forgotten two days after it",
}


#: What of these may still name a person whose account is deleted, and why.
KEPT: Final = {
    "payment.email": "what is under way, for its receipt",
    "debt.email": "what is owed stays owed, and is asked for",
    "alert.recipient": "what was told is forgotten with its time",
    "alert.holder": "what was told is forgotten with its time",
    "watch.email": "is over, and forgotten by the round a day after",
    "waiting_turn.email": "is over, and forgotten by the round a day after",
    "reservation.email": "is over, and forgotten by the round a day after",
}


async def columns(scene: Scene) -> list[str]:
    async with scene.begin() as work:
        rows = await work.all(
            """
            SELECT c.table_name || '.' || c.column_name AS it
              FROM information_schema.columns c
              JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
               AND c.column_name ~ $1
             ORDER BY 1
            """,
            f"^({_NAMES})$",
        )
    return [row["it"] for row in rows]


async def named(scene: Scene, email: str) -> set[str]:
    """The columns in which an address stands."""
    found = set()
    for column in await columns(scene):
        table, name = column.split(".")
        async with scene.begin() as work:
            row = await work.one(
                f"SELECT EXISTS (SELECT FROM {table} WHERE lower({name}::text) = $1) AS so", email
            )
        if row and row["so"]:
            found.add(column)
    return found


async def test_each_column_that_names_a_person_is_told_or_has_a_reason(scene: Scene) -> None:
    known = TOLD.keys() | NOT_TOLD.keys()

    assert set(await columns(scene)) == known
    assert not TOLD.keys() & NOT_TOLD.keys()
    assert known >= KEPT.keys()


async def does_much(browser: Browser, scene: Scene) -> None:
    """Ann has an account, a car, a place, a wish, a report, a watch, and stands in line."""
    await enters(browser, scene)
    await saves(browser)
    await chooses(browser)
    await charges(browser, scene)
    here = scene.station.location.id
    await browser.sends(f"{bay(scene)}/report", kind="slow", words="Only 20 kW.", email=ANN)
    await become(scene, "charging")
    assert (await browser.sends(f"/l/{here}/watch", email=ANN)).status_code == 303
    await joins(browser, scene)
    await browser.opens("/me/alerts")
    async with scene.begin() as work:
        await wishing.choose(work, ANN, [], among=[Event.QUEUE_TURN])


async def test_the_file_tells_what_somebody_waits_for_reported_and_wants(
    browser: Browser, scene: Scene
) -> None:
    await does_much(browser, scene)

    told = json.loads((await browser.opens("/me/export")).content)

    [watch], [turn] = told["waiting"]["watches"], told["waiting"]["turns"]
    assert (watch["place"], turn["place"]) == (scene.station.location.name,) * 2
    assert "key" not in watch, "it is the way to leave it"
    [report] = told["reports"]
    assert (report["what"], report["words"]) == ("slow", "Only 20 kW.")
    assert {"event": "queue_turn", "channel": "mail", "wanted": False} in told["alerts"]["chosen"]


async def test_a_deleted_account_waits_for_nothing_and_leaves_no_address(
    browser: Browser, scene: Scene
) -> None:
    await does_much(browser, scene)
    before = await named(scene, ANN)
    assert {"watch.email", "waiting_turn.email", "driver_report.email", "driver.email"} <= before

    assert (await browser.sends("/me/delete")).status_code == 303

    async with scene.begin() as work:
        waits = await people.of_person(work, ANN)
    assert {row["state"] for row in (*waits.watches, *waits.turns)} == {"ended"}
    left = await named(scene, ANN)
    assert left <= KEPT.keys(), left - KEPT.keys()
    assert "payment.email" not in left
    scene.clock.jump(timedelta(days=2))
    await looking.forget_old(scene.begin)
    await lining_up.forget_old(scene.begin)
    assert await named(scene, ANN) <= {"alert.recipient", "alert.holder"}


async def test_where_somebody_is_paid_is_forgotten_with_the_last_payout(
    browser: Browser,
    home: Home,  # noqa: F811
) -> None:
    scene, party, driver = home.scene, home.fleet.party, home.driver.id
    await home.rate("0.30", "2026-03-01")
    await at_home(scene, home.card, "2026-03-04T20:00", wh=10_000)
    async with scene.begin() as work:
        await homes.pay_to(work, party, driver, holder="Aino Aalto", iban=IBAN, by="Onni")
    await home.month("2026-03")
    await enters(browser, scene, AINO)
    [operator] = json.loads((await browser.opens("/me/export")).content)["operators"]

    assert (await browser.sends("/me/delete")).status_code == 303
    owed = await scene.count("home_payee")
    async with scene.begin() as work:
        await homes_paying.paid(work, party, driver, Money(300, EUR), by="Onni")

    assert operator["at_home"]["months"][0]["energy_wh"] == 10_000
    assert operator["at_home"]["holder"] == "Aino Aalto"
    assert (owed, await scene.count("home_payee")) == (1, 0)
