"""A bay that is reserved, as drivers and stations meet it: asked, kept, used, given back, lost."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.reserved import ANN, BEN, Kept, refused, reserves
from voltway.alerts.reserving import hears_reservations
from voltway.drivers import actions as drivers
from voltway.kernel.facts import Fact
from voltway.kernel.ids import LocationId, StationId, TokenUid
from voltway.ocpp.tokens_shown import note_starts
from voltway.payments.model import Visit
from voltway.stations.model import ReservationLetGo
from voltway.stations.orders import CancelReservation, ReserveNow, StartCharging
from voltway.stations.reports import Booted, Heard, ReservationOver, Started
from voltway.waiting import keeping, looking, reservations, turns
from voltway.waiting.model_reservations import ReservationOver as Over
from voltway.waiting.model_reservations import ReservationSoonOver


@pytest.fixture
async def kept(scene: Scene) -> Kept:
    made = Kept(scene)
    await made.can()
    return made


async def starts(browser: Browser, kept: Kept, bay: int = 1, **fields: str) -> Any:
    return await browser.sends(f"/e/{kept.bay(bay)}/start", **fields)


async def row(scene: Scene) -> Any:
    async with scene.begin() as work:
        [found] = await work.all("SELECT * FROM reservation ORDER BY id DESC LIMIT 1")
    return found


async def test_a_bay_is_asked_for_kept_and_counts_down(browser: Browser, kept: Kept) -> None:
    said = await browser.reads(f"/e/{kept.bay()}")
    assert "Reserve this bay for up to 15 minutes" in said
    said = await browser.reads(f"/e/{kept.bay()}/reserve")
    assert "5 minutes 10 minutes 15 minutes" in said
    assert "Reserving costs nothing" in said

    page = await reserves(browser, kept)
    assert "Asking the station to keep bay 1" in await browser.reads(page)
    asked = await kept.answers()

    assert asked.evse == 1
    assert asked.until == kept.scene.now + timedelta(minutes=15)
    said = await browser.reads(page)
    assert "Bay 1 is reserved for you" in said
    assert "15 min 00 s left" in said
    assert "Reserved for you until" in await browser.reads(f"/e/{kept.bay()}")
    await kept.goes_on(60)
    assert "14 min 00 s left" in await browser.reads(page)


async def test_others_see_it_reserved_and_start_nothing_there(browser: Browser, kept: Kept) -> None:
    page = await reserves(browser, kept)
    for is_kept in (False, True):
        if is_kept:
            await kept.answers()
            await kept.becomes("reserved")
        browser.client.cookies.clear()
        said = await browser.reads(f"/l/{kept.scene.station.location.id}")
        assert "1 of 2 free" in said
        assert "Somebody has reserved this bay" in await browser.reads(f"/e/{kept.bay()}")
        no = await starts(browser, kept)
        assert no.status_code == 409
        assert "reserved for somebody" in words_of(no.text)
    assert await kept.scene.count("payment") == 0

    await browser.reads(page)  # their own page: from now on the bay starts from here
    allowed = await starts(browser, kept)
    assert allowed.status_code == 303, words_of(allowed.text)


async def test_the_start_uses_the_token_that_the_bay_is_kept_for(
    browser: Browser, kept: Kept
) -> None:
    page = await reserves(browser, kept)
    asked = await kept.answers()
    await kept.becomes("reserved")
    assert (await starts(browser, kept)).status_code == 303
    async with kept.scene.begin() as work:
        [paid] = await work.all("SELECT token_uid, tariff_version_id FROM payment")
        [token] = await work.all(
            "SELECT tariff_version_id FROM token WHERE uid = $1", paid["token_uid"]
        )
    assert paid["token_uid"] == asked.token
    assert token["tariff_version_id"] == paid["tariff_version_id"]
    assert await kept.orders() == []

    await kept.scene.starts(asked.token)
    await kept.goes_on(1)

    assert "You are charging" in await browser.reads(page)
    assert await kept.scene.count("bay_hold_view") == 0


async def test_a_second_try_to_pay_has_a_token_of_its_own_that_the_station_keeps_for(
    browser: Browser, kept: Kept
) -> None:
    await reserves(browser, kept)
    first = await kept.answers()
    await starts(browser, kept)
    assert (await starts(browser, kept)).status_code == 303
    second = await kept.answers()

    assert second.reservation == first.reservation
    assert second.token != first.token
    async with kept.scene.begin() as work:
        paid = await work.all("SELECT token_uid FROM payment")
    assert {each["token_uid"] for each in paid} == {first.token, second.token}

    await starts(browser, kept)
    await kept.answers("Occupied")  # it does not replace: then it is to let go, for we hold it
    assert await kept.orders() == [CancelReservation(first.reservation)]
    assert (await row(kept.scene))["state"] == "kept"
    await kept.goes_on(1)
    assert await kept.orders() == []


async def test_who_has_a_card_is_reserved_for_by_it_and_a_start_from_the_page_lets_go_first(
    browser: Browser, kept: Kept
) -> None:
    async with kept.scene.begin() as work:
        await drivers.add_token(work, kept.scene.station.party.id, "04AAAAAA", email=ANN)
    page = await reserves(browser, kept)
    asked = await kept.answers()
    assert (asked.token, asked.token_kind) == ("04AAAAAA", "ISO14443")
    assert "or show your card there" in await browser.reads(page)
    await kept.becomes("reserved")

    assert (await starts(browser, kept)).status_code == 303

    assert await kept.orders() == [CancelReservation(asked.reservation)]
    async with kept.scene.begin() as work:
        [paid] = await work.all("SELECT token_uid FROM payment")
    assert paid["token_uid"] != "04AAAAAA"
    browser.client.cookies.clear()
    await kept.becomes("available")
    assert (await starts(browser, kept)).status_code == 409  # we hold it still


async def test_a_card_starts_at_the_reader_and_ends_the_reservation(
    browser: Browser, kept: Kept
) -> None:
    async with kept.scene.begin() as work:
        await drivers.add_token(work, kept.scene.station.party.id, "04AAAAAA", email=ANN)
    page = await reserves(browser, kept)
    await kept.answers()

    await kept.scene.starts(TokenUid("04AAAAAA"))
    await kept.goes_on(1)

    assert "You are charging" in await browser.reads(page)


@pytest.mark.parametrize("word", ["Rejected", "Occupied", "Faulted", "Unavailable"])
async def test_a_station_that_says_no_leaves_nothing_reserved(
    browser: Browser, kept: Kept, word: str
) -> None:
    page = await reserves(browser, kept)
    await kept.answers(word)

    said = await browser.reads(page)
    assert "Bay 1 could not be reserved" in said
    assert f"Its answer: {word}" in said
    assert await kept.scene.count("bay_hold_view") == 0
    assert await kept.orders() == []
    await reserves(browser, kept, bay=2)  # and it counts for nothing


async def test_an_answer_that_comes_too_late_is_taken_back(browser: Browser, kept: Kept) -> None:
    page = await reserves(browser, kept)
    late = await kept.takes()
    assert late is not None
    await kept.goes_on(61)
    assert "The station did not answer" in await browser.reads(page)
    assert isinstance(late.order, ReserveNow)
    await kept.replies(late)

    assert await kept.orders() == [CancelReservation(late.order.reservation)]
    assert "The station did not answer" in await browser.reads(page)
    assert await kept.scene.count("bay_hold_view") == 0


async def test_a_station_without_a_line_is_not_asked_after_all(
    browser: Browser, kept: Kept
) -> None:
    page = await reserves(browser, kept)
    await kept.goes_on(61)

    assert "The station did not answer" in await browser.reads(page)
    assert await kept.orders() == []


async def test_two_drivers_who_want_one_bay_at_once_get_it_once(
    browser: Browser, kept: Kept
) -> None:
    evse = kept.scene.station.evse()

    async def wants(email: str) -> bool:
        try:
            async with kept.scene.begin() as work:
                await reservations.reserve(
                    work, evse, email=email, locale="en", minutes=10, expected_s=300
                )
        except reservations.BayIsReserved:
            return False
        return True

    got = await asyncio.gather(*(wants(f"{n}@example.org") for n in range(5)))

    assert sorted(got) == [False, False, False, False, True]
    assert len(await kept.orders()) == 1


async def test_nobody_hoards(browser: Browser, kept: Kept) -> None:
    first = await reserves(browser, kept)
    assert await reserves(browser, kept, "Ann@Example.org") == first
    assert "You have a reservation already" in await refused(browser, kept, ANN, bay=2)
    assert "reserved for somebody" in await refused(browser, kept, BEN)
    assert "Half of the bays here are reserved" in await refused(browser, kept, BEN, bay=2)

    for _ in range(3):
        await browser.sends(f"{first}/leave")
        assert "You gave bay 1 back" in await browser.reads(first)
        if await kept.scene.count("reservation") < 3:
            first = await reserves(browser, kept)
    assert "You reserved three bays within a day" in await refused(browser, kept, ANN)
    kept.scene.clock.jump(timedelta(days=1, seconds=1))
    await kept.goes_on()
    await reserves(browser, kept)


async def test_a_bay_in_use_or_a_time_that_is_not_offered_is_not_reserved(
    browser: Browser, kept: Kept
) -> None:
    assert "so many minutes" in await refused(browser, kept, minutes=16)
    assert "so many minutes" in await refused(browser, kept, minutes=0)
    assert "look like an e-mail" in await refused(browser, kept, "x")
    await kept.becomes("charging")
    assert "This bay is not free now" in await refused(browser, kept)
    assert "Reserve this bay" not in await browser.reads(f"/e/{kept.bay()}")
    assert (await browser.opens("/e/NO*SUCH*E1/reserve")).status_code == 404
    assert (await browser.sends("/e/NO*SUCH*E1/reserve", email=ANN)).status_code == 404
    assert (await browser.opens("/r/no-such-key")).status_code == 404


async def test_where_people_queue_nobody_reserves(browser: Browser, kept: Kept) -> None:
    await kept.becomes("charging", 1)
    await kept.becomes("charging", 2)
    location = kept.scene.station.location.id
    await browser.sends(f"/l/{location}/queue", email=BEN)
    await kept.becomes("available", 2)
    await kept.goes_on()
    await kept.becomes("available", 1)

    assert "held for who is next" in await refused(browser, kept, ANN, bay=2)
    await browser.sends(f"/l/{location}/queue", email="third@example.org", power="22000")
    async with kept.scene.begin() as work:
        await work.run(
            "UPDATE waiting_turn SET state = 'waiting', evse_id = NULL,"
            " station_id = NULL, held_until = NULL"
        )
    assert "People stand in line here" in await refused(browser, kept, ANN)
    assert "Reserve this bay" not in await browser.reads(f"/e/{kept.bay()}")


async def test_a_station_that_cannot_is_not_offered(browser: Browser, scene: Scene) -> None:
    kept = Kept(scene)
    assert "Reserve this bay" not in await browser.reads(f"/e/{kept.bay()}")
    assert "This bay cannot be reserved" in await browser.reads(f"/e/{kept.bay()}/reserve")
    assert "This bay cannot be reserved" in await refused(browser, kept)
    await kept.can("false")
    assert "This bay cannot be reserved" in await refused(browser, kept)


async def test_what_was_set_for_a_place_is_before_what_was_set_for_all(
    browser: Browser, kept: Kept
) -> None:
    party, here = kept.scene.station.party.id, kept.scene.station.location.id
    async with kept.scene.begin() as work:
        await reservations.set_minutes(work, party, None, 0, by="test")
    assert "This bay cannot be reserved" in await refused(browser, kept)
    async with kept.scene.begin() as work:
        await reservations.set_minutes(work, party, LocationId(here), 40, by="test")
        await reservations.set_minutes(work, party, LocationId(here), 40, by="test")
        with pytest.raises(reservations.NotReserveMinutes):
            await reservations.set_minutes(work, party, None, 121, by="test")
    assert "for up to 40 minutes" in await browser.reads(f"/e/{kept.bay()}")
    await reserves(browser, kept, minutes=40)


async def test_time_that_is_over_frees_the_bay_and_the_station_is_told_if_it_shows_it(
    browser: Browser, kept: Kept
) -> None:
    page = await reserves(browser, kept)
    asked = await kept.answers()
    await kept.becomes("reserved")
    await kept.goes_on(15 * 60)

    assert "Your time was over" in await browser.reads(page)
    assert await kept.orders() == [CancelReservation(asked.reservation)]
    late = await browser.sends(f"{page}/leave")
    assert late.status_code == 303
    assert "Your time was over" in await browser.reads(page)


async def test_a_driver_is_told_before_the_end_and_of_what_was_cancelled_once(
    browser: Browser, kept: Kept
) -> None:
    await reserves(browser, kept)
    await kept.answers()
    await kept.goes_on(10 * 60)
    await kept.goes_on(10)
    it = await row(kept.scene)
    soon: Fact = ReservationSoonOver(party=it["party_id"], at=kept.scene.now, reservation=it["id"])
    assert await kept.scene.count("outbox WHERE kind = 'ReservationSoonOver'") == 1
    for _ in range(2):
        async with kept.scene.begin() as work:
            await hears_reservations(work, [soon])
    async with kept.scene.begin() as work:
        await reservations.cancel(work, it["id"], " Works  on the cable ")
        over = Over(party=it["party_id"], at=work.now, reservation=it["id"], why="operator")
        await hears_reservations(work, [soon, over, over])

    async with kept.scene.begin() as work:
        told = await work.all("SELECT recipient, event, facts FROM alert ORDER BY id")
    assert [(each["recipient"], each["event"]) for each in told] == [
        (ANN, "reservation_soon"),
        (ANN, "reservation_over"),
    ]
    other = kept.scene.station.evses[2].public_id
    assert told[1]["facts"]["why"].startswith(f"Works on the cable. Free now: {other} (")
    assert await kept.scene.count("outbox WHERE kind = 'ReservationOver'") == 1


async def test_an_operator_must_say_why(browser: Browser, kept: Kept) -> None:
    await reserves(browser, kept)
    it = await row(kept.scene)
    async with kept.scene.begin() as work:
        for reason in ("  ", "x" * 201):
            with pytest.raises(reservations.ReasonMissing):
                await reservations.cancel(work, it["id"], reason)
        with pytest.raises(reservations.NoSuchReservation):
            await reservations.cancel(work, it["party_id"], "Works")
        await reservations.cancel(work, it["id"], "Works")
        again = await reservations.cancel(work, it["id"], "Other works")
    assert again.said == "Works"


async def test_a_station_that_restarts_is_asked_again_under_the_same_number(
    browser: Browser, kept: Kept
) -> None:
    page = await reserves(browser, kept)
    first = await kept.answers()
    kept.scene.clock.jump(timedelta(seconds=30))
    await kept.tells(Booted("Voltway World", "One"))
    await kept.goes_on()
    again = await kept.answers("Occupied")  # it has kept it, and does not replace

    assert again == first
    assert "Bay 1 is reserved for you" in await browser.reads(page)
    await kept.goes_on(1)
    assert await kept.orders() == []


async def test_a_bay_that_breaks_down_or_is_taken_cancels_it_with_a_word(
    browser: Browser, kept: Kept
) -> None:
    page = await reserves(browser, kept)
    await kept.answers()
    await kept.becomes("faulted")
    await kept.goes_on(1)
    said = await browser.reads(page)
    assert "Your reservation was cancelled" in said
    assert "The bay cannot be used now" in said
    await kept.becomes("available")
    page = await reserves(browser, kept)
    await kept.answers()
    await kept.scene.starts(TokenUid("04FFFFFF"))
    await kept.goes_on(1)
    assert "Somebody else charges there" in await browser.reads(page)


async def lets_go(kept: Kept, number: int, why: str) -> None:
    """What a station says of a number, heard once and once more."""
    await kept.tells(ReservationOver(number, why), ReservationOver(number, why))
    fact = ReservationLetGo(
        party=kept.scene.station.party.id,
        at=kept.scene.now,
        station=kept.station,
        reservation=number,
        why=why,
    )
    for _ in range(2):
        async with kept.scene.begin() as work:
            await keeping.hears_let_go(work, [fact])


async def test_what_a_station_says_of_a_number_counts_once_and_of_others_not(
    browser: Browser, kept: Kept
) -> None:
    page = await reserves(browser, kept)
    asked = await kept.answers()
    await lets_go(kept, asked.reservation + 1, "Removed")
    await lets_go(kept, 2**60, "Removed")
    await lets_go(kept, asked.reservation, "Expired")  # by its clock, which is ahead
    assert "Bay 1 is reserved for you" in await browser.reads(page)
    await lets_go(kept, asked.reservation, "Removed")

    assert "Your reservation was cancelled" in await browser.reads(page)
    assert await kept.scene.count("outbox WHERE kind = 'ReservationOver'") == 1
    assert await kept.scene.count("outbox WHERE kind = 'ReservationLetGo'") == 8
    assert await kept.orders() == []
    await lets_go(kept, asked.reservation, "Expired")
    assert "Your reservation was cancelled" in await browser.reads(page)


async def test_a_start_under_its_number_ends_it_whatever_token_was_shown(
    browser: Browser, kept: Kept
) -> None:
    page = await reserves(browser, kept)
    asked = await kept.answers()
    for number in (asked.reservation + 7, -1, asked.reservation, asked.reservation):
        started = Started(
            ref=None,
            evse=1,
            connector=1,
            token=TokenUid("GROUP"),
            at=kept.scene.now,
            reservation=number,
        )
        call = Heard(0, StationId(kept.station), "StartTransaction", kept.scene.now, [started])
        async with kept.scene.begin() as work:
            await note_starts(work, [call], {}, {})

    assert "You are charging" in await browser.reads(page)


async def test_a_card_of_somebody_else_is_turned_away_where_all_is_reserved(
    browser: Browser, kept: Kept
) -> None:
    async with kept.scene.begin() as work:
        await drivers.add_token(work, kept.scene.station.party.id, "04BBBBBB", email=BEN)
        await drivers.add_token(work, kept.scene.station.party.id, "04AAAAAA", email=ANN)
    await reserves(browser, kept)
    await kept.becomes("charging", 2)
    async with kept.scene.begin() as work:
        away = await turns.turned_away(
            work, {(kept.station, TokenUid("04BBBBBB")), (kept.station, TokenUid("04AAAAAA"))}
        )
    assert away == {(kept.station, "04BBBBBB")}


async def test_the_line_keeps_off_and_a_hold_is_kept_by_the_station_too(
    browser: Browser, kept: Kept
) -> None:
    await reserves(browser, kept, ANN)
    await kept.answers()
    await kept.becomes("charging", 2)
    browser.client.cookies.clear()
    joined = await browser.sends(f"/l/{kept.scene.station.location.id}/queue", email=BEN)
    await kept.goes_on()
    page = str(joined.headers["location"])
    assert "You are next" in await browser.reads(page)

    await kept.becomes("available", 2)
    await kept.goes_on()
    beside = await kept.answers()
    assert beside.evse == 2
    await kept.becomes("reserved", 2)
    await kept.goes_on(1)
    assert "Your turn: bay 2" in await browser.reads(page)
    assert (await starts(browser, kept, 2)).status_code == 303
    async with kept.scene.begin() as work:
        [paid] = await work.all("SELECT token_uid FROM payment")
    assert paid["token_uid"] == beside.token

    await browser.sends(f"{page}/leave")
    await kept.goes_on()
    assert await kept.orders() == [CancelReservation(beside.reservation)]


async def test_a_hold_in_a_line_stands_whatever_the_station_answers_and_ends_in_time(
    browser: Browser, kept: Kept
) -> None:
    await kept.becomes("charging", 1)
    await kept.becomes("charging", 2)
    joined = await browser.sends(f"/l/{kept.scene.station.location.id}/queue", email=BEN)
    page = str(joined.headers["location"])
    await kept.becomes("available", 2)
    await kept.goes_on()
    await kept.answers("Rejected")
    assert "Your turn: bay 2" in await browser.reads(page)
    assert await kept.orders() == []
    assert await kept.scene.count("outbox WHERE kind = 'ReservationOver'") == 0

    await kept.becomes("reserved", 2)  # a station that says no and reserves all the same
    await kept.goes_on(301)
    assert "Your time was over" in await browser.reads(page)


async def test_addresses_are_forgotten_a_day_later_and_tokens_that_nobody_used(
    browser: Browser, kept: Kept
) -> None:
    page = await reserves(browser, kept)
    await browser.sends(f"{page}/leave")
    assert await kept.scene.count("token WHERE kind = 'ad_hoc'") == 1
    assert await kept.orders() == []  # it was never sent

    kept.scene.clock.jump(looking.KEEP + timedelta(seconds=1))
    await keeping.forget_old(kept.scene.begin)

    assert (await browser.opens(page)).status_code == 404
    assert await kept.scene.count("token WHERE kind = 'ad_hoc'") == 0


async def test_a_payment_that_is_held_orders_the_start_with_the_token(
    browser: Browser, kept: Kept
) -> None:
    await reserves(browser, kept)
    asked = await kept.answers()
    answer = await starts(browser, kept)
    async with kept.scene.begin() as work:
        [paid] = await work.all("SELECT visit_key FROM payment")
    await kept.scene.pays(Visit(paid["visit_key"], str(answer.headers["location"])))
    record = await kept.takes()

    assert record is not None
    assert isinstance(record.order, StartCharging)
    assert record.order.token == asked.token
