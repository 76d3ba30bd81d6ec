"""The monitor: payments found by a few signs, one payment's whole story, figures, and its pace."""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.payments.crowd import a_crowd
from tests.payments.scene import Scene
from tests.payments.test_payouts import a_sale, file_of, gives_back, takes
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.kernel.ids import TokenUid
from voltway.parties.model import Role
from voltway.payments import monitoring
from voltway.payments.model_alarms import Limits
from voltway.web.console import money_filters

HERE = "/console/money"


async def rows(browser: Browser, query: str = "") -> int:
    """How many payments a page shows."""
    answer = await browser.opens(f"{HERE}?{query}")
    assert answer.status_code == 200, answer.text
    return answer.text.count('<tr id="t-')


async def test_a_payment_is_found_by_each_of_its_signs_and_by_no_other(
    owner: Browser, scene: Scene
) -> None:
    sold = await a_sale(scene)
    await scene.pays(await scene.opens(), "5555 5555 5555 4444")
    async with scene.begin() as work:
        row = await work.one(
            """
            SELECT p.*, i.number FROM payment_monitor_view p
              JOIN invoice_view i ON i.payment_id = p.id
            """
        )
    assert row is not None
    assert await rows(owner) == 2
    for sign in (
        *(str(sold), str(row["session_id"]), row["number"], row["visit_key"]),
        *(row["provider_ref"], row["token_uid"][-6:], "4242"),
    ):
        assert await rows(owner, f"q={sign}") == 1, sign
    assert await rows(owner, "q=market") == 2, "both are at the Market Square"
    for sign in ("4711", "%", "_", "'; DROP TABLE payment; --", str(UUID(int=7))):
        assert await rows(owner, f"q={sign}") == 0, sign


FILTERS = {
    "kind=captured": 1,
    "kind=held": 1,
    "kind=declined": 1,
    "kind=refunded": 1,
    "kind=paid": 1,
    "kind=waiting": 0,
    "kind=disputed": 0,
    "kind=released": 0,
    "kind=needs": 0,
    "kind=nonsense": 3,
    "way=mastercard": 1,
    "way=VISA": 2,
    "provider=simulated": 3,
    "provider=stripe": 0,
    "least=49": 2,
    "most=4.90": 1,
    "least=4.90&most=4,90": 1,
    "since=2026-03-02T00:00": 3,
    "since=2030-01-01T00:00": 0,
    "until=2026-03-01T00:00": 0,
    "place=00000000-0000-7000-8000-000000000009": 0,
}


async def test_filters_narrow_and_what_is_none_is_told_and_narrows_nothing(
    owner: Browser, scene: Scene
) -> None:
    """A payment that is refunded and paid out, one that is held, one that was declined."""
    sold = await a_sale(scene)
    await gives_back(scene, sold, 100)
    await takes(scene, file_of(scene))
    await scene.pays(await scene.opens(), "5555 5555 5555 4444")
    await scene.pays(await scene.opens(bay=2), "4000 0000 0000 0002")

    assert {query: await rows(owner, query) for query in FILTERS} == FILTERS
    page = await owner.reads(f"{HERE}?least=much&since=yesterday")
    assert "“much” is no amount such as 12.50." in page
    assert "“yesterday” is no time such as 2026-11-26 14:30." in page
    assert await rows(owner, "least=much&since=yesterday") == 3


async def test_one_payment_has_a_page_from_its_hold_to_the_bank(
    owner: Browser, scene: Scene
) -> None:
    sold = await a_sale(scene)
    await gives_back(scene, sold, 100)
    await takes(scene, file_of(scene))

    page = await owner.reads(f"/console/payments/{sold}")

    told = ["Visit opened", "Held", "Charging began", "Charging ended", "Refund", "Paid out"]
    assert all(word in page for word in told)
    assert "fee €0.32" in page
    assert "Cost, fees, simulated" in page
    assert page.index("Charging began") < page.index("Charging ended")


async def test_a_payment_of_nobody_is_not_there(owner: Browser) -> None:
    answer = await owner.opens(f"/console/payments/{UUID(int=7)}")

    assert answer.status_code == 404
    assert "There is no payment" in words_of(answer.text)


async def test_today_is_set_beside_the_same_weekday_of_the_weeks_before(
    browser: Browser, scene: Scene
) -> None:
    party, evse = scene.station.party.id, scene.station.evse()
    for minor in (1000, 3000):
        await a_crowd(scene.begin, party, evse, 1, at=scene.now, minor=minor)
        scene.clock.jump(timedelta(days=7))
    await a_crowd(scene.begin, party, evse, 2, at=scene.now, minor=1500)
    scene.clock.jump(timedelta(minutes=20))
    for _ in range(4):
        await monitoring.look(scene.begin, Limits())

    await sits_down(browser, scene, Role.OWNER)
    page = await browser.reads(HERE)

    assert "€30.00 so far today" in page
    assert "it is usually €20.00" in page
    assert "+50 % to usual" in page
    assert "Market Square 30.00 20.00 +50 % 2" in page
    assert "Visa 30.00 20.00 +50 % 2" in page


async def test_just_after_midnight_there_is_nothing_to_set_beside(
    browser: Browser, scene: Scene
) -> None:
    party, evse = scene.station.party, scene.station.evse()
    await a_crowd(scene.begin, party.id, evse, 1, at=scene.now, minor=1000)
    local = scene.now.astimezone(ZoneInfo(party.time_zone))
    midnight = datetime.combine(local.date() + timedelta(days=14), time(), local.tzinfo)
    scene.clock.jump_to(midnight + timedelta(minutes=5))
    for _ in range(4):
        await monitoring.look(scene.begin, Limits())

    await sits_down(browser, scene, Role.OWNER)
    page = await browser.reads(HERE)

    assert "the first quarter of an hour is not over" in page
    assert "usual" not in page


async def test_what_is_not_as_usual_stands_above_the_payments(owner: Browser, scene: Scene) -> None:
    party, evse = scene.station.party.id, scene.station.evse()
    await a_crowd(scene.begin, party, evse, 20, at=scene.now, state="declined")
    await monitoring.look(scene.begin, Limits())

    assert "100 % of 20 cards were declined in a quarter of an hour" in await owner.reads(HERE)


def test_a_query_keeps_what_is_asked_and_leaves_out_what_is_not() -> None:
    filters = money_filters.read(
        {"q": "a b", "kind": "held", "least": "5"}, zone="UTC", currency="EUR"
    )

    assert filters.query() == "q=a+b&kind=held&least=5"
    assert filters.query(kind="") == "q=a+b&least=5"


async def test_a_payment_that_moves_tells_the_page_of_its_party(scene: Scene) -> None:
    subject = f"payments:{scene.station.party.id}"
    async with scene.bus.touches.listen(subject) as touched:
        paid = await scene.pays(await scene.opens())
        await scene.starts(TokenUid(paid.token))
        told = await anext(touched)

    assert told == {subject}
